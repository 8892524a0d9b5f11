package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// countAssignments counts what became of assignments, at one instant: what ended in an index of history that has nothing
// else; what is planned in one of its own; what goes out at once by its batches, which are folded unless somebody acted on
// single leads of them.
var countAssignments = `
	SELECT assignment_id, outcome, sum(n)::int AS n FROM (
		SELECT assignment_id, outcome, count(*) AS n FROM history
		WHERE workspace_id = $1 AND assignment_id = ANY($2::uuid[]) GROUP BY 1, 2
		UNION ALL
		SELECT assignment_id, 'pending', count(*) FROM pending_leads
		WHERE workspace_id = $1 AND assignment_id = ANY($2::uuid[]) AND trigger <> 'immediate' GROUP BY 1
		UNION ALL
		SELECT assignment_id, 'pending', count(*) FROM pending_leads p
		WHERE p.workspace_id = $1 AND assignment_id = ANY($2::uuid[]) AND p.trigger = 'immediate' AND ` + parked + ` GROUP BY 1
		UNION ALL
		SELECT assignment_id, 'pending', sum(size) FROM batches
		WHERE workspace_id = $1 AND assignment_id = ANY($2::uuid[]) AND lead_ids IS NOT NULL GROUP BY 1
		UNION ALL
		SELECT p.assignment_id, 'pending', count(*) FROM batches b
		JOIN pending_leads p ON p.workspace_id = b.workspace_id AND p.batch_id = b.batch_id
		WHERE b.workspace_id = $1 AND b.queue <> 'due' AND b.lead_ids IS NULL AND p.trigger = 'immediate'
			AND p.assignment_id = ANY($2::uuid[]) GROUP BY 1
	) counts GROUP BY 1, 2`

// count fills in what became of assignments.
func (q Queries) count(ctx context.Context, workspace uuid.UUID, all []Assignment) error {
	places, ids := make(map[uuid.UUID]int), make([]uuid.UUID, len(all))
	for i, a := range all {
		ids[i], places[a.ID] = a.ID, i
	}
	var counts []struct {
		ID      uuid.UUID    `db:"assignment_id"`
		Outcome lead.Outcome `db:"outcome"`
		N       int          `db:"n"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &counts, countAssignments, workspace, uuids(ids)); err != nil {
		return fmt.Errorf("counting what became of %d assignments: %w", len(ids), translate(err))
	}
	for _, c := range counts {
		of := &all[places[c.ID]].AssignmentCounts
		switch c.Outcome {
		case lead.Succeeded:
			of.Given = c.N
		case lead.Failed:
			of.Failed = c.N
		case lead.Cancelled:
			of.Cancelled = c.N
		case lead.Withdrawn:
			of.Withdrawn = c.N
		case lead.Undone:
			of.Undone = c.N
		case "pending":
			of.Pending = c.N
		}
	}
	for i := range all { // what was taken back was given before
		all[i].Given -= all[i].Withdrawn
	}
	return nil
}
