// Package top sums up what an installation does, from the metrics of its processes and the API. `leadwheel top` calls it. It looks
// from outside, and changes nothing.
package top

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A View is what an installation does. Rates are a second; what several workspaces do is added up, but for Groups, which
// are those of the API key's workspace.
type View struct {
	At        time.Time `json:"at"`
	Processes int       `json:"processes"`
	Postgres  bool      `json:"postgres"`
	Redis     bool      `json:"redis"`
	// Leading says that a scheduler leads.
	Leading   bool     `json:"scheduler_leading"`
	Received  []Flow   `json:"received"`
	Given     Flow     `json:"given"`
	Failed    []Flow   `json:"failed"`
	Due       int      `json:"pending_due"`
	Later     int      `json:"pending_later"`
	Overdue   float64  `json:"overdue_seconds"`
	P50       *float64 `json:"latency_p50_seconds"`
	P95       *float64 `json:"latency_p95_seconds"`
	DeadTasks int      `json:"dead_tasks"`
	Queues    []Queue  `json:"queues"`
	Groups    []Group  `json:"groups"`
}

// A Flow is how much came or went since the processes started, and how fast now.
type Flow struct {
	// Name is the channel or the reason.
	Name  string  `json:"name,omitempty"`
	Total float64 `json:"total"`
	Rate  float64 `json:"per_second"`
}

// A Queue is what is in a queue.
type Queue struct {
	Name      string  `json:"queue"`
	Pending   int     `json:"pending"`
	Active    int     `json:"active"`
	Scheduled int     `json:"scheduled"`
	Retry     int     `json:"retry"`
	Dead      int     `json:"dead"`
	Rate      float64 `json:"processed_per_second"`
	Latency   float64 `json:"latency_seconds"`
}

// A Group is how far a distribution group has turned, and who got what of its last turns.
type Group struct {
	ID      uuid.UUID `json:"id"`
	Name    string    `json:"name"`
	Turns   int64     `json:"turns"`
	Counted int       `json:"counted"`
	Members []Member  `json:"members"`
}

// A Member is a receiver's part in a group.
type Member struct {
	ID     uuid.UUID `json:"member_id"`
	Name   string    `json:"name"`
	Active bool      `json:"active"`
	Slots  int       `json:"slots"`
	Leads  int       `json:"leads"`
	// Share is the part of the counted turns' leads that went to them, 0 to 1.
	Share float64 `json:"share"`
}

// A Watch looks at an installation again and again.
type Watch struct {
	// Ops are the operators' addresses of all processes.
	Ops []string
	// API reads the groups; without it there are none.
	API *client.Client
	// Groups bounds how many are shown, newest first.
	Groups int

	last scrape
}

// Look reads the present state. Rates are those since the last look, 0 at the first.
func (w *Watch) Look(ctx context.Context) (View, error) {
	now, err := scrapeAll(ctx, w.Ops)
	if err != nil {
		return View{}, err
	}
	last := w.last
	if last.at.IsZero() {
		last = now
	}
	w.last = now
	v := view(last, now)
	if w.API != nil {
		v.Groups, err = w.groups(ctx)
	}
	return v, err
}

func (w *Watch) groups(ctx context.Context) ([]Group, error) {
	names := make(map[uuid.UUID]string)
	for m, err := range client.List[struct {
		ID   uuid.UUID `json:"id"`
		Name string    `json:"name"`
	}](ctx, w.API, "/v1/members", nil) {
		if err != nil {
			return nil, fmt.Errorf("listing the members: %w", err)
		}
		names[m.ID] = m.Name
	}
	groups := []Group{}
	for g, err := range client.List[Group](ctx, w.API, "/v1/groups", nil) {
		if err != nil {
			return nil, fmt.Errorf("listing the distribution groups: %w", err)
		}
		if len(groups) == w.Groups {
			break
		}
		if err := w.API.Get(ctx, fmt.Sprintf("/v1/groups/%s/shares", g.ID), &g); err != nil {
			return nil, fmt.Errorf("reading the shares of distribution group %s: %w", g.ID, err)
		}
		g.name(names)
		groups = append(groups, g)
	}
	return groups, nil
}

// name fills in what the shares do not say.
func (g *Group) name(names map[uuid.UUID]string) {
	all := 0
	for _, m := range g.Members {
		all += m.Leads
	}
	for i := range g.Members {
		m := &g.Members[i]
		m.Name = names[m.ID]
		if all > 0 {
			m.Share = float64(m.Leads) / float64(all)
		}
	}
}
