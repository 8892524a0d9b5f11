package console_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestARunIsUndoneFromItsPage undoes an assignment of which a member has answered one, and looks at what its page says then.
func TestARunIsUndoneFromItsPage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m, err := s.Store.CreateMember(t.Context(), s.workspace, store.Member{Name: "Aisyah"})
	if err != nil {
		t.Fatal(err)
	}
	var run uuid.UUID
	if err := s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		added, err := tx.AddLeads(t.Context(), s.workspace, lead.QueueFresh, []store.NewLead{{Name: "L1", Channel: "api"}, {Name: "L2", Channel: "api"}})
		if err != nil {
			return err
		}
		a, err := tx.Assign(t.Context(), s.workspace, []uuid.UUID{added[0].ID, added[1].ID}, store.Distribution{MemberIDs: []uuid.UUID{m.ID}})
		run = a.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.distribute()
	s.DB.MustExec(`UPDATE assigned_leads SET answered_at = now() WHERE name = 'L1'`)
	own := s.get("/console/assignments/"+run.String()).is(http.StatusOK).shows("Undo", "Given")
	asked := s.post("/console/acts/undo", own.form(run.String())).is(http.StatusOK).shows("are taken back", "Of what was given, 2,")
	sure := asked.form(run.String())
	for range 2 { // somebody clicks twice
		s.leadsTo(s.post("/console/acts/undo", sure), "Undone: 1.")
	}
	s.get("/console/assignments/"+run.String()).is(http.StatusOK).shows("What came of undoing it", "answered", "Undone").lacks(`/console/acts/undo`)
	s.get("/console/history?outcome=undone").is(http.StatusOK).shows("Aisyah")
	s.get("/console/settings").is(http.StatusOK).shows("undo_minutes")
}
