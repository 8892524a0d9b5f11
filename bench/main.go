// Command bench does the bulk work of Leadwheel with another queue, as a program would that has one: a job a lead, and a transaction a job.
// `make bench-peers` has Leadwheel's own bench run it, round by round, on the servers and the lean tables that this makes.
//
//	bench river|asynq WORKSPACE GROUP LEADS
//
// DATABASE_URL and REDIS_URL say where. It prints the queue's name with its version, and how many leads a second it gave out.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A peer is another queue: its name, the module that has its version, and what gives out leads with it.
type peer struct {
	name, module string
	giveOut      func(ctx context.Context, w *work) error
}

var peers = map[string]peer{
	"river": {"River", "github.com/riverqueue/river", byRiver},
	"asynq": {"asynq", "github.com/hibiken/asynq", byAsynq},
}

func run(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return errors.New("use: bench river|asynq WORKSPACE GROUP LEADS")
	}
	p, known := peers[args[0]]
	if !known {
		return fmt.Errorf("there is no queue %q; it is river or asynq", args[0])
	}
	w, err := newWork(ctx, args[1:])
	if err != nil {
		return err
	}
	defer w.pool.Close()
	if err := p.giveOut(ctx, w); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	if err := w.check(ctx); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"name": p.name, "version": version(p.module), "rate": float64(len(w.leads)) / w.took().Seconds(),
	})
}

// version is that of a module that this program is made of.
func version(module string) string {
	info, _ := debug.ReadBuildInfo() // programs made without modules have none
	for _, m := range info.Deps {
		if m.Path == module {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return "of an unknown version"
}

func newWork(ctx context.Context, args []string) (*work, error) {
	w := &work{done: make(chan struct{})}
	var err error
	if w.workspace, err = uuid.Parse(args[0]); err != nil {
		return nil, fmt.Errorf("the workspace %q is no id: %w", args[0], err)
	}
	if w.group, err = uuid.Parse(args[1]); err != nil {
		return nil, fmt.Errorf("the group %q is no id: %w", args[1], err)
	}
	want, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, fmt.Errorf("%q is no number of leads: %w", args[2], err)
	}
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, fmt.Errorf("reading DATABASE_URL: %w", err)
	}
	config.MaxConns = connections
	if w.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connecting to Postgres: %w", err)
	}
	rows, err := w.pool.Query(ctx, `SELECT lead_id FROM lean.leads WHERE workspace_id = $1`, w.workspace)
	if err != nil {
		return nil, fmt.Errorf("reading the leads: %w", err)
	}
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("reading a lead: %w", err)
		}
		w.leads = append(w.leads, id)
	}
	if err := rows.Err(); err != nil || len(w.leads) != want {
		return nil, fmt.Errorf("there are %d leads, not %d: %w", len(w.leads), want, err)
	}
	return w, nil
}

// patience is how long a queue may take.
const patience = 20 * time.Minute
