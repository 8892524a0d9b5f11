package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// caller calls the API with a key.
type caller interface {
	Call(ctx context.Context, method, path string, body, answer any) error
}

// singles pushes leads one a request, as fast as the connections go, until their copies are committed; delivers as many as Google does;
// and has bare SQL store them, and store and give them out.
func singles(ctx context.Context, i *installation, t *tally) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	deliver, err := i.deliveries(ctx)
	if err != nil {
		return err
	}
	if err := i.makeLean(ctx, 0); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func(ctx context.Context, n int) error
		of   []string
	}{
		{byItself, i.barePush, nil},
		{byLean, i.leanPush, nil},
		{byLeadwheel, func(ctx context.Context, n int) error { _, err := i.push(ctx, n); return err }, []string{byItself, byLean}},
		{"delivered by Google", deliver, []string{byLeadwheel}},
	} {
		if err := i.flatOut(ctx, t, part.name, part.do, part.of); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if _, err := i.db.ExecContext(ctx, `DELETE FROM batches WHERE queue = 'bare'`); err != nil {
			return err
		}
	}
	return nil
}

func (i *installation) push(ctx context.Context, n int) (uuid.UUID, error) {
	return push(ctx, i.client, i.group, n)
}

func push(ctx context.Context, as caller, group uuid.UUID, n int) (uuid.UUID, error) {
	var answer struct {
		ID uuid.UUID `json:"id"`
	}
	err := as.Call(ctx, http.MethodPost, "/v1/leads", map[string]any{
		"name": fmt.Sprint("Single ", n), "phone": fmt.Sprintf("+6013%07d", n), "distribute": map[string]any{"group_id": group},
	}, &answer)
	return answer.ID, err
}

// flatOut does something for each of as many leads as are pushed, as fast as the connections go, and measures that until all are given out.
func (i *installation) flatOut(ctx context.Context, t *tally, name string, do func(ctx context.Context, n int) error, of []string) error {
	first := i.pushed
	i.pushed += i.cfg.Singles
	times := make([]time.Duration, i.cfg.Singles)
	var took time.Duration
	measure := i.costs
	if name == byLeadwheel {
		measure = func(ctx context.Context, n int, do func() error) (Costs, error) {
			return i.costsOf(ctx, "singles", n, do)
		}
	}
	costs, err := measure(ctx, i.cfg.Singles, func() error {
		began := time.Now()
		group, pushing := errgroup.WithContext(ctx)
		group.SetLimit(i.cfg.Connections)
		for n := range times {
			group.Go(func() error {
				start := time.Now()
				err := do(pushing, first+n)
				times[n] = time.Since(start)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		err := i.untilDistributed(ctx, patience)
		took = time.Since(began)
		return err
	})
	if err != nil {
		return err
	}
	t.rates(name, rate(i.cfg.Singles, took), of...)
	if name == byLeadwheel {
		_, p99, _ := spread(times)
		t.add("answered, 99th percentile", "ms", p99)
		t.costs("a single", costs)
	}
	return nil
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
