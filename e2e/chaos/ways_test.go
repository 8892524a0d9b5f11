package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/lib/pq"
	goredis "github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

// distribute is a distribution to a group at once.
func (w *world) distribute(group int) map[string]any {
	return map[string]any{"group_id": w.groups[group]}
}

// single adds a lead.
func (c *caller) single(who string) {
	name := fmt.Sprintf("%s %d", who, c.n)
	group := []int{turns, turns, edited, both, answered}[c.rng.IntN(5)]
	c.ask(entry{name: name, group: group})
	if _, done := c.sendTwice(request{
		method: http.MethodPost, path: "/v1/leads", key: name, kind: "lead", body: map[string]any{"name": name, "distribute": c.distribute(group)},
	}); done {
		c.acknowledge(name)
	}
}

// many adds leads by one request.
func (c *caller) many() {
	group := []int{turns, both}[c.rng.IntN(2)]
	var leads []map[string]any
	var names []string
	for n := range 2 + c.rng.IntN(25) {
		name := fmt.Sprintf("batch %d-%d", c.n, n)
		names, leads = append(names, name), append(leads, map[string]any{"name": name})
		c.ask(entry{name: name, group: group})
	}
	if _, done := c.sendTwice(request{
		method: http.MethodPost, path: "/v1/leads/batch", key: fmt.Sprint("batch ", c.n), kind: "batch",
		body: map[string]any{"leads": leads, "distribute": c.distribute(group)},
	}); done {
		c.acknowledge(names...)
	}
}

// integrate makes the integration by which deliver delivers.
func (c *caller) integrate() string {
	made, done := c.send(request{method: http.MethodPost, path: "/v1/integrations", kind: "integration", body: map[string]any{
		"kind": "generic", "name": "chaos", "group_id": c.groups[turns],
	}})
	var at struct{ URL string }
	if err := json.Unmarshal(made.body, &at); err != nil || !done || at.URL == "" {
		c.t.Errorf("the integration was answered with %d %s", made.status, made.body)
	}
	return at.URL
}

// deliver delivers a lead as a platform does, some of them again.
func (c *caller) deliver() {
	name := fmt.Sprintf("hook %d", c.n)
	c.ask(entry{name: name, group: turns})
	for range 1 + c.rng.IntN(2) {
		if _, done := c.send(request{
			method: http.MethodPost, path: c.hook, kind: "delivery", open: true, body: map[string]any{"external_id": name, "name": name},
		}); done {
			c.acknowledge(name)
		}
	}
}

// importFile imports a file and waits until it is read.
func (c *caller) importFile() {
	rows := 20 + c.rng.IntN(100)
	var file strings.Builder
	file.WriteString("name,external_id\n")
	var names []string
	for row := range rows {
		name := fmt.Sprintf("import %d-%d", c.n, row)
		fmt.Fprintf(&file, "%s,%d-%d\n", name, c.n, row)
		names = append(names, name)
		c.ask(entry{name: name, group: turns})
	}
	for began, try := time.Now(), 0; time.Since(began) < 3*patience && !c.t.Failed(); try++ {
		q := request{
			method: http.MethodPost, path: fmt.Sprintf("/v1/imports?group_id=%s", c.groups[turns]), key: fmt.Sprintf("import %d-%d", c.n, try), kind: "import", body: file.String(),
		}
		made, done := c.send(q)
		if !done {
			return
		}
		if c.imported(made.id(), rows, try) {
			c.acknowledge(names...)
			return
		}
	}
	if c.t.Context().Err() == nil && !c.t.Failed() {
		c.t.Errorf("import %d of %d rows was not read within %s", c.n, rows, 3*patience)
	}
}

// imported waits until a file is read, and reports whether it is. Where it was given up on, as Postgres was in trouble for long or the process
// that read it was killed, it says that it is to be sent again.
func (c *caller) imported(id string, rows, try int) bool {
	for began := time.Now(); time.Since(began) < patience && !c.t.Failed(); pause(c.t.Context(), again) {
		read, done := c.send(request{method: http.MethodGet, path: "/v1/imports/" + id, kind: "import read"})
		var is struct {
			Status                     string
			Error                      string
			Rows, Imported, Duplicates int
		}
		if read.status == http.StatusNotFound { // a server that was given up on, and is not gone yet, does not know of it
			continue
		}
		if err := json.Unmarshal(read.body, &is); err != nil || !done {
			c.t.Errorf("import %s was answered with %d %s", id, read.status, read.body)
			return false
		}
		switch {
		case is.Status == "completed" && is.Imported+is.Duplicates == rows && (try > 0 || is.Duplicates == 0):
			return true
		case is.Status == "failed" && strings.Contains(strings.ToLower(is.Error), "send the file again"):
			c.count("import to be sent again")
			return false
		case is.Status == "completed", is.Status == "failed", is.Status == "cancelled":
			c.t.Errorf("import %s of %d rows says: %s", id, rows, read.body)
			return false
		}
	}
	c.t.Errorf("import %s of %d rows stood still, or was not there, for %s", id, rows, patience)
	return false
}

// A pusher pushes leads by the queue, again after a while where they have not arrived: Redis may have lost them, and does not count as
// having acknowledged anything.
type pusher struct {
	client  *tasks.Client
	pushed  map[string]time.Time
	waiting []string
}

const pushAgain = 8 * time.Second

func (w *world) newPusher() *pusher {
	client := goredis.NewClient(&goredis.Options{Addr: w.lines[0].redis.Addr, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: time.Second})
	w.t.Cleanup(func() { _ = client.Close() }) // its lines may be cut
	return &pusher{client: tasks.NewClient(client), pushed: make(map[string]time.Time)}
}

func (p *pusher) push(c *caller) {
	for n := range 1 + c.rng.IntN(6) {
		name := fmt.Sprintf("push %d-%d", c.n, n)
		c.ask(entry{name: name, group: turns})
		p.waiting = append(p.waiting, name)
	}
	p.again(c)
}

// again pushes what was never pushed, or not within a while, and notes what has arrived.
func (p *pusher) again(c *caller) {
	ctx := context.WithoutCancel(c.ctx)
	var there []string
	if err := c.read(ctx, &there, `SELECT name FROM leads WHERE workspace_id = $1 AND name = ANY($2)`, c.workspace, pq.Array(p.waiting)); err != nil {
		c.t.Errorf("reading what was pushed: %v", err)
		return
	}
	c.acknowledge(there...)
	arrived := make(map[string]bool)
	for _, name := range there {
		arrived[name] = true
		c.count("push")
	}
	var waiting []string
	push := tasks.Push{WorkspaceID: c.workspace, Channel: "chaos", GroupID: c.groups[turns]}
	for _, name := range p.waiting {
		if arrived[name] {
			continue
		}
		waiting = append(waiting, name)
		if time.Since(p.pushed[name]) > pushAgain {
			push.Leads = append(push.Leads, tasks.Lead{ExternalID: name, Name: name})
			p.pushed[name] = time.Now()
		}
	}
	p.waiting = waiting
	if len(push.Leads) > 0 && p.client.PushLeads(ctx, push) != nil {
		for _, l := range push.Leads { // perhaps in part: all of them are pushed again
			p.pushed[l.Name] = time.Time{}
		}
	}
}

// finish pushes until everything has arrived.
func (p *pusher) finish(c *caller) {
	for began := time.Now(); len(p.waiting) > 0 && !c.t.Failed(); pause(c.t.Context(), again) {
		if time.Since(began) > patience {
			c.t.Errorf("%d pushed leads have not arrived within %s, among them %q", len(p.waiting), patience, p.waiting[0])
		}
		p.again(c)
	}
}
