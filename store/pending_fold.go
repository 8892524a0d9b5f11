package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// folded are leads that go out at once, as batches hold them: all to one group, or each to its member.
type folded struct {
	leads, members    []uuid.UUID // members is empty where there is a group
	group, assignment uuid.UUID
}

// fold gives decisions as batches can hold them, and reports whether they can: where they differ in more than lead and
// member, or say more than that, each needs a row of its own.
func fold(pending []pendingLead) (folded, bool) {
	if len(pending) == 0 {
		return folded{}, false
	}
	first := pending[0]
	f := folded{group: first.group, assignment: first.assignment, leads: make([]uuid.UUID, len(pending))}
	if f.group == uuid.Nil {
		f.members = make([]uuid.UUID, len(pending))
	}
	for i, p := range pending {
		if p.group != f.group || p.assignment != f.assignment || p.retryOf != uuid.Nil || p.sameAs != uuid.Nil || p.refused != "" {
			return folded{}, false
		}
		if f.leads[i] = p.lead; f.members != nil {
			f.members[i] = p.member
		}
	}
	return f, true
}

// newFoldedBatchID makes an id with room for the places of its leads. Its time and the random bytes left keep it apart from
// all others.
func newFoldedBatchID() (uuid.UUID, error) {
	id, err := uuid.NewV7()
	return batchOfFolded(id), err
}

// foldedID is the pending id of the lead at a place, from zero, of a folded batch: the one that the view "pending" gives it.
func foldedID(batch uuid.UUID, place int) uuid.UUID {
	binary.BigEndian.PutUint16(batch[14:], uint16(place+1))
	return batch
}

// batchOfFolded is the batch that holds a pending lead, if it is folded.
func batchOfFolded(pending uuid.UUID) uuid.UUID {
	binary.BigEndian.PutUint16(pending[14:], 0)
	return pending
}

