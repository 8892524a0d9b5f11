package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// undoPart bounds the leads of one part of an undo. Nobody gives out leads of the workspace while one is done.
const undoPart = 1000

// WorkUndo undoes a run part by part until it is done, or ctx ends: then whoever comes next goes on where it stopped. Several may work at
// one undo: each part is done once.
func (s *Store) WorkUndo(ctx context.Context, workspace, run uuid.UUID) (u Undo, err error) {
	for {
		if u, err = s.undoOnce(ctx, workspace, run); err != nil || u.Done() {
			return u, err
		}
	}
}

// undoOnce does the next part of an undo, in one transaction. The gate is closed: no lead is being given, answered or edited.
func (s *Store) undoOnce(ctx context.Context, workspace, run uuid.UUID) (u Undo, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.closeGate(ctx, workspace); err != nil {
			return err
		}
		if err := sqlx.GetContext(ctx, t.q, &u, `
			SELECT `+undoColumns+` FROM undos WHERE workspace_id = $1 AND run_id = $2 FOR NO KEY UPDATE`, workspace, run); err != nil || u.Done() {
			return translate(err)
		}
		p := undoing{Tx: t, workspace: workspace, Undo: &u}
		if u.State == undoStopping {
			err = p.stop(ctx)
		} else {
			err = p.takeLeads(ctx)
		}
		if err != nil {
			return err
		}
		return p.save(ctx)
	})
	if err != nil {
		return u, fmt.Errorf("undoing %s: %w", run, err)
	}
	return u, nil
}

// save writes how far the undo is.
func (p undoing) save(ctx context.Context) error {
	if p.Done() {
		now := p.now()
		p.DoneAt = &now
	}
	update, args := row{
		{"state", string(p.State)}, {"after_lead", p.AfterLead}, {"deleted", p.Deleted}, {"withdrawn", p.Withdrawn}, {"kept", p.Kept},
		{"leads_deleted", p.LeadsDeleted}, {"leads_kept", p.LeadsKept}, {"updated_at", p.now()}, {"done_at", p.DoneAt},
	}.update("undos", "workspace_id = $1 AND run_id = $2", p.workspace, p.Run)
	_, err := p.q.ExecContext(ctx, update, args...)
	return translate(err)
}

// ofRun is which decisions are the run's, those of a table d: of an import the first ones of its leads, not what somebody assigned or
// tried again. The planner is kept from going through all of a large assignment for each part of it.
func (p undoing) ofRun(d string) string {
	if p.Kind == RunAssignment {
		return d + `.assignment_id IS NOT DISTINCT FROM $2`
	}
	return d + `.assignment_id IS NULL AND ` + d + `.retry_of IS NULL AND EXISTS (
		SELECT 1 FROM leads l WHERE l.workspace_id = $1 AND l.lead_id = ` + d + `.lead_id AND l.import_id = $2)`
}

// stop deletes the run's decisions that are still to go out at once, a part of them; where none is left it lists the run's leads. What of
// these is planned, offered, or taken back later on, is found by lead.
func (p undoing) stop(ctx context.Context) error {
	n, err := p.deleteFolded(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		if n, err = p.deletePending(ctx, `
			SELECT p.pending_id FROM batches b JOIN pending_leads p ON p.workspace_id = b.workspace_id AND p.batch_id = b.batch_id
			WHERE b.workspace_id = $1 AND b.queue <> 'due' AND b.lead_ids IS NULL AND p.trigger = 'immediate' AND p.offered_at IS NULL AND `+p.ofRun("p")+`
			UNION ALL
			SELECT p.pending_id FROM pending_leads p
			WHERE p.workspace_id = $1 AND p.trigger = 'immediate' AND `+waiting+` AND `+p.ofRun("p")+` LIMIT `+fmt.Sprint(undoPart)); err != nil {
			return err
		}
	}
	p.Deleted += n
	p.left.Undone += n
	if n > 0 {
		return nil
	}
	p.State = undoTaking
	if p.Kind == RunImport {
		return nil
	}
	_, err = p.q.ExecContext(ctx, `
		INSERT INTO undo_leads (workspace_id, run_id, part, lead_ids)
		SELECT $1, $2, (n - 1) / $3, array_agg(lead_id ORDER BY n) FROM (
			SELECT lead_id, row_number() OVER (ORDER BY lead_id) AS n FROM (
				SELECT lead_id FROM history WHERE workspace_id = $1 AND assignment_id = $2 AND outcome <> 'undone'
				UNION
				SELECT lead_id FROM pending_leads WHERE workspace_id = $1 AND assignment_id = $2
					AND (trigger <> 'immediate' OR offered_at IS NOT NULL)) all_of_them) numbered
		GROUP BY 3`, p.workspace, p.Run, undoPart)
	return translate(err)
}

