package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

// prompt is how long a fresh lead may take to reach its member while others do their worst.
const prompt = 10 * time.Second

// TestOverload has an installation of one process of each role be given garbage, and be asked by very many as fast as they can. Leads go out
// meanwhile, no process grows large, and people are shown what was given up on.
func TestOverload(t *testing.T) {
	t.Parallel()
	asked(t)
	pieces, connections, during := 450, 50, time.Second
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		pieces, connections, during = 20_000, 500, 30*time.Second
	}
	w := newWorld(t, settings{seed: 1}, built(t), place{"api", 0}, place{"worker", 0}, place{"scheduler", 0})
	fresh := w.fresh()
	w.litter(pieces)
	w.storm(connections, during)
	fresh.stop()
}

// litter fills the queues with what nobody can read, other versions and other kinds, and with hints at nothing. What may hold leads is kept for
// people to see, each once; and nothing is left in the queues.
func (w *world) litter(n int) {
	queue := asynq.NewClientFromRedisClient(w.Redis)
	kept, worker := 0, w.process("worker-0")
	w.must(worker.signal(syscall.SIGSTOP)) // so that it comes all at once
	for i := range n {
		g := garbage[i%len(garbage)]
		payload := strings.ReplaceAll(g.payload, "WORKSPACE", w.workspace.String())
		_, err := queue.EnqueueContext(w.t.Context(), asynq.NewTask(g.kind, []byte(payload)), asynq.Queue(g.queue), asynq.MaxRetry(3))
		w.must(err)
		if !tasks.IsHint(g.kind) {
			kept++
		}
	}
	w.must(worker.signal(syscall.SIGCONT))
	testenv.Eventually(w.t, 3*time.Minute, func() error {
		var found int
		err := w.DB.Get(&found, `SELECT count(*) FROM dead_tasks`)
		if err == nil && found != kept {
			err = fmt.Errorf("%d dead tasks are kept, want %d", found, kept)
		}
		return errors.Join(err, w.drained())
	})
	if w.deadShown() == 0 {
		w.t.Error("the workspace is shown none of its dead tasks")
	}
}

// garbage is what is pushed, kind after kind.
var garbage = []struct{ kind, queue, payload string }{
	{tasks.KindIngest, tasks.QueueIngest, `{"v":2,"workspace_id":"WORKSPACE","leads":[{"name":"of a newer version"}]}`},
	{tasks.KindDistribute, string(lead.QueueFresh), `{"v":2,"workspace_id":"WORKSPACE"}`},
	{tasks.KindIngest, tasks.QueueIngest, "\x00\xff not JSON"},
	{"lead:forget", tasks.QueueIngest, `{}`},
	{tasks.KindDistribute, string(lead.QueueBulk), `{"v":1,"workspace_id":"WORKSPACE","batch_id":"01890000-0000-7000-8000-00000000dead"}`},
	{tasks.KindIngest, tasks.QueueIngest, `{"v":1,"workspace_id":"WORKSPACE","channel":"c","group_id":"01890000-0000-7000-8000-00000000dead","leads":[{"external_id":"1","name":"x"}]}`},
	{tasks.KindNotify, tasks.QueueNotify, ``},
	{tasks.KindWebhook, tasks.QueueWebhook, `[]`},
	{"lead:assign", string(lead.QueueDue), `{}`},
}

// drained says what is left in the queues.
func (w *world) drained() error {
	var left error
	for _, name := range tasks.Queues() {
		for _, part := range []string{"pending", "active"} {
			if n := w.Redis.LLen(w.t.Context(), tasks.Key(name, part)).Val(); n > 0 {
				left = errors.Join(left, fmt.Errorf("queue %s has %d tasks that are %s", name, n, part))
			}
		}
		if n := w.Redis.ZCard(w.t.Context(), tasks.Key(name, "archived")).Val(); n > 0 {
			left = errors.Join(left, fmt.Errorf("queue %s has %d tasks that were given up on", name, n))
		}
	}
	return left
}

