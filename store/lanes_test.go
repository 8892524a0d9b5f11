package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// balanced is a group that balances by something.
func (w *world) balanced(ring string, by lead.BalanceBy) uuid.UUID {
	w.t.Helper()
	id := w.group(ring)
	w.rebalance(id, ring, by)
	return id
}

// balancedAtOnce is a group that is made with what it balances by.
func (w *world) balancedAtOnce(ring string, by lead.BalanceBy) (id uuid.UUID) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		spec := w.spec(ring)
		spec.BalanceBy = &by
		g, err := t.CreateGroup(ctx, w.workspace, spec)
		id = g.ID
		return err
	})
	return id
}

// rebalance has a group balance by something else.
func (w *world) rebalance(group uuid.UUID, ring string, by lead.BalanceBy) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		spec := w.spec(ring)
		spec.BalanceBy = &by
		_, err := t.UpdateGroup(ctx, w.workspace, group, spec)
		return err
	})
}

// addOf stores a lead of each of the campaigns, of which "" is none.
func (w *world) addOf(campaigns []string, d store.Distribution) (ids []uuid.UUID, batches []lead.Hint) {
	w.t.Helper()
	leads := make([]store.NewLead, len(campaigns))
	for i, c := range campaigns {
		leads[i] = store.NewLead{Name: fmt.Sprint("lead ", i), Channel: "api", Origin: "api", Distribute: d}
		if c != "" {
			leads[i].Attribution = json.RawMessage(fmt.Sprintf(`{"campaign_id": %q}`, c))
		}
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		ids = nil
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		batches = t.Batches()
		return err
	})
	return ids, batches
}

// giveOf gives a group leads of campaigns, each a letter, and tells who got them.
func (w *world) giveOf(group uuid.UUID, campaigns string) string {
	w.t.Helper()
	ids, batches := w.addOf(strings.Split(campaigns, ""), store.Distribution{GroupID: group})
	w.run(batches...)
	return strings.ReplaceAll(w.who(ids), " ", "")
}

// in tells whose turns come next in a campaign's lane.
func (w *world) in(group uuid.UUID, campaign string, n int) string {
	w.t.Helper()
	turns, err := w.Store.UpcomingIn(w.t.Context(), w.workspace, group, campaign, n)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []byte
	for _, turn := range turns {
		all = append(all, w.letters[turn.MemberIDs[0]])
	}
	return string(all)
}

// TestEachLaneHasTurnsOfItsOwn gives leads of campaigns: each campaign goes round by itself, and a new one begins with whoever has had least.
func TestEachLaneHasTurnsOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.balanced("A B C", lead.BalanceCampaign)
	equal(t, "one campaign", w.giveOf(g, "xxxx"), "ABCA")
	equal(t, "another begins with who has had least, and so does a third", w.giveOf(g, "yyz"), "BCC")
	equal(t, "what comes next of the first", w.in(g, "x", 4), "BCAB")
	equal(t, "what comes next of the second", w.in(g, "y", 2), "AB")
	equal(t, "what comes next of a new one", w.in(g, "n", 2), "AB")
	equal(t, "all together", w.giveOf(g, "xyzxyzn"), "BAACBBA")
	w.exact()
	if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "after Redis was lost", w.giveOf(g, "xyzn"), "ACCB")
	w.edit(g, "C B A D")
	equal(t, "in a new order each lane goes on with who was next", w.in(g, "x", 1)+w.in(g, "y", 1)+w.in(g, "z", 1)+w.in(g, "n", 1), "BAAC")
	w.giveOf(g, "xyznxyznxyznxyzn")
	w.exact()
	equal(t, "of no campaign", len(w.giveOf(g, "xyzn")), 4)
	w.giveTo(g, "", "", "")
	w.exact()
	equal(t, "lanes", w.count(`SELECT count(*) FROM lanes`), 5)
}