// deleteFolded deletes some of the run's folded batches. Those of an import have leads of nothing else.
func (p undoing) deleteFolded(ctx context.Context) (n int, err error) {
	ofRun := `b.assignment_id = $2`
	if p.Kind == RunImport {
		ofRun = `b.assignment_id IS NULL AND EXISTS (
			SELECT 1 FROM leads l WHERE l.workspace_id = $1 AND l.lead_id = b.lead_ids[1] AND l.import_id = $2)`
	}
	var batches []foldedBatch
	if err := sqlx.SelectContext(ctx, p.q, &batches, `
		WITH locked AS (
			SELECT b.batch_id FROM batches b WHERE b.workspace_id = $1 AND b.lead_ids IS NOT NULL AND `+ofRun+`
			ORDER BY b.batch_id LIMIT $3 FOR UPDATE
		)
		DELETE FROM batches b USING locked WHERE b.workspace_id = $1 AND b.batch_id = locked.batch_id
		RETURNING b.batch_id, b.feed_at, b.group_id, b.assignment_id, b.lead_ids, b.member_ids`,
		p.workspace, p.Run, 2*undoPart/lead.MaxBatch); err != nil {
		return 0, fmt.Errorf("deleting what is going out: %w", translate(err))
	}
	var claims []claim
	for _, b := range batches {
		claims = append(claims, b.claims()...)
	}
	if len(claims) == 0 {
		return 0, nil
	}
	entries, err := p.newIDs(len(claims))
	if err != nil {
		return 0, err
	}
	ids := func(of func(*claim) uuid.UUID) array { return uuids(pluck(claims, of)) }
	from, args := unnest("d", []any{p.workspace, uuid.Nil, p.now(), p.Act},
		column{"history_id", uuids(entries)},
		column{"pending_id", ids(func(c *claim) uuid.UUID { return c.PendingID })},
		column{"assignment_id", ids(func(c *claim) uuid.UUID { return c.AssignmentID.UUID })},
		column{"lead_id", ids(func(c *claim) uuid.UUID { return c.LeadID })},
		column{"member_id", ids(func(c *claim) uuid.UUID { return c.MemberID.UUID })},
		column{"group_id", ids(func(c *claim) uuid.UUID { return c.GroupID.UUID })},
		column{"at", timestamps(pluck(claims, func(c *claim) time.Time { return c.DueAt }))})
	_, err = p.q.ExecContext(ctx, `
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, lead_id, member_id, group_id, outcome, trigger, due_at,
			accepted_at, at, act_id)
		SELECT $1, history_id, pending_id, nullif(assignment_id, $2), lead_id, nullif(member_id, $2), nullif(group_id, $2), 'undone',
			'immediate', d.at, d.at, $3, $4
		FROM `+from, args...)
	return len(claims), translate(err)
}

// deletePending deletes pending leads that have rows and no turn, which a query finds, and returns how many.
func (p undoing) deletePending(ctx context.Context, found string) (int, error) {
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, p.q, &ids, `
		SELECT p.pending_id FROM pending_leads p
		WHERE p.workspace_id = $1 AND p.pending_id IN (`+found+`) ORDER BY p.pending_id FOR UPDATE OF p`, p.workspace, p.Run); err != nil {
		return 0, fmt.Errorf("finding what is pending: %w", translate(err))
	}
	return len(ids), p.endPending(ctx, ids, make([]bool, len(ids)))
}

// endPending deletes pending leads that are locked. Of those whose turn goes back history says which it was.
func (p undoing) endPending(ctx context.Context, ids []uuid.UUID, turnBack []bool) error {
	if len(ids) == 0 {
		return nil
	}
	entries, err := p.newIDs(len(ids))
	if err != nil {
		return err
	}
	back := make([]int, len(ids))
	for i, b := range turnBack {
		back[i] = oneIf(b)
	}
	_, err = p.q.ExecContext(ctx, `
		WITH d AS (
			DELETE FROM pending_leads WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) RETURNING *
		)
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id,
			ring_version, turn, moved_from, replanned_from, pace, outcome, trigger, skipped, due_at, accepted_at, at, act_id)
		SELECT $1, n.history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id,
			CASE WHEN n.back = 1 THEN ring_version END, CASE WHEN n.back = 1 THEN turn END, moved_from, replanned_from, pace,
			'undone', trigger, skipped, due_at, accepted_at, $5, $6
		FROM d JOIN unnest($2::uuid[], $3::uuid[], $4::int[]) AS n (pending_id, history_id, back) USING (pending_id)`,
		p.workspace, uuids(ids), uuids(entries), ints(back), p.now(), p.Act)
	if err != nil {
		return fmt.Errorf("deleting %d pending leads: %w", len(ids), translate(err))
	}
	return nil
}
