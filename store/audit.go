package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

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
	// Remedy says what to do where it is broken.
	Remedy Remedy `json:"remedy"`
}

// A Remedy is what can be done about a broken promise.
type Remedy string

// Remedies.
const (
	RemedyWait    Remedy = "wait"    // the scheduler sees to it within a minute, where one leads and workers run
	RemedyRepair  Remedy = "repair"  // leadwheel audit --repair mends it
	RemedyRestore Remedy = "restore" // rows are gone that only a backup has
	RemedyReport  Remedy = "report"  // a defect, or done past the program: somebody has to look
)

// Remedies are all of them.
func Remedies() []Remedy { return []Remedy{RemedyWait, RemedyRepair, RemedyRestore, RemedyReport} }

// remedyFor a check.
func remedyFor(check string) Remedy {
	if slices.ContainsFunc(auditRepairs, func(r auditRepair) bool { return r.check == check }) {
		return RemedyRepair
	}
	i := slices.IndexFunc(auditQueries, func(c auditQuery) bool { return c.name == check })
	switch {
	case i < 0 || auditQueries[i].overdue: // only lostTurnsCheck is made by no query
		return RemedyWait
	case auditQueries[i].gone:
		return RemedyRestore
	}
	return RemedyReport
}

// maxExamples bounds the examples of one check.
const maxExamples = 10

// auditPlans has whole tables joined by hashing: with no or old statistics the planner may take them for small and go
// through them row by row, which takes minutes at 40,000 rows.
const auditPlans = `SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'`

// lostTurnsCheck is the check that no query makes.
const lostTurnsCheck = "lost_turns"

// lostTurnsPromise is what it looks at.
const lostTurnsPromise = "no turn of a ring that is at rest is missing"

// AuditChecks are the checks of an audit, with nothing found.
func AuditChecks() []AuditCheck {
	var report AuditReport
	report.add(lostTurnsCheck, lostTurnsPromise, 0, []string{})
	for _, c := range auditQueries {
		report.add(c.name, c.promise, 0, []string{})
	}
	return report.Checks
}

// Audit checks the promises that the data can show, over all workspaces: each on a snapshot of its own, so that vacuum waits for
// no longer than one check takes, with what is overdue counted from when the audit began. Whatever the program writes keeps the
// promises in each of its transactions, so that no snapshot is between two states. The turn cursors, which go on meanwhile, are
// looked at behind theirs. It reads whole tables, and takes no locks that hold anybody up.
func (s *Store) Audit(ctx context.Context) (AuditReport, error) {
	report := AuditReport{OK: true, At: s.now()}
	for _, c := range auditQueries {
		err := s.snapshot(ctx, auditPlans, func(q Queries) error { return q.check(ctx, &report, c) })
		if err != nil {
			return report, fmt.Errorf("checking %s: %w", c.name, err)
		}
	}
	var suspects []workspaceRing
	err := s.snapshot(ctx, auditPlans, func(q Queries) (err error) {
		suspects, err = q.ringsWithGaps(ctx)
		return err
	})
	if err == nil {
		err = s.lostTurns(ctx, suspects, &report)
	}
	if err != nil {
		return report, fmt.Errorf("checking %s: %w", lostTurnsCheck, err)
	}
	return report, nil
}

// check makes one check. What it found is counted where it is found, and only the examples come here. A row that lacks what
// its line would be made of is found all the same.
func (q Queries) check(ctx context.Context, report *AuditReport, c auditQuery) error {
	args := []any{maxExamples}
	if c.overdue {
		args = append(args, report.At.Add(-stuckAfter))
	}
	var found struct {
		Count    int            `db:"count"`
		Examples pq.StringArray `db:"examples"`
	}
	if err := sqlx.GetContext(ctx, q.q, &found, `
		WITH found (line) AS MATERIALIZED (`+c.query+`)
		SELECT (SELECT count(*) FROM found) AS count,
			ARRAY(SELECT coalesce(line, 'a row that lacks a value') FROM found LIMIT $1) AS examples`, args...); err != nil {
		return translate(err)
	}
	report.add(c.name, c.promise, found.Count, found.Examples)
	return nil
}

func (r *AuditReport) add(name, promise string, count int, examples []string) {
	r.Checks = append(r.Checks, AuditCheck{Name: name, Promise: promise, OK: count == 0, Found: count, Examples: examples, Remedy: remedyFor(name)})
	r.OK = r.OK && count == 0
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
		return nil, translate(err)
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
func (s *Store) lostTurns(ctx context.Context, suspects []workspaceRing, report *AuditReport) error {
	count, examples := 0, []string{}
	for _, r := range suspects {
		if s.cursors == nil {
			break
		}
		ring := r.cursor(r.Workspace)
		_, turns, err := s.lostBy(ctx, ring, r.ringRow)
		if err != nil {
			return err
		}
		count += len(turns)
		for _, turn := range turns[:min(len(turns), maxExamples-len(examples))] {
			examples = append(examples, fmt.Sprintf("group %s, version %d, turn %d", r.GroupID, r.Version, turn))
		}
	}
	report.add(lostTurnsCheck, lostTurnsPromise, count, examples)
	return nil
}