// TestWhatLeadsTellTheirLanes has the database tell a lead's lane as the domain does, whatever the group balances by.
func TestWhatLeadsTellTheirLanes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("ü", 150)
	source, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: "Fair", Enabled: true, ForLeads: true})
	if err != nil {
		t.Fatal(err)
	}
	for by, want := range map[lead.BalanceBy]string{
		lead.BalanceSource: source.ID.String(), lead.BalanceCampaign: long[:200], lead.BalanceForm: "f 1", lead.BalanceRule: "",
		"field:Ort": "Graz", "field:none": "",
	} {
		g := w.balanced("A B C", by)
		var batches []lead.Hint
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{
				Name: "one", Channel: "api", Origin: "api", SourceID: source.ID, Fields: json.RawMessage(`{"Ort": "Graz"}`),
				Attribution: json.RawMessage(`{"campaign_id": "` + long + `", "form_id": "f 1"}`), Distribute: store.Distribution{GroupID: g},
			}})
			batches = t.Batches()
			return err
		})
		w.run(batches...)
		var values []string
		if err := w.DB.Select(&values, `SELECT value FROM lanes WHERE group_id = $1`, g); err != nil {
			t.Fatal(err)
		}
		equal(t, string(by), values, []string{want})
	}
	w.exact()
}

// TestTheLastValuesShareALane has more values than a group may have lanes: those that come last share one, and all stays exact.
func TestTheLastValuesShareALane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.balanced("A B C", lead.BalanceCampaign)
	var campaigns []string
	for i := range lead.MaxLanes + 1 {
		campaigns = append(campaigns, fmt.Sprint("campaign ", i))
	}
	_, batches := w.addOf(campaigns, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "lanes but the shared one", w.count(`SELECT count(*) FROM lanes`), lead.MaxLanes-1)
	equal(t, "turns of the shared one", w.count(`SELECT count(*) FROM turns WHERE turn < 1000`), 2)
	counts := w.counts()
	if all := []int{counts["A"], counts["B"], counts["C"]}; slices.Max(all)-slices.Min(all) > 1 {
		t.Errorf("lanes of one lead each gave %v", counts)
	}
	equal(t, "a value that has a lane", len(w.giveTo(g, campaigns[0])), 1)
	equal(t, "turns of the shared one", w.count(`SELECT count(*) FROM turns WHERE turn < 1000`), 2)
	equal(t, "one that has none", len(w.giveTo(g, campaigns[lead.MaxLanes])), 1)
	equal(t, "turns of the shared one", w.count(`SELECT count(*) FROM turns WHERE turn < 1000`), 3)
	w.exact()
	w.edit(g, "C B A D")
	_, batches = w.addOf(campaigns, store.Distribution{GroupID: g})
	w.run(batches...)
	w.exact()
}

func (w *world) giveTo(group uuid.UUID, campaigns ...string) string {
	w.t.Helper()
	ids, batches := w.addOf(campaigns, store.Distribution{GroupID: group})
	w.run(batches...)
	return w.who(ids)
}

// TestBalancingBySomethingElse begins anew with who has had least, keeps what was due to somebody, and lanes of before do not come back.
func TestBalancingBySomethingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	equal(t, "without lanes", w.giveOf(g, "xx"), "AB")
	w.rebalance(g, "A B C", lead.BalanceCampaign)
	equal(t, "whoever was next stays next", w.giveOf(g, "xy"), "CA")
	w.rebalance(g, "A B C", lead.BalanceNothing)
	equal(t, "then comes who has had least", w.give(g, 4), "B C A B")
	w.rebalance(g, "A B C", lead.BalanceCampaign)
	equal(t, "lanes begin anew", w.giveOf(g, "xx"), "CA")
	equal(t, "lanes ever", w.count(`SELECT count(*) FROM lanes`), 3)
	w.exact()
}

// TestUndoInLanes undoes a run whose leads opened lanes: what comes next goes to those who would have got it, had the run never been.
func TestUndoInLanes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.balanced("A B C", lead.BalanceCampaign)
	equal(t, "before", w.giveOf(g, "xx"), "AB")
	ids, _ := w.addOf(strings.Split("xyzzy", ""), store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	before := w.holders(ids)
	w.undo(run)
	equal(t, "lanes that only the run had are closed", w.count(`SELECT count(*) FROM lanes`), 1)
	w.exact()
	run, batches = w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "the same again", w.holders(ids), before)
	w.edit(g, "C B A")
	w.undo(run)
	w.exact()
	equal(t, "after an edit what goes back comes first, in the first lane", w.in(g, "x", 3), "CAC")
	w.giveOf(g, "xyzxyzxyz")
	w.exact()
}