// deadShown is how many dead tasks the API shows the workspace.
func (w *world) deadShown() int {
	c := &caller{crowd: &crowd{world: w, record: newRecord()}}
	c.rng = c.dice(1)
	a, _ := c.send(request{method: http.MethodGet, path: "/v1/dead-tasks?limit=500"})
	var list struct{ Items []json.RawMessage }
	_ = json.Unmarshal(a.body, &list) // none are shown then
	return len(list.Items)
}

// A steady stream of leads that must reach their members.
type steady struct {
	*caller
	end     context.CancelFunc
	largest int // of the processes' memory, in MB
}

// fresh has leads come in, one after the other.
func (w *world) fresh() *steady {
	ctx, end := context.WithCancel(w.t.Context())
	c := &crowd{world: w, record: newRecord(), ctx: ctx}
	s := &steady{caller: &caller{crowd: c, rng: c.dice(0)}, end: end}
	c.call(0, 200*time.Millisecond, func(one *caller) {
		name := fmt.Sprint("fresh ", one.n)
		c.ask(entry{name: name, group: turns})
		if _, done := one.send(request{
			method: http.MethodPost, path: "/v1/leads", key: name, kind: "lead", body: map[string]any{"name": name, "distribute": c.distribute(turns)},
		}); done {
			c.acknowledge(name)
		}
		for _, p := range w.processes {
			s.largest = max(s.largest, p.memory())
		}
	})
	return s
}

// stop ends the stream, and looks how its leads fared.
func (s *steady) stop() {
	s.t.Helper()
	s.end()
	s.running.Wait()
	check := &checker{world: s.world, record: s.record}
	var waits []time.Duration
	testenv.Eventually(s.t, prompt, func() error {
		waits = waits[:0]
		leads := check.find(s.t.Context())
		for name, e := range s.all() {
			f := leads[name]
			if len(f.Copies) != 1 {
				return fmt.Errorf("%q has %d copies", name, len(f.Copies))
			}
			waits = append(waits, check.lag(e, f))
		}
		return nil
	})
	if worst := slices.Max(waits); worst > prompt {
		s.t.Errorf("of %d fresh leads one waited for %s", len(waits), worst)
	}
	if s.largest > memoryMB {
		s.t.Errorf("a process took %d MB", s.largest)
	}
	check.shares()
	check.audit()
	s.t.Logf("%d fresh leads meanwhile waited for %s at the most; the largest process took %d MB", len(waits), slices.Max(waits).Round(time.Millisecond), s.largest)
}

// memoryMB is what a process may take at the most.
const memoryMB = 400

// memory is what it takes, in MB; 0 where that cannot be told.
func (p *process) memory() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(fields[1]) // the kernel writes a number
	return pages * os.Getpagesize() >> 20
}

// storm has very many ask as fast as they can. They are answered, or told to come again.
func (w *world) storm(connections int, during time.Duration) {
	over := time.Now().Add(during)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var answers sync.Map // how many there were with each status
	var all sync.WaitGroup
	for n := range connections {
		all.Go(func() {
			for time.Now().Before(over) && !w.t.Failed() {
				count, _ := answers.LoadOrStore(w.hurry(client, n), new(atomic.Int64))
				count.(*atomic.Int64).Add(1)
			}
		})
	}
	all.Wait()
	answers.Range(func(status, count any) bool {
		w.t.Logf("%d × %v", count.(*atomic.Int64).Load(), status)
		if !slices.Contains([]int{http.StatusCreated, http.StatusOK, http.StatusTooManyRequests, http.StatusServiceUnavailable}, status.(int)) {
			w.t.Errorf("some were answered with %v", status)
		}
		return true
	})
}

var hurried atomic.Int64 // so that each lead has a name of its own

// hurry asks for something, and returns the status.
func (w *world) hurry(client *http.Client, n int) int {
	body, method, path := fmt.Sprintf(`{"name":"in a hurry %d"}`, hurried.Add(1)), http.MethodPost, "/v1/leads"
	if n%2 == 0 {
		body, method, path = "", http.MethodGet, "/v1/leads?limit=100"
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.apis[0]+path, strings.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+w.apiKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		w.t.Errorf("a request among many: %v", err)
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}
