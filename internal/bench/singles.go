package bench

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
)

// singles pushes leads one a request: at a steady pace, to see how soon after its answer each is distributed; then as
// fast as the connections go; then the same by bare SQL.
func (i *installation) singles(ctx context.Context, cfg Config) (Singles, error) {
	result := Singles{Leads: cfg.Singles, PacedAt: cfg.Rate}
	if err := i.settleDown(ctx); err != nil {
		return result, err
	}
	var err error
	if result.Copy, err = i.paced(ctx, cfg); err != nil {
		return result, err
	}
	if err := i.settleDown(ctx); err != nil {
		return result, err
	}
	if err := i.pushed(ctx, cfg, &result); err != nil {
		return result, err
	}
	if err := i.settleDown(ctx); err != nil {
		return result, err
	}
	_, took, err := i.flatOut(ctx, cfg, 0, cfg.Singles, i.barePush)
	if err != nil {
		return result, err
	}
	result.BareRate = rate(cfg.Singles, took)
	result.Ratio = result.Rate / result.BareRate
	return result, i.forgetBare(ctx)
}

func (i *installation) push(ctx context.Context, n int) (uuid.UUID, error) {
	var answer struct {
		ID uuid.UUID `json:"id"`
	}
	err := i.client.Call(ctx, http.MethodPost, "/v1/leads", map[string]any{
		"name": fmt.Sprint("Single ", n), "phone": fmt.Sprintf("+6013%07d", n), "distribute": map[string]any{"group_id": i.group},
	}, &answer)
	return answer.ID, err
}

// turns is how often pushes and deliveries take turns, so that whatever else the machine does slows down both.
const turns = 5

// pushed pushes leads and has as many delivered, as fast as the connections go.
func (i *installation) pushed(ctx context.Context, cfg Config, result *Singles) error {
	deliver, err := i.deliveries(ctx)
	if err != nil {
		return err
	}
	push := func(ctx context.Context, n int) error {
		_, err := i.push(ctx, n)
		return err
	}
	var answers []time.Duration
	var pushing, delivering time.Duration
	for turn := range turns {
		from, to := turn*cfg.Singles/turns, (turn+1)*cfg.Singles/turns
		cost, err := i.costs(ctx, cfg.Singles, func() error {
			times, took, err := i.flatOut(ctx, cfg, from, to, push)
			if err != nil {
				return err
			}
			answers, pushing = append(answers, times...), pushing+took
			return i.untilDistributed(ctx, patience)
		})
		if err != nil {
			return err
		}
		result.Costs.add(cost)
		_, took, err := i.flatOut(ctx, cfg, from, to, deliver)
		if err != nil {
			return err
		}
		delivering += took
		if err := i.untilDistributed(ctx, patience); err != nil {
			return err
		}
	}
	result.Answer, result.Rate, result.HookRate = spreadOf(answers), rate(cfg.Singles, pushing), rate(cfg.Singles, delivering)
	result.HookRatio = result.HookRate / result.Rate
	return nil
}

// flatOut does something for each lead of a range, as fast as the connections go.
func (i *installation) flatOut(ctx context.Context, cfg Config, from, to int, do func(ctx context.Context, n int) error) (times []time.Duration, took time.Duration, err error) {
	times = make([]time.Duration, to-from)
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cfg.Connections)
	for n := range times {
		group.Go(func() error {
			start := time.Now()
			err := do(ctx, from+n)
			times[n] = time.Since(start)
			return err
		})
	}
	err = group.Wait()
	return times, time.Since(began), err
}

// bareSingle stores one lead and the decision to distribute it, as one plain transaction; what the scheduler must not
// see is due at the end of time.
const bareSingle = `
	WITH l AS (
		INSERT INTO leads (workspace_id, lead_id, name, phone, fields, channel, origin, decisions, created_at, updated_at)
		VALUES ($1, $5, $2, $3, '{}', 'bare', 'bare', 1, now(), now())
	)
	INSERT INTO batches (workspace_id, batch_id, queue, size, feed_at, fed_at, group_id, lead_ids)
	VALUES ($1, $5, 'bare', 1, 'infinity', now(), $4, ARRAY[$5::uuid])`

func (i *installation) barePush(ctx context.Context, n int) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = i.db.ExecContext(ctx, bareSingle, i.workspace, fmt.Sprint("Single ", n), fmt.Sprintf("+6013%07d", n), i.group, id)
	return err
}

func (i *installation) forgetBare(ctx context.Context) error {
	_, err := i.db.ExecContext(ctx, `DELETE FROM batches WHERE queue = 'bare'`)
	return err
}

// paced pushes leads at a steady rate, and measures from each answer to the moment at which its copy can be seen.
func (i *installation) paced(ctx context.Context, cfg Config) (Spread, error) {
	var mu sync.Mutex
	answered, seen := make(map[uuid.UUID]time.Time), make(map[uuid.UUID]time.Time)
	watching, stop := context.WithCancel(ctx)
	var watcher errgroup.Group
	watcher.Go(func() error { return i.watch(watching, &mu, seen) })

	group, pushing := errgroup.WithContext(ctx)
	group.SetLimit(cfg.Connections)
	tick := time.NewTicker(time.Second / time.Duration(cfg.Rate))
	defer tick.Stop()
	for n := range cfg.Singles {
		<-tick.C
		group.Go(func() error {
			id, err := i.push(pushing, n)
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
	return spreadOf(times), err
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
