package store_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// benchPlanned are the leads that are planned, for benchMembers.
const benchPlanned = 100_000

// BenchmarkPlan plans leads for a group at a pace, then does to all of them whatever can be done at once, and has the bare
// database insert the same rows: pending leads and turns.
func BenchmarkPlan(b *testing.B) {
	w := newWorld(b)
	group, members := w.bigGroup(b)
	var ids []uuid.UUID
	for range 10 {
		some, _ := w.add(benchPlanned/10, store.Distribution{})
		ids = append(ids, some...)
	}
	pending := func(do func(ctx context.Context, tx *store.Tx, s store.PendingSelection) (int, error)) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				w.must(func(ctx context.Context, tx *store.Tx) error {
					n, err := do(ctx, tx, store.PendingSelection{})
					if n != benchPlanned {
						b.Errorf("%d leads", n)
					}
					return err
				})
			}
		}
	}
	b.Run("leadwheel", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w.DB.MustExec(`TRUNCATE pending_leads, turns, batches`)
			if err := w.Redis.FlushDB(b.Context()).Err(); err != nil {
				b.Fatal(err)
			}
			w.DB.MustExec(`VACUUM ANALYZE`)
			b.StartTimer()
			w.assign(ids, store.Distribution{GroupID: group, Pace: lead.Normal})
		}
	})
	w.DB.MustExec(`CREATE TABLE plan AS SELECT * FROM pending_leads ORDER BY pending_id`)
	w.DB.MustExec(`CREATE TABLE spent AS SELECT * FROM turns ORDER BY turn`)
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			w.DB.MustExec(`TRUNCATE pending_leads, turns`)
			w.DB.MustExec(`VACUUM ANALYZE`)
			b.StartTimer()
			w.DB.MustExec(`WITH t AS (INSERT INTO turns SELECT * FROM spent) INSERT INTO pending_leads SELECT * FROM plan`)
		}
	})
	b.Run("spread one member", func(b *testing.B) {
		for i := 0; b.Loop() && i < len(members)-1; i++ {
			w.must(func(ctx context.Context, tx *store.Tx) error {
				deactivate := func(m *store.Member) error { m.Active = false; return nil }
				if _, err := tx.EditMember(ctx, w.workspace, members[i], deactivate); err != nil {
					return err
				}
				_, err := tx.HandOver(ctx, w.workspace, members[i], store.PendingChoice{Action: store.SpreadPending})
				return err
			})
		}
	})
	w.DB.MustExec(`TRUNCATE pending_leads`)
	w.DB.MustExec(`INSERT INTO pending_leads SELECT * FROM plan`)
	b.Run("distribute now", pending(func(ctx context.Context, tx *store.Tx, s store.PendingSelection) (int, error) {
		w.DB.MustExec(`UPDATE pending_leads SET trigger = 'scheduled'`)
		n, err := tx.DistributeNow(ctx, w.workspace, s)
		return n, err
	}))
	b.Run("delete", pending(func(ctx context.Context, tx *store.Tx, s store.PendingSelection) (int, error) {
		w.DB.MustExec(`TRUNCATE pending_leads, deleted_pending`)
		w.DB.MustExec(`INSERT INTO pending_leads SELECT * FROM plan`)
		return tx.DeletePending(ctx, w.workspace, s)
	}))
}
