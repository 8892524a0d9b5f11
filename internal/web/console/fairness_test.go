package console_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestFairnessIsShownByDays gives a group's leads, and looks at what its page of fairness says.
func TestFairnessIsShownByDays(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var group uuid.UUID
	if err := s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		var listed []lead.Listed
		for _, name := range []string{"Aisyah", "Ben"} {
			m, err := tx.CreateMember(t.Context(), s.workspace, store.Member{Name: name})
			if err != nil {
				return err
			}
			listed = append(listed, lead.Listed{Members: lead.Slot{{MemberID: m.ID, Notify: true}}, Weight: 1})
		}
		g, err := tx.CreateGroup(t.Context(), s.workspace, store.GroupSpec{Name: "Sales", Method: lead.RoundRobin, Listed: listed})
		if group = g.ID; err != nil {
			return err
		}
		_, err = tx.AddLeads(t.Context(), s.workspace, lead.QueueFresh, []store.NewLead{{Name: "L", Channel: "api", Distribute: store.Distribution{GroupID: g.ID}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.distribute()
	s.get("/console/groups/" + group.String()).is(http.StatusOK).shows("/fairness")
	s.get("/console/groups/"+group.String()+"/fairness?days=7").is(http.StatusOK).
		shows("Fairness of Sales", "Aisyah", "Ben", `<td class="num" data-label="Got">1</td><td class="num" data-label="Share">0.5</td>`, "<b>7 days</b>", "/fairness?file=csv&days=7")
	s.get("/console/groups/"+group.String()+"/fairness?file=csv&days=7").is(http.StatusOK).shows("member_id,", "0.5")
	s.get("/console/groups/" + uuid.NewString() + "/fairness").is(http.StatusNotFound)
}
