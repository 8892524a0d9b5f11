package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An AuditReport says which promises the data keeps.
type AuditReport struct {
	OK     bool         `json:"ok"`
	At     time.Time    `json:"at"`
	Checks []AuditCheck `json:"checks"`
}

// An AuditCheck is one promise. Found counts what breaks it, Examples names some of it.
type AuditCheck struct {
	Name     string   `json:"name"`
	Promise  string   `json:"promise"`
	OK       bool     `json:"ok"`
	Found    int      `json:"found"`
	Examples []string `json:"examples"`
}

// maxExamples bounds the examples of one check.
const maxExamples = 10

// auditPlans has whole tables joined by hashing: with no or old statistics the planner may take them for small and go
// through them row by row, which takes minutes at 40,000 rows.
const auditPlans = `SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'`

// lostTurnsCheck is the check that no query makes.
const lostTurnsCheck = "lost_turns"

// AuditChecks names the checks of an audit.
func AuditChecks() []string {
	names := []string{lostTurnsCheck}
	for _, c := range auditQueries {
		names = append(names, c.name)
	}
	return names
}

// Audit checks the promises that the data can show, over all workspaces, at one instant: on one snapshot of the database,
// with what is overdue counted from when it was taken. The turn cursors, which go on meanwhile, are looked at behind it. It
// reads whole tables, and takes no locks that hold anybody up.
func (s *Store) Audit(ctx context.Context) (AuditReport, error) {
	report := AuditReport{OK: true, At: s.now()}
	suspects, err := s.auditSnapshot(ctx, &report)
	if err != nil {
		return report, err
	}
	lost, err := s.lostTurns(ctx, suspects)
	if err != nil {
		return report, fmt.Errorf("checking %s: %w", lostTurnsCheck, err)
	}
	report.add(lostTurnsCheck, "no turn of a ring that is at rest is missing", lost)
	return report, nil
}

func (r *AuditReport) add(name, promise string, found []string) {
	check := AuditCheck{Name: name, Promise: promise, OK: len(found) == 0, Found: len(found), Examples: []string{}}
	check.Examples = append(check.Examples, found[:min(len(found), maxExamples)]...)
	r.Checks = append(r.Checks, check)
	r.OK = r.OK && check.OK
}

// auditSnapshot makes all checks that queries make, as of the report's instant, and returns the rings that may have lost
// turns. Whatever the program writes keeps the promises in each of its transactions, so that a snapshot is never between
// two states.
func (s *Store) auditSnapshot(ctx context.Context, report *AuditReport) (suspects []workspaceRing, err error) {
	tx, err := s.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("starting the audit: %w", translate(err))
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	if _, err := tx.ExecContext(ctx, auditPlans); err != nil {
		return nil, fmt.Errorf("starting the audit: %w", translate(err))
	}
	q := Queries{q: tx, now: s.now}
	for _, c := range auditQueries {
		var found []string
		args := []any{}
		if c.overdue {
			args = append(args, report.At.Add(-stuckAfter))
		}
		if err := sqlx.SelectContext(ctx, q.q, &found, c.query, args...); err != nil {
			return nil, fmt.Errorf("checking %s: %w", c.name, translate(err))
		}
		report.add(c.name, c.promise, found)
	}
	return q.ringsWithGaps(ctx)
}

// ringsWithGaps lists the rings at rest, for which no turn is still to be dealt, that have turns which are not in the ledger.
func (q Queries) ringsWithGaps(ctx context.Context) (found []workspaceRing, err error) {
	var rows []workspaceRing
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT g.workspace_id, `+ringColumns+` FROM groups g JOIN rings r USING (workspace_id, group_id, version)
		WHERE g.deleted_at IS NULL AND NOT EXISTS (
			SELECT 1 FROM pending p
			WHERE p.workspace_id = g.workspace_id AND p.group_id = g.group_id AND p.turn IS NULL AND p.refused IS NULL
				AND (p.waiting_since IS NULL OR p.batch_id IS NOT NULL))`); err != nil {
		return nil, fmt.Errorf("checking %s: %w", lostTurnsCheck, translate(err))
	}
	for _, r := range rows {
		stands, err := q.stands(ctx, r.Workspace, r.ringRow)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(stands, func(one lead.Stand) bool { return len(one.Position.Free) > 0 }) {
			found = append(found, r)
		}
	}
	return found, nil
}

// lostTurns finds turns that are neither in the ledger nor with a cursor that will hand them out. Cursor and ledger are
// looked at as they are by now, the cursor first, since a turn that the snapshot lacked may have been handed out since.
func (s *Store) lostTurns(ctx context.Context, suspects []workspaceRing) ([]string, error) {
	var lost []string
	for _, r := range suspects {
		if s.cursors == nil {
			break
		}
		ring := r.cursor(r.Workspace)
		_, turns, err := s.lostBy(ctx, ring, r.ringRow)
		if err != nil {
			return nil, err
		}
		for _, turn := range turns {
			lost = append(lost, fmt.Sprintf("group %s, version %d, turn %d", r.GroupID, r.Version, turn))
		}
	}
	return lost, nil
}
