package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestOffersAmongOtherMethods has leads come to a group that offers from one that cannot give them, and from members who did not answer, and
// has what is on offer be given by the turns of a group that offers no more.
func TestOffersAmongOtherMethods(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	offers := w.offering("CD", within(10, 3))
	var g store.Group
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		spec := w.spec("A B")
		spec.AnswerWithin = within(10, 3)
		spec.Overflow = store.Overflow{Then: store.OverflowGroup, GroupID: offers}
		g, err = t.CreateGroup(ctx, w.workspace, spec)
		return err
	})
	ids, batches := w.add(1, store.Distribution{GroupID: g.ID})
	w.run(batches...)
	equal(t, "A has it", w.held(ids[0]), "A")
	w.offDuty("AB", true)
	more, batches := w.add(1, store.Distribution{GroupID: g.ID})
	w.run(batches...)
	equal(t, "what nobody can take goes on and is offered", w.offered(more[0]), "C D")
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "what A did not answer is taken back", w.held(ids[0]), "A-")
	equal(t, "and offered", w.offered(ids[0]), "C D")
	equal(t, "all of the slot were asked", w.offered(more[0]), "C D")
	w.exact()
	if err := w.acceptOffer(ids[0], 'D'); err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.UpdateGroup(ctx, w.workspace, offers, w.spec("C E"))
		return err
	})
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.DistributeNow(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{LeadID: more[0], Offered: true}})
		return err
	})
	w.armAll()
	equal(t, "the offer is over", w.offered(more[0]), "C. D.")
	equal(t, "E, who was not asked, has it", w.held(more[0]), "E")
	equal(t, "who was passed over", w.outcomes(more[0]), "E")
	w.exact()
}

// TestOffersToOneFamily has leads of one person come in at once, in a workspace that gives them to one member.
func TestOffersToOneFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DB.MustExec(`UPDATE workspaces SET duplicates_policy = 'same_member'`)
	g := w.offering("AB CD", within(10, 3))
	var ids []uuid.UUID
	w.must(func(ctx context.Context, t *store.Tx) error {
		d := store.Distribution{GroupID: g}
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{
			{Name: "Aina", Phone: "012-345 6789", Channel: "api", Origin: "api", Distribute: d},
			{Name: "Aina", Phone: "012-345 6789", Channel: "api", Origin: "api", Distribute: d},
		})
		ids = nil
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		return err
	})
	w.armAll()
	equal(t, "the first is offered", w.offered(ids[0]), "A B")
	if err := w.acceptOffer(ids[0], 'B'); err != nil {
		t.Fatal(err)
	}
	w.TakeHints()
	w.release()
	w.armAll()
	equal(t, "the second goes to who accepted it", w.held(ids[1]), "B")
	w.exact()
}
