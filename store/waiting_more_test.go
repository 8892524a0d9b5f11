package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestOverflowAfterAWhile has a lead wait in its group, go on to another after the time that was set, and on from that one at once.
func TestOverflowAfterAWhile(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	first, second, third := w.group("A"), w.group("B"), w.group("C")
	w.policy("A", first, store.GroupPolicy{Overflow: store.Overflow{Then: store.OverflowGroup, GroupID: second, AfterMinutes: 30}})
	w.policy("B", second, store.GroupPolicy{Overflow: store.Overflow{Then: store.OverflowGroup, GroupID: third}})
	w.offDuty("AB", true)
	ids, batches := w.add(2, store.Distribution{GroupID: first})
	w.run(batches...)
	equal(t, "they wait", w.stuck(first), 2)
	clock.Advance(29 * time.Minute)
	equal(t, "still", w.release(), 0)
	clock.Advance(time.Minute)
	w.release()
	equal(t, "C has them", w.who(ids), "C C")
	equal(t, "who was looked at", w.skipped(ids[0]), "A:off_duty B:off_duty")
	h, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: ids[0]}, store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "how it came", fmt.Sprint(h[0].Trigger, h[0].Overflowed), fmt.Sprint(lead.Overflow, []uuid.UUID{first, second}))
	w.exact()

	// Who is all deactivated takes nothing after any time, and the lead goes on at once.
	w.setActive('A', false)
	ids, batches = w.add(1, store.Distribution{GroupID: first})
	w.run(batches...)
	equal(t, "at once", w.who(ids), "C")
	w.setActive('C', false)
	ids, batches = w.add(1, store.Distribution{GroupID: first})
	w.run(batches...)
	equal(t, "it waits for B, who is active", w.stuck(second), 1)
	w.offDuty("B", false)
	w.release()
	equal(t, "B has it", w.who(ids), "B")
	w.exact()
}

// TestOpenCopies has a cap of open copies be freed by closing one, and the list of closed statuses count.
func TestOpenCopies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testenv.WithClock(testenv.NewClock(mondayAtTen).Now))
	g := w.group("A")
	two := 2
	w.cap("A", lead.Caps{Open: &two})
	ids, batches := w.add(4, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "two go", w.who(ids[:2])+"|"+w.who(ids[2:]), "A A| ")
	w.status(w.copyOf('A', ids[0]), "contacted")
	equal(t, "it is open", w.release(), 0)
	w.status(w.copyOf('A', ids[0]), "lost")
	equal(t, "it is closed", w.release(), 1)
	equal(t, "the third goes", w.who(ids[2:3]), "A")
	w.status(w.copyOf('A', ids[0]), "new")
	w.status(w.copyOf('A', ids[1]), "won")
	equal(t, "one more is open, one less", w.release(), 0)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error {
			ws.ClosedStatuses = []string{"new"}
			return nil
		})
		return err
	})
	equal(t, "new ones count no more", w.release(), 1)
	// By name it counts, and is never refused.
	named, batches := w.add(3, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	equal(t, "by name", w.who(named), "A A A")
	w.exact()
}

// status gives a copy a status.
func (w *world) status(id uuid.UUID, status string) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, id, func(a *store.AssignedLead) error {
			a.Status = status
			return nil
		})
		return err
	})
}

// TestCountsAreWhatWasGiven has members with caps get leads, lose and regain caps, close copies and move in time and zone, in any order:
// what is counted is at all times what the copies themselves say.
func TestCountsAreWhatWasGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		clock := testenv.NewClock(mondayAtTen)
		w := newWorld(t, testenv.WithClock(clock.Now))
		groups := []uuid.UUID{w.group("A B"), w.group("B C A")}
		capped := func(rt *rapid.T) lead.Caps {
			c := lead.Caps{}
			for _, one := range []**int{&c.PerHour, &c.PerDay, &c.PerWeek, &c.PerMonth, &c.Open} {
				if n := rapid.IntRange(0, 6).Draw(rt, "cap"); n > 2 {
					*one = &n
				}
			}
			return c
		}
		letter := func(rt *rapid.T) byte { return rapid.SampledFrom([]byte("ABC")).Draw(rt, "member") }
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { w.countsHold() },
			"give": func(rt *rapid.T) {
				w.give(rapid.SampledFrom(groups).Draw(rt, "group"), rapid.IntRange(1, 6).Draw(rt, "leads"))
			},
			"give by name": func(rt *rapid.T) {
				_, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members[letter(rt)]}})
				w.run(batches...)
			},
			"cap": func(rt *rapid.T) { w.cap(string(letter(rt)), capped(rt)) },
			"cap in a group": func(rt *rapid.T) {
				spec, c := w.spec("A B"), capped(rt)
				spec.Listed[0].Members[0].Caps = &c
				w.must(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.UpdateGroup(ctx, w.workspace, groups[0], spec)
					return err
				})
			},
			"close or open": func(rt *rapid.T) {
				var ids []uuid.UUID
				if err := w.DB.Select(&ids, `SELECT assigned_lead_id FROM assigned_leads ORDER BY 1`); err != nil || len(ids) == 0 {
					return
				}
				w.status(rapid.SampledFrom(ids).Draw(rt, "copy"), rapid.SampledFrom([]string{"new", "won", "lost"}).Draw(rt, "status"))
			},
			"time": func(rt *rapid.T) {
				clock.Advance(time.Duration(rapid.IntRange(1, 40*60).Draw(rt, "minutes")) * time.Minute)
			},
			"zone": func(rt *rapid.T) {
				w.zone(letter(rt), rapid.SampledFrom([]string{"Asia/Kolkata", "America/New_York", "Pacific/Auckland"}).Draw(rt, "zone"))
			},
			"release": func(*rapid.T) { w.release() },
		})
		w.release()
		w.exact()
	})
}

