package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// offering makes a group whose leads are offered.
func (w *world) offering(ring string, within *lead.AnswerWithin, edits ...func(*store.GroupSpec)) uuid.UUID {
	w.t.Helper()
	var g store.Group
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		spec := w.spec(ring)
		spec.Method, spec.AnswerWithin = lead.FirstToAccept, within
		for _, edit := range edits {
			edit(&spec)
		}
		g, err = t.CreateGroup(ctx, w.workspace, spec)
		return err
	})
	return g.ID
}

// offered tells of a lead's offers, in the order in which they were made: the letter of each member, with + where it was accepted, - where
// another was first, . where it lapsed and x where it was cancelled.
func (w *world) offered(id uuid.UUID) string {
	w.t.Helper()
	all, err := w.Store.Offers(w.t.Context(), w.workspace, store.OfferFilter{LeadID: id}, store.Page{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(all)
	signs := map[store.OfferState]string{store.OfferAccepted: "+", store.OfferTaken: "-", store.OfferLapsed: ".", store.OfferCancelled: "x"}
	var parts []string
	for _, o := range all {
		parts = append(parts, string(w.letters[o.MemberID])+signs[o.State])
	}
	return strings.Join(parts, " ")
}

// offerTo is a member's offer of a lead.
func (w *world) offerTo(id uuid.UUID, letter byte) uuid.UUID {
	w.t.Helper()
	all, err := w.Store.Offers(w.t.Context(), w.workspace, store.OfferFilter{LeadID: id, MemberID: w.members[letter]}, store.Page{Limit: 2})
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%c has %d offers: %v", letter, len(all), err)
	}
	return all[0].ID
}

func (w *world) acceptOffer(id uuid.UUID, letter byte) error {
	offer := w.offerTo(id, letter)
	return w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AcceptOffer(ctx, w.workspace, w.members[letter], offer)
		return err
	})
}

func within(minutes, atMost int) *lead.AnswerWithin {
	a := reassigning(minutes, atMost)
	return &a
}

// ended fails the test unless an offer is refused as one that is over.
func ended(t *testing.T, err error) {
	t.Helper()
	var over *store.Violation
	if !errors.As(err, &over) || !over.Exists {
		t.Errorf("it was not refused as one that is over: %v", err)
	}
}

// TestTheFirstToAcceptGetsIt has a lead be offered, accepted, refused to all others, and be accepted again by who has it.
func TestTheFirstToAcceptGetsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.offering("ABC DE", within(10, 3))
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "the first is offered", w.offered(ids[0]), "A B C")
	equal(t, "the second to the next slot", w.offered(ids[1]), "D E")
	equal(t, "nobody has it", w.held(ids[0]), "")
	pending, err := w.Store.PendingLeads(t.Context(), w.workspace, store.PendingFilter{Offered: true}, store.PendingPage{Limit: 10})
	if err != nil || len(pending) != 2 || len(pending[0].OfferedTo) != 3 || pending[0].OfferBy == nil {
		t.Fatal(pending, err)
	}
	w.exact()
	if err := w.acceptOffer(ids[0], 'B'); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.acceptOffer(ids[0], 'A'); !errors.Is(err, store.ErrTaken) {
			t.Error(err)
		}
		if err := w.acceptOffer(ids[0], 'B'); err != nil {
			t.Error("again:", err)
		}
	}
	equal(t, "its offers", w.offered(ids[0]), "A- B+ C-")
	equal(t, "its copies", w.held(ids[0]), "B+")
	all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: ids[0]}, store.Page{Limit: 10})
	if err != nil || len(all) != 1 || all[0].Trigger != lead.Accepted || *all[0].Turn != 0 || *all[0].MemberID != w.members['B'] {
		t.Error(all, err)
	}
	others := w.offerTo(ids[1], 'D')
	if err := w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AcceptOffer(ctx, w.workspace, w.members['A'], others)
		return err
	}); !errors.Is(err, store.ErrNotFound) {
		t.Error("A accepted what D was offered:", err)
	}
	w.exact()
}

