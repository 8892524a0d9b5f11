package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// zone gives a member a time zone.
func (w *world) zone(letter byte, name string) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditMember(ctx, w.workspace, w.members[letter], func(m *store.Member) error { m.Timezone = name; return nil })
		return err
	})
}

// days counts history and what is pending on schedule by member and day: "A 2026-11-23".
func (w *world) days(query string) map[string]int {
	w.t.Helper()
	var rows []struct {
		Member uuid.UUID `db:"member_id"`
		At     time.Time `db:"at"`
		Zone   string    `db:"zone"`
	}
	if err := w.DB.Select(&rows, `
		SELECT x.member_id, x.at, coalesce(m.timezone, w.timezone) AS zone FROM (`+query+`) x
		JOIN members m USING (workspace_id, member_id) JOIN workspaces w USING (workspace_id)`); err != nil {
		w.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range rows {
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			w.t.Fatal(err)
		}
		local := r.At.In(zone)
		if h := local.Hour(); h < 9 || h >= 21 {
			w.t.Errorf("%c has a lead at %s", w.letters[r.Member], local)
		}
		counts[string(w.letters[r.Member])+" "+local.Format(time.DateOnly)]++
	}
	return counts
}

const planned = `SELECT workspace_id, member_id, due_at AS at FROM pending_leads`

