package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// takeLeads takes back what the run has come to with the next of its leads. Where none is left it gives back the turns of earlier versions
// of rings, and the undo is done.
func (p undoing) takeLeads(ctx context.Context) error {
	leads, err := p.nextLeads(ctx)
	if err != nil {
		return err
	}
	if len(leads) == 0 {
		p.State = undoDone
		if err := p.returnOldTurns(ctx); err != nil {
			return err
		}
		return p.keepRhythm(ctx)
	}
	copies, err := p.lockCopies(ctx, leads)
	if err != nil {
		return err
	}
	decisions, err := p.decisions(ctx, leads)
	if err != nil {
		return err
	}
	b := takingBack{undoing: p, copies: copies}
	b.sort(decisions)
	if err := b.write(ctx); err != nil {
		return err
	}
	if p.Kind == RunImport {
		return p.deleteSources(ctx, leads)
	}
	return nil
}

// nextLeads takes the next leads to look at.
func (p undoing) nextLeads(ctx context.Context) (leads []uuid.UUID, err error) {
	if p.Kind == RunAssignment {
		var part IDs
		err := translate(sqlx.GetContext(ctx, p.q, &part, `
			DELETE FROM undo_leads WHERE workspace_id = $1 AND run_id = $2
				AND part = (SELECT min(part) FROM undo_leads WHERE workspace_id = $1 AND run_id = $2)
			RETURNING lead_ids`, p.workspace, p.Run))
		if errors.Is(err, ErrNotFound) {
			err = nil
		}
		return part, err
	}
	if err := sqlx.SelectContext(ctx, p.q, &leads, `
		SELECT lead_id FROM leads WHERE workspace_id = $1 AND import_id = $2 AND ($3::uuid IS NULL OR lead_id > $3)
		ORDER BY lead_id LIMIT $4`, p.workspace, p.Run, p.AfterLead, undoPart); err != nil {
		return nil, translate(err)
	}
	if len(leads) > 0 {
		p.AfterLead = nullID(leads[len(leads)-1])
	}
	return leads, nil
}

// lockCopies locks the copies of leads and reads why they stay, once whoever was at one of them is done.
func (p undoing) lockCopies(ctx context.Context, leads []uuid.UUID) ([]givenCopy, error) {
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, p.q, &ids, `
		SELECT assigned_lead_id FROM assigned_leads WHERE workspace_id = $1 AND source_lead_id = ANY($2::uuid[])
		ORDER BY assigned_lead_id FOR UPDATE`, p.workspace, uuids(leads)); err != nil {
		return nil, fmt.Errorf("locking the copies: %w", translate(err))
	}
	var copies []givenCopy
	err := sqlx.SelectContext(ctx, p.q, &copies, `
		SELECT a.assigned_lead_id, a.source_lead_id, a.member_id, a.group_id, a.assigned_at, a.answered_at, a.withdrawn_at,
			coalesce(a.messages, 0) AS messages,
			a.status = ANY (ARRAY(SELECT unnest(closed_statuses) FROM workspaces WHERE workspace_id = $1)) AS closed,
			CASE WHEN EXISTS (SELECT 1 FROM customers c WHERE c.workspace_id = $1 AND c.assigned_lead_id = a.assigned_lead_id) THEN $3
				WHEN EXISTS (SELECT 1 FROM opportunities o WHERE o.workspace_id = $1 AND o.assigned_lead_id = a.assigned_lead_id) THEN $4
				WHEN a.answered_at IS NOT NULL THEN $5
				WHEN a.withdrawn_at IS NULL AND a.updated_at <> a.assigned_at AND a.erased_at IS NULL THEN $6 ELSE '' END AS why
		FROM assigned_leads a WHERE a.workspace_id = $1 AND a.assigned_lead_id = ANY($2::uuid[]) ORDER BY a.assigned_lead_id`,
		p.workspace, uuids(ids), KeptConverted, KeptOpportunity, KeptAnswered, KeptChanged)
	return copies, translate(err)
}

