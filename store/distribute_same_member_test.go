package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// planned are the letters of the members who are planned to get the leads, in the leads' order.
func (w *world) planned(ids []uuid.UUID) string {
	w.t.Helper()
	to := map[uuid.UUID][]string{}
	for _, p := range w.pending() {
		if p.MemberID != nil {
			to[p.LeadID] = append(to[p.LeadID], string(w.letters[*p.MemberID]))
		}
	}
	var all []string
	for _, id := range ids {
		slices.Sort(to[id])
		all = append(all, strings.Join(to[id], ""))
	}
	return strings.Join(all, " ")
}

func newSameMember(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.duplicates(store.SameMember, 30)
	return w
}

// TestWhoIsPlannedToGetAPersonCounts has earlier leads that somebody is still to get, in each way of being pending.
func TestWhoIsPlannedToGetAPersonCounts(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	for name, c := range map[string]struct {
		first func(w *world, g uuid.UUID) store.Distribution
		touch bool // its batch is unfolded
		want  string
	}{
		"at a time, by turn": {func(_ *world, g uuid.UUID) store.Distribution { return store.Distribution{GroupID: g, At: later} }, false, "B"},
		"at a pace, by turn": {func(_ *world, g uuid.UUID) store.Distribution { return store.Distribution{GroupID: g, Pace: lead.Slow} }, false, "B"},
		"at a time, named": {func(w *world, _ uuid.UUID) store.Distribution {
			return store.Distribution{MemberIDs: w.ids("EF"), At: later}
		}, false, "EF"},
		"at once, named":               {func(w *world, _ uuid.UUID) store.Distribution { return store.Distribution{MemberIDs: w.ids("EF")} }, false, "EF"},
		"at once, named, and unfolded": {func(w *world, _ uuid.UUID) store.Distribution { return store.Distribution{MemberIDs: w.ids("FE")} }, true, "EF"},
		"at once, by turn":             {func(_ *world, g uuid.UUID) store.Distribution { return store.Distribution{GroupID: g} }, false, "B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSameMember(t)
			g := w.group("A B C D")
			w.give(g, 1)
			first, batches := w.contacts(c.first(w, g), "0123456789", "0198887777")
			if c.touch {
				equal(t, "deleted", w.deletePending(w.pending()[3].ID), 1)
			}
			now, more := w.contacts(store.Distribution{GroupID: g}, "0123456789")
			planned, _ := w.contacts(store.Distribution{GroupID: g, Pace: lead.Fast}, "0123456789")
			w.run(more...)
			got := strings.Split(w.who(now), "")
			slices.Sort(got)
			equal(t, "at once", strings.Join(got, ""), c.want)
			equal(t, "planned", w.planned(planned), c.want)
			w.run(batches...)
			if d := c.first(w, g); !d.Scheduled() {
				got := strings.Split(strings.Fields(w.who(first))[0], "")
				slices.Sort(got)
				equal(t, "the first", strings.Join(got, ""), c.want)
			}
			if d := c.first(w, g); d.GroupID != uuid.Nil {
				equal(t, "to come", w.upcoming(g, 2), "D A") // one turn for each person
			}
			w.exact()
		})
	}
}

// TestAllWhoHaveThePersonGetTheLaterLead has the earlier lead with several members, of whom some are away or have it already.
func TestAllWhoHaveThePersonGetTheLaterLead(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g, pair := w.group("A B C"), w.group("DEF A")
	w.distributed(store.Distribution{GroupID: pair}, "0123456789")
	ids := w.distributed(store.Distribution{GroupID: g}, "0123456789", "0123456789")
	equal(t, "to all of the receivers group", w.who(ids), "DEF DEF")
	rows := w.count(`SELECT count(*) FROM history WHERE lead_id = $1 AND outcome = 'succeeded' AND group_id = $2 AND turn IS NULL`, ids[0], g)
	equal(t, "history rows without a turn", rows, 3)

	w.setActive('E', false)
	ids, batches := w.contacts(store.Distribution{GroupID: g}, "0123456789")
	w.run(w.assign(ids, store.Distribution{MemberIDs: w.ids("D")})...)
	w.run(batches...)
	equal(t, "to those who are there and have it not", w.who(ids), "DF")
	ids, batches = w.contacts(store.Distribution{GroupID: g}, "0123456789")
	w.run(w.assign(ids, store.Distribution{MemberIDs: w.ids("DF")})...)
	w.run(batches...)
	equal(t, "where all have it", w.who(ids), "DFalready_assigned")

	for _, letter := range []byte("DF") {
		w.setActive(letter, false)
	}
	ids = w.distributed(store.Distribution{GroupID: g}, "0123456789")
	equal(t, "while all are away", w.who(ids), "A")
	later, _ := w.contacts(store.Distribution{GroupID: g, Pace: lead.Slow}, "0123456789")
	equal(t, "planned while they are", w.planned(later), "A")
	equal(t, "turns", w.upcoming(g, 2), "B C")
	w.exact()
}