// countsHold compares what is counted with what the copies say, and checks that no cap of what goes by turn was passed by it.
func (w *world) countsHold() {
	w.t.Helper()
	var wrong []string
	if err := w.DB.Select(&wrong, `
		SELECT c.member_id || ' in ' || c.group_id || ': ' || (c.in_hour, c.in_day, c.in_week, c.in_month, c.open)::text || ' but ' || n.n::text
		FROM cap_counts c CROSS JOIN LATERAL (
			SELECT (count(*) FILTER (WHERE a.assigned_at >= c.hour_from)::int, count(*) FILTER (WHERE a.assigned_at >= c.day_from)::int,
				count(*) FILTER (WHERE a.assigned_at >= c.week_from)::int, count(*) FILTER (WHERE a.assigned_at >= c.month_from)::int,
				count(*) FILTER (WHERE a.status NOT IN ('won', 'lost'))::int) AS n
			FROM assigned_leads a WHERE a.workspace_id = c.workspace_id AND a.member_id = c.member_id
				AND (c.group_id = '00000000-0000-0000-0000-000000000000' OR a.group_id = c.group_id)) n
		WHERE (c.in_hour, c.in_day, c.in_week, c.in_month, c.open)::text <> n.n::text`); err != nil {
		w.t.Fatal(err)
	}
	if len(wrong) > 0 {
		w.t.Fatalf("counted wrong: %v", wrong)
	}
}

// TestWaitingLeadsByHand has operators delete, send out and give away what waits.
func TestWaitingLeadsByHand(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A")
	w.offDuty("A", true)
	ids, batches := w.add(5, store.Distribution{GroupID: g})
	w.run(batches...)
	waits, err := w.Store.PendingLeads(t.Context(), w.workspace, store.PendingFilter{Waiting: true}, store.PendingPage{Limit: 10})
	if err != nil || len(waits) != 5 {
		t.Fatal(len(waits), err)
	}
	pending := make(map[uuid.UUID]uuid.UUID)
	for _, p := range waits {
		pending[p.LeadID] = p.ID
	}
	move := func(to store.PendingMove, leads ...uuid.UUID) error {
		var s store.PendingSelection
		for _, l := range leads {
			s.IDs = append(s.IDs, pending[l])
		}
		return w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.MovePendingLeads(ctx, w.workspace, s, to)
			return err
		})
	}
	if err := move(store.PendingMove{At: clock.Now().Add(time.Hour)}, ids[0]); err == nil {
		t.Error("a lead that nobody has was moved to a time")
	}
	if err := move(store.PendingMove{Member: w.members['B']}, ids[0], ids[1]); err != nil {
		t.Fatal(err)
	}
	w.run(w.TakeHints()...)
	equal(t, "B has two", w.who(ids), "B B   ")
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MovePending(ctx, w.workspace, pending[ids[2]], func(p *store.PendingLead) error {
			p.MemberID = new(w.members['C'])
			return nil
		})
		return err
	})
	w.run(w.TakeHints()...)
	equal(t, "C has one", w.who(ids), "B B C  ")
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DistributeNow(ctx, w.workspace, store.PendingSelection{IDs: []uuid.UUID{pending[ids[3]]}})
		return err
	})
	w.run(w.TakeHints()...)
	equal(t, "there is still nobody", w.stuck(g), 2)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n := 2
		deleted, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{Waiting: true}, Matched: &n})
		equal(t, "deleted", deleted, 2)
		return err
	})
	equal(t, "nothing waits", w.stuck(g), 0)
	w.offDuty("A", false)
	equal(t, "nothing is let go", w.release(), 0)
	w.exact()
}

// TestOnlyWhoHasItCanTakeIt has a lead wait while the one receiver who can take leads has it already: it is not let go again and again.
func TestOnlyWhoHasItCanTakeIt(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	w.offDuty("B", true)
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "A has it, and it waits for B", w.stuck(g), 1)
	w.editMember('A', func(m *store.Member) { m.WorkingHours = &lead.Week{time.Monday: {{From: 0, To: 12 * 60}}} }) // which wakes the group
	equal(t, "it is tried once", w.release(), 1)
	clock.Advance(time.Minute)
	equal(t, "and a minute later", w.release(), 1)
	w.offDuty("B", false)
	equal(t, "B is back", w.release(), 1)
	equal(t, "who has it", w.who(ids), "AB")
	w.exact()
}