// decisions reads what became of the leads by the run, and locks what of it is planned or offered.
func (p undoing) decisions(ctx context.Context, leads []uuid.UUID) ([]ended, error) {
	var planned, done []ended
	if err := sqlx.SelectContext(ctx, p.q, &planned, `
		SELECT p.pending_id, p.lead_id, p.member_id, p.group_id, p.ring_version, p.turn, '' AS outcome, p.due_at AS at FROM pending_leads p
		WHERE p.workspace_id = $1 AND p.lead_id = ANY($3::uuid[]) AND (p.trigger <> 'immediate' OR p.offered_at IS NOT NULL) AND `+p.ofRun("p")+`
		ORDER BY p.pending_id FOR UPDATE OF p`, p.workspace, p.Run, uuids(leads)); err != nil {
		return nil, fmt.Errorf("locking what is planned: %w", translate(err))
	}
	if err := sqlx.SelectContext(ctx, p.q, &done, `
		SELECT h.history_id, h.pending_id, h.lead_id, h.member_id, h.group_id, h.ring_version, h.turn, h.outcome, h.at
		FROM unnest($3::uuid[]) AS l (lead_id) CROSS JOIN LATERAL `+historyOf("$1", "lead_id", "l.lead_id")+` h
		WHERE h.outcome IN ('succeeded', 'failed', 'cancelled', 'lapsed') AND `+p.ofRun("h")+`
		ORDER BY h.history_id`, p.workspace, p.Run, uuids(leads)); err != nil {
		return nil, fmt.Errorf("reading what became of %d leads: %w", len(leads), translate(err))
	}
	return append(planned, done...), nil
}

// sort decides what is taken back: all but copies with which somebody has done something, and a turn unless one who got it keeps theirs.
func (b *takingBack) sort(decisions []ended) {
	type given struct {
		lead, member uuid.UUID
		at           int64
	}
	known := make(map[given]givenCopy, len(b.copies))
	for _, c := range b.copies {
		known[given{c.Lead, c.Member, c.AssignedAt.UnixMicro()}] = c
	}
	copyOf := func(e ended) (givenCopy, bool) {
		if e.Outcome != lead.Succeeded {
			return givenCopy{}, false
		}
		c, found := known[given{e.Lead, e.Member.UUID, e.At.UnixMicro()}]
		return c, found
	}
	stays, staysOf := make(map[turnOf]bool), make(map[uuid.UUID]bool)
	for _, e := range decisions {
		if c, found := copyOf(e); found && c.Why != "" {
			b.kept = append(b.kept, c)
			stays[e.turn()], staysOf[e.Pending] = true, true
		}
	}
	back := make(map[turnOf]bool)
	for _, e := range decisions {
		e.turnBack = e.Turn.Valid && !stays[e.turn()]
		if e.turnBack && !back[e.turn()] {
			back[e.turn()] = true
			b.turns = append(b.turns, e.turn())
		}
		if !staysOf[e.Pending] {
			b.passed = append(b.passed, e.Pending)
		}
		c, found := copyOf(e)
		b.take(e, c, found)
	}
}

// take takes a decision back, with its copy where it has one.
func (b *takingBack) take(e ended, c givenCopy, found bool) {
	switch {
	case e.History == uuid.Nil:
		b.pending = append(b.pending, e)
	case found && c.Why != "":
	case found && c.Withdrawn.Valid:
		b.away, b.undone = append(b.away, c), append(b.undone, e)
	case found:
		b.gone, b.undone = append(b.gone, c), append(b.undone, e)
	case e.turnBack && e.Outcome != lead.Succeeded:
		b.undone = append(b.undone, e)
	}
}

func (b *takingBack) write(ctx context.Context) error {
	ids, turnBack := make([]uuid.UUID, len(b.pending)), make([]bool, len(b.pending))
	for i, e := range b.pending {
		ids[i], turnBack[i] = e.Pending, e.turnBack
	}
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return b.endPending(ctx, ids, turnBack) },
		func(ctx context.Context) error { return b.cancelOffers(ctx, b.workspace, ids) },
		b.writeHistory, b.dropMessages, b.writeCopies, b.writeKept,
		func(ctx context.Context) error { return b.returnTurns(ctx, b.turns, b.passed) },
		func(ctx context.Context) error { return b.giveBackCaps(ctx, b.workspace, b.gone) },
		b.tellWebhooks,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	b.Deleted += len(b.pending)
	b.Withdrawn += len(b.gone)
	b.Kept += len(b.kept)
	b.left.Undone += len(b.pending) + len(b.gone)
	return nil
}

