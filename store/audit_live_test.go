package store_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestAuditsOfALivingSystemAreRight audits six times, twenty with LEADWHEEL_SOAK, while leads are distributed, planned, brought forward and deleted,
// groups edited, members deactivated, and Redis lost. Nothing that it reports then is true.
func TestAuditsOfALivingSystemAreRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, pairs := w.group("A B*2 C"), w.group("AB CD")
	w.give(g, 3)
	ctx, end := context.WithCancel(t.Context())
	var living sync.WaitGroup
	keepOn := func(do livingAct) {
		living.Go(func() {
			for ctx.Err() == nil {
				var batches []lead.Hint
				err := w.Store.WithTx(t.Context(), func(tx *store.Tx) (err error) { //nolint:contextcheck // what was begun is finished when the context has ended
					err = do(t.Context(), tx)
					batches = tx.Batches()
					return err
				})
				for _, b := range batches {
					if b.FeedAt.After(time.Now()) {
						continue
					}
					if _, failed := w.Store.Distribute(t.Context(), w.workspace, b.ID); failed != nil && !passes(failed) { //nolint:contextcheck // as above
						err = failed
					}
				}
				if err != nil && !passes(err) {
					t.Error(err)
					return
				}
			}
		})
	}
	add := func(d store.Distribution) {
		keepOn(func(ctx context.Context, tx *store.Tx) error {
			leads := make([]store.NewLead, 1+rand.N(30))
			for i := range leads {
				leads[i] = store.NewLead{Name: "one", Channel: "api", Origin: "api", Distribute: d}
			}
			_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
			return err
		})
	}
	add(store.Distribution{GroupID: g})
	add(store.Distribution{GroupID: g})
	add(store.Distribution{GroupID: pairs})
	add(store.Distribution{GroupID: g, Pace: lead.Fast})
	quiet := w.group("A B C D E F") // at rest most of the time, with owed turns that its few leads take
	keepOn(func(ctx context.Context, tx *store.Tx) error {
		if rand.N(5) == 0 {
			_, err := tx.UpdateGroup(ctx, w.workspace, quiet, w.spec([]string{"A B C D E F", "F E D C B A"}[rand.N(2)]))
			return err
		}
		_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{
			Name: "one", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: quiet},
		}})
		return err
	})
	acts := w.livingActs(g) // one after the other, or leads would never get in between
	keepOn(func(ctx context.Context, tx *store.Tx) error {
		return acts[rand.N(len(acts))](ctx, tx)
	})
	living.Go(func() { w.keepHouse(ctx) })
	audits := 6
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		audits = 20
	}
	for range audits {
		w.exact()
	}
	end()
	living.Wait()
	if n := w.count(`SELECT count(*) FROM history`); n < 100 {
		t.Errorf("only %d leads were distributed meanwhile", n)
	}
	w.exact()
}

// TestAuditsTellWhatIsLostOnALivingSystem breaks the ledger while turns go on being dealt: what is handed out since is no
// reason to overlook it.
func TestAuditsTellWhatIsLostOnALivingSystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 6)
	w.DB.MustExec(`DELETE FROM turns WHERE turn = 2`)
	w.DB.MustExec(`UPDATE history SET turn = NULL, ring_version = NULL WHERE turn = 2`)
	w.give(g, 2)
	report, err := w.Store.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.OK == (c.Name == "lost_turns") {
			t.Errorf("%s: found %d, as in %v", c.Name, c.Found, c.Examples)
		}
	}
}

// passes reports whether a real system would try again: the database was busy, or edits and rebuilt cursors, which come in
// much closer step here, overtook every try.
func passes(err error) bool {
	return store.Unavailable(err) || strings.Contains(err.Error(), "overtaken by others") || strings.Contains(err.Error(), "cursor is not at this ring version")
}

// A livingAct is something that people do while leads go out.
type livingAct = func(ctx context.Context, tx *store.Tx) error

// livingActs edit a group, delete and bring forward what is planned through it, and take a member in and out.
func (w *world) livingActs(g uuid.UUID) []livingAct {
	rings := []string{"A B*2 C", "C B A", "A B C D*3", "B A"}
	var acts []livingAct
	acts = append(acts, func(ctx context.Context, tx *store.Tx) error {
		ring := rings[rand.N(len(rings))]
		_, err := tx.UpdateGroup(ctx, w.workspace, g, w.spec(ring))
		return err
	})
	acts = append(acts, func(ctx context.Context, tx *store.Tx) error {
		all, err := tx.PendingLeads(ctx, w.workspace, store.PendingFilter{GroupID: g}, store.PendingPage{Limit: 20})
		if err != nil || len(all) < 2 {
			return err
		}
		half := rand.N(len(all))
		if _, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{IDs: idsOf(all[:half])}); err != nil {
			return err
		}
		_, err = tx.DistributeNow(ctx, w.workspace, store.PendingSelection{IDs: idsOf(all[half:])})
		return err
	})
	acts = append(acts, func(ctx context.Context, tx *store.Tx) error {
		active := false
		m, err := tx.EditMember(ctx, w.workspace, w.members['C'], func(m *store.Member) error {
			m.Active = !m.Active
			active = m.Active
			return nil
		})
		if err != nil || active {
			return err
		}
		_, err = tx.HandOver(ctx, w.workspace, m.ID, store.PendingChoice{Action: store.SpreadPending, MemberIDs: []uuid.UUID{w.members['E']}})
		return err
	})
	return acts
}

// keepHouse does what the scheduler does for turns, and loses Redis now and then, until the context ends.
func (w *world) keepHouse(ctx context.Context) {
	for ctx.Err() == nil {
		if rand.N(500) == 0 {
			_ = w.Redis.FlushDB(ctx).Err()
		}
		if _, err := w.Store.RebuildAbandoned(ctx, w.Store.Now().Add(-time.Second)); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
		if err := w.Store.SettleTurns(ctx); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
		if _, err := w.Store.FoldTallies(ctx); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	}
}
