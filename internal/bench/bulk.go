package bench

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
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
	ids, err := i.storeLeads(ctx, result.Leads)
	if err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
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
	result.Ratio = result.Rate / result.BareRate
	return nil
}

// storeLeads stores leads that nobody has yet.
func (i *installation) storeLeads(ctx context.Context, n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, 0, n)
	for len(ids) < n {
		leads := make([]store.NewLead, min(5000, n-len(ids)))
		for k := range leads {
			number := len(ids) + k
			leads[k] = store.NewLead{
				Name: fmt.Sprint("Lead ", number), Email: fmt.Sprintf("lead%d@example.com", number),
				Phone: fmt.Sprintf("+6012%07d", number), Fields: []byte(`{"interest": "condo", "budget": "500k"}`),
				Channel: "api", Origin: "bench",
			}
		}
		if err := i.store.WithTx(ctx, func(t *store.Tx) error {
			added, _, err := t.AddLeads(ctx, i.workspace, lead.QueueBulk, leads)
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

// bareStatement distributes one batch as plain SQL: what Leadwheel's transaction writes, with the turns counted by the
// statement itself and no member or lead looked at.
const bareStatement = `
	WITH b AS (
		DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2 RETURNING batch_id
	), p AS (
		DELETE FROM pending_leads p USING b WHERE p.workspace_id = $1 AND p.batch_id = b.batch_id RETURNING p.*
	), d AS (
		SELECT p.*, $3 + row_number() OVER (ORDER BY pending_id) AS turn FROM p
	), t AS (
		INSERT INTO turns (workspace_id, group_id, version, turn, pending_id)
		SELECT $1, group_id, 1, turn, pending_id FROM d
	), c AS (
		INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, group_id, name, email, phone,
			fields, source_id, assigned_at, updated_at)
		SELECT $1, d.pending_id, ($4::uuid[])[1 + d.turn % array_length($4::uuid[], 1)], d.lead_id, d.group_id, l.name,
			l.email, l.phone, l.fields, l.source_id, now(), now()
		FROM d JOIN leads l ON l.workspace_id = $1 AND l.lead_id = d.lead_id AND l.deleted_at IS NULL
		ON CONFLICT (workspace_id, source_lead_id, member_id) DO NOTHING
	)
	INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, lead_id, member_id, group_id, ring_version,
		turn, outcome, trigger, due_at, accepted_at, at)
	SELECT $1, pending_id, pending_id, assignment_id, lead_id, ($4::uuid[])[1 + turn % array_length($4::uuid[], 1)],
		group_id, 1, turn, 'succeeded', trigger, due_at, accepted_at, now()
	FROM d`

// bareBulk has the database alone distribute leads, with one statement a batch and nothing around it. The batches are
// prepared before the clock starts, and no scheduler runs yet that would take them.
func (i *installation) bareBulk(ctx context.Context, result *Bulk) error {
	ids, err := i.storeLeads(ctx, result.Leads)
	if err != nil {
		return err
	}
	var batches []store.Batch
	if err := i.store.WithTx(ctx, func(t *store.Tx) error {
		_, batches, err = t.Assign(ctx, i.workspace, ids, store.Distribution{GroupID: i.other})
		return err
	}); err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	members := make([]string, len(i.otherMembers))
	for k, m := range i.otherMembers {
		members[k] = m.String()
	}
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(bareConnections)
	for k, b := range batches {
		group.Go(func() error {
			_, err := i.db.ExecContext(ctx, bareStatement, i.workspace, b.ID, k*lead.MaxBatch-1, pq.Array(members))
			return err
		})
	}
	err = group.Wait()
	result.BareRate = rate(result.Leads, time.Since(began))
	return err
}
