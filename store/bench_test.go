package store_test

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	benchLeads   = 40_000
	benchWorkers = 4
)

// BenchmarkDistribute hands out leads in bulk, and compares with the statements alone. It reports leads a second.
func BenchmarkDistribute(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		bulk(b, func(w *world, batch lead.Hint, n int) error {
			members := []uuid.UUID{w.members['A'], w.members['B'], w.members['C']}
			return w.Store.DistributeBare(b.Context(), w.workspace, batch.ID, members, int64(n*lead.MaxBatch))
		})
	})
	b.Run("leadwheel", func(b *testing.B) {
		bulk(b, func(w *world, batch lead.Hint, _ int) error {
			_, err := w.Store.Distribute(b.Context(), w.workspace, batch.ID)
			return err
		})
	})
}

func bulk(b *testing.B, distribute func(w *world, batch lead.Hint, n int) error) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		group := w.group("A B C")
		ids, _ := w.add(benchLeads, store.Distribution{})
		batches := w.assign(ids, store.Distribution{GroupID: group})
		w.DB.MustExec(`VACUUM ANALYZE`)
		b.StartTimer()
		next := make(chan int)
		var workers sync.WaitGroup
		for range benchWorkers {
			workers.Go(func() {
				for n := range next {
					if err := distribute(w, batches[n], n); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for n := range batches {
			next <- n
		}
		close(next)
		workers.Wait()
	}
	b.ReportMetric(float64(benchLeads*b.N)/b.Elapsed().Seconds(), "leads/s")
}
