package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	bareConnections = 4
	// patience is how long any part may take before it is given up.
	patience = 2 * time.Minute
)

// bulk has Leadwheel assign leads to a group.
func (i *installation) bulk(ctx context.Context, result *Bulk) error {
	var ids []uuid.UUID
	var err error
	if result.StoreCosts, err = i.costs(ctx, result.Leads, func() error {
		ids, err = i.storeLeads(ctx, result.Leads)
		return err
	}); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	result.Costs, err = i.costs(ctx, result.Leads, func() error {
		began := time.Now()
		if err := i.client.Call(ctx, http.MethodPost, "/v1/assignments", map[string]any{
			"lead_ids": ids, "group_id": i.group,
		}, nil); err != nil {
			return err
		}
		result.RequestTime = milliseconds(time.Since(began))
		if err := i.untilDistributed(ctx, patience); err != nil {
			return err
		}
		result.Rate = rate(result.Leads, time.Since(began))
		return nil
	})
	result.Ratio = result.Rate / result.BareRate
	return err
}

// storeLeads stores leads that nobody has yet.
func (i *installation) storeLeads(ctx context.Context, n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, 0, n)
	for len(ids) < n {
		leads := make([]store.NewLead, min(1000, n-len(ids)))
		for k := range leads {
			number := len(ids) + k
			leads[k] = store.NewLead{
				Name: fmt.Sprint("Lead ", number), Email: fmt.Sprintf("lead%d@example.com", number),
				Phone: fmt.Sprintf("+6012%07d", number), Fields: []byte(`{"interest": "condo", "budget": "500k"}`),
				Channel: string(lead.WayAPI), Origin: "bench",
			}
		}
		if err := i.store.WithTx(ctx, func(t *store.Tx) error {
			added, err := t.AddLeads(ctx, i.workspace, lead.QueueBulk, leads)
			for _, a := range added {
				ids = append(ids, a.ID)
			}
			return err
		}); err != nil {
			return nil, err
		}
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

// bareBulk has the database alone distribute leads: the statements that Leadwheel would run, with nothing around them.
// The batches are prepared before the clock starts, and no scheduler runs yet that would take them.
func (i *installation) bareBulk(ctx context.Context, result *Bulk) error {
	ids, err := i.storeLeads(ctx, result.Leads)
	if err != nil {
		return err
	}
	if err := i.store.WithTx(ctx, func(t *store.Tx) error {
		_, err := t.Assign(ctx, i.workspace, ids, store.Distribution{GroupID: i.other})
		return err
	}); err != nil {
		return err
	}
	var batches []uuid.UUID
	if err := i.db.SelectContext(ctx, &batches, "SELECT batch_id FROM batches WHERE workspace_id = $1 ORDER BY batch_id", i.workspace); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(bareConnections)
	for k, b := range batches {
		group.Go(func() error {
			return i.store.DistributeBare(ctx, i.workspace, b, i.otherMembers, int64(k*lead.MaxBatch))
		})
	}
	err = group.Wait()
	result.BareRate = rate(result.Leads, time.Since(began))
	return err
}
