package tasks

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

func pending(t *testing.T, rdb redis.UniversalClient, queue string) []*asynq.TaskInfo {
	t.Helper()
	infos, err := asynq.NewInspectorFromRedisClient(rdb).ListPendingTasks(queue, asynq.PageSize(1000))
	if err != nil {
		t.Fatal(err)
	}
	return infos
}

func TestPushLeads(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	push := Push{WorkspaceID: id(1), GroupID: id(4), Leads: make([]Lead, 250)}
	for i := range push.Leads {
		push.Leads[i] = Lead{Name: "Aisyah", Fields: map[string]any{"unit": "condo"}}
	}
	push.Leads[7].ExternalID = "seven"
	if err := NewClient(env.Redis).PushLeads(t.Context(), push); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, info := range pending(t, env.Redis, QueueIngest) {
		p, err := Decode[Ingest](info.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if p.Channel != "queue" || p.GroupID != id(4) {
			t.Errorf("payload is for %s by %s", p.GroupID, p.Channel)
		}
		for _, l := range p.Leads {
			seen[l.ExternalID] = true
		}
	}
	if len(seen) != 250 || !seen["seven"] {
		t.Errorf("%d leads with ids of their own in the queue, want 250 and seven among them", len(seen))
	}
}

func TestPushLeadsRefusesWhatCannotBeStored(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	named := []Lead{{Name: "Aisyah"}}
	for want, push := range map[string]Push{
		"WorkspaceID":                  {Leads: named},
		"GroupID or MemberIDs":         {WorkspaceID: id(1), GroupID: id(2), MemberIDs: []uuid.UUID{id(3)}, Leads: named},
		"lead 1 has no name":           {WorkspaceID: id(1), Leads: []Lead{{Phone: "1"}, {ExternalID: "x"}}},
		"writing the fields of lead 0": {WorkspaceID: id(1), Leads: []Lead{{Name: "A", Fields: map[string]any{"f": func() {}}}}},
	} {
		if err := NewClient(env.Redis).PushLeads(t.Context(), push); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one about %s", err, want)
		}
	}
}

func TestDistributeHintsOnceAGeneration(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	c := NewClient(env.Redis)
	b := lead.Hint{Workspace: id(1), ID: id(2), Queue: lead.QueueBulk}
	again := b
	again.Generation = 1
	for range 2 {
		if err := c.Distribute(t.Context(), b, again); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(pending(t, env.Redis, "bulk")); n != 2 {
		t.Errorf("%d hints, want one for each generation", n)
	}
}

func TestOpenRedis(t *testing.T) {
	t.Parallel()
	for url, ok := range map[string]bool{
		"redis://127.0.0.1:6379/3":                           true,
		"rediss://user:pass@example.com:6380":                true,
		"unix:///run/redis.sock?db=2":                        true,
		"redis-sentinel://127.0.0.1:26379?master_name=one":   true,
		"redis-cluster://127.0.0.1:7000?addr=127.0.0.1:7001": true,
		"postgres://127.0.0.1/":                              false,
		"127.0.0.1:6379":                                     false,
	} {
		client, err := OpenRedis(url)
		if (err == nil) != ok {
			t.Errorf("%s: error is %v", url, err)
		}
		if client != nil {
			if err := client.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
