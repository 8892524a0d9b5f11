package scheduler

import (
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhoOfARingIsAvailable counts who can take a lead, and who has as many as they may.
func TestWhoOfARingIsAvailable(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	w, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	var group store.Group
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
		one := 1
		for _, m := range []store.Member{{Name: "there"}, {Name: "off", OffDuty: true}, {Name: "full", Caps: lead.Caps{PerDay: &one}}} {
			made, err := tx.CreateMember(t.Context(), w.ID, m)
			if err != nil {
				return err
			}
			spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: made.ID}}})
		}
		var err error
		group, err = tx.CreateGroup(t.Context(), w.ID, spec)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	env.DB.MustExec(`UPDATE cap_counts SET in_day = 1`)
	s := &Scheduler{store: env.Store, metrics: metrics.New(prometheus.NewRegistry())}
	rings := []metrics.Ring{{Workspace: w.ID, Group: group.ID}, {Workspace: w.ID, Group: uuid.New()}}
	if err := s.lookWhoIsAvailable(t.Context(), rings); err != nil {
		t.Fatal(err)
	}
	if got := rings[0]; !got.Asked || got.Available != 1 || got.Capped != 1 || rings[1].Asked {
		t.Errorf("%+v", rings)
	}
}
