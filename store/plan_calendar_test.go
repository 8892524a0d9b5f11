package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// live lets time pass as scheduler and workers would, half an hour at a time, and returns how often a lead was planned anew. It fails
// where one is taken and put back again and again.
func (w *world) live(c *testenv.Clock, d time.Duration) (anew int) {
	w.t.Helper()
	for end := c.Now().Add(d); c.Now().Before(end); c.Advance(30 * time.Minute) {
		w.replanMembers()
		for range 3 {
			anew += w.replan()
			w.armed()
			w.fire()
		}
		if n := w.count(`SELECT count(*) FROM pending_leads WHERE due_at <= $1 AND waiting_since IS NULL`, c.Now()); n > 0 {
			w.t.Fatalf("at %s %d leads are due that were taken and put back", c.Now(), n)
		}
	}
	return anew
}

// absent adds an absence of a member.
func (w *world) absent(letter byte, from, to time.Time) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddAbsence(ctx, w.workspace, store.Absence{MemberID: w.members[letter], FromAt: &from, ToAt: &to})
		return err
	})
}

// went lists when leads went out to a member.
func (w *world) went(letter byte) (times []time.Time) {
	w.t.Helper()
	if err := w.DB.Select(&times, `SELECT at FROM history WHERE member_id = $1 AND outcome = 'succeeded' ORDER BY at`, w.members[letter]); err != nil {
		w.t.Fatal(err)
	}
	return times
}

// heldSince counts pending leads that were to go out earlier.
func (w *world) heldSince(letter byte) int {
	return w.count(`SELECT count(*) FROM pending_leads WHERE member_id = $1 AND replanned_from < due_at`, w.members[letter])
}

var kualaLumpur = time.FixedZone("", 8*60*60)

// TestPaceFollowsTheCalendar plans for members with hours, an absence and caps, of their own and in the group.
func TestPaceFollowsTheCalendar(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.editMember('A', func(m *store.Member) { m.WorkingHours = officeHours() })
	w.absent('B', c.Now().Add(24*time.Hour), c.Now().Add(72*time.Hour))
	w.cap("C", perDay(2))
	spec, one := w.spec("A B C D"), perDay(1)
	spec.Listed[3].Members[0].Caps = &one
	var g uuid.UUID
	w.must(func(ctx context.Context, tx *store.Tx) error {
		group, err := tx.CreateGroup(ctx, w.workspace, spec)
		g = group.ID
		return err
	})
	ids, _ := w.add(60, store.Distribution{GroupID: g, Pace: lead.Normal})
	w.add(10, store.Distribution{MemberIDs: w.ids("CD"), Pace: lead.Slow})
	most := map[string]int{}
	for _, p := range w.pending() {
		letter, local := w.letters[*p.MemberID], p.DueAt.In(kualaLumpur)
		if most[string(letter)+local.Format(time.DateOnly)]++; letter == 'C' && most["C"+local.Format(time.DateOnly)] > 2 {
			t.Errorf("C has more than 2 leads on %s", local)
		}
		if letter == 'A' && (local.Hour() < 9 || local.Hour() >= 18 || local.Weekday()%6 == 0) {
			t.Errorf("A has a lead at %s", local)
		}
		if letter == 'B' && !p.DueAt.Before(c.Now().Add(24*time.Hour)) && p.DueAt.Before(c.Now().Add(72*time.Hour)) {
			t.Errorf("B has a lead at %s, in an absence", local)
		}
	}
	equal(t, "order", w.order(ids), true)
	w.live(c, 14*24*time.Hour)
	perDayOf := map[string]int{}
	for _, letter := range []byte("CD") {
		for _, at := range w.went(letter) {
			perDayOf[string(letter)+at.In(kualaLumpur).Format(time.DateOnly)]++
		}
	}
	for day, n := range perDayOf {
		if day[0] == 'C' && n > 2 {
			t.Errorf("%s: %d went out", day, n)
		}
	}
	equal(t, "copies of A and B", []int{w.counts()["A"], w.counts()["B"]}, []int{15, 15})
	equal(t, "the most of the group for D on a day", w.count(`
		SELECT max(n) FROM (SELECT count(*) AS n FROM history WHERE group_id IS NOT NULL AND member_id = $1 AND outcome = 'succeeded'
			GROUP BY date_trunc('day', at AT TIME ZONE 'Asia/Kuala_Lumpur')) d`, w.members['D']), 1)
	equal(t, "what is counted of the group for D", w.count(`SELECT open FROM cap_counts WHERE member_id = $1 AND group_id = $2`, w.members['D'], g),
		w.count(`SELECT count(*) FROM assigned_leads WHERE member_id = $1 AND group_id = $2`, w.members['D'], g))
	w.exact()
}