// writeHistory adds an entry to each decision that is undone: it has the turn where that goes back.
func (b *takingBack) writeHistory(ctx context.Context) error {
	if len(b.undone) == 0 {
		return nil
	}
	entries, err := b.newIDs(len(b.undone))
	if err != nil {
		return err
	}
	of := pluck(b.undone, func(e *ended) uuid.UUID { return e.History })
	back := pluck(b.undone, func(e *ended) int { return oneIf(e.turnBack) })
	_, err = b.q.ExecContext(ctx, `
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id, ring_version,
			turn, moved_from, pace, paced_day, outcome, trigger, due_at, accepted_at, at, act_id)
		SELECT $1, n.new_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id, CASE WHEN n.back = 1 THEN ring_version END,
			CASE WHEN n.back = 1 THEN turn END, moved_from, pace, CASE WHEN outcome = 'succeeded' THEN paced_day END, 'undone', trigger,
			due_at, accepted_at, $5, $6
		FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS n (history_id, new_id, back) JOIN history h USING (history_id)
		WHERE h.workspace_id = $1`, b.workspace, uuids(of), uuids(entries), ints(back), b.now(), b.Act)
	if err != nil {
		return fmt.Errorf("noting that %d distributions are undone: %w", len(of), translate(err))
	}
	return nil
}

// writeCopies takes copies back, and from their leads, whose words they keep.
func (b *takingBack) writeCopies(ctx context.Context) error {
	ids := idsOf(slices.Concat(b.gone, b.away))
	if len(ids) == 0 {
		return nil
	}
	_, err := b.q.ExecContext(ctx, `
		UPDATE assigned_leads SET withdrawn_at = coalesce(withdrawn_at, `+afterSQL("$3", "assigned_leads")+`), undone_lead_id = source_lead_id, source_lead_id = NULL,
			words = `+copyWords+`, alarm_at = NULL, remind_at = NULL, updated_at = `+afterSQL("$3", "assigned_leads")+`
		WHERE workspace_id = $1 AND assigned_lead_id = ANY($2::uuid[])`, b.workspace, uuids(ids), b.now())
	if err != nil {
		return fmt.Errorf("taking %d copies back: %w", len(ids), translate(err))
	}
	return nil
}

// writeKept notes which copies stay.
func (b *takingBack) writeKept(ctx context.Context) error {
	if len(b.kept) == 0 {
		return nil
	}
	_, err := b.q.ExecContext(ctx, `
		INSERT INTO undo_kept (workspace_id, run_id, assigned_lead_id, why)
		SELECT $1, $2, n.id, n.why FROM unnest($3::uuid[], $4::text[]) AS n (id, why) ON CONFLICT DO NOTHING`,
		b.workspace, b.Run, uuids(idsOf(b.kept)), texts(pluck(b.kept, func(c *givenCopy) string { return c.Why })))
	return translate(err)
}

// tellWebhooks tells of the copies that are taken back.
func (b *takingBack) tellWebhooks(ctx context.Context) error {
	told := make([]happening, len(b.gone))
	for i, c := range b.gone {
		told[i] = happening{event: lead.WebhookWithdrawn, lead: c.Lead, copied: c.ID}
	}
	return b.tellEnds(ctx, b.workspace, "withdrawn_at", told)
}

// deleteSources deletes those of an import's leads that nobody has, is to get, or has done anything with.
func (p undoing) deleteSources(ctx context.Context, leads []uuid.UUID) error {
	used, err := p.assigned(ctx, p.workspace, leads)
	if err != nil {
		return err
	}
	var free []uuid.UUID
	if err := sqlx.SelectContext(ctx, p.q, &free, `
		SELECT l.lead_id FROM leads l
		WHERE l.workspace_id = $1 AND l.lead_id = ANY($2::uuid[]) AND l.updated_at = l.created_at AND l.deleted_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM customers c WHERE c.workspace_id = $1 AND c.lead_id = l.lead_id)
			AND NOT EXISTS (SELECT 1 FROM opportunities o WHERE o.workspace_id = $1 AND o.lead_id = l.lead_id)`,
		p.workspace, uuids(leads)); err != nil {
		return fmt.Errorf("finding leads that nobody uses: %w", translate(err))
	}
	deleted, err := p.DeleteLeads(ctx, p.workspace, slices.DeleteFunc(free, func(id uuid.UUID) bool { return used[id] }))
	p.LeadsDeleted += len(deleted)
	p.LeadsKept += len(leads) - len(deleted)
	return err
}
