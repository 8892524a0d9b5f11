package bench

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// latency pushes leads at a steady rate while nothing else happens.
func latency(ctx context.Context, i *installation, t *tally) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	return i.profiled(ctx, "latency", func() error { return i.pacedInto(ctx, t) })
}

// pacedInto pushes leads at a steady rate, and adds how long their copies took.
func (i *installation) pacedInto(ctx context.Context, t *tally) error {
	times, err := i.paced(ctx)
	if err != nil {
		return err
	}
	p50, p99, most := spread(times)
	t.add("answer to copy, median", "ms", p50)
	t.add("answer to copy, 99th percentile", "ms", p99)
	t.add("answer to copy, most", "ms", most)
	return nil
}

// paced pushes leads at a steady rate, and measures from each answer to the moment at which its copy can be seen.
func (i *installation) paced(ctx context.Context) ([]time.Duration, error) {
	first := i.pushed
	i.pushed += i.cfg.Singles
	var mu sync.Mutex
	answered, seen := make(map[uuid.UUID]time.Time), make(map[uuid.UUID]time.Time)
	watching, stop := context.WithCancel(ctx)
	var watcher errgroup.Group
	watcher.Go(func() error { return i.watch(watching, &mu, seen) })

	group, pushing := errgroup.WithContext(ctx)
	group.SetLimit(i.cfg.Connections)
	tick := time.NewTicker(time.Second / time.Duration(i.cfg.Rate))
	defer tick.Stop()
	for n := range i.cfg.Singles {
		<-tick.C
		group.Go(func() error {
			id, err := i.push(pushing, first+n)
			mu.Lock()
			defer mu.Unlock()
			answered[id] = time.Now()
			return err
		})
	}
	err := group.Wait()
	if err == nil {
		err = i.until(ctx, patience, func() (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for id := range answered {
				if _, distributed := seen[id]; !distributed {
					return false, nil
				}
			}
			return true, nil
		})
	}
	stop()
	if watched := watcher.Wait(); err == nil {
		err = watched
	}
	times := make([]time.Duration, 0, len(answered))
	for id, at := range answered {
		times = append(times, max(0, seen[id].Sub(at)))
	}
	return times, err
}

// watch notes when copies of this group first can be seen, looking every 2 ms, until ctx ends.
func (i *installation) watch(ctx context.Context, mu *sync.Mutex, seen map[uuid.UUID]time.Time) error {
	from := time.Now()
	for ctx.Err() == nil {
		var ids []uuid.UUID
		// Copies are seen in the order of their ids but for what commits at the same time, hence the overlap.
		err := sqlx.SelectContext(ctx, i.db, &ids, `
			SELECT source_lead_id FROM assigned_leads
			WHERE workspace_id = $1 AND assigned_lead_id > $2`, i.workspace, firstIDAt(from.Add(-2*time.Second)))
		if err != nil && ctx.Err() == nil {
			return err
		}
		now := time.Now()
		mu.Lock()
		for _, id := range ids {
			if _, known := seen[id]; !known {
				seen[id] = now
			}
		}
		mu.Unlock()
		from = now
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// firstIDAt is the lowest UUIDv7 of a moment.
func firstIDAt(t time.Time) uuid.UUID {
	ms := t.UnixMilli()
	return uuid.UUID{byte(ms >> 40), byte(ms >> 32), byte(ms >> 24), byte(ms >> 16), byte(ms >> 8), byte(ms), 0x70}
}
