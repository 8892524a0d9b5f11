package app_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// recovery is within what time a lead is with its member where a master of Redis fails as it comes in, once the others miss that. It
// was 3 to 9 s; on a busy machine it is longer.
const recovery = 20 * time.Second

// failover is a Redis whose master can fail.
type failover struct {
	url string
	// fail has a master fail that has work.
	fail func()
	// back has it come back, when it is not the master any more.
	back func()
}

// sentinels makes a failover of a Redis with sentinels.
func sentinels(t *testing.T, downAfter time.Duration, frozen bool) failover {
	s := testenv.NewRedisSentinel(t, downAfter)
	return failing(s.URL, s.Servers[0], frozen)
}

// cluster makes one of a Redis Cluster, of which the master fails that has the fresh leads' queue.
func cluster(t *testing.T, downAfter time.Duration, frozen bool) failover {
	c := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: downAfter, Replicas: true})
	return failing(c.URL, c.Masters[c.MasterOf(tasks.Key("fresh", "pending"))], frozen)
}

func failing(url string, master *testenv.Backend, frozen bool) failover {
	if frozen {
		return failover{url, master.Freeze, master.Thaw}
	}
	return failover{url, master.Kill, master.Start}
}

// TestRedisFailsOver has leads come in by the API, by pushes and in bulk while a master of Redis dies or freezes, and comes back when
// another has taken its place. All that was acknowledged goes out once, in turn, and what comes in goes on to its member within seconds.
func TestRedisFailsOver(t *testing.T) {
	t.Parallel()
	bulk, downAfter, soak := 2000, time.Second, os.Getenv("LEADWHEEL_SOAK") != ""
	if soak {
		bulk, downAfter = 20_000, 5*time.Second
	}
	for _, c := range []struct {
		name   string
		make   func(*testing.T, time.Duration, bool) failover
		frozen bool
		short  bool
	}{
		{"sentinel, killed", sentinels, false, false},
		{"sentinel, frozen", sentinels, true, true},
		{"cluster, killed", cluster, false, true},
		{"cluster, frozen", cluster, true, false},
	} {
		if !c.short && !soak {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if !soak { // long ones would wait for each other more than for Redis
				t.Parallel()
			}
			f := c.make(t, downAfter, c.frozen)
			s := newSceneOn(t, f.url)
			ids := s.storeLeads(bulk)
			s.start(app.Roles()...)
			s.startProcess("worker")
			in := s.bringIn()
			s.assign(ids)
			s.untilCopies(bulk/4, time.Minute)
			f.fail()
			failed := time.Now()
			s.untilLeadsGoOut(failed)
			f.back()
			s.untilCopies(bulk, 2*time.Minute)
			all := bulk + in.stop()
			s.untilCopies(all, time.Minute)
			s.untilIdle(time.Minute)
			s.onceAndInTurn(all)
			longest := s.longestWait()
			t.Logf("%d leads, %d of them while it failed; the longest wait of one from the API was %s", all, all-bulk, longest.Round(10*time.Millisecond))
			if longest > downAfter+recovery {
				t.Errorf("a lead waited for %s", longest)
			}
		})
	}
}

// newSceneOn is a scene of four members on another Redis than the tests'.
func newSceneOn(t *testing.T, redisURL string) *scene {
	t.Helper()
	env := testenv.New(t)
	rdb, err := tasks.OpenRedis(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() }) // some of its servers may be gone
	if err := env.Store.Close(); err != nil {
		t.Fatal(err)
	}
	env.RedisURL = redisURL
	env.Store, err = store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL, Redis: rdb})
	if err != nil {
		t.Fatal(err)
	}
	return newScene(t, env, 4)
}

// arrivals are leads that come in all the time.
type arrivals struct {
	cancel   context.CancelFunc
	bringing sync.WaitGroup
	taken    atomic.Int64
}

// stop ends them, and returns how many were acknowledged.
func (a *arrivals) stop() int {
	a.cancel()
	a.bringing.Wait()
	return int(a.taken.Load())
}

// arrivalPause is between two of them.
const arrivalPause = 20 * time.Millisecond

// bringIn has leads come in by the API, one by one, and be pushed through the queue, five at a time, until that is stopped.
func (s *scene) bringIn() *arrivals {
	s.t.Helper()
	rdb, err := tasks.OpenRedis(s.RedisURL)
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	a := &arrivals{cancel: cancel}
	s.t.Cleanup(func() { a.stop(); _ = rdb.Close() })
	a.bringing.Go(func() {
		for ctx.Err() == nil {
			status, err := s.post("/v1/leads", map[string]any{"name": "by API", "distribute": map[string]any{"group_id": s.group}}, nil) //nolint:contextcheck // a request that is under way is finished
			if err != nil || status != 201 {
				s.t.Errorf("status %d, error %v", status, err)
				return
			}
			a.taken.Add(1)
			pause(ctx)
		}
	})
	pushes := tasks.NewClient(rdb)
	a.bringing.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			p := tasks.Push{WorkspaceID: s.workspace, GroupID: s.group}
			for i := range 5 {
				p.Leads = append(p.Leads, tasks.Lead{ExternalID: fmt.Sprint(n, "-", i), Name: "pushed"})
			}
			on := context.WithoutCancel(ctx) // a program that pushes goes on until Redis has them
			for pushes.PushLeads(on, p) != nil && !s.t.Failed() {
				pause(on)
			}
			a.taken.Add(int64(len(p.Leads)))
			pause(ctx)
		}
	})
	return a
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(arrivalPause):
	}
}

// untilLeadsGoOut waits until each way in has had a lead since that is with its member, and the queue has handed some of them out.
func (s *scene) untilLeadsGoOut(since time.Time) {
	s.t.Helper()
	for _, name := range []string{"by API", "pushed"} {
		testenv.Eventually(s.t, 2*time.Minute, func() error {
			var n int
			err := s.DB.Get(&n, `
				SELECT count(*) FROM leads l JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id
				WHERE l.name = $1 AND l.created_at > $2`, name, since)
			if err == nil && n == 0 {
				err = fmt.Errorf("no lead %s has gone out", name)
			}
			return err
		})
	}
	s.t.Logf("leads of each kind went out again after %s", time.Since(since).Round(10*time.Millisecond))
}

// onceAndInTurn holds that each of so many leads has one copy, that no member has more than one more than another, and what the audit holds.
func (s *scene) onceAndInTurn(all int) {
	s.t.Helper()
	leads := s.Count(s.t, `SELECT count(*) FROM leads`)
	once := s.Count(s.t, `SELECT count(*) FROM (SELECT source_lead_id FROM assigned_leads GROUP BY 1 HAVING count(*) = 1) one`)
	if leads != all || once != all {
		s.t.Errorf("%d leads were acknowledged; %d are there, and %d with one member", all, leads, once)
	}
	if spread := s.Count(s.t, `SELECT max(n) - min(n) FROM (SELECT count(*) AS n FROM assigned_leads GROUP BY member_id) c`); spread > 1 {
		s.t.Errorf("one member has %d copies more than another", spread)
	}
	s.audit()
}

// longestWait is how long a lead from the API took until it was with its member, at most.
func (s *scene) longestWait() time.Duration {
	s.t.Helper()
	return time.Duration(s.Count(s.t, `
		SELECT (extract(epoch FROM max(a.assigned_at - l.created_at)) * 1000)::int
		FROM leads l JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id WHERE l.name = 'by API'`)) * time.Millisecond
}
