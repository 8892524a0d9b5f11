package tasks

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestShardsOfWorkspaces wants each workspace's work in one shard, whoever asks and whenever: the names below are what processes of other
// versions go by.
func TestShardsOfWorkspaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		shards    Shards
		queue     string
		workspace string
		want      string
	}{
		{0, "fresh", "01890000-0000-7000-8000-000000000001", "fresh"},
		{1, "fresh", "01890000-0000-7000-8000-000000000001", "fresh"},
		{8, "fresh", "01890000-0000-7000-8000-000000000001", "fresh:4"},
		{8, "fresh", "01890000-0000-7000-8000-000000000005", "fresh"},
		{8, "webhook", "01890000-0000-7000-8000-000000000002", "webhook:5"},
		{3, "fresh", "01890000-0000-7000-8000-000000000001", "fresh:1"},
		{8, "ingest", "01890000-0000-7000-8000-000000000001", "ingest"},
	} {
		if got := c.shards.Of(c.queue, uuid.MustParse(c.workspace)); got != c.want {
			t.Errorf("%d shards: %s of workspace %s goes to %s, want %s", c.shards, c.queue, c.workspace, got, c.want)
		}
	}
	const workspaces = 8000
	had := make(map[string]int)
	for range workspaces {
		had[Shards(8).Of("bulk", uuid.Must(uuid.NewV7()))]++
	}
	for _, shard := range Shards(8).All("bulk") {
		if n := had[shard]; n < workspaces/8*8/10 || n > workspaces/8*12/10 {
			t.Errorf("of %d workspaces %s has %d", workspaces, shard, n)
		}
	}
	if len(had) != 8 {
		t.Errorf("the work is in %v", had)
	}
}

// TestQueueOfShards tells shards from queues of others.
func TestQueueOfShards(t *testing.T) {
	t.Parallel()
	for _, queue := range Shards(MaxShards).Queues() {
		if of, own := QueueOf(queue); !own || !slices.Contains(Shards(MaxShards).All(of), queue) {
			t.Errorf("%s is a shard of %q, %v", queue, of, own)
		}
	}
	for _, other := range []string{"", "default", "fresh:0", "fresh:64", "fresh:-1", "fresh:01", "fresh:", "fresh:1:1", "fresh:x", "ingest:1", ":1"} {
		if of, own := QueueOf(other); own {
			t.Errorf("%q is taken for a shard of %q", other, of)
		}
	}
	if got := len(Shards(8).Queues()); got != 7*8+1 {
		t.Errorf("8 shards make %d queues", got)
	}
}

// TestLeftOver looks for what others have put into shards beyond the number: it waits in each of the ways in which a task can.
func TestLeftOver(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	many := NewClient(env.Redis).Spread(MaxShards)
	in := func(queue string) uuid.UUID { // a workspace whose work goes there
		for {
			if w := uuid.Must(uuid.NewV7()); Shards(MaxShards).Of("due", w) == queue {
				return w
			}
		}
	}
	hint := func(queue string, at time.Time) {
		h := lead.Hint{Workspace: in(queue), ID: uuid.Must(uuid.NewV7()), Queue: lead.QueueDue, FeedAt: at}
		if err := many.Distribute(t.Context(), h, h); err != nil { // the second is the first
			t.Fatal(err)
		}
	}
	hint("due", time.Time{})
	hint("due:2", time.Time{})
	hint("due:9", time.Time{})
	hint("due:10", time.Now().Add(time.Hour))
	if _, err := asynq.NewClientFromRedisClient(env.Redis).Enqueue(asynq.NewTask("other", nil), asynq.Queue("due:fresh")); err != nil {
		t.Fatal(err)
	}
	for queue, key := range map[string]string{"due:11": "active", "due:12": "other"} {
		if err := errors.Join(env.Redis.SAdd(t.Context(), Registry, queue).Err(), env.Redis.LPush(t.Context(), Key(queue, key), "task").Err()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Shards(3).LeftOver(t.Context(), env.Redis)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"due:10", "due:11", "due:9"}, got); diff != "" {
		t.Errorf("left over (-want +got):\n%s", diff)
	}
	if n, err := Shards(3).Pending(t.Context(), env.Redis, "due"); err != nil || n != 2 {
		t.Errorf("%d tasks can begin, want 2; %v", n, err)
	}
	if n, err := Shards(MaxShards).Pending(t.Context(), env.Redis, "due"); err != nil || n != 3 {
		t.Errorf("%d tasks can begin in all shards, want 3; %v", n, err)
	}
}
