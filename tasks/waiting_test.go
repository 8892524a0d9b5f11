package tasks

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

func isSecret(email, _ string) bool { return strings.HasPrefix(email, "secret@") }

// redisText is all that a test's Redis holds.
func redisText(t *testing.T, env *testenv.Env) string {
	t.Helper()
	var all strings.Builder
	for _, key := range env.Redis.Keys(t.Context(), "*").Val() {
		fmt.Fprintln(&all, key, env.Redis.Dump(t.Context(), key).Val())
	}
	return all.String()
}

func TestRemoveFromTheQueue(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	c, w := NewClient(env.Redis), NewWaiting(env.Redis)
	if n, err := w.Remove(t.Context(), id(1), isSecret); n != 0 || err != nil {
		t.Fatalf("%d are removed from an empty queue, %v", n, err)
	}
	secret := Lead{Name: "Secret Person", Email: "secret@example.com"}
	other := Lead{ExternalID: "2", Name: "Other", Email: "other@example.com", Fields: map[string]any{"n": 12345678901234567}}
	for _, push := range []Push{
		{WorkspaceID: id(1), Leads: []Lead{secret, other}}, {WorkspaceID: id(1), Leads: []Lead{secret}}, {WorkspaceID: id(1), Leads: []Lead{secret}},
		{WorkspaceID: id(2), Leads: []Lead{{Name: "Theirs", Email: "secret@example.com"}}},
	} {
		if err := c.PushLeads(t.Context(), push); err != nil {
			t.Fatal(err)
		}
	}
	env.Redis.Del(t.Context(), Registry) // as FLUSHALL leaves it
	if _, err := w.ids(t.Context()); err != nil {
		t.Fatal(err)
	}
	inspector := asynq.NewInspectorFromRedisClient(env.Redis)
	if err := inspector.ArchiveTask(QueueIngest, pending(t, env.Redis, QueueIngest)[2].ID); err != nil {
		t.Fatal(err)
	}
	if found, err := w.Find(t.Context(), id(1), isSecret); len(found) != 3 || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if n, err := w.Remove(t.Context(), id(1), isSecret); n != 3 || err != nil {
		t.Errorf("%d are removed, %v", n, err)
	}
	if text := redisText(t, env); strings.Contains(text, "Secret Person") || !strings.Contains(text, "Theirs") {
		t.Errorf("Redis has %s", text)
	}
	var left []string
	for _, info := range pending(t, env.Redis, QueueIngest) {
		p, err := Decode[Ingest](info.Payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range p.Leads {
			left = append(left, l.ExternalID+l.Name+string(l.Fields))
		}
	}
	if len(left) != 2 || left[1] != `2Other{"n":12345678901234567}` {
		t.Errorf("left are %q", left)
	}
}

// TestRemoveWaitsForWorkers has a worker hold the leads until they were looked for some times.
func TestRemoveWaitsForWorkers(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	if err := NewClient(env.Redis).PushLeads(t.Context(), Push{WorkspaceID: id(1), Leads: []Lead{{Name: "S", Email: "secret@example.com"}}}); err != nil {
		t.Fatal(err)
	}
	var looked atomic.Int32
	var stored atomic.Bool
	started, release := make(chan struct{}), make(chan struct{})
	server := asynq.NewServerFromRedisClient(env.Redis, asynq.Config{Concurrency: 1, Queues: map[string]int{QueueIngest: 1}, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		close(started)
		<-release
		stored.Store(true)
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	<-started
	n, err := NewWaiting(env.Redis).Remove(t.Context(), id(1), func(email, phone string) bool {
		if looked.Add(1) == 3 {
			close(release)
		}
		return isSecret(email, phone)
	})
	if looked.Load() < 3 {
		close(release)
	}
	if n != 0 || err != nil || !stored.Load() {
		t.Errorf("%d were removed, %v, before they were stored: %v", n, err, !stored.Load())
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	payload := `{"v":1,"workspace_id":"` + id(1).String() + `","channel":"c","leads":[%s]}`
	secret, other := `{"external_id":"1","email":"secret@x"}`, `{"external_id":"2","name":"O","fields":{"n":1e400}}`
	for leads, want := range map[string]string{secret: "", other: other, secret + "," + other: other, other + "," + secret: other} {
		rest, err := Without(fmt.Appendf(nil, payload, leads), isSecret)
		if want != "" {
			want = fmt.Sprintf(payload, want)
		}
		if string(rest) != want || err != nil {
			t.Errorf("of %s is left %s, %v", leads, rest, err)
		}
	}
	if _, err := Without([]byte(`{"v":9}`), isSecret); err == nil {
		t.Error("a payload that cannot be read is changed")
	}
}