func TestPaceSpreadsLeadsOverDays(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.zone('B', "America/New_York")
	g := w.group("A B C")
	ids, _ := w.add(90, store.Distribution{GroupID: g, Pace: lead.Normal})
	days := w.days(planned)
	for day, n := range days {
		if n > 7 {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	for _, day := range []string{"A 2026-11-24", "B 2026-11-24", "C 2026-11-25"} {
		if n := days[day]; n < 5 || n > 7 {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	equal(t, "order", w.order(ids), true)
	w.exact()
	w.untilDone(c)
	equal(t, "copies", w.counts(), map[string]int{"A": 30, "B": 30, "C": 30})
	w.exact()
}

// order reports whether each member's leads are due in the order of ids.
func (w *world) order(ids []uuid.UUID) bool {
	w.t.Helper()
	places := map[uuid.UUID]int{}
	for i, id := range ids {
		places[id] = i + 1
	}
	last := map[uuid.UUID]int{}
	for _, p := range w.pending() {
		if places[p.LeadID] == 0 {
			continue
		}
		if places[p.LeadID] < last[*p.MemberID] {
			return false
		}
		last[*p.MemberID] = places[p.LeadID]
	}
	return true
}

// TestSchedulesTogetherKeepThePace has schedules of a member overlap: planned at once, on later days, and at exact times.
func TestSchedulesTogetherKeepThePace(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	to := []uuid.UUID{w.members['A']}
	w.add(3, store.Distribution{MemberIDs: to, At: c.Now().Add(30 * time.Hour)})
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { w.add(10, store.Distribution{MemberIDs: to, Pace: lead.Slow}) })
		all.Go(func() { w.add(10, store.Distribution{GroupID: g, Pace: lead.Slow}) })
	}
	all.Wait()
	for range 3 { // half a day at a time, so that what went out today counts as well as what is to come
		for noon := c.Now().Add(12 * time.Hour); len(w.pending()) > 0 && w.pending()[0].DueAt.Before(noon); {
			c.Set(w.pending()[0].DueAt)
			w.armed()
			w.fire()
		}
		w.add(5, store.Distribution{MemberIDs: to, Pace: lead.Slow})
	}
	for day, n := range w.days(planned + ` UNION ALL SELECT workspace_id, member_id, at FROM history`) {
		if n > 6 {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	w.exact()
}

// TestOverdueLeadsArePlannedAnew has an outage of four days, part of the leads being armed when it begins.
func TestOverdueLeadsArePlannedAnew(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	ids, _ := w.add(60, store.Distribution{GroupID: g, Pace: lead.Fast})
	more, _ := w.add(30, store.Distribution{GroupID: g, Pace: lead.Slow})
	w.armed()
	c.Advance(4*24*time.Hour + 3*time.Hour)
	overdue, err := w.Store.Overdue(t.Context())
	if err != nil || len(overdue) != 1 {
		t.Fatalf("overdue: %v, %v", overdue, err)
	}
	late := w.count(`SELECT count(*) FROM pending_leads WHERE due_at < $1`, c.Now().Add(-12*time.Hour))
	replanned := w.replan()
	if replanned < late {
		t.Errorf("%d of %d leads were planned anew", replanned, late)
	}
	equal(t, "order", []bool{w.order(ids), w.order(more)}, []bool{true, true})
	w.untilDone(c)
	for day, n := range w.days(`SELECT workspace_id, member_id, at FROM history`) {
		if n > 12 {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	if n := w.count(`SELECT count(*) FROM history WHERE replanned_from < due_at`); n < replanned {
		t.Errorf("history says it of %d of %d", n, replanned)
	}
	equal(t, "copies", w.counts(), map[string]int{"A": 45, "B": 45})
	w.exact()
}

// TestWhatIsArmedBeforeAnOutageKeepsThePace has a worker come back before the scheduler, with the leads of two days in the
// queue, which it fires in any order and all at once.
func TestWhatIsArmedBeforeAnOutageKeepsThePace(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.zone('B', "America/New_York")
	g := w.group("A B C")
	for _, pace := range []lead.Pace{lead.Slow, lead.Normal, lead.Fast} {
		w.add(90, store.Distribution{GroupID: g, Pace: pace})
	}
	if _, err := w.Store.Arm(t.Context(), w.workspace, c.Now().Add(4*24*time.Hour), 10_000); err != nil {
		t.Fatal(err)
	}
	c.Advance(3*24*time.Hour + 10*time.Hour + 30*time.Minute)
	var firing sync.WaitGroup
	for range 4 {
		firing.Go(w.fireAnyhow)
	}
	firing.Wait()
	fired := w.count(`SELECT count(*) FROM history`)
	if back := w.count(`SELECT count(*) FROM pending_leads WHERE due_at < $1 AND batch_id IS NULL`, c.Now()); fired == 0 || back < 2*fired {
		t.Errorf("%d leads went out at once, %d were put back", fired, back)
	}
	w.exactBut("stuck")
	w.replan()
	w.untilDone(c)
	equal(t, "copies", w.counts(), map[string]int{"A": 90, "B": 90, "C": 90})
	w.exact()
}

// replan plans all that is overdue anew, and returns how many it was.
func (w *world) replan() (replanned int) {
	w.t.Helper()
	for n := 1; n > 0; replanned += n {
		var err error
		if n, err = w.Store.Replan(w.t.Context(), w.workspace, 25); err != nil {
			w.t.Fatal(err)
		}
	}
	return replanned
}

func TestPreviewIsThePlan(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]store.Distribution{
		"pace to a group": {Pace: lead.Fast}, "at to a group": {At: newClock(monday).Now().Add(time.Hour)}, "pace to members": {Pace: lead.Slow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c := newTimedWorld(t)
			g := w.group("A BC D*2")
			w.give(g, 2)
			if d.GroupID = g; name == "pace to members" {
				d.GroupID, d.MemberIDs = uuid.Nil, []uuid.UUID{w.members['E'], w.members['A']}
			}
			w.add(20, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}, Pace: lead.Normal})
			ids, _ := w.add(50, store.Distribution{})
			before := w.count(`SELECT count(*) FROM pending`) + w.count(`SELECT count(*) FROM turns`)
			preview := w.preview(ids, d)
			equal(t, "what a preview wrote", w.count(`SELECT count(*) FROM pending`)+w.count(`SELECT count(*) FROM turns`), before)
			equal(t, "asked again", w.preview(ids, d).planned, preview.planned)
			c.Advance(10 * time.Minute)
			d.Seed = preview.seed
			w.assign(ids, d)
			var got []store.Planned
			for _, p := range w.pending() {
				if p.AssignmentID != nil {
					got = append(got, store.Planned{LeadID: p.LeadID, MemberID: *p.MemberID, DueAt: p.DueAt.UTC()})
				}
			}
			equal(t, "the plan", byLead(got), byLead(preview.planned))
			w.exactBut("stuck") // the first may have been due since the preview
			c.Advance(2 * time.Hour)
			if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Assign(ctx, w.workspace, ids, d)
				return err
			}); err == nil {
				t.Error("an old preview is taken for a plan")
			}
		})
	}
}

type preview struct {
	seed    lead.Seed
	planned []store.Planned
}

func (w *world) preview(ids []uuid.UUID, d store.Distribution) (p preview) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		d.Seed = lead.NewSeed(w.Store.Now(), 7)
		p.seed, p.planned, err = tx.Preview(ctx, w.workspace, ids, d)
		return err
	})
	return p
}

func byLead(all []store.Planned) map[string]time.Time {
	m := map[string]time.Time{}
	for _, p := range all {
		m[p.LeadID.String()+" "+p.MemberID.String()] = p.DueAt
	}
	return m
}
