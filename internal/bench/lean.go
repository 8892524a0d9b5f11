package bench

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// leanTables are what somebody would make who needs nothing but that each lead has a turn, a copy and a record of it: a copy with two
// indexes, history and the ledger with one. Other queues, which do the same work, write into them too.
const leanTables = `
	DROP SCHEMA IF EXISTS lean CASCADE;
	CREATE SCHEMA lean;
	CREATE TABLE lean.leads (
		workspace_id uuid, lead_id uuid, name text, email text, phone text, fields jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
		PRIMARY KEY (workspace_id, lead_id));
	CREATE TABLE lean.pending (workspace_id uuid, batch_id uuid, lead_id uuid, PRIMARY KEY (workspace_id, batch_id, lead_id));
	CREATE TABLE lean.members (slot bigint PRIMARY KEY, member_id uuid NOT NULL);
	CREATE TABLE lean.turns (workspace_id uuid, group_id uuid, turn bigint, lead_id uuid NOT NULL, PRIMARY KEY (workspace_id, group_id, turn));
	CREATE TABLE lean.copies (
		workspace_id uuid, copy_id uuid, lead_id uuid NOT NULL, member_id uuid NOT NULL, name text, email text, phone text, fields jsonb NOT NULL,
		created_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (workspace_id, copy_id), UNIQUE (workspace_id, lead_id, member_id));
	CREATE TABLE lean.history (
		workspace_id uuid, history_id uuid, lead_id uuid NOT NULL, member_id uuid NOT NULL, group_id uuid NOT NULL, turn bigint NOT NULL,
		outcome text NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (workspace_id, history_id));`

// leanGiven gives leads of a subquery "given" (lead_id, id, turn) to their members: the ledger, the copies and history.
const leanGiven = `, dealt AS (
		SELECT given.lead_id, given.id, given.turn, m.member_id FROM given JOIN lean.members m ON m.slot = given.turn %% 7
	), ledger AS (
		INSERT INTO lean.turns SELECT $1, $2, turn, lead_id FROM dealt
	), copied AS (
		INSERT INTO lean.copies (workspace_id, copy_id, lead_id, member_id, name, email, phone, fields)
		SELECT $1, d.id, d.lead_id, d.member_id, l.name, l.email, l.phone, l.fields
		FROM dealt d JOIN %s l ON l.lead_id = d.lead_id AND l.workspace_id = $1
	)
	INSERT INTO lean.history (workspace_id, history_id, lead_id, member_id, group_id, turn, outcome)
	SELECT $1, id, lead_id, member_id, $2, turn, 'succeeded' FROM dealt`

var (
	// leanBatch claims a batch and gives it out.
	leanBatch = `
	WITH claimed AS (
		DELETE FROM lean.pending WHERE workspace_id = $1 AND batch_id = $3 RETURNING lead_id
	), given AS (
		SELECT lead_id, $4::bigint + n - 1 AS turn, ($5::uuid[])[n] AS id FROM (SELECT lead_id, row_number() OVER () AS n FROM claimed) c
	)` + fmt.Sprintf(leanGiven, "lean.leads")
	// leanSingle stores one lead and gives it out.
	leanSingle = `
	WITH stored AS (
		INSERT INTO lean.leads (workspace_id, lead_id, name, phone, fields) VALUES ($1, $3, $5, $6, '{}') RETURNING *
	), given AS (
		SELECT lead_id, lead_id AS id, $4::bigint AS turn FROM stored
	)` + fmt.Sprintf(leanGiven, "stored")
)

// makeLean makes the lean tables anew, with leads that nobody has.
func (i *installation) makeLean(ctx context.Context, leads int) error {
	if _, err := i.db.ExecContext(ctx, leanTables); err != nil {
		return fmt.Errorf("making the lean tables: %w", err)
	}
	ids, err := newIDs(leads)
	if err != nil {
		return err
	}
	if _, err := i.db.ExecContext(ctx, `
		INSERT INTO lean.leads (workspace_id, lead_id, name, email, phone, fields)
		SELECT $1, id, 'Lead ' || n, 'lead' || n || '@example.com', '+6012' || lpad(n::text, 7, '0'), '{"interest": "condo", "budget": "500k"}'
		FROM unnest($2::uuid[]) WITH ORDINALITY AS l (id, n)`, i.workspace, pq.Array(ids)); err != nil {
		return fmt.Errorf("storing lean leads: %w", err)
	}
	_, err = i.db.ExecContext(ctx, `INSERT INTO lean.members SELECT n - 1, id FROM unnest($1::uuid[]) WITH ORDINALITY AS m (id, n)`, pq.Array(i.otherMembers))
	return err
}

func newIDs(n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, n)
	for k := range ids {
		var err error
		if ids[k], err = uuid.NewV7(); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// leanBulk has bare SQL give out leads on lean tables, a batch a transaction, and returns how many a second, and what each took.
func (i *installation) leanBulk(ctx context.Context, leads int) (many float64, costs Costs, err error) {
	if err := i.makeLean(ctx, leads); err != nil {
		return 0, costs, err
	}
	var batches []uuid.UUID
	if err := i.db.SelectContext(ctx, &batches, `
		WITH cut AS (SELECT lead_id, (row_number() OVER (ORDER BY lead_id) - 1) / $2::int AS batch FROM lean.leads),
			named AS (SELECT batch, gen_random_uuid() AS batch_id FROM (SELECT DISTINCT batch FROM cut) b),
			stored AS (INSERT INTO lean.pending SELECT $1, n.batch_id, c.lead_id FROM cut c JOIN named n USING (batch))
		SELECT batch_id FROM named ORDER BY batch`, i.workspace, lead.MaxBatch); err != nil {
		return 0, costs, fmt.Errorf("cutting lean batches: %w", err)
	}
	if err := i.settleDown(ctx); err != nil {
		return 0, costs, err
	}
	return i.inBatches(ctx, leads, batches, func(ctx context.Context, k int, b uuid.UUID) error {
		ids, err := newIDs(lead.MaxBatch)
		if err != nil {
			return err
		}
		_, err = i.db.ExecContext(ctx, leanBatch, i.workspace, i.other, b, k*lead.MaxBatch, pq.Array(ids))
		return err
	})
}

// leanPush stores one lead and gives it out, in one transaction on lean tables.
func (i *installation) leanPush(ctx context.Context, n int) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = i.db.ExecContext(ctx, leanSingle, i.workspace, i.other, id, n, fmt.Sprint("Single ", n), fmt.Sprintf("+6013%07d", n))
	return err
}
