package store_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

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

// BenchmarkDistributeLimited hands out leads in bulk to a ring of 50, of whom nobody has limits, or everybody: working hours, an absence
// and a cap a day. It reports leads a second.
func BenchmarkDistributeLimited(b *testing.B) {
	for name, limited := range map[string]bool{"plain": false, "limited": true} {
		b.Run(name, func(b *testing.B) {
			bulkTo(b, func(w *world) uuid.UUID { return w.ringOf50(limited) }, func(w *world, batch lead.Hint, _ int) error {
				_, err := w.Store.Distribute(b.Context(), w.workspace, batch.ID)
				return err
			})
		})
	}
}

// BenchmarkDistributeLanes hands out leads of 1,000 campaigns in bulk to two groups of 50 receivers, of which one has a lane for each campaign:
// batch by batch in turns, so that both have the same machine. It reports leads a second, and the rate with lanes as a part of that without.
func BenchmarkDistributeLanes(b *testing.B) {
	var took [2]time.Duration
	for b.Loop() {
		w := newWorld(b)
		plain := w.ringOf50(false)
		ring := w.ringText()
		laned := w.balanced(ring, lead.BalanceCampaign)
		campaigns := make([]string, lead.MaxLanes)
		for i := range campaigns {
			campaigns[i] = fmt.Sprint("campaign ", i)
		}
		for _, g := range []uuid.UUID{plain, laned} { // opens the lanes
			w.giveTo(g, campaigns...)
		}
		var batches [2][]lead.Hint
		for i, g := range []uuid.UUID{plain, laned} {
			of := make([]string, benchLeads/4)
			for n := range of {
				of[n] = campaigns[rand.N(len(campaigns))]
			}
			ids, _ := w.addOf(of, store.Distribution{})
			batches[i] = w.assign(ids, store.Distribution{GroupID: g})
		}
		w.DB.MustExec(`VACUUM ANALYZE`)
		for n := range batches[0] {
			for i := range batches {
				at := time.Now()
				if _, err := w.Store.Distribute(b.Context(), w.workspace, batches[(i+n)%2][n].ID); err != nil {
					b.Fatal(err)
				}
				took[(i+n)%2] += time.Since(at)
			}
		}
	}
	leads := float64(benchLeads / 4 * b.N)
	b.ReportMetric(leads/took[0].Seconds(), "plain_leads/s")
	b.ReportMetric(leads/took[1].Seconds(), "laned_leads/s")
	b.ReportMetric(100*took[0].Seconds()/took[1].Seconds(), "%")
}

// ringText lists all members, one a slot.
func (w *world) ringText() string {
	letters := slices.Sorted(maps.Keys(w.members))
	return strings.Join(strings.Split(string(letters), ""), " ")
}

// ringOf50 is a group of 50 members, each of whom is limited so that they can take all that is given here, or not at all.
func (w *world) ringOf50(limited bool) uuid.UUID {
	w.t.Helper()
	var ring []string
	var week lead.Week
	for day := range week {
		week[day] = []lead.Hours{{From: 0, To: 12 * 60}, {From: 12 * 60, To: 24 * 60}}
	}
	away := w.Store.Now().Add(30 * 24 * time.Hour)
	for _, letter := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx") {
		if _, is := w.members[letter]; !is {
			m, err := w.Store.CreateMember(w.t.Context(), w.workspace, store.Member{Name: "Member " + string(letter)})
			if err != nil {
				w.t.Fatal(err)
			}
			w.members[letter], w.letters[m.ID] = m.ID, letter
		}
		ring = append(ring, string(letter))
		if limited {
			w.absent(letter, away, away.Add(24*time.Hour))
			w.editMember(letter, func(m *store.Member) { m.WorkingHours, m.Caps = &week, perDay(benchLeads) })
		}
	}
	return w.group(strings.Join(ring, " "))
}

func bulk(b *testing.B, distribute func(w *world, batch lead.Hint, n int) error) {
	bulkTo(b, func(w *world) uuid.UUID { return w.group("A B C") }, distribute)
}

func bulkTo(b *testing.B, to func(*world) uuid.UUID, distribute func(w *world, batch lead.Hint, n int) error) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		group := to(w)
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

// BenchmarkDistributeUnqueued compares bulk work whose turns come from the ledger, of one batch at a time, with that of the queue's workers.
func BenchmarkDistributeUnqueued(b *testing.B) {
	b.Run("queued", func(b *testing.B) {
		bulk(b, func(w *world, batch lead.Hint, _ int) error {
			_, err := w.Store.Distribute(b.Context(), w.workspace, batch.ID)
			return err
		})
	})
	b.Run("unqueued", func(b *testing.B) {
		var one sync.Mutex
		bulk(b, func(w *world, batch lead.Hint, _ int) error {
			one.Lock()
			defer one.Unlock()
			_, err := w.Store.DistributeUnqueued(b.Context(), w.workspace, batch.ID)
			return err
		})
	})
}
