// Package cursor keeps where each distribution group's ring stands, in Redis, moved by one Lua script a batch. The store alone calls it.
// It may hold nothing that cannot be rebuilt from the turn ledger in Postgres, and may be lost at any instant.
package cursor

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A StaleError means that the group's cursor is missing or stands at another ring version, or at one of which turns were given back since,
// and must be loaded.
type StaleError struct {
	// Epoch names the cursor that was found, empty where there is none.
	Epoch string
}

func (e *StaleError) Error() string { return "the turn cursor is not at this ring version" }

var (
	//go:embed draw.lua
	drawSource string
	//go:embed settle.lua
	settleSource string
	//go:embed load.lua
	loadSource string

	drawScript   = redis.NewScript(drawSource)
	settleScript = redis.NewScript(settleSource)
	loadScript   = redis.NewScript(loadSource)
)

// Cursors are the turn cursors of all groups.
type Cursors struct{ rdb redis.UniversalClient }

// New returns the cursors kept in rdb.
func New(rdb redis.UniversalClient) *Cursors { return &Cursors{rdb} }

// A Ring names the ring whose cursor is meant.
type Ring struct {
	Workspace, Group uuid.UUID
	Version          int
	// Returns is how often turns of the version were given back: a cursor from before does not know of them.
	Returns int
}

// stand is at what a cursor of the ring must stand to be drawn from.
func (r Ring) stand() string {
	if r.Returns == 0 {
		return strconv.Itoa(r.Version)
	}
	return strconv.Itoa(r.Version) + "." + strconv.Itoa(r.Returns)
}

// keys share a hash tag, so that one script may touch them all on a Redis Cluster.
func (r Ring) keys() []string {
	base := "leadwheel:{" + r.Workspace.String() + ":" + r.Group.String() + "}:"
	return []string{base + "cursor", base + "free", base + "draws"}
}

// Draw draws the first n turns of a batch: those that it has drawn before, in the same order, then free ones, then the
// next. The epoch names the cursor that was drawn from. Draw returns a *StaleError where the cursor must be loaded first.
func (c *Cursors) Draw(ctx context.Context, r Ring, at time.Time, batch uuid.UUID, n int) (epoch string, turns []int64, err error) {
	answer, err := drawScript.Run(ctx, c.rdb, r.keys(), r.stand(), at.Unix(), batch.String(), n).StringSlice()
	if err != nil {
		return "", nil, fmt.Errorf("drawing %d turns of group %s: %w", n, r.Group, err)
	}
	if len(answer) <= 1 {
		return "", nil, &StaleError{Epoch: answer[0]}
	}
	turns, err = parseTurns(answer[1])
	if err == nil && len(turns) < n {
		err = fmt.Errorf("there are only %d", len(turns))
	}
	if err != nil {
		return "", nil, fmt.Errorf("drawing %d turns of group %s: %w", n, r.Group, err)
	}
	return answer[0], turns[:n], nil
}

// parseTurns reads "turn,turn,..." with or without the time behind a colon.
func parseTurns(text string) ([]int64, error) {
	text, _, _ = strings.Cut(text, ":")
	turns := make([]int64, 0, strings.Count(text, ",")+1)
	for one := range strings.SplitSeq(text, ",") {
		turn, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn)
	}
	return turns, nil
}

// Settle ends the draw of a batch that is done with: forgets it, and hands out again first those of its turns that were not
// spent. The batch went through the first drawn of them, and left unspent those that are listed; what else was drawn for it
// was not spent either. A batch that drew nothing does no harm.
func (c *Cursors) Settle(ctx context.Context, r Ring, batch uuid.UUID, drawn int, unspent []int64) error {
	args := make([]any, 0, len(unspent)+2)
	args = append(args, batch.String(), drawn)
	for _, turn := range unspent {
		args = append(args, turn)
	}
	if err := settleScript.Run(ctx, c.rdb, r.keys(), args...).Err(); err != nil {
		return fmt.Errorf("settling what batch %s drew of group %s: %w", batch, r.Group, err)
	}
	return nil
}

