package scheduler

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestLanesThatAreOff shows how many lanes of a group are uneven: none while all leads come to somebody, and one where those of a member fail.
func TestLanesThatAreOff(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	env.ExpectHandedOn(t)
	by := lead.BalanceCampaign
	workspace, group := newSales(t, env, store.GroupPolicy{BalanceBy: &by}, store.Member{Name: "A"}, store.Member{Name: "B"})
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		var leads []store.NewLead
		for i := range 20 {
			leads = append(leads, store.NewLead{
				Name: "one", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: group},
				Attribution: json.RawMessage(fmt.Sprintf(`{"campaign_id": "%d"}`, i%2)),
			})
		}
		_, err := tx.AddLeads(t.Context(), workspace, lead.QueueFresh, leads)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	env.Distribute(t, workspace)
	s := &Scheduler{store: env.Store, metrics: metrics.New(prometheus.NewRegistry()), shown: Shown{Rings: 1}}
	look := func() (lanes, uneven float64) {
		t.Helper()
		if err := s.lookAtRings(t.Context()); err != nil {
			t.Fatal(err)
		}
		named := s.metrics.Named
		return value(t, named, "leadwheel_ring_lanes", group), value(t, named, "leadwheel_ring_uneven_lanes", group)
	}
	if lanes, uneven := look(); lanes != 3 || uneven != 0 {
		t.Errorf("%v lanes, of which %v are uneven", lanes, uneven)
	}
	env.DB.MustExec(`UPDATE history SET outcome = 'failed', reason = 'internal_error' WHERE lead_id IN (SELECT lead_id FROM leads WHERE attribution ->> 'campaign_id' = '1')
		AND member_id = (SELECT member_id FROM members WHERE name = 'A')`)
	if lanes, uneven := look(); lanes != 3 || uneven != 1 {
		t.Errorf("with what failed, %v lanes, of which %v are uneven", lanes, uneven)
	}
	s = &Scheduler{store: env.Store, metrics: metrics.New(prometheus.NewRegistry())}
	if lanes, _ := look(); lanes != -1 {
		t.Error("a group is shown where none is to be")
	}
}

// value is a gauge of a group.
func value(t *testing.T, registry *prometheus.Registry, name string, group uuid.UUID) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() == group.String() {
					return m.GetGauge().GetValue()
				}
			}
		}
	}
	return -1
}
