package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestLanesAmidFaults has leads of a mix go out to a group that keeps it even, while a worker is killed, Redis loses everything and the order
// of the receivers is edited: each receiver gets as many of each campaign, but for what an edit costs.
func TestLanesAmidFaults(t *testing.T) {
	t.Parallel()
	const leads, campaigns = faultLeads / 2, 30
	s := newScene(t, testenv.New(t), 4)
	s.balance(lead.BalanceCampaign, false)
	ids := s.storeMix(leads, campaigns)
	s.start(app.RoleScheduler)
	worker := s.startProcess("worker")
	s.assign(ids)
	s.untilCopies(leads/5, 30*time.Second)
	kill(worker)
	s.startProcess("worker")
	s.untilCopies(2*leads/5, 40*time.Second)
	s.must(s.Redis.FlushDB(t.Context()).Err())
	s.balance(lead.BalanceCampaign, true)
	s.untilIdle(40 * time.Second)
	if n := s.copies(); n != leads {
		t.Errorf("%d of %d leads went out", n, leads)
	}
	s.audit()
	var off []string
	s.must(s.DB.Select(&off, `
		SELECT campaign || ': ' || max(n) - min(n) FROM (
			SELECT l.attribution ->> 'campaign_id' AS campaign, a.member_id, count(*) AS n
			FROM assigned_leads a JOIN leads l ON l.workspace_id = a.workspace_id AND l.lead_id = a.source_lead_id GROUP BY 1, 2) counts
		GROUP BY campaign HAVING max(n) - min(n) > 2`))
	if len(off) > 0 {
		t.Errorf("by how many leads receivers differ in lanes: %v", off)
	}
	var spread int
	s.must(s.DB.Get(&spread, `SELECT max(n) - min(n) FROM (SELECT count(*) AS n FROM assigned_leads GROUP BY member_id) c`))
	if spread > campaigns {
		t.Errorf("over all lanes a member has %d copies more than another", spread)
	}
}

// balance has the scene's group balance by something, and turns its receivers' order round.
func (s *scene) balance(by lead.BalanceBy, round bool) {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		g, err := tx.Group(s.t.Context(), s.workspace, s.group)
		if err != nil {
			return err
		}
		listed := append([]lead.Listed{}, g.Listed...)
		if round {
			listed[0], listed[3] = listed[3], listed[0]
		}
		_, err = tx.UpdateGroup(s.t.Context(), s.workspace, s.group, store.GroupSpec{
			Name: g.Name, Method: g.Method, Listed: listed, GroupPolicy: store.GroupPolicy{BalanceBy: &by},
		})
		return err
	}))
}

// storeMix stores leads of campaigns, some of which have many and most few.
func (s *scene) storeMix(n, campaigns int) (ids []uuid.UUID) {
	s.t.Helper()
	all := make([]store.NewLead, n)
	for i := range all {
		campaign := rand.N(1 + rand.N(campaigns))
		all[i] = store.NewLead{Name: "x", Channel: "api", Origin: "api", Attribution: json.RawMessage(fmt.Sprintf(`{"campaign_id": "%d"}`, campaign))}
	}
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		ids = nil
		added, err := tx.AddLeads(s.t.Context(), s.workspace, lead.QueueFresh, all)
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		return err
	}))
	return ids
}