// TestWhoIsUnavailableGetsPlannedLeadsWhenBack has members go off duty, on leave and out of hours with leads planned and armed, and
// come back days later.
func TestWhoIsUnavailableGetsPlannedLeadsWhenBack(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C D")
	slow, _ := w.add(32, store.Distribution{GroupID: g, Pace: lead.Slow})
	fast, _ := w.add(32, store.Distribution{GroupID: g, Pace: lead.Fast})
	c.Advance(30 * time.Minute)
	w.armed()
	began := c.Now()
	w.offDuty("A", true)
	w.absent('B', began, began.Add(50*time.Hour))
	w.editMember('C', func(m *store.Member) { m.WorkingHours = &lead.Week{} })
	equal(t, "before the scheduler is there, what is armed comes back", w.liveOnce(c), true)
	anew := w.live(c, 4*24*time.Hour)
	if anew > 4*32+3*32 {
		t.Errorf("leads were planned anew %d times", anew)
	}
	equal(t, "nothing went to A and C", []int{w.counts()["A"], w.counts()["C"]}, []int{0, 0})
	if at := w.went('B'); len(at) == 0 || at[0].Before(began.Add(50*time.Hour)) {
		t.Errorf("B got leads at %v", at)
	}
	if w.heldSince('A') != 16 || w.heldSince('C') != 16 {
		t.Errorf("%d and %d of A's and C's leads say that they were to go out before", w.heldSince('A'), w.heldSince('C'))
	}
	equal(t, "order", []bool{w.order(slow), w.order(fast)}, []bool{true, true})
	w.offDuty("A", false)
	w.editMember('C', func(m *store.Member) { m.WorkingHours = nil })
	w.replanMembers()
	if due := w.nextOf('A'); due.After(c.Now().Add(24 * time.Hour)) {
		t.Errorf("A is back at %s, the next lead is due at %s", c.Now(), due)
	}
	equal(t, "order", []bool{w.order(slow), w.order(fast)}, []bool{true, true})
	w.live(c, 6*24*time.Hour)
	equal(t, "copies", w.counts(), map[string]int{"A": 16, "B": 16, "C": 16, "D": 16})
	w.exact()
}

// liveOnce fires what is due within half a day although nobody has planned it anew, and reports whether some was held back.
func (w *world) liveOnce(c *testenv.Clock) bool {
	w.t.Helper()
	before := w.count(`SELECT count(*) FROM pending_leads WHERE batch_id IS NOT NULL AND member_id = $1`, w.members['A'])
	c.Advance(2 * time.Hour)
	w.fire()
	if n := w.counts()["A"] + w.counts()["B"] + w.counts()["C"]; n > 0 {
		w.t.Errorf("%d leads went to members who are away", n)
	}
	return before == 0 || w.count(`SELECT count(*) FROM pending_leads WHERE batch_id IS NOT NULL AND member_id = $1`, w.members['A']) < before
}

// nextOf is when the next lead of a member is due.
func (w *world) nextOf(letter byte) (due time.Time) {
	w.t.Helper()
	if err := w.DB.Get(&due, `SELECT min(due_at) FROM pending_leads WHERE member_id = $1`, w.members[letter]); err != nil {
		w.t.Fatal(err)
	}
	return due
}

// TestWhatIsPlannedForATimeIsHeldBack has leads without a pace be due while their members are unavailable: those that a turn gave them
// wait, those of whoever was named do not.
func TestWhatIsPlannedForATimeIsHeldBack(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C D")
	at := c.Now().Add(11 * time.Hour) // 20:00
	w.editMember('A', func(m *store.Member) { m.WorkingHours = officeHours() })
	w.editMember('C', func(m *store.Member) { m.WorkingHours = officeHours() })
	w.offDuty("B", true)
	turns, _ := w.add(4, store.Distribution{GroupID: g, At: at})
	named, _ := w.add(1, store.Distribution{MemberIDs: w.ids("AB"), At: at})
	deleted, _ := w.add(1, store.Distribution{GroupID: g, At: at}) // A's
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, deleted[0]) })
	c.Set(at)
	w.armed()
	w.fire()
	equal(t, "who got those by turn", w.who(turns), "   D")
	equal(t, "who was named", w.who(named), "AB")
	equal(t, "held back", []int{w.heldSince('A'), w.heldSince('B'), w.heldSince('C')}, []int{1, 1, 1})
	equal(t, "A's is due when they work", w.nextOf('A').In(kualaLumpur).Format(time.TimeOnly), "09:00:00")
	equal(t, "the deleted one has failed", w.count(`SELECT count(*) FROM history WHERE reason = 'source_lead_deleted'`), 1)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DistributeNow(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{MemberID: w.members['C']}})
		return err
	})
	w.fire()
	equal(t, "an operator has C get theirs now", w.who(turns), "  C D")
	w.live(c, 30*time.Hour)
	equal(t, "A has theirs the next day", w.who(turns), "A  C D")
	w.offDuty("B", false)
	w.live(c, time.Hour)
	equal(t, "B when they are back", w.who(turns), "A B C D")
	w.exact()
}

