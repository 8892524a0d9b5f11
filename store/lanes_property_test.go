package store_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// drawMix draws the campaigns of some leads.
func drawMix(r *rapid.T) string {
	return rapid.StringMatching(`[r-z]{1,9}`).Draw(r, "campaigns")
}

// TestWhoIsNextInALaneGetsTheLead drives a group with lanes through any sequence of leads of any campaigns, edits, deactivations, what it
// balances by, and losses of Redis: whoever was announced as next in a lane gets its next leads, and the audit finds nothing in the end.
func TestWhoIsNextInALaneGetsTheLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		active := map[byte]bool{'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true}
		for letter := range active {
			w.setActive(letter, true)
		}
		ring := drawRing(r)
		group := w.balanced(ring, lead.BalanceCampaign)
		r.Repeat(map[string]func(*rapid.T){
			"distribute in one lane": func(r *rapid.T) {
				campaign := rapid.StringMatching(`[r-z]`).Draw(r, "campaign")
				n := rapid.IntRange(1, 7).Draw(r, "leads")
				want := w.in(group, campaign, n)
				if got := w.giveOf(group, strings.Repeat(campaign, n)); want != "" && got != want {
					r.Fatalf("announced were %s, the leads of %s went to %s", want, campaign, got)
				}
			},
			"distribute a mix": func(r *rapid.T) { w.giveOf(group, drawMix(r)) },
			"edit": func(r *rapid.T) {
				ring = drawRing(r)
				w.edit(group, ring)
			},
			"balance by something else": func(r *rapid.T) {
				if rapid.IntRange(0, 3).Draw(r, "how") == 0 {
					w.rebalance(group, ring, lead.BalanceNothing)
				}
				w.rebalance(group, ring, lead.BalanceCampaign)
			},
			"deactivate": func(r *rapid.T) {
				letter := rapid.ByteRange('A', 'F').Draw(r, "member")
				active[letter] = !active[letter]
				w.setActive(letter, active[letter])
			},
			"lose Redis": func(r *rapid.T) {
				if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
					r.Fatal(err)
				}
			},
			"settle": func(r *rapid.T) {
				if err := w.Store.SettleTurns(t.Context()); err != nil {
					r.Fatal(err)
				}
			},
		})
	})
	w.exact()
}

// TestRunsUndoneInLanesAreAsIfTheyHadNeverBeen drives two groups with lanes alike, but that one of them also has runs which are undone, among
// leads of any campaigns, edits, members off duty, turns that are owed and losses of Redis: both give their leads to the same members.
func TestRunsUndoneInLanesAreAsIfTheyHadNeverBeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		w.offDuty("ABCDEF", false)
		ring := drawRing(r)
		with, without := w.balanced(ring, lead.BalanceCampaign), w.balanced(ring, lead.BalanceCampaign)
		off := map[byte]bool{}
		if rapid.Bool().Draw(r, "owes") {
			for _, g := range []uuid.UUID{with, without} {
				w.policy(ring, g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 3})
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"distribute": func(r *rapid.T) {
				mix := drawMix(r)
				if got, want := w.giveOf(with, mix), w.giveOf(without, mix); got != want {
					r.Fatalf("leads of %s went to %s, and without the runs to %s", mix, got, want)
				}
			},
			"a run that is undone": func(r *rapid.T) {
				ids, _ := w.addOf(strings.Split(drawMix(r), ""), store.Distribution{})
				d := store.Distribution{GroupID: with}
				if rapid.Bool().Draw(r, "planned") {
					d.Pace = lead.Slow
				}
				run, batches := w.assignRun(ids, d)
				if d.Pace == "" && rapid.Bool().Draw(r, "went out") {
					w.run(batches...)
				}
				w.undo(run)
			},
			"edit": func(r *rapid.T) {
				ring = drawRing(r)
				w.edit(with, ring)
				w.edit(without, ring)
			},
			"off duty": func(r *rapid.T) {
				member := rapid.ByteRange('A', 'F').Draw(r, "member")
				off[member] = rapid.Bool().Draw(r, "off")
				w.offDuty(string(member), off[member])
			},
			"lose Redis": func(r *rapid.T) {
				if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
					r.Fatal(err)
				}
			},
			"settle": func(r *rapid.T) {
				if err := w.Store.SettleTurns(t.Context()); err != nil {
					r.Fatal(err)
				}
			},
		})
	})
	w.fireAnyhow() // what was armed and is empty by now
	w.exact()
}

