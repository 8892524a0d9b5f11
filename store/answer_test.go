package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// answering makes a group that wants answers.
func (w *world) answering(ring string, within lead.AnswerWithin) uuid.UUID {
	w.t.Helper()
	var g store.Group
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		spec := w.spec(ring)
		spec.AnswerWithin = &within
		g, err = t.CreateGroup(ctx, w.workspace, spec)
		return err
	})
	return g.ID
}

// alarms does what is due about unanswered copies, and distributes what goes on, as the scheduler and the workers would.
func (w *world) alarms() (n int) {
	w.t.Helper()
	w.TakeHints()
	all, err := w.Store.AlarmsDue(w.t.Context(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, workspace := range all {
		m, err := w.Store.PassAlarms(w.t.Context(), workspace, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		n += m
	}
	w.run(w.TakeHints()...)
	return n
}

// held tells of a lead's copies, in the order in which they were given: the letter of each member, with - where it was taken back and
// + where it was answered.
func (w *world) held(id uuid.UUID) string {
	w.t.Helper()
	all, err := w.Store.AssignedLeads(w.t.Context(), w.workspace, store.AssignedLeadFilter{SourceLeadID: id}, store.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	var parts []string
	for _, a := range all {
		part := string(w.letters[a.MemberID])
		if a.WithdrawnAt != nil {
			part += "-"
		}
		if a.AnsweredAt != nil {
			part += "+"
		}
		parts = append([]string{part}, parts...)
	}
	return strings.Join(parts, " ")
}

// heldBy is a member's copy of a lead.
func (w *world) heldBy(id uuid.UUID, letter byte) store.AssignedLead {
	w.t.Helper()
	all, err := w.Store.AssignedLeads(w.t.Context(), w.workspace, store.AssignedLeadFilter{SourceLeadID: id, MemberID: w.members[letter]}, store.Page{Limit: 2})
	if err != nil || len(all) != 1 {
		w.t.Fatal(len(all), err)
	}
	return all[0]
}

func (w *world) accept(id uuid.UUID, letter byte) error {
	a := w.heldBy(id, letter)
	return w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AcceptAssignedLead(ctx, w.workspace, store.Actor{MemberID: w.members[letter]}, a.ID)
		return err
	})
}

func reassigning(minutes, atMost int) lead.AnswerWithin {
	return lead.AnswerWithin{Minutes: minutes, AtMost: atMost}
}

// TestWhatNobodyAnswersGoesOn has leads be answered by nobody, late and in time.
func TestWhatNobodyAnswersGoesOn(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B C D E", reassigning(10, 2))
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	if by := w.heldBy(ids[0], 'A').AnswerBy; by == nil || !by.Equal(mondayAtTen.Add(10*time.Minute)) {
		t.Error(by)
	}
	if err := w.accept(ids[1], 'B'); err != nil {
		t.Fatal(err)
	}
	equal(t, "nothing is due", w.alarms(), 0)
	clock.Advance(5 * time.Minute)
	equal(t, "A is reminded", w.alarms(), 1)
	equal(t, "once", w.alarms(), 0)
	clock.Advance(5 * time.Minute)
	equal(t, "the lead goes on", w.alarms(), 1)
	equal(t, "to the next turn", w.held(ids[0]), "A- C")
	equal(t, "what was answered stays", w.held(ids[1]), "B+")
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "and on", w.held(ids[0]), "A- C- D")
	clock.Advance(10 * time.Minute)
	equal(t, "twice at the most", w.alarms(), 1)
	equal(t, "then it stays", w.held(ids[0]), "A- C- D")
	clock.Advance(time.Hour)
	equal(t, "nothing more is due", w.alarms(), 0)
	if err := w.accept(ids[0], 'D'); err != nil {
		t.Error(err)
	}
	var taken *store.Violation
	if err := w.accept(ids[0], 'A'); !errors.As(err, &taken) || !taken.Exists {
		t.Error(err)
	}
	all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: ids[0]}, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, h := range all {
		steps = append([]string{string(h.Outcome) + " " + string(w.letters[*h.MemberID]) + " " + string(h.Trigger)}, steps...)
	}
	equal(t, "its history", steps, []string{
		"succeeded A immediate", "succeeded C reassigned", "withdrawn A reassigned", "succeeded D reassigned", "withdrawn C reassigned",
	})
	equal(t, "the turns go on behind it", w.give(g, 1), "E")
	w.exact()
}

