package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// keepAgain keeps turns for somebody again that the run's leads had made good, as far as the groups still keep any and list who was to get them.
func (p undoing) keepAgain(ctx context.Context, turns []ledgerTurn) error {
	for _, t := range turns {
		ids := make([]uuid.UUID, len(t.Slot))
		for i, r := range t.Slot {
			ids[i] = r.MemberID
		}
		if _, err := p.q.ExecContext(ctx, `
			WITH owing AS (
				SELECT group_id FROM groups
				WHERE workspace_id = $1 AND group_id = $2 AND when_away = 'owe' AND deleted_at IS NULL AND $5::uuid[] <@ ARRAY(
					SELECT (id #>> '{}')::uuid FROM jsonb_path_query(listed, '$[*].members[*].member_id') AS id)
				FOR NO KEY UPDATE
			), kept AS (
				INSERT INTO debts (workspace_id, group_id, version, turn, member_ids, created_at)
				SELECT $1, $2, $3, $4, $5, $6 FROM owing ON CONFLICT DO NOTHING RETURNING turn
			)
			UPDATE turns SET passed_for = $7 FROM kept WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turns.turn = kept.turn`,
			p.workspace, t.Group, t.Version, t.Turn, uuids(ids), p.now(), uuid.Nil); err != nil {
			return fmt.Errorf("keeping turn %d of group %s again: %w", t.Turn, t.Group, translate(err))
		}
	}
	return nil
}

// keepRhythm has the next lead of each group that something was undone of make good what is owed where it would have without the run: not
// where the last one that is left did.
func (p undoing) keepRhythm(ctx context.Context) error {
	_, err := p.q.ExecContext(ctx, `
		UPDATE groups g SET debt_paid = coalesce((
			SELECT t.passed_for IS NOT NULL FROM `+newestOf("$1", "group_id", "g.group_id", `e.outcome = $3 AND EXISTS (SELECT 1 FROM turns t
				WHERE (t.workspace_id, t.group_id, t.version, t.turn, t.lead_id) = (e.workspace_id, e.group_id, e.ring_version, e.turn, e.lead_id))`, "1")+` h
			JOIN turns t ON (t.workspace_id, t.group_id, t.version, t.turn) = (h.workspace_id, h.group_id, h.ring_version, h.turn)
			ORDER BY h.history_id DESC LIMIT 1), false)
		WHERE g.workspace_id = $1 AND g.when_away = $2 AND g.deleted_at IS NULL AND EXISTS (
			SELECT 1 FROM history h WHERE h.workspace_id = $1 AND h.group_id = g.group_id AND h.history_id >= $4 AND h.outcome = $5 AND h.`+uncopied+`)`,
		p.workspace, AwayOwe, lead.Succeeded, oldestID(p.CreatedAt.Add(-idSlack)), lead.Undone)
	if err != nil {
		return fmt.Errorf("finding how groups make good what they owe: %w", translate(err))
	}
	return nil
}
