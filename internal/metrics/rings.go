package metrics

import (
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

// A Ring is how evenly a group's ring has turned of late.
type Ring struct {
	Workspace, Group uuid.UUID
	// Turn is how many turns of this ring version have been handed out.
	Turn int64
	// Spread is the difference between the members who got most and least, in leads a slot, and Starved how many members
	// got nothing at all: in the lane where that is most, of a ring with lanes.
	Spread  float64
	Starved int
	// Lanes is how many lanes it has, and Uneven in how many of them somebody got more than one lead a slot more than another.
	Lanes, Uneven int
	// Available is how many of its members can take a lead now, and Capped how many have as many as they may, where that was Asked.
	Available, Capped int
	Asked             bool
}

// Rings are the gauges of the rings that turn. A ring that turns no more has none.
type Rings struct {
	turns, spread, starved, available, capped, lanes, uneven *prometheus.Desc

	now atomic.Pointer[[]Ring]
}

func newRings() *Rings {
	labels := []string{"workspace_id", "group_id"}
	return &Rings{
		turns: prometheus.NewDesc("leadwheel_ring_turns", "Turns that a group's ring has handed out in its present version.", labels, nil),
		spread: prometheus.NewDesc("leadwheel_ring_spread",
			"Difference between the members of a ring who got most and least over its last rounds, in leads a slot.", labels, nil),
		starved: prometheus.NewDesc("leadwheel_ring_starved_members",
			"Active members of a ring who got nothing over its last rounds.", labels, nil),
		lanes: prometheus.NewDesc("leadwheel_ring_lanes", "Lanes of a ring that keeps its mix even.", labels, nil),
		uneven: prometheus.NewDesc("leadwheel_ring_uneven_lanes",
			"Lanes of a ring in whose last rounds a member got more than one lead a slot more than another.", labels, nil),
		available: prometheus.NewDesc("leadwheel_ring_available_members", "Members of a ring who can take a lead now.", labels, nil),
		capped:    prometheus.NewDesc("leadwheel_ring_capped_members", "Members of a ring who have as many leads as their caps allow for now.", labels, nil),
	}
}

// Set replaces what is shown.
func (r *Rings) Set(all []Ring) { r.now.Store(&all) }

// Describe implements prometheus.Collector.
func (r *Rings) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{r.turns, r.spread, r.starved, r.available, r.capped, r.lanes, r.uneven} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (r *Rings) Collect(ch chan<- prometheus.Metric) {
	all := r.now.Load()
	if all == nil {
		return
	}
	for _, ring := range *all {
		workspace, group := ring.Workspace.String(), ring.Group.String()
		ch <- prometheus.MustNewConstMetric(r.turns, prometheus.GaugeValue, float64(ring.Turn), workspace, group)
		ch <- prometheus.MustNewConstMetric(r.spread, prometheus.GaugeValue, ring.Spread, workspace, group)
		ch <- prometheus.MustNewConstMetric(r.starved, prometheus.GaugeValue, float64(ring.Starved), workspace, group)
		if ring.Lanes > 0 {
			ch <- prometheus.MustNewConstMetric(r.lanes, prometheus.GaugeValue, float64(ring.Lanes), workspace, group)
			ch <- prometheus.MustNewConstMetric(r.uneven, prometheus.GaugeValue, float64(ring.Uneven), workspace, group)
		}
		if ring.Asked {
			ch <- prometheus.MustNewConstMetric(r.available, prometheus.GaugeValue, float64(ring.Available), workspace, group)
			ch <- prometheus.MustNewConstMetric(r.capped, prometheus.GaugeValue, float64(ring.Capped), workspace, group)
		}
	}
}
