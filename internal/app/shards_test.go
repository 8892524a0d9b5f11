package app_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// companies are workspaces with a group each, on a cluster over whose masters their work is spread.
type companies struct {
	*scene
	redis redis.UniversalClient
	of    map[uuid.UUID]uuid.UUID // the group of each
	given int
}

func newCompanies(t *testing.T, redisURL string, n int) *companies {
	t.Helper()
	c := &companies{scene: newSceneOn(t, redisURL), of: make(map[uuid.UUID]uuid.UUID)}
	var err error
	c.redis, err = tasks.OpenRedis(redisURL)
	c.must(err)
	t.Cleanup(func() { _ = c.redis.Close() })
	for i := range n {
		w, err := c.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: fmt.Sprint("company ", i), Timezone: "UTC", Region: "MY"})
		c.must(err)
		m, err := c.Store.CreateMember(t.Context(), w.ID, store.Member{Name: "Aisyah"})
		c.must(err)
		c.must(c.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			g, err := tx.CreateGroup(t.Context(), w.ID, store.GroupSpec{
				Name: "sales", Method: lead.RoundRobin, Listed: []lead.Listed{{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}}},
			})
			c.of[w.ID] = g.ID
			return err
		}))
	}
	return c
}

// run runs roles with so many shards, until stop is called.
func (c *companies) run(shards tasks.Shards, roles ...app.Role) (a *app.App, stop func()) {
	c.t.Helper()
	config := c.config(roles...)
	config.QueueShards = shards
	a, err := app.Start(c.t.Context(), config)
	c.must(err)
	stop = func() {
		if a == nil {
			return
		}
		if err := a.Stop(context.Background()); err != nil {
			c.t.Error(err)
		}
		a = nil
	}
	c.t.Cleanup(stop)
	return a, stop
}

// bring has a lead of each workspace come in by a process.
func (c *companies) bring(a *app.App) {
	c.t.Helper()
	for w, group := range c.of {
		c.must(a.Store().WithTx(c.t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddLeads(c.t.Context(), w, lead.QueueFresh, []store.NewLead{
				{Name: "Siti", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: group}},
			})
			return err
		}))
		c.given++
	}
}

// untilAllOut waits until each lead that came in is with its member.
func (c *companies) untilAllOut() {
	c.t.Helper()
	c.untilCopies(c.given, time.Minute)
	c.untilIdle(time.Minute)
	if n := c.Count(c.t, `SELECT count(DISTINCT source_lead_id) FROM assigned_leads`); n != c.given || c.copies() != n {
		c.t.Errorf("of %d leads %d are out, in %d copies", c.given, n, c.copies())
	}
}

// waiting are the numbers of hints at fresh leads that wait, by shard.
func (c *companies) waiting(want int) map[string]int64 {
	c.t.Helper()
	in := make(map[string]int64)
	testenv.Eventually(c.t, 20*time.Second, func() error {
		n := 0
		for _, shard := range tasks.Shards(8).All("fresh") {
			length, err := c.redis.LLen(c.t.Context(), tasks.Key(shard, "pending")).Result()
			if err != nil {
				return err
			}
			in[shard] = length
			n += int(length)
		}
		if n < want {
			return fmt.Errorf("%d hints wait: %v", n, in)
		}
		return nil
	})
	return in
}

// done counts the tasks that were run from fresh leads' shards, from the one of a number on.
func (c *companies) done(from int) (n int64) {
	c.t.Helper()
	for _, shard := range tasks.Shards(8).All("fresh")[from:] {
		all, err := c.redis.Get(c.t.Context(), tasks.Key(shard, "processed")).Int64()
		if err != nil && !errors.Is(err, redis.Nil) {
			c.t.Fatal(err)
		}
		n += all
	}
	return n
}

// series are the values of some series in what a process shows.
func (c *companies) series(a *app.App, pattern string) string {
	c.t.Helper()
	_, text := get(c.t, a.OpsURL()+"/metrics")
	return strings.Join(regexp.MustCompile(`(?m)^`+pattern+`.*$`).FindAllString(text, -1), "\n")
}

// TestShardsOfACluster has leads of 50 workspaces come in on a cluster of three masters, with 8 shards. The number is changed to 3 and to 1
// while hints wait in shards that there are no more then, and a master is killed while leads come in.
func TestShardsOfACluster(t *testing.T) {
	t.Parallel()
	cluster := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: time.Second, Replicas: true})
	c := newCompanies(t, cluster.URL, 50)
	feeding, stop := c.run(8, app.RoleAPI)
	c.bring(feeding)
	masters := make(map[int]bool)
	for shard, n := range c.waiting(c.given) {
		if n > 0 {
			masters[cluster.MasterOf(tasks.Key(shard, "pending"))] = true
		}
	}
	if len(masters) < 2 {
		t.Errorf("the hints are with %d master", len(masters))
	}
	const size, unserved = `asynq_queue_size\{queue="fresh`, `leadwheel_queue_unserved_tasks\{queue="fresh`
	if got, want := c.series(feeding, size), `asynq_queue_size{queue="fresh"} 50`; got != want {
		t.Errorf("shown is %s, want %s", got, want)
	}
	if got, want := c.series(feeding, unserved), `leadwheel_queue_unserved_tasks{queue="fresh"} 50`; got != want {
		t.Errorf("shown is %s, want %s", got, want)
	}

	cluster.Configure(1, "maxmemory", "100mb")
	if got, want := c.series(feeding, "leadwheel_redis_memory_max_bytes "), "leadwheel_redis_memory_max_bytes 1.048576e+08"; got != want {
		t.Errorf("shown is %s, want %s", got, want)
	}

	working, stopWorking := c.run(3, app.RoleWorker)
	c.untilAllOut()
	if c.done(3) == 0 {
		t.Error("no shard that there is no more was served")
	}
	c.bring(feeding) // which goes by 8 still
	c.untilAllOut()
	if got, want := c.series(working, unserved), `leadwheel_queue_unserved_tasks{queue="fresh"} 0`; got != want {
		t.Errorf("shown is %s, want %s", got, want)
	}
	stop()
	stopWorking()

	feeding, stop = c.run(3, app.RoleAPI)
	c.bring(feeding)
	c.waiting(50)
	stop()
	before := c.done(1)
	_, stop = c.run(1, app.RoleWorker)
	c.untilAllOut()
	if c.done(1) == before {
		t.Error("no shard that there is no more was served")
	}
	stop()

	all, _ := c.run(8, app.Roles()...)
	for range 2 {
		c.bring(all)
	}
	cluster.Masters[cluster.MasterOf(tasks.Key("fresh:1", "pending"))].Kill()
	c.bring(all)
	c.untilAllOut()
	c.audit()
}
