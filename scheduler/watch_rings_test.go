package scheduler

import (
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// newSales makes a workspace with a group of members, one a turn.
func newSales(t *testing.T, env *testenv.Env, policy store.GroupPolicy, members ...store.Member) (workspace, group uuid.UUID) {
	t.Helper()
	w, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin, GroupPolicy: policy}
		for _, m := range members {
			made, err := tx.CreateMember(t.Context(), w.ID, m)
			if err != nil {
				return err
			}
			spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: made.ID}}})
		}
		made, err := tx.CreateGroup(t.Context(), w.ID, spec)
		group = made.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return w.ID, group
}

// TestWhoOfARingIsAvailable counts who can take a lead, and who has as many as they may.
func TestWhoOfARingIsAvailable(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	one := 1
	workspace, group := newSales(t, env, store.GroupPolicy{}, store.Member{Name: "there"}, store.Member{Name: "off", OffDuty: true},
		store.Member{Name: "full", Caps: lead.Caps{PerDay: &one}})
	env.DB.MustExec(`UPDATE cap_counts SET in_day = 1`)
	s := &Scheduler{store: env.Store, metrics: metrics.New(prometheus.NewRegistry())}
	rings := []metrics.Ring{{Workspace: workspace, Group: group}, {Workspace: workspace, Group: uuid.New()}}
	if err := s.lookWhoIsAvailable(t.Context(), rings); err != nil {
		t.Fatal(err)
	}
	if got := rings[0]; !got.Asked || got.Available != 1 || got.Capped != 1 || rings[1].Asked {
		t.Errorf("%+v", rings)
	}
}

// TestAsManyIntegrationsAreShown has two that deliver, and shows both, one, and none.
func TestAsManyIntegrationsAreShown(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	workspace, _ := env.NewWorkspace(t, "acme")
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		for range 2 {
			i, err := tx.CreateIntegration(t.Context(), workspace, store.Integration{ID: uuid.New(), Kind: lead.KindGeneric, Name: "Any", Enabled: true})
			if err != nil {
				return err
			}
			if _, err := tx.AddArrivals(t.Context(), workspace, lead.QueueFresh, []store.Arrival{{Event: &store.Event{
				ID: uuid.New(), IntegrationID: i.ID, ReceivedAt: env.Store.Now(), Body: []byte("{}"), Outcome: lead.EventUnmapped,
			}}}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		m := metrics.New(prometheus.NewRegistry())
		s := &Scheduler{store: env.Store, metrics: m, shown: Shown{Integrations: n}}
		if err := s.lookAtIntegrations(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := testutil.CollectAndCount(m.Integrations, "leadwheel_integration_quiet"); got != n {
			t.Errorf("%d are shown where %d are to be", got, n)
		}
	}
}
