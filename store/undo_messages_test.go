package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// assignAll gives new leads to a group in a run of its own.
func (w *world) assignAll(group uuid.UUID, n int) (run uuid.UUID, ids []uuid.UUID) {
	w.t.Helper()
	ids, _ = w.add(n, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: group})
	w.run(batches...)
	return run, ids
}

// sendTo has the messages of a member sent that are due, and returns what the last one was about.
func (w *world) sendTo(letter byte, channel lead.Channel) (last *store.Message) {
	w.t.Helper()
	for {
		m := w.claimMessage(letter, channel)
		if m == nil {
			return last
		}
		if err := w.Store.MessageSent(w.t.Context(), m); err != nil {
			w.t.Fatal(err)
		}
		last = m
	}
}

// TestWhoWasNotToldHearsNothing undoes runs before anybody was told: their copies are taken out of the messages that wait, and messages
// with nothing else to tell are dropped.
func TestWhoWasNotToldHearsNothing(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	g := w.group("A C")
	w.give(g, 2)
	run, _ := w.assignAll(g, 5)
	equal(t, "messages", w.messages(), "A telegram owed 1, A telegram owed 3, C email owed 1, C email owed 2")
	w.undo(run)
	equal(t, "messages without the run's copies", w.messages(), "A telegram owed 1, C email owed 1")
	c.Advance(time.Minute)
	if m := w.sendTo('A', lead.Telegram); m == nil || m.Kind != store.NotifyLeads || m.Total != 1 {
		t.Errorf("A is told %+v", m)
	}
	w.sendTo('C', lead.Email)
	equal(t, "messages", w.messages(), "A telegram sent 1, C email sent 1")
	w.exact()
}

// TestWhoWasToldHearsThatItWasTakenBack undoes a run of which some members were told, and one has answered: those who lose a copy that they
// were told of hear it, by its name alone and once.
func TestWhoWasToldHearsThatItWasTakenBack(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	g := w.group("A B C D")
	run, ids := w.assignAll(g, 8)
	c.Advance(time.Minute)
	w.sendTo('A', lead.Telegram)
	w.sendTo('B', lead.Telegram)
	for _, i := range []int{1, 5} { // both of B's
		if err := w.accept(ids[i], 'B'); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "undone", counted(w.undo(run)), [3]int{0, 6, 2})
	equal(t, "messages", w.messages(), "A telegram owed 2, A telegram sent 2, B telegram sent 2")
	w.undo(run)
	c.Advance(time.Minute)
	m := w.claimMessage('A', lead.Telegram)
	if m == nil || m.Kind != store.NotifyUndone || m.Total != 2 {
		t.Fatalf("A is told %+v", m)
	}
	for _, l := range m.Leads {
		if l.Name == "" || l.Email != "" || l.Phone != "" || l.PhoneE164 != "" || string(l.Fields) != "{}" {
			t.Errorf("what was taken back is told as %+v", l)
		}
	}
	if err := w.Store.MessageSent(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if m := w.claimMessage('C', lead.Email); m != nil {
		t.Errorf("C was told nothing before, and hears %+v", m)
	}
	w.exact()
}

// TestAMessageInHandWhileItsRunIsUndone has a worker send just then: the member may have been told, so they hear that it was taken back, and
// what the worker says of its message still counts.
func TestAMessageInHandWhileItsRunIsUndone(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	run, _ := w.assignAll(w.group("A"), 2)
	c.Advance(time.Minute)
	inHand := w.claimMessage('A', lead.Telegram)
	w.undo(run)
	equal(t, "messages", w.messages(), "A telegram owed 2, A telegram owed 2")
	if err := w.Store.MessageSent(t.Context(), inHand); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	if m := w.claimMessage('A', lead.Telegram); m == nil || m.Kind != store.NotifyUndone || m.Total != 2 {
		t.Errorf("A is told %+v", m)
	}
	w.exact()
}

// TestAMessageThatFailedBeforeItsRunWasUndone was tried and may have arrived, though nobody says so: it is tried no more, and the member
// hears that its leads were taken back.
func TestAMessageThatFailedBeforeItsRunWasUndone(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	run, _ := w.assignAll(w.group("A"), 1)
	c.Advance(time.Minute)
	if err := w.Store.MessageLater(t.Context(), w.claimMessage('A', lead.Telegram), c.Now().Add(time.Minute), "no answer"); err != nil {
		t.Fatal(err)
	}
	w.undo(run)
	c.Advance(2 * time.Minute)
	if m := w.sendTo('A', lead.Telegram); m == nil || m.Kind != store.NotifyUndone {
		t.Errorf("A is told last %+v", m)
	}
	equal(t, "messages", w.messages(), "A telegram sent 1")
}

// TestWhatWasTakenBackAndErasedIsNotTold erases a person whose copy was taken back, before their member is told of that.
func TestWhatWasTakenBackAndErasedIsNotTold(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	id, _ := w.addLead(store.NewLead{Name: "Siti", Email: "siti@example.com", Channel: "api", Origin: "api"})
	run, batches := w.assignRun([]uuid.UUID{id}, store.Distribution{GroupID: w.group("A")})
	w.run(batches...)
	c.Advance(time.Minute)
	w.sendTo('A', lead.Telegram)
	w.undo(run)
	w.erase(w.identify("siti@example.com", ""))
	c.Advance(time.Minute)
	if m := w.claimMessage('A', lead.Telegram); m != nil {
		t.Errorf("A is told of who was erased: %+v", m)
	}
}
