package store_test

import (
	"fmt"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestFairnessAgreesWithHistory counts again, from history entry by entry, what fairness tells of a group through any leads, edits, duties,
// answers and undone runs: what each receiver got, gave back, answered and was passed over for. Shares come to the turns that were spent, and
// by sources everything comes to the same.
func TestFairnessAgreesWithHistory(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	sources := []uuid.UUID{uuid.Nil, w.source("Expo", nil), w.source("Fair", nil)}
	checkFew(t, 30, func(r *rapid.T) {
		clock.Advance(48 * time.Hour)
		begin := clock.Now()
		for _, letter := range []byte("ABCDEF") {
			w.offDuty(string(letter), false)
			w.setActive(letter, true)
		}
		g := w.group(drawRing(r))
		var leads []uuid.UUID
		r.Repeat(map[string]func(*rapid.T){
			"leads": func(r *rapid.T) {
				var ids []uuid.UUID
				for range rapid.IntRange(1, 5).Draw(r, "leads") {
					id, _ := w.addLead(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: rapid.SampledFrom(sources).Draw(r, "source")})
					ids = append(ids, id)
				}
				run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
				w.run(batches...)
				leads = append(leads, ids...)
				clock.Advance(time.Duration(rapid.IntRange(0, 600).Draw(r, "seconds")) * time.Second)
				if rapid.IntRange(0, 4).Draw(r, "undone") == 0 {
					w.undo(run)
				}
			},
			"answer": func(r *rapid.T) {
				if len(leads) == 0 {
					return
				}
				id := rapid.SampledFrom(leads).Draw(r, "answered")
				if holder := w.holders([]uuid.UUID{id}); holder != "-" {
					_ = w.accept(id, holder[0]) // which may have been answered
				}
			},
			"edit": func(r *rapid.T) { w.edit(g, drawRing(r)) },
			"off duty": func(r *rapid.T) {
				w.offDuty(string(rapid.ByteRange('A', 'F').Draw(r, "member")), rapid.Bool().Draw(r, "off"))
			},
		})
		w.checkFairness(r, g, begin, clock.Now())
	})
}

func (w *world) checkFairness(r *rapid.T, g uuid.UUID, from, to time.Time) {
	told, err := w.Store.Fairness(w.t.Context(), w.workspace, store.FairnessSpec{Group: g, From: from, To: to.Add(time.Second)})
	if err != nil {
		r.Fatal(err)
	}
	by := map[uuid.UUID]store.Fairness{}
	share := 0.0
	for _, one := range told {
		by[one.Member] = one
		share += one.Share / float64(w.widthOf(g))
	}
	want, turns := w.countFairness(r, g)
	for member, one := range want {
		got := by[member]
		if got.Received != one.Received || got.Answered != one.Answered || fmt.Sprint(got.Passed) != fmt.Sprint(one.Passed) {
			r.Fatalf("%c is told as %+v, and history has %+v", w.letters[member], got, *one)
		}
		delete(by, member)
	}
	for member, one := range by {
		if one.Received+one.Answered+len(one.Passed) > 0 {
			r.Fatalf("%c is told as %+v, and history has nothing", w.letters[member], one)
		}
	}
	if w.widthOf(g) == 1 && math.Abs(share-float64(turns)) > 1e-6 {
		r.Fatalf("shares come to %g, and %d turns were spent", share, turns)
	}
	w.checkBySource(r, g, from, to, told)
}

// widthOf is 1 for a group in whose rings each slot has had one member, and more where shares of a turn are several members'.
func (w *world) widthOf(g uuid.UUID) int {
	return w.Count(w.t, `SELECT coalesce(max(jsonb_array_length(s)), 1) FROM rings, jsonb_array_elements(slots) AS s WHERE group_id = $1`, g)
}

// countFairness counts what fairness tells, from history, and the turns that were spent.
func (w *world) countFairness(r *rapid.T, g uuid.UUID) (by map[uuid.UUID]*store.Fairness, turns int) {
	history, err := w.Store.History(w.t.Context(), w.workspace, store.HistoryFilter{GroupID: g}, store.Page{Limit: 10_000})
	if err != nil {
		r.Fatal(err)
	}
	type decision struct {
		pending, member uuid.UUID
	}
	undone := map[decision]bool{}
	for _, h := range history {
		if h.Outcome == lead.Undone && h.MemberID != nil {
			undone[decision{h.PendingID, *h.MemberID}] = true
		}
	}
	by = map[uuid.UUID]*store.Fairness{}
	of := func(member uuid.UUID) *store.Fairness {
		if by[member] == nil {
			by[member] = &store.Fairness{Passed: map[string]int{}}
		}
		return by[member]
	}
	spent, passed := map[string]bool{}, map[uuid.UUID]bool{}
	for _, h := range history {
		if h.Outcome == lead.Undone || h.MemberID != nil && undone[decision{h.PendingID, *h.MemberID}] {
			continue
		}
		if h.Turn != nil {
			spent[fmt.Sprint(*h.RingVersion, *h.Turn)] = true
		}
		if h.Outcome == lead.Succeeded {
			of(*h.MemberID).Received++
			if w.Count(w.t, `SELECT count(*) FROM assigned_leads WHERE source_lead_id = $1 AND member_id = $2 AND answered_at IS NOT NULL`, h.LeadID, *h.MemberID) > 0 {
				of(*h.MemberID).Answered++
			}
		}
		if !passed[h.PendingID] {
			passed[h.PendingID] = true
			for _, s := range h.Skipped {
				of(s.MemberID).Passed[string(s.Reason)]++
			}
		}
	}
	return by, len(spent)
}

// checkBySource has what is told by source come to what is told of all.
func (w *world) checkBySource(r *rapid.T, g uuid.UUID, from, to time.Time, told []store.Fairness) {
	parts, err := w.Store.Fairness(w.t.Context(), w.workspace, store.FairnessSpec{Group: g, From: from, To: to.Add(time.Second), BySource: true})
	if err != nil {
		r.Fatal(err)
	}
	sum := map[uuid.UUID][3]int{}
	for _, p := range parts {
		s := sum[p.Member]
		sum[p.Member] = [3]int{s[0] + p.Due, s[1] + p.Received, s[2] + p.Answered}
	}
	whole := map[uuid.UUID][3]int{}
	for _, one := range told {
		if one.Due+one.Received+one.Answered > 0 {
			whole[one.Member] = [3]int{one.Due, one.Received, one.Answered}
		}
	}
	maps.DeleteFunc(sum, func(_ uuid.UUID, s [3]int) bool { return s == [3]int{} })
	if !maps.Equal(sum, whole) {
		r.Fatalf("by source it comes to %v, of all to %v", sum, whole)
	}
}