// insertFolded writes decisions that are due now as folded batches.
func (t *Tx) insertFolded(ctx context.Context, workspace uuid.UUID, queue lead.Queue, due time.Time, f folded) error {
	for start := 0; start < len(f.leads); start += pendingPart {
		end := min(start+pendingPart, len(f.leads))
		var ids []uuid.UUID
		for range (end - start + lead.MaxBatch - 1) / lead.MaxBatch {
			id, err := newFoldedBatchID()
			if err != nil {
				return err
			}
			ids = append(ids, id)
			t.hint(lead.Hint{Workspace: workspace, ID: id, Queue: queue})
		}
		var members any
		if f.members != nil {
			members = uuids(f.members[start:end])
		}
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO batches (workspace_id, batch_id, queue, feed_at, fed_at, group_id, assignment_id, size, lead_ids, member_ids)
			SELECT $1, batch_id, $2, $3, CASE WHEN $2 = 'bulk' THEN NULL ELSE $4::timestamptz END, $5, $6, least($8, $9 - first),
				($10::uuid[])[first + 1:first + $8], ($11::uuid[])[first + 1:first + $8]
			FROM (SELECT batch_id, $8 * (place - 1)::int AS first
				FROM unnest($7::uuid[]) WITH ORDINALITY AS b (batch_id, place)) b`,
			workspace, queue, due, t.now(), nullID(f.group), nullID(f.assignment), uuids(ids), lead.MaxBatch, end-start,
			uuids(f.leads[start:end]), members); err != nil {
			return fmt.Errorf("storing %d batches: %w", len(ids), translate(err))
		}
	}
	return nil
}

// foldedBatch is what a folded batch holds.
type foldedBatch struct {
	ID         uuid.UUID     `db:"batch_id"`
	FeedAt     time.Time     `db:"feed_at"`
	Group      uuid.NullUUID `db:"group_id"`
	Assignment uuid.NullUUID `db:"assignment_id"`
	Leads      IDs           `db:"lead_ids"` // nil where it is not folded
	Members    IDs           `db:"member_ids"`
}

// claims are the leads of a folded batch as their claims would be if they had rows.
func (b foldedBatch) claims() []claim {
	claims := make([]claim, len(b.Leads))
	for i, l := range b.Leads {
		claims[i] = claim{
			PendingID: foldedID(b.ID, i), LeadID: l, GroupID: b.Group, AssignmentID: b.Assignment, Trigger: lead.Immediate,
			DueAt: b.FeedAt, AcceptedAt: b.FeedAt,
		}
		if b.Members != nil {
			claims[i].MemberID = nullID(b.Members[i])
		}
	}
	return claims
}

// unfold gives the leads of folded batches rows of their own, under the same ids and in the same batches. Batches are
// locked, in the order of their ids, as everybody does who then locks pending leads: whoever claims one of them waits, and
// finds the rows. Those that are gone, or not folded, are left alone.
func (t *Tx) unfold(ctx context.Context, workspace uuid.UUID, batches []uuid.UUID) error {
	if len(batches) == 0 {
		return nil
	}
	var there []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &there, `
		SELECT batch_id FROM batches WHERE workspace_id = $1 AND batch_id = ANY($2::uuid[]) AND lead_ids IS NOT NULL
		ORDER BY batch_id FOR UPDATE`, workspace, uuids(batches)); err != nil || len(there) == 0 {
		return translate(err)
	}
	for _, statement := range []string{`
		INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, member_id, assignment_id, trigger,
			due_at, accepted_at)
		SELECT workspace_id, pending_id, batch_id, lead_id, group_id, member_id, assignment_id, trigger, due_at, accepted_at
		FROM pending WHERE folded AND workspace_id = $1 AND batch_id = ANY($2::uuid[])`, `
		UPDATE batches SET lead_ids = NULL, member_ids = NULL WHERE workspace_id = $1 AND batch_id = ANY($2::uuid[])`,
	} {
		if _, err := t.q.ExecContext(ctx, statement, workspace, uuids(there)); err != nil {
			return fmt.Errorf("unfolding %d batches: %w", len(there), translate(err))
		}
	}
	return nil
}

// unfoldSelected unfolds the batches that may hold what is selected.
func (t *Tx) unfoldSelected(ctx context.Context, workspace uuid.UUID, s PendingSelection) error {
	var batches []uuid.UUID
	if s.IDs == nil && (s.Filter.Waiting || s.Filter.Offered) {
		return nil // what has no time has rows
	}
	if s.IDs == nil {
		args := append(s.Filter.args(workspace), MaxSelected)
		if err := sqlx.SelectContext(ctx, t.q, &batches, soonestFolded(""), args...); err != nil {
			return translate(err)
		}
		return t.unfold(ctx, workspace, batches)
	}
	known := make(map[uuid.UUID]bool)
	for _, id := range s.IDs {
		if batch := batchOfFolded(id); !known[batch] {
			known[batch] = true
			batches = append(batches, batch)
		}
	}
	return t.unfold(ctx, workspace, batches)
}

// soonestFolded finds the folded batches that hold the soonest $8 folded leads which a PendingFilter matches, counted from
// the first batch that is left after the condition more. One batch is found beyond, since the first may count in part.
// Without a member or a lead to look for it reads none of what the batches hold.
func soonestFolded(more string) string {
	return `
	SELECT batch_id FROM (
		SELECT batch_id, n, sum(n) OVER (ORDER BY feed_at, batch_id) - n AS sooner
		FROM (
			SELECT batch_id, feed_at, CASE WHEN $2::uuid IS NULL AND $5::uuid IS NULL THEN size ELSE (
				SELECT count(*) FROM unnest(lead_ids, member_ids) AS l (lead_id, member_id)
				WHERE ($2 IS NULL OR l.member_id = $2) AND ($5 IS NULL OR l.lead_id = $5)) END AS n
			FROM batches
			WHERE workspace_id = $1 AND lead_ids IS NOT NULL AND ($3::uuid IS NULL OR group_id = $3)
				AND ($4::uuid IS NULL OR assignment_id = $4) AND ($6::timestamptz IS NULL OR feed_at < $6)
				AND ($7::text IS NULL OR $7 = 'immediate')` + more + `) b
		WHERE n > 0) b
	WHERE sooner < $8::bigint + 500`
}
