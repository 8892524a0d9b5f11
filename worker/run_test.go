package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// queueOf is a queue in which tasks of each kind are.
var queueOf = map[string]string{
	tasks.KindDistribute: string(lead.QueueFresh), tasks.KindIngest: tasks.QueueIngest, tasks.KindFetch: string(lead.QueueFetch),
	tasks.KindNotify: tasks.QueueNotify, tasks.KindWebhook: tasks.QueueWebhook,
	tasks.KindSimulate: string(lead.QueueSimulate),
}

// TestEachKindHasItsHandlerAndServer wants no kind without a handler, and no queue that nobody looks into.
func TestEachKindHasItsHandlerAndServer(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	for kind, queue := range queueOf {
		if s.worker.handlers[kind] == nil || queue == "" {
			t.Errorf("kind %s has no handler or no queue", kind)
		}
	}
	if len(s.worker.handlers) != len(queueOf) {
		t.Errorf("%d handlers: name the new kind's queue here", len(s.worker.handlers))
	}
	served := map[string]bool{}
	for _, c := range classes {
		for queue := range c.queues {
			served[queue] = true
		}
	}
	for _, queue := range tasks.Queues() {
		if !served[queue] {
			t.Errorf("no server looks into queue %s", queue)
		}
	}
}

// TestTasksThatCannotBeReadAreKept has each kind find payloads of other versions and of nobody: they are not tried again,
// and kept for whoever can read them.
func TestTasksThatCannotBeReadAreKept(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	payloads := []string{``, `Siti Rahman`, `{"v":2,"workspace_id":"` + s.workspace.String() + `"}`, `{"v":1,"surprise":"Siti Rahman"}`}
	for kind, queue := range queueOf {
		for _, payload := range payloads {
			s.push(kind, queue, payload, 5)
		}
	}
	s.push("lead:forget", tasks.QueueIngest, `{}`, 5)
	for kind, queue := range queueOf {
		s.drain(queue)
		dead, err := s.inspector.ListArchivedTasks(queue)
		s.must(err)
		want := len(payloads)
		if kind == tasks.KindIngest {
			want++ // of the kind that nobody knows
		}
		if len(dead) != want {
			t.Errorf("%s: %d tasks are kept, want %d", queue, len(dead), want)
		}
		for _, task := range dead {
			if task.Retried != 0 || strings.Contains(task.LastErr, "Siti") || task.LastErr == "" {
				t.Errorf("%s was tried again %d times and is kept with %q", task.Type, task.Retried, task.LastErr)
			}
		}
	}
}

// TestTheDatabaseIsAway cuts the connection to Postgres while a task of each kind comes: none is dead of it, none has lost
// one of its tries, none tells of anybody, and when Postgres is back all are done.
func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Now().Truncate(time.Second))
	d := testenv.NewDedicated(t, testenv.WithClock(clock.Now), testenv.WithChannels(lead.Channels()...))
	s := newShiftOn(t, &d.Env, clock)
	proxy := testenv.Proxy(t, d.PostgresServer.Addr)
	away, err := store.Open(t.Context(), store.Options{
		DatabaseURL: d.PostgresServer.URLAt(proxy.Addr), Redis: d.Redis, Now: clock.Now, Channels: lead.Channels(),
	})
	s.must(err)
	t.Cleanup(func() { _ = away.Close() })
	s.options.Store = away
	shown := s.measure()
	r := newReceiver(t, nil)
	hook := s.hook(r)
	s.give(1)
	hints := s.add(1, time.Time{})
	integration := s.integration(newGraph(t).URL)
	var simulated store.Simulation
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) (err error) {
		simulated, err = tx.AddSimulation(t.Context(), s.workspace, store.SimulationSpec{Last: 100})
		return err
	}))
	s.start()

	proxy.Cut()
	s.hint(hints...)
	s.must(s.queue.PushLeads(t.Context(), tasks.Push{WorkspaceID: s.workspace, Leads: []tasks.Lead{{Name: "Siti Rahman"}}}))
	s.must(s.queue.Notify(t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[0], Channel: lead.Telegram}))
	s.must(s.queue.Webhook(t.Context(), tasks.Webhook{Workspace: s.workspace, Webhook: hook}))
	s.hint(lead.Hint{Workspace: s.workspace, ID: integration, Queue: lead.QueueFetch})
	s.hint(lead.Hint{Workspace: s.workspace, ID: simulated.ID, Queue: lead.QueueSimulate})
	for kind, queue := range queueOf {
		if task := s.only(queue, asynq.TaskStateRetry); task.Retried != 0 || strings.Contains(task.LastErr, "Siti") {
			t.Errorf("%s has lost %d tries, with %q", kind, task.Retried, task.LastErr)
		}
		postponed := fmt.Sprintf(`leadwheel_tasks_total{kind=%q,outcome="postponed"} `, kind)
		s.until(func() error { // once, or again since
			if text := shown(); !strings.Contains(text, postponed) || strings.Contains(text, postponed+"0\n") {
				return errors.New("nothing is counted by " + postponed)
			}
			return nil
		})
		s.shows(shown, fmt.Sprintf(`leadwheel_tasks_total{kind=%q,outcome="retried"} 0`, kind))
	}
	proxy.Restore()
	for _, queue := range queueOf {
		s.until(func() error {
			info, err := s.inspector.GetQueueInfo(queue)
			if err == nil && info.Size > 0 {
				err = fmt.Errorf("%s has %d tasks left, %d of them dead", queue, info.Size, info.Archived)
			}
			return err
		})
	}
	s.untilCount(2, copiesQuery)
	s.untilCount(6, `SELECT count(*) FROM leads`) // two that were there, one pushed, three fetched
	s.untilCount(1, `SELECT count(*) FROM notifications WHERE state = 'sent'`)
	s.untilCount(1, `SELECT count(*) FROM simulations WHERE state = 'done'`)
	s.until(func() error { // no scheduler is here to hand it over for what came after its task had run
		s.must(s.queue.Webhook(t.Context(), tasks.Webhook{Workspace: s.workspace, Webhook: hook}))
		return r.took(6)
	})
}

