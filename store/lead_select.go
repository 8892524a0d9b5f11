package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A LeadSelection says which source leads are meant: those with the IDs or, where there is a Filter, all that match it, which
// are said to be Matched many.
type LeadSelection struct {
	IDs     []uuid.UUID
	Filter  *LeadFilter
	Matched int
}

// SelectLeads returns the leads that are meant, those that match a filter as they came in, the oldest first. It returns a
// *MatchedError where another number matches than is said, and a *FieldError for more than MaxSelected.
func (t *Tx) SelectLeads(ctx context.Context, workspace uuid.UUID, s LeadSelection) ([]uuid.UUID, error) {
	if s.Filter == nil {
		return s.IDs, nil
	}
	l, err := t.leadList(ctx, workspace, *s.Filter, Page{Limit: MaxSelected + 1})
	if err != nil {
		return nil, err
	}
	ids := []uuid.UUID{}
	if err := l.read(ctx, t.Queries, &ids, "SELECT lead_id FROM", "leads", ""); err != nil {
		return nil, err
	}
	if len(ids) > MaxSelected {
		return nil, &FieldError{"filter", fmt.Sprintf("more than %d leads match, which is the most that one request takes; narrow it, as by when they came in", MaxSelected)}
	}
	slices.Reverse(ids)
	return ids, matched(len(ids), &s.Matched)
}

// CountLeads counts the leads that match a filter, up to one more than MaxSelected.
func (q Queries) CountLeads(ctx context.Context, workspace uuid.UUID, f LeadFilter) (int, error) {
	l, err := q.leadList(ctx, workspace, f, Page{Limit: MaxSelected + 1})
	if err != nil {
		return 0, err
	}
	ids := []uuid.UUID{} // as SelectLeads reads them, so that both find the same
	err = l.read(ctx, q, &ids, "SELECT lead_id FROM", "leads", "")
	return len(ids), err
}

// Unassigned leaves out the leads that somebody has, or is to get, and returns how many those are.
func (t *Tx) Unassigned(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) ([]uuid.UUID, int, error) {
	if err := t.take(ctx, lockAssigning, workspace); err != nil {
		return nil, 0, err
	}
	assigned, err := t.assigned(ctx, workspace, leads)
	left := slices.DeleteFunc(slices.Clone(leads), func(id uuid.UUID) bool { return assigned[id] })
	return left, len(leads) - len(left), err
}

// CountAssigned counts the leads that somebody has, or is to get.
func (t *Tx) CountAssigned(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) (int, error) {
	assigned, err := t.assigned(ctx, workspace, leads)
	return len(assigned), err
}

// assigned tells which of the leads somebody has, or is to get, at one instant.
func (q Queries) assigned(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) (map[uuid.UUID]bool, error) {
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, q.q, &ids, `
		WITH n AS MATERIALIZED (SELECT unnest($2::uuid[]) AS lead_id)
		SELECT n.lead_id FROM n JOIN assigned_leads a ON a.workspace_id = $1 AND a.source_lead_id = n.lead_id AND a.withdrawn_at IS NULL
		UNION
		SELECT n.lead_id FROM n JOIN pending_leads p ON p.workspace_id = $1 AND p.lead_id = n.lead_id AND p.trigger <> 'immediate'
		UNION
		SELECT n.lead_id FROM n JOIN pending_leads p ON p.workspace_id = $1 AND p.lead_id = n.lead_id AND p.waiting_since IS NOT NULL
		UNION
		SELECT n.lead_id FROM batches b
		JOIN pending_leads p ON p.workspace_id = $1 AND p.batch_id = b.batch_id AND p.trigger = 'immediate'
		JOIN n ON n.lead_id = p.lead_id
		WHERE b.workspace_id = $1 AND b.queue <> 'due' AND b.lead_ids IS NULL
		UNION
		SELECT n.lead_id FROM batches b, unnest(b.lead_ids) AS l (lead_id) JOIN n ON n.lead_id = l.lead_id
		WHERE b.workspace_id = $1 AND b.lead_ids IS NOT NULL`, workspace, uuids(leads)); err != nil {
		return nil, fmt.Errorf("looking who has %d leads: %w", len(leads), translate(err))
	}
	found := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		found[id] = true
	}
	return found, nil
}

// A Holder is a member who has a copy of a lead.
type Holder struct {
	LeadID         uuid.UUID `db:"source_lead_id"`
	MemberID       uuid.UUID `db:"member_id"`
	AssignedLeadID uuid.UUID `db:"assigned_lead_id"`
}

// Holders lists who has copies of leads, by lead, in the order in which they got them.
func (q Queries) Holders(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) (map[uuid.UUID][]Holder, error) {
	var all []Holder
	if err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT source_lead_id, member_id, assigned_lead_id FROM assigned_leads
		WHERE workspace_id = $1 AND source_lead_id = ANY($2::uuid[]) AND withdrawn_at IS NULL ORDER BY assigned_lead_id`, workspace, uuids(leads)); err != nil {
		return nil, fmt.Errorf("reading who has %d leads: %w", len(leads), translate(err))
	}
	holders := make(map[uuid.UUID][]Holder)
	for _, h := range all {
		holders[h.LeadID] = append(holders[h.LeadID], h)
	}
	return holders, nil
}

// DeleteLeads deletes leads softly, see DeleteLead, and returns those that were still there. Whoever deletes several locks them
// in the order of their ids.
func (t *Tx) DeleteLeads(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) ([]uuid.UUID, error) {
	var deleted []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &deleted, `
		WITH locked AS (
			SELECT lead_id FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND deleted_at IS NULL
			ORDER BY lead_id FOR NO KEY UPDATE
		)
		UPDATE leads l SET deleted_at = `+afterSQL("$3", "l")+`, updated_at = `+afterSQL("$3", "l")+` FROM locked
		WHERE l.workspace_id = $1 AND l.lead_id = locked.lead_id RETURNING l.lead_id`, workspace, uuids(ids), t.now()); err != nil {
		return nil, fmt.Errorf("deleting %d leads: %w", len(ids), translate(err))
	}
	if err := t.hurryOffers(ctx, workspace, `p.lead_id = ANY($3::uuid[])`, uuids(deleted)); err != nil {
		return nil, err
	}
	return deleted, t.tellDeleted(ctx, workspace, deleted)
}