// TestManyAcceptAtOnce has a hundred members accept one lead at once: one gets it.
func TestManyAcceptAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slot := lead.Listed{Weight: 1}
	for range 100 {
		m, err := w.Store.CreateMember(t.Context(), w.workspace, store.Member{Name: "one of many"})
		if err != nil {
			t.Fatal(err)
		}
		slot.Members = append(slot.Members, lead.Receiver{MemberID: m.ID})
	}
	g := w.offering("A", within(10, 3), func(s *store.GroupSpec) { s.Listed = []lead.Listed{slot} })
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	all, err := w.Store.Offers(t.Context(), w.workspace, store.OfferFilter{LeadID: ids[0]}, store.Page{Limit: 500})
	if err != nil || len(all) != 100 {
		t.Fatal(len(all), err)
	}
	var accepting sync.WaitGroup
	var mu sync.Mutex
	results := make(map[string]int)
	for _, o := range all {
		accepting.Go(func() {
			err := w.tx(func(ctx context.Context, t *store.Tx) error {
				_, err := t.AcceptOffer(ctx, w.workspace, o.MemberID, o.ID)
				return err
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				results["given"]++
			case errors.Is(err, store.ErrTaken):
				results["taken"]++
			default:
				t.Error(err)
			}
		})
	}
	accepting.Wait()
	equal(t, "what became of them", results, map[string]int{"given": 1, "taken": 99})
	var copies int
	if err := w.DB.Get(&copies, `SELECT count(*) FROM assigned_leads`); err != nil || copies != 1 {
		t.Error(copies, err)
	}
	w.exact()
}

// TestWhatNobodyAcceptsGoesOn has leads be offered to one slot after the other, as often as the group says, and then stay on offer.
func TestWhatNobodyAcceptsGoesOn(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.offering("AB C DE F", within(10, 2))
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "nothing is due", w.alarms(), 0)
	clock.Advance(5 * time.Minute)
	equal(t, "they are reminded", w.alarms(), 1)
	equal(t, "once", w.alarms(), 0)
	clock.Advance(5 * time.Minute)
	equal(t, "its time is over", w.alarms(), 1)
	equal(t, "it goes on", w.offered(ids[0]), "A. B. C")
	ended(t, w.acceptOffer(ids[0], 'A'))
	w.exact()
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "and on", w.offered(ids[0]), "A. B. C. D E")
	clock.Advance(10 * time.Minute)
	equal(t, "that is told", w.alarms(), 1)
	equal(t, "twice at the most", w.offered(ids[0]), "A. B. C. D E")
	equal(t, "nothing more is due", w.alarms(), 0)
	w.exact()
	if err := w.acceptOffer(ids[0], 'E'); err != nil {
		t.Error(err)
	}
	equal(t, "it can still be accepted", w.offered(ids[0]), "A. B. C. D- E+")
	all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{LeadID: ids[0]}, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, h := range all {
		step := string(h.Outcome)
		for _, s := range h.Skipped {
			step += " " + string(w.letters[s.MemberID]) + " " + string(s.Reason)
		}
		steps = append([]string{step}, steps...)
	}
	equal(t, "its history", steps, []string{"lapsed A not_answered B not_answered", "lapsed C not_answered", "succeeded"})
	w.exact()
}

// TestAllWereAsked leaves on offer what all others were offered, and has wait what others can be offered later.
func TestAllWereAsked(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.offering("A B", within(10, 50))
	w.offDuty("B", true)
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "only A is there", w.offered(ids[0]), "A")
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "A's time is over", w.offered(ids[0]), "A.")
	equal(t, "it waits for B", w.stuck(g), 1)
	w.exact()
	w.offDuty("B", false)
	w.release()
	equal(t, "B is back", w.offered(ids[0]), "A. B")
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "all were asked: it stays with B", w.offered(ids[0]), "A. B")
	clock.Advance(time.Hour)
	equal(t, "nothing more is due", w.alarms(), 0)
	w.exact()
	if err := w.acceptOffer(ids[0], 'B'); err != nil {
		t.Error(err)
	}
	w.exact()
}

