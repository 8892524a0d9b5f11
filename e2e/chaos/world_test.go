package chaos_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A world is an installation: servers, two sides of lines to them, and processes, of which each stands on a side.
type world struct {
	*testenv.Dedicated
	t         *testing.T
	settings  settings
	program   string
	logs      string
	postgres  []*testenv.Backend // one, or two of which one is the other's standby
	serving   int                // which of them takes writes
	reading   sync.Mutex         // on DB, which is that one's
	lines     [2]lines
	processes []*process
	apis      []string // their addresses
	client    *http.Client

	workspace uuid.UUID
	apiKey    string
	members   []uuid.UUID
	groups    [groupCount]uuid.UUID
	hook      string // the path of an integration
	listener  *listener
}

// lines are what the processes of a side reach the servers by.
type lines struct {
	postgres []*testenv.Breaker // to each
	redis    *testenv.Breaker
}

// databaseURL is the database's address at the end of these.
func (l lines) databaseURL(w *world) string {
	addresses := make([]string, len(l.postgres))
	for n, line := range l.postgres {
		addresses[n] = line.Addr
	}
	return w.postgres[0].URLAt(strings.Join(addresses, ","))
}

// The groups, each for what is done with its leads.
const (
	turns    = iota // given at once, by a ring that nobody touches: its turns are exact
	edited          // given at once, by a ring that is edited and whose members come and go
	both            // given at once, to two members each
	planned         // given at a time, if they are not deleted before
	answered        // to be answered within a minute, or somebody else's
	undone          // given and taken back
	groupCount
)

// rings are the groups' members, by number, slot by slot.
var rings = [groupCount][][]int{
	turns: {{0}, {1}, {2}, {3}}, edited: {{4}, {5}, {6}, {7}}, both: {{0, 1}, {2, 3}},
	planned: {{0}, {1}, {0}, {2}}, answered: {{4}, {5}, {3}}, undone: {{2}, {3}, {4}},
}

// A place is a process that there is, and on which side it stands.
type place struct {
	role string
	side int
}

// everybody is what an installation is made of that bears the loss of any.
var everybody = []place{{"api", 0}, {"api", 1}, {"worker", 0}, {"worker", 1}, {"worker", 0}, {"scheduler", 0}, {"scheduler", 1}}

// newWorld starts everything.
func newWorld(t *testing.T, s settings, program string, layout ...place) *world {
	t.Helper()
	w := newServers(t, s, program)
	w.people()
	w.populate(layout...)
	return w
}

// newServers starts the servers alone.
func newServers(t *testing.T, s settings, program string) *world {
	t.Helper()
	w := &world{
		t: t, settings: s, program: program, logs: os.Getenv(logsVariable),
		client: &http.Client{Timeout: 6 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}},
	}
	if w.logs == "" {
		w.logs = t.TempDir()
	}
	t.Cleanup(w.client.CloseIdleConnections)
	if s.standby {
		w.startPair()
	} else {
		w.Dedicated = testenv.NewDedicated(t)
		w.postgres = []*testenv.Backend{w.PostgresServer}
	}
	for side := range w.lines {
		l := lines{redis: testenv.Proxy(t, w.RedisServer.Addr)}
		for _, server := range w.postgres {
			l.postgres = append(l.postgres, testenv.Proxy(t, server.Addr))
		}
		w.lines[side] = l
	}
	return w
}

// populate starts processes, and waits until those are ready that take requests.
func (w *world) populate(layout ...place) {
	w.t.Helper()
	numbers := make(map[string]int)
	for _, l := range layout {
		w.add(fmt.Sprintf("%s-%d", l.role, numbers[l.role]), l.role, l.side)
		numbers[l.role]++
	}
	w.t.Cleanup(func() {
		for _, p := range w.processes {
			p.kill()
		}
	})
	for _, p := range w.processes {
		w.must(p.run())
	}
	for _, address := range w.apis {
		w.untilReady(address)
	}
}

// untilReady waits until a process is ready.
func (w *world) untilReady(address string) {
	w.t.Helper()
	testenv.Eventually(w.t, time.Minute, func() error {
		response, err := w.get(w.t.Context(), "http://"+address+"/readyz")
		if err == nil && response != http.StatusOK {
			err = fmt.Errorf("%s is ready with %d", address, response)
		}
		return err
	})
}

// add makes a process that stands on a side.
func (w *world) add(name, role string, side int) {
	ctx := w.t.Context()
	listen, ops := "127.0.0.1:0", testenv.FreeAddress(w.t)
	if role == "api" {
		listen = testenv.FreeAddress(w.t)
		w.apis = append(w.apis, listen)
	}
	settings := []string{
		"DATABASE_URL=" + w.lines[side].databaseURL(w), "REDIS_URL=" + w.RedisServer.URLAt(w.lines[side].redis.Addr),
		"LEADWHEEL_LISTEN=" + listen, "LEADWHEEL_OPS_LISTEN=" + ops, "LEADWHEEL_LOG_LEVEL=warn",
	}
	log := filepath.Join(w.logs, name+".log")
	p := &process{name: name, role: role, side: side, program: w.program, listen: listen, ops: ops}
	p.start = func(extra []string) (*exec.Cmd, error) {
		return command(ctx, p.program, log, slices.Concat(settings, telling, extra), "serve", "--roles", role)
	}
	w.processes = append(w.processes, p)
}

// people makes a workspace with members and groups.
func (w *world) people() {
	w.t.Helper()
	ctx := w.t.Context()
	w.workspace, w.apiKey = w.NewWorkspace(w.t, "chaos")
	for n := range 8 {
		m, err := w.Store.CreateMember(ctx, w.workspace, store.Member{Name: fmt.Sprint("member ", n)})
		w.must(err)
		w.members = append(w.members, m.ID)
	}
	for n, slots := range rings {
		spec := store.GroupSpec{Name: fmt.Sprint("group ", n), Method: lead.RoundRobin}
		for _, slot := range slots {
			l := lead.Listed{Weight: 1}
			for _, m := range slot {
				l.Members = append(l.Members, lead.Receiver{MemberID: w.members[m]})
			}
			spec.Listed = append(spec.Listed, l)
		}
		switch n {
		case both:
			spec.Method = lead.RoundRobinMultiple
		case answered:
			spec.AnswerWithin = &lead.AnswerWithin{Minutes: 1, AtMost: 5}
		}
		w.must(w.Store.WithTx(ctx, func(tx *store.Tx) error {
			g, err := tx.CreateGroup(ctx, w.workspace, spec)
			w.groups[n] = g.ID
			return err
		}))
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// get asks for a page and returns its status.
func (w *world) get(ctx context.Context, address string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	response, err := w.client.Do(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// read reads rows past all proxies, and tries again while Postgres is away.
func (w *world) read(ctx context.Context, rows any, query string, args ...any) error {
	var err error
	for range 60 {
		if err = sqlx.SelectContext(ctx, w.database(), rows, query, args...); err == nil || ctx.Err() != nil {
			break
		}
		pause(ctx, again)
	}
	return err
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
