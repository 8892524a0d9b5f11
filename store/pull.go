package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// NextLead gives a member the oldest lead that waits for a group which lists them, of those that they do not have, within their caps:
// their hours and absences are no matter, since they ask. Nil means that there is none. Who is deactivated or off duty gets a *Violation.
func (t *Tx) NextLead(ctx context.Context, workspace, member uuid.UUID) (*AssignedLead, error) {
	if err := t.passGate(ctx, workspace); err != nil {
		return nil, err
	}
	d := distribution{workspace: workspace, look: true}
	able, err := d.readPuller(ctx, t, member)
	if err != nil || len(able) == 0 {
		return nil, err
	}
	c, err := t.claimWaiting(ctx, workspace, member, able)
	if err != nil || c == nil {
		return nil, err
	}
	c.MemberID, c.Trigger = nullID(member), lead.Pulled
	d.claims = []claim{*c}
	d.give(*c)
	if err := t.writeCounts(ctx, workspace, d.roster.counts); err != nil {
		return nil, err
	}
	if _, err := t.record(ctx, workspace, d.decisions, nil); errors.Is(err, errUnseen) {
		return nil, &Violation{Field: "member_id", Message: "the lead was deleted or given to you just now; ask for the next one again", Exists: true}
	} else if err != nil {
		return nil, err
	}
	if err := t.tellOutcomes(ctx, workspace, d.decisions); err != nil {
		return nil, err
	}
	a, err := t.AssignedLead(ctx, workspace, member, d.decisions[0].copy)
	return &a, err
}

// readPuller reads what a member may get, and returns the groups whose leads they may have one more of. What is counted of them is locked,
// so that of several requests at once each sees what the others got.
func (d *distribution) readPuller(ctx context.Context, t *Tx, member uuid.UUID) (able []uuid.UUID, err error) {
	var groups []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &groups, `
		SELECT g.group_id FROM waiting_groups w JOIN groups g USING (workspace_id, group_id)
		WHERE w.workspace_id = $1 AND g.deleted_at IS NULL
			AND jsonb_path_exists(g.listed, '$[*].members[*] ? (@.member_id == $m)', jsonb_build_object('m', $2::uuid))
		ORDER BY 1`, d.workspace, member); err != nil {
		return nil, fmt.Errorf("finding the groups of member %s for which leads wait: %w", member, translate(err))
	}
	var onDuty bool
	if err := sqlx.GetContext(ctx, t.q, &onDuty, `
		SELECT on_duty FROM members WHERE workspace_id = $1 AND member_id = $2 AND active AND removed_at IS NULL FOR NO KEY UPDATE`,
		d.workspace, member); err != nil {
		return nil, translate(err)
	}
	if !onDuty {
		return nil, &Violation{Field: "member_id", Message: "you are off duty; go on duty to take leads", Exists: true}
	}
	if len(groups) == 0 {
		return nil, nil
	}
	if err := d.readGroups(ctx, t, groups, []uuid.UUID{member}); err != nil {
		return nil, err
	}
	full := func(key capKey) bool {
		n := d.roster.counts[key]
		return n != nil && d.roster.caps[key].Full(n.count()) != ""
	}
	for _, group := range groups {
		if !full(capKey{member, uuid.Nil}) && !full(capKey{member, group}) {
			able = append(able, group)
		}
	}
	return able, nil
}

// claimWaiting takes the oldest lead that waits for one of the groups and that the member does not have. Those that others are taking are
// left to them.
func (t *Tx) claimWaiting(ctx context.Context, workspace, member uuid.UUID, groups []uuid.UUID) (*claim, error) {
	var found []claim
	err := sqlx.SelectContext(ctx, t.q, &found, `
		WITH oldest AS (
			SELECT p.pending_id FROM unnest($3::uuid[]) AS g (group_id) CROSS JOIN LATERAL (
				SELECT p.pending_id, p.accepted_at FROM pending_leads p
				WHERE p.workspace_id = $1 AND p.group_id = g.group_id AND p.waiting_since IS NOT NULL AND p.batch_id IS NULL
					AND p.offered_at IS NULL AND NOT EXISTS (SELECT 1 FROM assigned_leads a
						WHERE a.workspace_id = $1 AND a.source_lead_id = p.lead_id AND a.member_id = $2)
					AND EXISTS (SELECT 1 FROM leads l WHERE l.workspace_id = $1 AND l.lead_id = p.lead_id AND l.deleted_at IS NULL AND NOT l.test)
				ORDER BY p.accepted_at, p.pending_id LIMIT 100) p
			ORDER BY p.accepted_at, p.pending_id
		), locked AS (
			SELECT p.pending_id FROM pending_leads p
			WHERE p.workspace_id = $1 AND p.pending_id IN (SELECT pending_id FROM oldest) AND p.waiting_since IS NOT NULL AND p.batch_id IS NULL
				AND p.offered_at IS NULL
			ORDER BY p.accepted_at, p.pending_id LIMIT 1 FOR UPDATE SKIP LOCKED
		)
		DELETE FROM pending_leads p USING locked WHERE p.workspace_id = $1 AND p.pending_id = locked.pending_id
		RETURNING `+claimColumns, workspace, member, uuids(groups))
	if err != nil || len(found) == 0 {
		return nil, translate(err)
	}
	return &found[0], nil
}