// Load sets the cursor to a position read from the ledger and forgets all draws. Call it only while no transaction
// with draws of this group is open.
func (c *Cursors) Load(ctx context.Context, r Ring, p lead.Position) error {
	epoch, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	args := make([]any, 0, len(p.Free)+3)
	args = append(args, r.stand(), epoch.String(), p.Next)
	for _, t := range p.Free {
		args = append(args, t)
	}
	if err := loadScript.Run(ctx, c.rdb, r.keys(), args...).Err(); err != nil {
		return fmt.Errorf("loading the turn cursor of group %s: %w", r.Group, err)
	}
	return nil
}

// Epoch names the cursor that is there now, empty where there is none.
func (c *Cursors) Epoch(ctx context.Context, r Ring) (string, error) {
	epoch, err := c.rdb.HGet(ctx, r.keys()[0], "epoch").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	return epoch, nil
}

// Abandoned returns those of the rings that hold draws older than before: their transaction neither committed nor
// came back for them.
func (c *Cursors) Abandoned(ctx context.Context, rings []Ring, before time.Time) ([]Ring, error) {
	draws := make([]*redis.StringSliceCmd, len(rings))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rings {
			draws[i] = p.HVals(ctx, r.keys()[2])
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("looking for abandoned draws: %w", err)
	}
	var found []Ring
	for i, r := range rings {
		for _, d := range draws[i].Val() {
			_, at, _ := strings.Cut(d, ":")
			if seconds, err := strconv.ParseInt(at, 10, 64); err != nil || seconds < before.Unix() {
				found = append(found, r)
				break
			}
		}
	}
	return found, nil
}

// A State is where a cursor stands: turns below Next are handed out, except those that are Held, which are free to be
// handed out first or drawn and not settled. Known is false where there is no cursor for this ring version.
type State struct {
	Known bool
	Epoch string
	Next  int64
	Held  []int64
}

// State reads a cursor, at one instant.
func (c *Cursors) State(ctx context.Context, r Ring) (s State, err error) {
	keys := r.keys()
	var cursor *redis.SliceCmd
	var free, draws *redis.StringSliceCmd
	if _, err := c.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		cursor = p.HMGet(ctx, keys[0], "version", "epoch", "next")
		free = p.ZRange(ctx, keys[1], 0, -1)
		draws = p.HVals(ctx, keys[2])
		return nil
	}); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	var found struct {
		Stand string `redis:"version"`
		Epoch string `redis:"epoch"`
		Next  int64  `redis:"next"`
	}
	if err := cursor.Scan(&found); err != nil {
		return s, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
	}
	s = State{Known: found.Stand == r.stand(), Epoch: found.Epoch, Next: found.Next}
	for _, text := range append(free.Val(), draws.Val()...) {
		some, err := parseTurns(text)
		if err != nil {
			return s, fmt.Errorf("reading the free turns of group %s: %w", r.Group, err)
		}
		s.Held = append(s.Held, some...)
	}
	return s, nil
}

// Nexts are the next turns of the rings' cursors, 0 where there is none for that ring version.
func (c *Cursors) Nexts(ctx context.Context, rings []Ring) ([]int64, error) {
	found := make([]*redis.SliceCmd, len(rings))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, r := range rings {
			found[i] = p.HMGet(ctx, r.keys()[0], "version", "next")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("reading the turn cursors: %w", err)
	}
	nexts := make([]int64, len(rings))
	for i, r := range rings {
		var at struct {
			Stand string `redis:"version"`
			Next  int64  `redis:"next"`
		}
		if err := found[i].Scan(&at); err != nil {
			return nil, fmt.Errorf("reading the turn cursor of group %s: %w", r.Group, err)
		}
		if at.Stand == r.stand() {
			nexts[i] = at.Next
		}
	}
	return nexts, nil
}