// TestNobodyElseCanTakeIt leaves with its member what all others have, and has wait what others may take later.
func TestNobodyElseCanTakeIt(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B", reassigning(10, 50))
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	w.offDuty("B", true)
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "it is taken back", w.held(ids[0]), "A-")
	equal(t, "and waits", w.stuck(g), 1)
	w.exact()
	w.offDuty("B", false)
	equal(t, "B is there", w.release(), 1)
	equal(t, "and gets it", w.held(ids[0]), "A- B")
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "both had it: it stays", w.held(ids[0]), "A- B")
	w.exact()
}

// TestCapsGetTheirPlacesBack has what is taken back be counted no more.
func TestCapsGetTheirPlacesBack(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B", reassigning(10, 1))
	w.cap("AB", perDay(1))
	ids, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "A and B have one each", w.held(ids[0])+w.held(ids[1])+w.held(ids[2]), "AB")
	equal(t, "one waits", w.stuck(g), 1)
	w.cap("B", perDay(2))
	w.TakeHints()
	if err := w.accept(ids[1], 'B'); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "A's went to B", w.held(ids[0]), "A- B")
	w.release()
	equal(t, "A has room again", w.held(ids[2]), "A")
	w.exact()
}

// TestSlotsOfSeveral has what a turn gave to several go on once, when none of them answered.
func TestSlotsOfSeveral(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("AB CD", reassigning(10, 1))
	ids, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	if err := w.accept(ids[0], 'A'); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "A answered", w.held(ids[0]), "A+ B-")
	equal(t, "nobody did", w.held(ids[1]), "C- D- A B")
	equal(t, "nobody did", w.held(ids[2]), "A- B- C D")
	w.exact()
}

// TestWorkingHoursCount gives those who go home the time until they are back.
func TestWorkingHoursCount(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen.Add(7*time.Hour + 50*time.Minute)) // 17:50
	w := newWorld(t, testenv.WithClock(clock.Now))
	within := reassigning(30, 1)
	within.Count = lead.CountWorkingHours
	g := w.answering("A B", within)
	w.editMember('A', func(m *store.Member) { m.WorkingHours = officeHours() })
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	if by := w.heldBy(ids[0], 'A').AnswerBy; !by.Equal(mondayAtTen.Add(23*time.Hour + 20*time.Minute)) { // 09:20
		t.Error(by)
	}
	if by := w.heldBy(ids[1], 'B').AnswerBy; !by.Equal(clock.Now().Add(30 * time.Minute)) {
		t.Error(by)
	}
	w.exact()
}

// TestAnswersRaceWithDeadlines has members answer just when their time is over: each lead is answered, or goes on, and never both.
func TestAnswersRaceWithDeadlines(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B", reassigning(10, 1))
	ids, batches := w.add(40, store.Distribution{GroupID: g})
	w.run(batches...)
	clock.Advance(10 * time.Minute)
	first := make([]byte, len(ids))
	accepted := make([]bool, len(ids))
	for i, id := range ids {
		first[i] = w.held(id)[0]
	}
	w.TakeHints()
	var racing sync.WaitGroup
	for i, id := range ids {
		racing.Go(func() { accepted[i] = w.accept(id, first[i]) == nil })
	}
	for range 4 {
		racing.Go(func() {
			for {
				n, err := w.Store.PassAlarms(t.Context(), w.workspace, 3)
				if err != nil {
					t.Error(err)
				}
				hints := w.TakeHints()
				for _, h := range hints {
					if _, err := w.Store.Distribute(t.Context(), w.workspace, h.ID); err != nil {
						t.Error(err)
					}
				}
				if n == 0 && len(hints) == 0 {
					return
				}
			}
		})
	}
	racing.Wait()
	w.alarms()
	for i, id := range ids {
		other := string('A' + 'B' - first[i])
		want := string(first[i]) + "- " + other
		if accepted[i] {
			want = string(first[i]) + "+"
		}
		equal(t, "lead "+id.String(), w.held(id), want)
	}
	w.exact()
}
