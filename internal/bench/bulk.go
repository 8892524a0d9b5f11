package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	bareConnections = 4
	// patience is how long any part may take before it is given up.
	patience = 20 * time.Minute
	// maxAsked is how many leads one request may assign.
	maxAsked = 100_000
)

// The names by which rates are compared.
const (
	byLeadwheel = "Leadwheel"
	byItself    = "its own statements alone"
	byLean      = "bare SQL on lean tables"
)

// bulk has Leadwheel give out leads that are there, and before it its own statements alone, bare SQL on lean tables, and other queues.
func bulk(ctx context.Context, i *installation, t *tally) error {
	if err := i.stop(); err != nil { // no scheduler may take the batches of its own statements
		return err
	}
	bare, costs, err := i.bareBulk(ctx, i.cfg.Leads)
	if err != nil {
		return fmt.Errorf("its own statements: %w", err)
	}
	t.rates(byItself, bare)
	t.work(byItself, costs)
	lean, costs, err := i.leanBulk(ctx, i.cfg.Leads)
	if err != nil {
		return fmt.Errorf("bare SQL: %w", err)
	}
	t.rates(byLean, lean)
	t.work(byLean, costs)
	others, err := i.peers(ctx, t)
	if err != nil {
		return fmt.Errorf("other queues: %w", err)
	}
	if err := i.serve(ctx); err != nil {
		return fmt.Errorf("starting leadwheel: %w", err)
	}
	var ids []uuid.UUID
	stored, err := i.costs(ctx, i.cfg.Leads, func() (err error) {
		ids, err = i.storeLeads(ctx, i.workspace, i.cfg.Leads)
		return err
	})
	if err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	all := append([]string{byItself, byLean}, others...)
	given, err := i.costsOf(ctx, "bulk", i.cfg.Leads, func() error {
		began := time.Now()
		if err := i.assign(ctx, i.client, ids, map[string]any{"group_id": i.group}); err != nil {
			return err
		}
		answered := time.Since(began)
		if err := i.untilDistributed(ctx, patience); err != nil {
			return err
		}
		t.rates(byLeadwheel, rate(i.cfg.Leads, time.Since(began)), all...)
		t.add("request answered", "ms", milliseconds(answered))
		return nil
	})
	stored.LeadwheelCPU = stored.SelfCPU // it is stored from here
	t.work(byLeadwheel, given, all...)
	t.costs("stored", stored)
	t.costs("given out", given)
	return err
}

// assign gives out leads by as many requests as it takes.
func (i *installation) assign(ctx context.Context, as caller, ids []uuid.UUID, to map[string]any) error {
	for part := range slices.Chunk(ids, maxAsked) {
		to["lead_ids"] = part
		if err := as.Call(ctx, http.MethodPost, "/v1/assignments", to, nil); err != nil {
			return err
		}
	}
	return nil
}

// storeLeads stores leads that nobody has yet, 1,000 in a transaction.
func (i *installation) storeLeads(ctx context.Context, workspace uuid.UUID, n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, 0, n)
	for len(ids) < n {
		leads := make([]store.NewLead, min(1000, n-len(ids)))
		for k := range leads {
			number := i.stored + k
			leads[k] = store.NewLead{
				Name: fmt.Sprint("Lead ", number), Email: fmt.Sprintf("lead%d@example.com", number),
				Phone: fmt.Sprintf("+6012%07d", number%1e7), Fields: []byte(`{"interest": "condo", "budget": "500k"}`),
				Channel: string(lead.WayAPI), Origin: "bench",
			}
		}
		if err := i.store.WithTx(ctx, func(t *store.Tx) error {
			added, err := t.AddLeads(ctx, workspace, lead.QueueBulk, leads)
			for _, a := range added {
				ids = append(ids, a.ID)
			}
			return err
		}); err != nil {
			return nil, err
		}
		i.stored += len(leads)
	}
	return ids, nil
}

// settleDown has the database do now what it would otherwise do in the midst of a measurement.
func (i *installation) settleDown(ctx context.Context) error {
	for _, statement := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := i.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// bareBulk has the database alone distribute leads: the statements that Leadwheel would run, with nothing around them. The batches are
// prepared before the clock starts, and no scheduler may run that would take them. It returns how many a second, and what each took.
func (i *installation) bareBulk(ctx context.Context, leads int) (many float64, costs Costs, err error) {
	ids, err := i.storeLeads(ctx, i.workspace, leads)
	if err != nil {
		return 0, costs, err
	}
	if err := i.store.WithTx(ctx, func(t *store.Tx) error {
		_, err := t.Assign(ctx, i.workspace, ids, store.Distribution{GroupID: i.other})
		return err
	}); err != nil {
		return 0, costs, err
	}
	var batches []uuid.UUID
	if err := i.db.SelectContext(ctx, &batches, `
		SELECT batch_id FROM batches WHERE workspace_id = $1 AND group_id = $2 ORDER BY batch_id`, i.workspace, i.other); err != nil {
		return 0, costs, err
	}
	if err := i.settleDown(ctx); err != nil {
		return 0, costs, err
	}
	first := i.turn
	i.turn += int64(len(batches) * lead.MaxBatch)
	return i.inBatches(ctx, leads, batches, func(ctx context.Context, k int, b uuid.UUID) error {
		return i.store.DistributeBare(ctx, i.workspace, b, i.otherMembers, first+int64(k*lead.MaxBatch))
	})
}

// inBatches does something for each batch on a few connections, and returns how many leads a second that is, and what each took.
func (i *installation) inBatches(ctx context.Context, leads int, batches []uuid.UUID, do func(ctx context.Context, k int, batch uuid.UUID) error) (many float64, costs Costs, err error) {
	costs, err = i.costs(ctx, leads, func() error {
		began := time.Now()
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(bareConnections)
		for k, b := range batches {
			group.Go(func() error { return do(ctx, k, b) })
		}
		err := group.Wait()
		many = rate(leads, time.Since(began))
		return err
	})
	return many, costs, err
}

// filledAtOnce is how many leads are made together before anything is measured.
const filledAtOnce = 100_000

// fill stores and gives out leads, as fast as the database takes them.
func (i *installation) fill(ctx context.Context, n int) error {
	for n > 0 {
		part := min(n, filledAtOnce)
		if _, _, err := i.bareBulk(ctx, part); err != nil {
			return err
		}
		n -= part
	}
	return nil
}