// TestOffersEnd ends offers by what else may become of a lead, its group and its receivers.
func TestOffersEnd(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	for name, test := range map[string]struct {
		end    func(w *world, group, id uuid.UUID)
		offers string
		who    string
	}{
		"the lead is deleted": {func(w *world, _, id uuid.UUID) {
			w.must(func(ctx context.Context, t *store.Tx) error { return t.DeleteLead(ctx, w.workspace, id) })
		}, "A. B.", "source_lead_deleted"},
		"what is pending is deleted": {func(w *world, _, id uuid.UUID) {
			w.must(func(ctx context.Context, t *store.Tx) error {
				_, err := t.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{LeadID: id}})
				return err
			})
		}, "Ax Bx", ""},
		"the group is deleted": {func(w *world, group, _ uuid.UUID) {
			w.must(func(ctx context.Context, t *store.Tx) error {
				_, err := t.EndGroup(ctx, w.workspace, group, nil)
				return err
			})
		}, "A. B.", "group_deleted"},
		"all are deactivated": {func(w *world, _, _ uuid.UUID) {
			w.setActive('A', false)
			w.setActive('B', false)
		}, "Ax Bx C", ""},
		"it is sent on": {func(w *world, _, id uuid.UUID) {
			w.must(func(ctx context.Context, t *store.Tx) error {
				_, err := t.DistributeNow(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{LeadID: id, Offered: true}})
				return err
			})
		}, "A. B. C", ""},
		"it is given to somebody": {func(w *world, _, id uuid.UUID) {
			w.must(func(ctx context.Context, t *store.Tx) error {
				all, err := t.PendingLeads(ctx, w.workspace, store.PendingFilter{LeadID: id}, store.PendingPage{Limit: 2})
				if err != nil {
					return err
				}
				_, err = t.MovePending(ctx, w.workspace, all[0].ID, func(p *store.PendingLead) error {
					f := w.members['F']
					p.MemberID = &f
					return nil
				})
				return err
			})
		}, "A. B.", "F"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, testenv.WithClock(clock.Now))
			g := w.offering("AB C", within(10, 3))
			ids, batches := w.add(1, store.Distribution{GroupID: g})
			w.run(batches...)
			w.TakeHints()
			test.end(w, g, ids[0])
			w.run(w.TakeHints()...)
			w.alarms()
			w.armAll()
			equal(t, "its offers", w.offered(ids[0]), test.offers)
			if got := strings.Trim(w.outcomes(ids[0]), " "); got != test.who {
				t.Errorf("it ended as %q, want %q", got, test.who)
			}
			if err := w.acceptOffer(ids[0], 'A'); err == nil {
				t.Error("A accepted what was over")
			}
			w.exact()
		})
	}
}

// outcomes are the ends of a lead but those of its offers: who got it, and why it failed.
func (w *world) outcomes(id uuid.UUID) string {
	w.t.Helper()
	all, err := w.Store.History(w.t.Context(), w.workspace, store.HistoryFilter{LeadID: id}, store.Page{Limit: 10})
	if err != nil {
		w.t.Fatal(err)
	}
	var parts []string
	for _, h := range all {
		switch h.Outcome {
		case lead.Succeeded:
			parts = append(parts, string(w.letters[*h.MemberID]))
		case lead.Failed:
			parts = append(parts, string(h.Reason))
		}
	}
	return strings.Join(parts, " ")
}

// armAll arms what is planned for now, and distributes it.
func (w *world) armAll() {
	w.t.Helper()
	for {
		var waiting []uuid.UUID
		if err := w.DB.Select(&waiting, `SELECT batch_id FROM batches`); err != nil {
			w.t.Fatal(err)
		}
		if len(waiting) == 0 {
			return
		}
		for _, b := range waiting {
			w.run(lead.Hint{ID: b})
		}
	}
}

// TestWhoMayAccept refuses those who can take no lead when they accept: caps count copies, not offers.
func TestWhoMayAccept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.offering("AB", within(10, 3))
	w.cap("A", perDay(1))
	ids, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	for _, id := range ids {
		equal(t, "A is offered it", w.offered(id), "A B")
	}
	if err := w.acceptOffer(ids[0], 'A'); err != nil {
		t.Fatal(err)
	}
	ended(t, w.acceptOffer(ids[1], 'A'))
	more, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "who has as many as they may is offered no more", w.offered(more[0]), "B")
	w.offDuty("B", true)
	ended(t, w.acceptOffer(ids[1], 'B'))
	w.offDuty("B", false)
	if err := w.acceptOffer(ids[1], 'B'); err != nil {
		t.Error(err)
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.Assign(ctx, w.workspace, ids[2:], store.Distribution{MemberIDs: []uuid.UUID{w.members['B']}})
		return err
	})
	w.armAll()
	ended(t, w.acceptOffer(ids[2], 'B'))
	w.cap("A", perDay(2))
	if err := w.acceptOffer(ids[2], 'A'); err != nil {
		t.Error("it stays on offer to A:", err)
	}
	w.exact()
}

// TestOfferedLater has what has a time be offered when that has come, and refuses a pace.
func TestOfferedLater(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.offering("AB C", within(10, 3))
	ids, _ := w.add(2, store.Distribution{GroupID: g, At: mondayAtTen.Add(time.Hour)})
	equal(t, "not yet", w.offered(ids[0]), "")
	clock.Advance(time.Hour)
	if _, err := w.Store.Arm(t.Context(), w.workspace, clock.Now().Add(time.Second), 100); err != nil {
		t.Fatal(err)
	}
	w.armAll()
	equal(t, "now", w.offered(ids[0])+", "+w.offered(ids[1]), "A B, C")
	var field *store.FieldError
	if err := w.Store.CheckDistribution(t.Context(), w.workspace, store.Distribution{GroupID: g, Pace: lead.Fast}); !errors.As(err, &field) || field.Field != "pace" {
		t.Error(err)
	}
	w.exact()
}