// TestPlansThatComeToNothingDoNotCount has the member who was planned to get the person deactivated, and the lead deleted.
func TestPlansThatComeToNothingDoNotCount(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g := w.group("A B C")
	at := store.Distribution{GroupID: g, At: time.Now().Add(time.Hour)}
	planned, _ := w.contacts(at, "0123456789", "0198887777", "0177776666")
	equal(t, "planned", w.planned(planned), "A B C")
	w.setActive('A', false)
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, planned[1]) })
	w.deletePending(w.pending()[2].ID)
	ids := w.distributed(store.Distribution{GroupID: g}, "0123456789", "0198887777", "0177776666")
	equal(t, "by turn", w.who(ids), "B C B")
	w.exact()
}

// TestOfOnePersonAtOneInstantAllGoToTheSame stores and distributes leads of few people from many sides at once.
func TestOfOnePersonAtOneInstantAllGoToTheSame(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g := w.group("A B C D E F")
	w.give(g, 1)
	var sides sync.WaitGroup
	for side := range 4 {
		sides.Go(func() {
			for person := range 12 {
				d := store.Distribution{GroupID: g}
				if side == 3 {
					d.At = time.Now().Add(time.Hour)
				}
				_, batches := w.contacts(d, fmt.Sprintf("01234567%02d", person))
				if !d.Scheduled() {
					w.run(batches...)
				}
			}
		})
	}
	sides.Wait()
	equal(t, "people with two members", w.count(`
		SELECT count(*) FROM (SELECT l.phone_e164 FROM leads l JOIN (
			SELECT lead_id, member_id FROM history WHERE outcome = 'succeeded' UNION SELECT lead_id, member_id FROM pending_leads) x USING (lead_id)
		WHERE l.phone_e164 IS NOT NULL GROUP BY 1 HAVING count(DISTINCT x.member_id) > 1) p`), 0)
	equal(t, "turns", w.count(`SELECT count(*) FROM turns`), 13)
	w.exact()
}

// TestTwoOfOnePersonInTwoBatchesAtOnce has the two distributed at the same instant, many times.
func TestTwoOfOnePersonInTwoBatchesAtOnce(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g := w.group("A B C D E F")
	w.give(g, 1)
	var ids []uuid.UUID
	var batches []lead.Hint
	for person := range 25 {
		for range 2 {
			one, b := w.contacts(store.Distribution{GroupID: g}, fmt.Sprintf("01234567%02d", person))
			ids, batches = append(ids, one...), append(batches, b...)
		}
	}
	for at := 0; at < len(batches); at += 2 {
		start := make(chan struct{})
		var both sync.WaitGroup
		for i := range 2 {
			both.Go(func() {
				<-start
				w.run(batches[at+i])
			})
		}
		close(start)
		both.Wait()
	}
	got := strings.Fields(w.who(ids))
	for i := 0; i < len(got); i += 2 {
		if got[i] != got[i+1] {
			t.Errorf("leads %d and %d of one person went to %s and %s", i, i+1, got[i], got[i+1])
		}
	}
	equal(t, "turns", w.count(`SELECT count(*) FROM turns`), 26)
	w.exact()
}

// TestChainsOfDuplicatesAreOnePerson has a lead match one that itself matched an earlier one, which is too old to match.
func TestChainsOfDuplicatesAreOnePerson(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g := w.group("A B C")
	first := w.distributed(store.Distribution{GroupID: g}, "0123456789")
	w.DB.MustExec(`UPDATE leads SET created_at = created_at - interval '20 days'`)
	w.contacts(store.Distribution{}, "0123456789") // distributed to nobody
	w.DB.MustExec(`UPDATE leads SET created_at = created_at - interval '20 days'`)
	last := w.distributed(store.Distribution{GroupID: g}, "0123456789")
	equal(t, "receivers", w.who(append(first, last...)), "A A")
	w.exact()
}

// TestRetriesFollowTheSameMember drives again what failed while nobody was there, and what an operator had assigned.
func TestRetriesFollowTheSameMember(t *testing.T) {
	t.Parallel()
	w := newSameMember(t)
	g := w.group("A B")
	w.distributed(store.Distribution{GroupID: g}, "0123456789")
	w.setActive('A', false)
	w.setActive('B', false)
	ids := w.distributed(store.Distribution{GroupID: g}, "0123456789")
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "outcomes", w.who(ids), "no_active_receiverno_active_receiver")
	w.setActive('A', true)
	w.setActive('B', true)
	var failed []uuid.UUID
	if err := w.DB.Select(&failed, `SELECT history_id FROM history WHERE outcome = 'failed' ORDER BY assignment_id NULLS FIRST`); err != nil {
		t.Fatal(err)
	}
	for _, id := range failed {
		w.retry(id)
	}
	equal(t, "driven again", w.who(ids), "no_active_receiverno_active_receiverAB")
	w.exact()
}
