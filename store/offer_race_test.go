package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestAcceptingRaces has receivers accept while the time for it is over, and is over once more, and while they are deactivated: each lead
// ends in one copy at the most, and as the audit promises.
func TestAcceptingRaces(t *testing.T) {
	t.Parallel()
	const leads = 40
	for name, meanwhile := range map[string]func(w *world, clock *testenv.Clock, ids []uuid.UUID){
		"with the deadline": func(w *world, clock *testenv.Clock, _ []uuid.UUID) {
			clock.Advance(10 * time.Minute)
			w.alarms()
		},
		"with a second deadline": func(w *world, clock *testenv.Clock, _ []uuid.UUID) {
			for range 2 {
				clock.Advance(10 * time.Minute)
				w.alarms()
			}
		},
		"with being deactivated": func(w *world, _ *testenv.Clock, _ []uuid.UUID) {
			w.setActive('A', false)
			w.alarms()
		},
		"with being deleted": func(w *world, _ *testenv.Clock, ids []uuid.UUID) {
			for _, id := range ids {
				if err := w.Store.WithTx(w.t.Context(), func(tx *store.Tx) error { return tx.DeleteLead(w.t.Context(), w.workspace, id) }); err != nil {
					w.t.Error(err)
				}
			}
			w.alarms()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := testenv.NewClock(mondayAtTen)
			w := newWorld(t, testenv.WithClock(clock.Now))
			g := w.offering("AB CD E", within(10, 5))
			ids, batches := w.add(leads, store.Distribution{GroupID: g})
			w.run(batches...)
			w.TakeHints()
			begin := make(chan struct{})
			var accepting sync.WaitGroup
			var mu sync.Mutex
			given := make(map[uuid.UUID]int)
			for _, letter := range []byte("ABCD") {
				all, err := w.Store.Offers(t.Context(), w.workspace, store.OfferFilter{MemberID: w.members[letter]}, store.Page{Limit: 500})
				if err != nil {
					t.Fatal(err)
				}
				accepting.Go(func() {
					<-begin
					for _, o := range all {
						err := w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
							_, err := tx.AcceptOffer(t.Context(), w.workspace, o.MemberID, o.ID)
							return err
						})
						var over *store.Violation
						switch {
						case err == nil:
							mu.Lock()
							given[o.LeadID]++
							mu.Unlock()
						case errors.Is(err, store.ErrTaken), errors.As(err, &over):
						default:
							t.Error(err)
						}
					}
				})
			}
			close(begin)
			meanwhile(w, clock, ids)
			accepting.Wait()
			w.alarms()
			w.armAll()
			for id, n := range given {
				if n != 1 {
					t.Errorf("lead %s was given %d times", id, n)
				}
			}
			var copies int
			if err := w.DB.Get(&copies, `SELECT count(*) FROM assigned_leads`); err != nil || copies != len(given) {
				t.Errorf("%d copies of %d leads that were accepted: %v", copies, len(given), err)
			}
			w.exact()
		})
	}
}

// TestOfferAuditsFindWhatIsBroken breaks each promise about offers.
func TestOfferAuditsFindWhatIsBroken(t *testing.T) {
	t.Parallel()
	for check, damage := range map[string]string{
		"accepted_twice":        `UPDATE offers SET state = 'accepted' WHERE state = 'taken'`,
		"accepted_without_copy": `UPDATE assigned_leads SET answered_at = NULL`,
		"offered_to_others":     `UPDATE offers SET turn = turn + 1 WHERE state = 'taken'`,
		"offers_of_nothing":     `DELETE FROM pending_leads`,
		"offers_forgotten":      `UPDATE pending_leads SET offer_alarm_at = offered_at - interval '2 minutes'`,
		"messages_without_copy": `INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, send_at, created_at)
			SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), 'offer', 'email', ARRAY[offer_id], offered_at, offered_at FROM offers`,
	} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.offering("AB CD", within(10, 5))
			ids, batches := w.add(2, store.Distribution{GroupID: g})
			w.run(batches...)
			if err := w.acceptOffer(ids[0], 'A'); err != nil {
				t.Fatal(err)
			}
			w.exact()
			w.DB.MustExec(damage)
			report, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, c := range report.Checks {
				found = found || c.Name == check && !c.OK
			}
			if !found {
				t.Errorf("the audit did not find it: %+v", report)
			}
		})
	}
}
