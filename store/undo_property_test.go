package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A ranRun is a run of a test, with who got its leads and what waits of it.
type ranRun struct {
	id      uuid.UUID
	leads   []uuid.UUID
	batches []lead.Hint
}

// TestUndoneRunsAreAsIfTheyHadNeverBeen drives two groups of the same members alike, but that one of them also has runs which are undone,
// among leads, edits, deactivations, losses of Redis and turns that are owed: both give their leads to the same members all along.
//
// The runs of the one are undone before anything else comes in or is edited; see the next test for what comes in between.
func TestUndoneRunsAreAsIfTheyHadNeverBeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		for _, letter := range []byte("ABCDEF") {
			w.setActive(letter, true)
			w.offDuty(string(letter), false)
		}
		ring := drawRing(r)
		with, without := w.group(ring), w.group(ring)
		if rapid.Bool().Draw(r, "owes") {
			for _, g := range []uuid.UUID{with, without} {
				w.policy(ring, g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 3})
			}
		}
		active := map[byte]bool{}
		r.Repeat(map[string]func(*rapid.T){
			"distribute": func(r *rapid.T) {
				n := rapid.IntRange(1, 7).Draw(r, "leads")
				if got, want := w.give(with, n), w.give(without, n); got != want {
					r.Fatalf("leads went to %s, and without the runs to %s", got, want)
				}
			},
			"a run that is undone": func(r *rapid.T) {
				ids, _ := w.add(rapid.IntRange(1, 9).Draw(r, "leads"), store.Distribution{})
				d := store.Distribution{GroupID: with}
				if rapid.Bool().Draw(r, "planned") {
					d.Pace = lead.Slow
				}
				run, batches := w.assignRun(ids, d)
				gone := rapid.IntRange(0, len(batches)).Draw(r, "went out")
				if d.Pace == "" {
					w.run(batches[:gone]...)
				}
				before := w.holders(ids)
				w.undo(run)
				if rapid.Bool().Draw(r, "again") && d.Pace == "" && gone > 0 {
					run, batches = w.assignRun(ids, d)
					w.run(batches...)
					if again := w.holders(ids); again != before {
						r.Fatalf("given again they went to %s, not %s", again, before)
					}
					w.undo(run)
				}
			},
			"edit": func(r *rapid.T) {
				ring := drawRing(r)
				w.edit(with, ring)
				w.edit(without, ring)
			},
			"deactivate": func(r *rapid.T) {
				letter := rapid.ByteRange('A', 'F').Draw(r, "member")
				active[letter] = !active[letter]
				w.setActive(letter, !active[letter])
			},
			"off duty": func(r *rapid.T) {
				w.offDuty(string(rapid.ByteRange('A', 'F').Draw(r, "member")), rapid.Bool().Draw(r, "off"))
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

// TestUndoKeepsTurnsExact undoes runs in any order, with other leads, edits and answers between, and parts of it by many hands: no turn is
// used twice or missing, each lead that is given again goes to somebody once, and the audit finds nothing.
func TestUndoKeepsTurnsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		for _, letter := range []byte("ABCDEF") {
			w.setActive(letter, true)
		}
		group := w.group(drawRing(r))
		var runs []*ranRun
		var leads []uuid.UUID
		pick := func(r *rapid.T) *ranRun {
			if len(runs) == 0 {
				r.Skip("there is no run")
			}
			return rapid.SampledFrom(runs).Draw(r, "run")
		}
		r.Repeat(map[string]func(*rapid.T){
			"begin": func(r *rapid.T) {
				ids, _ := w.add(rapid.IntRange(1, 9).Draw(r, "leads"), store.Distribution{})
				if len(leads) > 0 && rapid.Bool().Draw(r, "the same again") {
					ids = leads
				}
				leads = ids
				d := store.Distribution{GroupID: group}
				if rapid.Bool().Draw(r, "planned") {
					d.Pace = lead.Fast
				}
				run := &ranRun{leads: ids}
				run.id, run.batches = w.assignRun(ids, d)
				runs = append(runs, run)
			},
			"go on":      func(r *rapid.T) { w.run(pick(r).batches...) },
			"undo":       func(r *rapid.T) { w.undo(pick(r).id) },
			"distribute": func(r *rapid.T) { w.give(group, rapid.IntRange(1, 5).Draw(r, "leads")) },
			"answer": func(r *rapid.T) {
				var id uuid.UUID
				if w.DB.Get(&id, `SELECT assigned_lead_id FROM assigned_leads WHERE answered_at IS NULL AND withdrawn_at IS NULL AND group_id = $1
					ORDER BY 1 OFFSET $2 LIMIT 1`, group, rapid.IntRange(0, 9).Draw(r, "which")) != nil {
					r.Skip("nothing is to be answered")
				}
				w.must(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.AcceptAssignedLead(ctx, w.workspace, store.Actor{}, id)
					return err
				})
			},
			"edit": func(r *rapid.T) { w.edit(group, drawRing(r)) },
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
		for _, run := range runs {
			w.run(run.batches...)
		}
		want := w.upcoming(group, 12)
		if got := w.give(group, 12); got != want {
			r.Fatalf("announced were %s, the leads went to %s", want, got)
		}
		for _, run := range runs {
			if who := w.holders(run.leads); strings.Count(who, "AA")+strings.Count(who, "BB") > 0 {
				r.Fatalf("a member has a lead twice: %s", who)
			}
		}
	})
	w.fireAnyhow() // what was armed and is empty by now
	w.exact()
}
