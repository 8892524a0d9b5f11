package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A claim is a pending lead that this transaction has deleted and so must act on.
type claim struct {
	PendingID uuid.UUID     `db:"pending_id"`
	LeadID    uuid.UUID     `db:"lead_id"`
	GroupID   uuid.NullUUID `db:"group_id"`
	MemberID  uuid.NullUUID `db:"member_id"`
	// Version, Turn and Skipped are how the member was chosen, where that was done when the lead was planned.
	Version       sql.NullInt64      `db:"ring_version"`
	Turn          sql.NullInt64      `db:"turn"`
	Skipped       objects[lead.Skip] `db:"skipped"`
	ReplannedFrom sql.NullTime       `db:"replanned_from"`
	MovedFrom     uuid.NullUUID      `db:"moved_from"`
	AssignmentID  uuid.NullUUID      `db:"assignment_id"`
	RetryOf       uuid.NullUUID      `db:"retry_of"`
	SameAs        uuid.NullUUID      `db:"same_as"` // the lead whose member gets it, with a group
	Refused       lead.Reason        `db:"refused"`
	Trigger       lead.Trigger       `db:"trigger"`
	Pace          lead.Pace          `db:"pace"`
	DueAt         time.Time          `db:"due_at"`
	AcceptedAt    time.Time          `db:"accepted_at"`
	// WaitingSince is since when nobody could take it, Overflowed are the groups that it went on from.
	WaitingSince sql.NullTime `db:"waiting_since"`
	Overflowed   IDs          `db:"overflowed"`
	Tried        int          `db:"tried"`
	// Withdraws are copies that are taken back when somebody else gets the lead, Reassigned is how often it was then.
	Withdraws  IDs `db:"withdraws"`
	Reassigned int `db:"reassigned"`
	// OfferedAt is since when it has been offered to the receivers of its turn, OfferBy until when they are to accept it.
	OfferedAt sql.NullTime `db:"offered_at"`
	OfferBy   sql.NullTime `db:"offer_by"`

	offering *offering    // the one that was under way when it was claimed
	day      sql.NullTime // the member's day for which it counts, where it has a pace
	passed   []lead.Skip  // who was looked at in the groups that it went on from now
	waitsIn  uuid.UUID    // the first of them in which somebody may take it later
}

// claimColumns are a claim's, of pending leads p.
const claimColumns = `p.pending_id, p.lead_id, p.group_id, p.member_id, p.ring_version, p.turn, p.skipped, p.moved_from, p.replanned_from,
	p.assignment_id, p.retry_of, p.same_as, coalesce(p.refused, '') AS refused, p.trigger, coalesce(p.pace, '') AS pace, p.due_at,
	p.accepted_at, p.waiting_since, p.overflowed, p.tried, p.withdraws, p.reassigned, p.offered_at, p.offer_by`

// An EarlyError means that a batch is not due yet, and so was left alone.
type EarlyError struct {
	// In is how long it has still to wait, by the store's clock.
	In time.Duration
}

func (e *EarlyError) Error() string {
	return fmt.Sprintf("the batch is due in %s and not before", e.In)
}

// claim deletes a batch that is due, and its pending leads. Of several transactions that claim a batch at once, one gets
// the leads; the others wait on the batch's row for that one to end, and find nothing if it has committed. It returns an
// *EarlyError for a batch whose time has not come.
func (t *Tx) claim(ctx context.Context, workspace, batch uuid.UUID) ([]claim, error) {
	var b foldedBatch
	err := translate(sqlx.GetContext(ctx, t.q, &b, `
		DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2 AND (feed_at <= $3 OR queue <> 'due')
		RETURNING batch_id, feed_at, group_id, assignment_id, lead_ids, member_ids`, workspace, batch, t.now()))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, t.early(ctx, workspace, batch)
	case err != nil:
		return nil, err
	case b.Leads != nil:
		return b.claims(), nil
	}
	return t.claimRows(ctx, workspace, batch)
}

// claimRows deletes the pending leads of a batch that is not folded. They are locked in the order of their ids, as by
// everybody who locks several.
func (t *Tx) claimRows(ctx context.Context, workspace, batch uuid.UUID) ([]claim, error) {
	var claims []claim
	err := sqlx.SelectContext(ctx, t.q, &claims, `
		WITH locked AS (
			SELECT pending_id FROM pending_leads WHERE workspace_id = $1 AND batch_id = $2 ORDER BY pending_id FOR UPDATE
		), p AS (
			DELETE FROM pending_leads p USING locked WHERE p.workspace_id = $1 AND p.pending_id = locked.pending_id RETURNING p.*
		)
		SELECT `+claimColumns+` FROM p ORDER BY p.pending_id`, workspace, batch)
	for i := range claims {
		claims[i].goOn()
	}
	return claims, translate(err)
}

// early returns an *EarlyError for a batch that is there and not due.
func (t *Tx) early(ctx context.Context, workspace, batch uuid.UUID) error {
	var feedAt time.Time
	err := translate(sqlx.GetContext(ctx, t.q, &feedAt, `
		SELECT feed_at FROM batches WHERE workspace_id = $1 AND batch_id = $2`, workspace, batch))
	switch wait := feedAt.Sub(t.now()); {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil && wait > 0:
		return &EarlyError{In: wait}
	}
	return err
}