// TestFetchTasksFetch hands an integration's leads over twice.
func TestFetchTasksFetch(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	graph := newGraph(t)
	integration := s.integration(graph.URL)
	s.start()
	h := lead.Hint{Workspace: s.workspace, ID: integration, Queue: lead.QueueFetch}
	s.hint(h, h)
	s.none(string(lead.QueueFetch))
	s.untilCount(3, `SELECT count(*) FROM leads WHERE name LIKE 'Siti %' AND origin = $1`, store.IntegrationOrigin(integration))
	if n := s.Count(t, `SELECT count(*) FROM fetches`); n != 0 {
		t.Errorf("%d are still to be fetched", n)
	}
}

// saidSo reports whether the worker has said something.
func (s *shift) saidSo(what string) error {
	if text := s.said.String(); !strings.Contains(text, what) {
		return fmt.Errorf("the worker did not say %q:\n%s", what, text)
	}
	return nil
}

// A brokenCounter panics from the second time on.
type brokenCounter struct {
	prometheus.Counter
	asked atomic.Int32
}

func (b *brokenCounter) Add(float64) {
	if b.asked.Add(1) > 1 {
		panic("no counter")
	}
}

// integration makes one that a platform at an address has told of three leads.
func (s *shift) integration(platform string) uuid.UUID {
	s.t.Helper()
	s.platform = platform
	id, err := store.NewIntegrationID()
	s.must(err)
	i := store.Integration{ID: id, Kind: lead.KindMeta, Name: "ads", Enabled: true}
	i.Sealed, err = ingest.Secrets{Secret: "s", AccessToken: "t"}.Seal(s.box, i)
	s.must(err)
	_, err = s.Store.CreateIntegration(s.t.Context(), s.workspace, i)
	s.must(err)
	none := json.RawMessage(`{}`)
	event := &store.Event{ID: uuid.Must(uuid.NewV7()), IntegrationID: id, ReceivedAt: s.Store.Now(), Body: []byte("{}")}
	s.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddArrivals(ctx, s.workspace, lead.QueueFresh, []store.Arrival{{
			Event: event, Fetches: []store.NewFetch{
				{ExternalID: "1", Attribution: none}, {ExternalID: "2", Attribution: none, Place: 1}, {ExternalID: "3", Attribution: none, Place: 2},
			},
		}})
		return err
	})
	s.TakeHints()
	return id
}

// newGraph plays Meta's Graph API, which shows any lead.
func newGraph(t *testing.T) *httptest.Server {
	t.Helper()
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		fmt.Fprintf(w, `{"id":%q,"field_data":[{"name":"full_name","values":["Siti %s"]}]}`, id, id)
	}))
	t.Cleanup(graph.Close)
	return graph
}
