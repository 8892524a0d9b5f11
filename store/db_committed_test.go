package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// handedOn are the batches that were handed to the queue since the last call, and fed those of the database that count as handed
// on and are not among before.
func (w *world) handedOn(before map[uuid.UUID]bool) (handed, fed []string) {
	w.t.Helper()
	for _, h := range w.TakeHints() {
		handed = append(handed, h.ID.String())
	}
	for _, id := range w.fedBatches() {
		if !before[id] {
			fed = append(fed, id.String())
		}
	}
	slices.Sort(handed)
	slices.Sort(fed)
	return handed, fed
}

func (w *world) fedBatches() (ids []uuid.UUID) {
	w.t.Helper()
	if err := w.DB.Select(&ids, `SELECT batch_id FROM batches WHERE fed_at IS NOT NULL`); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// TestWhatIsLeftIsHandedOnOnce has every act that makes batches: what counts as handed to the queue was handed on, each batch once,
// and nothing where the transaction was rolled back, also where it ran twice.
func TestWhatIsLeftIsHandedOnOnce(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(20, store.Distribution{})
	last := func() uuid.UUID { // of what is planned
		all := slices.DeleteFunc(w.pending(), func(p store.PendingLead) bool { return p.Trigger != lead.Scheduled })
		return all[len(all)-1].ID
	}
	now := store.Distribution{GroupID: g}
	act := func(name string, do func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		undone := errors.New("undone")
		before := make(map[uuid.UUID]bool)
		for _, id := range w.fedBatches() {
			before[id] = true
		}
		w.TakeHints()
		if err := w.tx(func(ctx context.Context, tx *store.Tx) error { return errors.Join(do(ctx, tx), undone) }); !errors.Is(err, undone) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s ended with %v", name, err)
		}
		if handed, fed := w.handedOn(before); len(handed)+len(fed) > 0 {
			t.Errorf("%s was undone, and %v handed on", name, handed)
		}
		if err := w.Redis.FlushDB(t.Context()).Err(); err != nil { // plans run twice then
			t.Fatal(err)
		}
		w.must(do)
		if handed, fed := w.handedOn(before); len(handed) == 0 || !slices.Equal(handed, fed) {
			t.Errorf("%s handed on %v of %v", name, handed, fed)
		}
	}
	soon := func() store.Distribution { return store.Distribution{GroupID: g, At: c.Now().Add(1e9)} }
	one := func(d store.Distribution) []store.NewLead {
		return []store.NewLead{{Name: "x", Channel: "api", Origin: "api", Distribute: d}}
	}
	act("adding leads", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, one(now))
		return err
	})
	act("adding leads for soon", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, one(soon()))
		return err
	})
	act("adding a delivery", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddArrivals(ctx, w.workspace, lead.QueueFresh, []store.Arrival{{Leads: one(now)}})
		return err
	})
	act("assigning for soon", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Assign(ctx, w.workspace, ids[:2], soon())
		return err
	})
	w.add(20, store.Distribution{GroupID: g, Pace: lead.Slow})
	act("sending what is planned", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DistributeNow(ctx, w.workspace, store.PendingSelection{IDs: []uuid.UUID{last()}})
		return err
	})
	act("moving what is planned", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MovePending(ctx, w.workspace, last(), func(p *store.PendingLead) error {
			p.DueAt = c.Now().Add(2e9)
			return nil
		})
		return err
	})
	w.setActive('A', false)
	failing, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	w.setActive('A', true)
	act("trying again", func(ctx context.Context, tx *store.Tx) error {
		var failed uuid.UUID
		if err := w.DB.GetContext(ctx, &failed, `SELECT history_id FROM history WHERE lead_id = $1`, failing[0]); err != nil {
			return err
		}
		return tx.RetryHistory(ctx, w.workspace, failed)
	})
}

// TestReceivedCountsWhatIsNew has leads that are there already, and tests.
func TestReceivedCountsWhatIsNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	test := store.NewLead{Name: "t", Channel: "meta", Origin: "api", Test: true}
	known := store.NewLead{Name: "k", Channel: "api", Origin: "api", ExternalID: "7"}
	w.TakeCommitted()
	for range 2 {
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{test, known, {Name: "x", Channel: "import", Origin: "import"}})
			return err
		})
	}
	received := make(map[string]int)
	for _, left := range w.TakeCommitted() {
		for channel, n := range left.Received {
			received[channel] += n
		}
	}
	if received["api"] != 1 || received["import"] != 2 || received["meta"] != 0 {
		t.Errorf("received are %v", received)
	}
}

// The scheduler is woken for what it feeds, and only for that.
func TestWhatTheSchedulerFeedsWakesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	woken := func(do func(ctx context.Context, tx *store.Tx) error) (bulk, webhooks bool) {
		t.Helper()
		w.TakeCommitted()
		w.must(do)
		for _, left := range w.TakeCommitted() {
			bulk, webhooks = bulk || left.Bulk, webhooks || left.Webhooks
		}
		return bulk, webhooks
	}
	add := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "x", Channel: "api", Origin: "api"}})
		return err
	}
	if bulk, webhooks := woken(add); bulk || webhooks {
		t.Errorf("a lead woke it for bulk work (%t) and webhooks (%t)", bulk, webhooks)
	}
	ids, _ := w.add(1, store.Distribution{})
	g := w.group("A")
	if bulk, _ := woken(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Assign(ctx, w.workspace, ids, store.Distribution{GroupID: g})
		return err
	}); !bulk {
		t.Error("bulk work did not wake it")
	}
	w.webhook(lead.WebhookReceived)
	if _, webhooks := woken(add); !webhooks {
		t.Error("a delivery that is owed did not wake it")
	}
}
