package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// sourceNow is what a record's source is by now: the one that it was merged into, or itself. A merge changes no record.
func sourceNow(record string) string {
	return `coalesce((SELECT n.merged_into FROM sources n
		WHERE n.workspace_id = ` + record + `.workspace_id AND n.source_id = ` + record + `.source_id), ` + record + `.source_id)`
}

// joinSource joins that as s.
func joinSource(record string) string {
	return `
	LEFT JOIN sources n ON n.workspace_id = ` + record + `.workspace_id AND n.source_id = ` + record + `.source_id
	LEFT JOIN sources s ON s.workspace_id = n.workspace_id AND s.source_id = coalesce(n.merged_into, n.source_id)`
}

// sourcesNamed are the ids that records of a source have: its own, and those of what was merged into it; nil for no
// source.
func (q Queries) sourcesNamed(ctx context.Context, workspace, source uuid.UUID) ([]uuid.UUID, error) {
	if source == uuid.Nil {
		return nil, nil
	}
	var ids []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &ids, `
		SELECT source_id FROM sources WHERE workspace_id = $1 AND merged_into = $2`, workspace, source)
	return append(ids, source), translate(err)
}

// MergeSource makes a source another name of the one it is merged into: records that have it show that one from then on,
// and files and integrations that name it mean that one. It returns the one merged into, a *FieldError where that is none.
func (t *Tx) MergeSource(ctx context.Context, workspace, source, into uuid.UUID) (Source, error) {
	if source == into {
		return Source{}, &FieldError{"into", "this is the source itself; choose another"}
	}
	// Both are locked, and in one order, so that of two merges the other way round the second finds its source merged.
	if _, err := t.q.ExecContext(ctx, `
		SELECT 1 FROM sources WHERE workspace_id = $1 AND source_id IN ($2, $3) ORDER BY source_id FOR UPDATE`,
		workspace, source, into); err != nil {
		return Source{}, translate(err)
	}
	if _, err := t.Source(ctx, workspace, source); err != nil {
		return Source{}, err
	}
	target, err := t.Source(ctx, workspace, into)
	if errors.Is(err, ErrNotFound) {
		return target, &FieldError{"into", "there is no such source in this workspace"}
	}
	if err != nil {
		return target, err
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE sources SET merged_into = $3, updated_at = `+afterSQL("$4", "sources")+`
		WHERE workspace_id = $1 AND (source_id = $2 OR merged_into = $2)`, workspace, source, into, t.now()); err != nil {
		return target, translate(err)
	}
	for _, table := range []string{"api_keys", "integrations"} {
		if _, err := t.q.ExecContext(ctx, `
			UPDATE `+table+` SET source_id = $3 WHERE workspace_id = $1 AND source_id = $2`, workspace, source, into); err != nil {
			return target, translate(err)
		}
	}
	return target, nil
}

// errSourceInUse is the refusal to delete a source that a record, a key or an integration has.
var errSourceInUse = &Violation{Field: "id", Message: "this source is in use; disable it, or merge it into another", Exists: true}

// DeleteSource takes away a source that nothing has. Where something has it, it returns a *Violation.
func (t *Tx) DeleteSource(ctx context.Context, workspace, source uuid.UUID) error {
	if _, err := t.lockSource(ctx, workspace, source); err != nil {
		return err
	}
	named, err := t.sourcesNamed(ctx, workspace, source)
	if err != nil {
		return err
	}
	var used bool
	if err := sqlx.GetContext(ctx, t.q, &used, `
		SELECT EXISTS (SELECT 1 FROM leads WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]))
			OR EXISTS (SELECT 1 FROM assigned_leads WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]))
			OR EXISTS (SELECT 1 FROM customers WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]))
			OR EXISTS (SELECT 1 FROM opportunities WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]))
			OR EXISTS (SELECT 1 FROM integrations WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]) AND deleted_at IS NULL)
			OR EXISTS (SELECT 1 FROM api_keys WHERE workspace_id = $1 AND source_id = ANY($2::uuid[]) AND revoked_at IS NULL)`,
		workspace, uuids(named)); err != nil {
		return translate(err)
	}
	if used {
		return errSourceInUse
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE sources SET deleted_at = $3, updated_at = $3
		WHERE workspace_id = $1 AND source_id = $2`, workspace, source, t.now())
	return translate(err)
}

// SourceCounts are how many records have a source.
type SourceCounts struct {
	// SourceID is nil for the records that have none.
	SourceID  uuid.UUID `db:"source_id"`
	Name      string    `db:"name"`
	Leads     int       `db:"leads"`
	Customers int       `db:"customers"`
	// Won are assigned leads with the workspace's status for won ones.
	Won int `db:"won"`
}

// CountBySource lists a page of sources, newest first and in the end none, with how many leads and customers have each,
// and how many assigned leads that have it were won.
func (q Queries) CountBySource(ctx context.Context, workspace uuid.UUID, p Page) ([]SourceCounts, error) {
	var all []SourceCounts
	err := sqlx.SelectContext(ctx, q.q, &all, `
		WITH page AS (
			SELECT source_id, name FROM sources
			WHERE workspace_id = $1 AND merged_into IS NULL AND deleted_at IS NULL AND ($2::uuid IS NULL OR source_id < $2)
			UNION ALL SELECT $3::uuid, ''
			ORDER BY source_id DESC LIMIT $4
		), named AS (
			SELECT page.source_id, s.source_id AS id
			FROM page JOIN sources s ON s.workspace_id = $1 AND coalesce(s.merged_into, s.source_id) = page.source_id
		), counted AS (
			SELECT source_id, count(*) AS leads, 0 AS customers, 0 AS won FROM (
				SELECT named.source_id FROM named JOIN leads r ON r.workspace_id = $1 AND r.source_id = named.id AND r.deleted_at IS NULL AND NOT r.test
				UNION ALL SELECT $3 FROM leads WHERE workspace_id = $1 AND source_id IS NULL AND deleted_at IS NULL AND NOT test) AS l
			GROUP BY 1
			UNION ALL
			SELECT source_id, 0, count(*), 0 FROM (
				SELECT named.source_id FROM named JOIN customers r ON r.workspace_id = $1 AND r.source_id = named.id
				UNION ALL SELECT $3 FROM customers WHERE workspace_id = $1 AND source_id IS NULL) AS c
			GROUP BY 1
			UNION ALL
			SELECT coalesce(s.merged_into, a.source_id, $3), 0, 0, count(*)
			FROM assigned_leads a JOIN workspaces w ON w.workspace_id = $1 AND a.status = w.won_status
			LEFT JOIN sources s ON s.workspace_id = $1 AND s.source_id = a.source_id
			WHERE a.workspace_id = $1 AND a.withdrawn_at IS NULL
			GROUP BY 1
		)
		SELECT page.source_id, page.name, coalesce(sum(leads), 0) AS leads, coalesce(sum(customers), 0) AS customers,
			coalesce(sum(won), 0) AS won
		FROM page LEFT JOIN counted USING (source_id)
		GROUP BY 1, 2 ORDER BY 1 DESC`, workspace, nullID(p.After), uuid.Nil, p.Limit)
	return all, translate(err)
}