// TestPlannedLeadsKeepCaps fills a cap with other leads before what is planned is due, and has a planned one count in its group.
func TestPlannedLeadsKeepCaps(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A")
	w.cap("A", perDay(3))
	ids, _ := w.add(6, store.Distribution{GroupID: g, Pace: lead.Slow})
	c.Advance(time.Minute)
	_, batches := w.add(3, store.Distribution{MemberIDs: w.ids("A")})
	w.run(batches...)
	w.live(c, 22*time.Hour)
	equal(t, "none of the planned ones went out today", w.count(`SELECT count(*) FROM history WHERE trigger = 'scheduled'`), 0)
	w.live(c, 24*time.Hour)
	equal(t, "three did the next day", w.count(`SELECT count(*) FROM history WHERE trigger = 'scheduled'`), 3)
	equal(t, "order", w.order(ids), true)
	w.live(c, 48*time.Hour)
	equal(t, "copies", w.counts(), map[string]int{"A": 9})
	w.exact()
}

// TestWhoIsOffDutyAndDeactivatedFails has nothing planned outlive its member.
func TestWhoIsOffDutyAndDeactivatedFails(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	w.add(4, store.Distribution{GroupID: g, Pace: lead.Slow})
	w.add(2, store.Distribution{GroupID: g, At: c.Now().Add(12 * time.Hour)})
	w.offDuty("A", true)
	w.live(c, 24*time.Hour)
	equal(t, "nothing failed", w.count(`SELECT count(*) FROM history WHERE outcome = 'failed'`), 0)
	w.setActive('A', false)
	w.live(c, 72*time.Hour)
	equal(t, "A's failed", w.count(`SELECT count(*) FROM history WHERE reason = 'member_inactive'`), 3)
	equal(t, "copies", w.counts(), map[string]int{"B": 3})
	w.exact()
}

// TestAFullCapHoldsUpNoOtherGroup has a member with a cap in one of two groups get what the other plans for them.
func TestAFullCapHoldsUpNoOtherGroup(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	spec, one := w.spec("A"), perDay(1)
	spec.Listed[0].Members[0].Caps = &one
	var capped uuid.UUID
	w.must(func(ctx context.Context, tx *store.Tx) error {
		group, err := tx.CreateGroup(ctx, w.workspace, spec)
		capped = group.ID
		return err
	})
	few, _ := w.add(6, store.Distribution{GroupID: capped, Pace: lead.Slow})
	many, _ := w.add(12, store.Distribution{GroupID: w.group("A"), Pace: lead.Slow})
	c.Advance(time.Minute)
	_, batches := w.add(1, store.Distribution{GroupID: capped}) // the cap of today is full
	w.run(batches...)
	w.live(c, 4*24*time.Hour)
	if n := w.count(`SELECT count(*) FROM history WHERE lead_id = ANY($1::uuid[]) AND outcome = 'succeeded'`, pq.Array(many)); n < 10 {
		t.Errorf("%d of the other group's leads went out in four days", n)
	}
	equal(t, "order", []bool{w.order(few), w.order(many)}, []bool{true, true})
	equal(t, "the most of the capped group on a day", w.count(`
		SELECT max(n) FROM (SELECT count(*) AS n FROM history WHERE group_id = $1 AND outcome = 'succeeded'
			GROUP BY date_trunc('day', at AT TIME ZONE 'Asia/Kuala_Lumpur')) d`, capped), 1)
	w.live(c, 6*24*time.Hour)
	equal(t, "copies", w.counts(), map[string]int{"A": 19})
	w.exact()
}