// TestLanesOfManyWorkers has many workers deal leads of a skewed mix, some of them interrupted in the midst, while the order of the ring is
// edited and Redis is lost. In the end each lane is as even as its edits allow, and exact.
func TestLanesOfManyWorkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const letters = "ABCDEF"
	g := w.balanced("A B C D E F", lead.BalanceCampaign)
	var all []lead.Hint
	for range 20 {
		campaigns := make([]string, 150)
		for i := range campaigns {
			campaigns[i] = string(rune('a' + int(math.Abs(rand.NormFloat64())*5)))
		}
		_, batches := w.addOf(campaigns, store.Distribution{GroupID: g})
		all = append(all, batches...)
	}
	work := make(chan lead.Hint)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for batch := range work {
				w.distributeSomehow(batch)
			}
		})
	}
	rings := []string{"A B C D E F", "F E D C B A", "C A B F D E"}
	for i, batch := range all {
		work <- batch
		switch {
		case i%7 == 3:
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Error(err)
			}
		case i%5 == 4:
			w.edit(g, rings[i%len(rings)])
		}
	}
	close(work)
	workers.Wait()
	w.exact()
	// What was drawn for batches that died before an edit is owed: it is dealt before turns are compared by the leads they gave.
	var owed []string
	for lane := range w.laneSpreads(g) {
		owed = append(owed, slices.Repeat([]string{lane}, 50)...)
	}
	_, batches := w.addOf(owed, store.Distribution{GroupID: g})
	w.run(batches...)
	w.exact()
	for lane, off := range w.laneSpreads(g) {
		if off > 2 {
			t.Errorf("in lane %q one of the receivers got %d leads more than another", lane, off)
		}
	}
	var total []int
	counts := w.counts()
	for _, letter := range strings.Split(letters, "") {
		total = append(total, counts[letter])
	}
	if got := slices.Max(total) - slices.Min(total); got > w.count(`SELECT count(*) FROM lanes`) {
		t.Errorf("over all lanes one of the receivers got %d leads more than another: %v", got, counts)
	}
}

// distributeSomehow distributes a batch, and is interrupted a few times before, as by its worker's death.
func (w *world) distributeSomehow(batch lead.Hint) {
	for range rand.N(3) {
		ctx, end := context.WithTimeout(w.t.Context(), rand.N(30*time.Millisecond))
		_, _ = w.Store.Distribute(ctx, w.workspace, batch.ID)
		end()
	}
	for {
		_, err := w.Store.Distribute(w.t.Context(), w.workspace, batch.ID)
		if err == nil || errors.Is(err, context.Canceled) {
			return
		}
		if !passes(err) {
			w.t.Error(err)
			return
		}
	}
}

// laneSpreads tells how many leads of each campaign whoever got most has more than whoever got least.
func (w *world) laneSpreads(group uuid.UUID) map[string]int {
	w.t.Helper()
	var rows []struct {
		Campaign string `db:"campaign"`
		Spread   int    `db:"spread"`
	}
	if err := w.DB.Select(&rows, `
		SELECT campaign, max(n) - min(n) AS spread FROM (
			SELECT c.campaign, m.member_id, count(a.assigned_lead_id) AS n
			FROM (SELECT DISTINCT attribution ->> 'campaign_id' AS campaign FROM leads) c CROSS JOIN members m
			LEFT JOIN leads l ON l.attribution ->> 'campaign_id' = c.campaign
			LEFT JOIN assigned_leads a ON a.source_lead_id = l.lead_id AND a.member_id = m.member_id AND a.group_id = $1
			GROUP BY 1, 2) counts GROUP BY 1`, group); err != nil {
		w.t.Fatal(err)
	}
	spreads := map[string]int{}
	for _, r := range rows {
		spreads[r.Campaign] = r.Spread
	}
	return spreads
}
