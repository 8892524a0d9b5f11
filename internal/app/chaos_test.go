package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// chaosSenders is how many deliveries are under way at once.
const chaosSenders = 32

// TestDeliveriesAmidChaos has platforms and forms deliver leads, some of them again and again, while processes with every role,
// Redis and Postgres are killed and started again. Whatever was acknowledged is there once, and was given to one member.
func TestDeliveriesAmidChaos(t *testing.T) {
	t.Parallel()
	deliveries, rounds := 1200, 1
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		deliveries, rounds = 50_000, 8
	}
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	s.metaURL = graphOfNames(t)
	s.start(app.RoleAPI, app.RoleScheduler)
	c := &chaos{scene: s, servers: d, kinds: s.integrateAll()}
	for range 2 {
		c.addresses = append(c.addresses, testenv.FreeAddress(t))
	}
	c.startAll()
	began := time.Now()
	senders := c.send(deliveries)
	for fault := range 5 * rounds {
		c.untilAnswered(int64((fault + 1) * deliveries / (5*rounds + 1)))
		c.strike(fault)
	}
	senders.Wait()
	took := time.Since(began)
	s.untilIdle(2 * time.Minute)
	testenv.Eventually(t, 2*time.Minute, func() error {
		var left int
		err := s.DB.Get(&left, `SELECT count(*) FROM fetches`)
		if err == nil && left > 0 {
			err = fmt.Errorf("%d leads are to be fetched", left)
		}
		return err
	})
	s.untilIdle(2 * time.Minute)
	c.verify()
	t.Logf("%d deliveries of %d leads, %d of them sent again after %d faults, took %s", deliveries, len(c.acknowledged), c.again.Load(), 5*rounds, took.Round(time.Second))
}

// chaos is deliveries, and what strikes those who take them.
type chaos struct {
	*scene
	servers   *testenv.Dedicated
	kinds     []sender
	addresses []string
	apis      [2]*exec.Cmd
	workers   [2]*exec.Cmd

	answered, again atomic.Int64
	mu              sync.Mutex
	acknowledged    map[string]bool // by the lead's name
}

func (c *chaos) startAll() {
	c.acknowledged = make(map[string]bool)
	for n := range c.apis {
		c.startAPI(n)
		c.workers[n] = c.startProcess("worker")
	}
}

func (c *chaos) startAPI(n int) { c.apis[n] = c.startProcess("api", listenAt+"="+c.addresses[n]) }

// send delivers from many connections at once. Every tenth delivery is one of before once more.
func (c *chaos) send(deliveries int) *sync.WaitGroup {
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: chaosSenders}}
	var next atomic.Int64
	var all sync.WaitGroup
	for range chaosSenders {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < deliveries && !c.t.Failed(); n = int(next.Add(1)) - 1 {
				c.deliver(client, n)
			}
		})
	}
	return &all
}

// deliver delivers until it is acknowledged, as platforms do.
func (c *chaos) deliver(client *http.Client, n int) {
	k := c.kinds[n%len(c.kinds)]
	number := n
	if n%10 == 9 {
		number = n - len(c.kinds) // of the same kind, and perhaps still under way
	}
	name := fmt.Sprintf("%s %d", k.kind, number)
	for try, since := 0, time.Now(); ; try++ {
		status, err := k.deliver(c.t.Context(), client, "http://"+c.addresses[(n+try)%len(c.addresses)], name, number)
		if err == nil && status/100 == 2 {
			break
		}
		if err == nil && status != http.StatusServiceUnavailable {
			c.t.Errorf("%s was answered with %d", name, status)
			return
		}
		if time.Since(since) > time.Minute {
			c.t.Errorf("%s is not acknowledged: status %d, error %v", name, status, err)
			return
		}
		c.again.Add(1)
		select { // a platform waits before it tries again
		case <-c.t.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	c.mu.Lock()
	c.acknowledged[name] = true
	c.mu.Unlock()
	c.answered.Add(1)
}

func (c *chaos) untilAnswered(n int64) {
	c.t.Helper()
	testenv.Eventually(c.t, 3*time.Minute, func() error {
		if got := c.answered.Load(); got < n && !c.t.Failed() {
			return fmt.Errorf("%d of %d deliveries are acknowledged", got, n)
		}
		return nil
	})
}

// strike kills something and starts it, or another like it, again.
func (c *chaos) strike(fault int) {
	side := fault / 5 % 2
	switch fault % 5 {
	case 0:
		kill(c.workers[side])
		c.workers[side] = c.startProcess("worker")
	case 1:
		kill(c.apis[side])
		c.startAPI(side)
	case 2:
		c.servers.RedisServer.Kill()
		c.servers.RedisServer.Start()
	case 3:
		c.servers.PostgresServer.Kill()
		c.servers.PostgresServer.Start()
	case 4:
		kill(c.apis[1-side])
		kill(c.workers[1-side])
		c.startAPI(1 - side)
		c.workers[1-side] = c.startProcess("worker")
	}
}

// verify holds what is there against what was acknowledged.
func (c *chaos) verify() {
	c.t.Helper()
	var found []struct {
		Name   string
		Leads  int
		Copies int
	}
	c.must(c.DB.Select(&found, `
		SELECT l.name, count(DISTINCT l.lead_id) AS leads, count(a.assigned_lead_id) AS copies
		FROM leads l LEFT JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id
		GROUP BY l.name`))
	for _, f := range found {
		if f.Leads != 1 || f.Copies != 1 || !c.acknowledged[f.Name] {
			c.t.Errorf("%q is there %d times with %d copies; acknowledged: %t", f.Name, f.Leads, f.Copies, c.acknowledged[f.Name])
		}
	}
	if len(found) != len(c.acknowledged) {
		c.t.Errorf("%d leads were acknowledged and %d are there", len(c.acknowledged), len(found))
	}
	c.audit()
}

// graphOfNames is a Graph API whose leads are named after their ids.
func graphOfNames(t *testing.T) string {
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		fmt.Fprintf(w, `{"id":%q,"field_data":[{"name":"full_name","values":["meta %s"]}]}`, id, id)
	}))
	t.Cleanup(graph.Close)
	return graph.URL
}
