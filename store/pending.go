package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A PendingLead is a decision to distribute a lead that has not taken effect yet.
type PendingLead struct {
	ID     uuid.UUID `db:"pending_id"`
	LeadID uuid.UUID `db:"lead_id"`
	// MemberID is who gets it, nil where its group is yet to deal it.
	MemberID     *uuid.UUID `db:"member_id"`
	GroupID      *uuid.UUID `db:"group_id"`
	AssignmentID *uuid.UUID `db:"assignment_id"`
	// MovedFrom is the member for whom it was planned, where an operator chose another.
	MovedFrom *uuid.UUID `db:"moved_from"`
	// ReplannedFrom is when it was to go out first, where it was planned anew.
	ReplannedFrom *time.Time `db:"replanned_from"`
	Turn          *int64     `db:"turn"`
	// Lane is the lane of the turn, where the group had lanes.
	Lane    *LaneTurn    `db:"lane"`
	Trigger lead.Trigger `db:"trigger"`
	Pace    lead.Pace    `db:"pace"`
	DueAt   time.Time    `db:"due_at"`
	// WaitingSince is since when nobody can take it, or it has been offered: it then has no due time of its own. It is nil for all others.
	WaitingSince *time.Time `db:"waiting_since"`
	// OfferedAt is since when it has been offered, OfferBy until when it is to be accepted, and OfferedTo to whom.
	OfferedAt *time.Time `db:"offered_at"`
	OfferBy   *time.Time `db:"offer_by"`
	OfferedTo IDs        `db:"offered_to"`
	// Skipped are who was looked at.
	Skipped objects[lead.Skip] `db:"skipped"`

	Refused lead.Reason `db:"refused"`
}

// A PendingFilter narrows what is seen of pending leads; zero fields don't. DueBefore is exclusive.
type PendingFilter struct {
	MemberID, GroupID, AssignmentID, LeadID uuid.UUID
	DueBefore                               time.Time
	// Waiting narrows to those that nobody can take now, Offered to those that are offered.
	Waiting, Offered bool

	trigger lead.Trigger
}

// matches is the filter as SQL, with the workspace as $1 and the filter's arguments as $2 to $7.
func (f PendingFilter) matches() string {
	if f.Waiting {
		return matching + " AND " + waiting
	}
	if f.Offered {
		return matching + " AND " + offered
	}
	return matching
}

const (
	// parked is which pending leads p have no time: they wait for somebody who can take them, or to be accepted.
	parked = `p.waiting_since IS NOT NULL AND p.batch_id IS NULL`
	// waiting is which of them wait, and offered which are offered.
	waiting  = parked + ` AND p.offered_at IS NULL`
	offered  = parked + ` AND p.offered_at IS NOT NULL`
	matching = `p.workspace_id = $1 AND ($2::uuid IS NULL OR p.member_id = $2) AND ($3::uuid IS NULL OR p.group_id = $3)
	AND ($4::uuid IS NULL OR p.assignment_id = $4) AND ($5::uuid IS NULL OR p.lead_id = $5)
	AND ($6::timestamptz IS NULL OR p.due_at < $6) AND ($7::text IS NULL OR p.trigger = $7)`
)

func (f PendingFilter) args(workspace uuid.UUID) []any {
	return []any{workspace, nullID(f.MemberID), nullID(f.GroupID), nullID(f.AssignmentID), nullID(f.LeadID),
		nullTime(f.DueBefore), nullText(string(f.trigger))}
}

// A PendingPage is a stretch of the list of pending leads, soonest first: Limit of them behind the one that is due at
// AfterDue and has the id AfterID, or the soonest where that is nil.
type PendingPage struct {
	Limit    int
	AfterDue time.Time
	AfterID  uuid.UUID
}

// pendingLeads begins a statement that tells of rows p of the view pending. Where they are from follows.
var pendingLeads = `
	SELECT p.pending_id, p.lead_id, p.member_id, p.group_id, p.assignment_id, p.moved_from, p.replanned_from, p.turn, p.trigger,
		CASE WHEN p.turn IS NOT NULL THEN ` + laneTurn("p") + ` END AS lane,
		coalesce(p.pace, '') AS pace, p.due_at, coalesce(p.refused, '') AS refused,
		CASE WHEN p.batch_id IS NULL THEN p.waiting_since END AS waiting_since, p.skipped,
		CASE WHEN p.batch_id IS NULL THEN p.offered_at END AS offered_at, CASE WHEN p.batch_id IS NULL THEN p.offer_by END AS offer_by,
		CASE WHEN p.offered_at IS NOT NULL AND p.batch_id IS NULL THEN ARRAY(SELECT o.member_id FROM offers o
			WHERE o.workspace_id = p.workspace_id AND o.pending_id = p.pending_id AND o.state = 'open' ORDER BY o.offer_id) END AS offered_to
	FROM `

// PendingLeads lists a page of pending leads, soonest first.
func (q Queries) PendingLeads(ctx context.Context, workspace uuid.UUID, f PendingFilter, p PendingPage) ([]PendingLead, error) {
	query, after := `SELECT p.* FROM pending p WHERE `+f.matches(), ""
	args := append(f.args(workspace), p.Limit)
	if p.AfterID != uuid.Nil {
		query += ` AND (p.due_at, p.pending_id) > ($9, $10)`
		after = ` AND (feed_at, batch_id) >= ($9, $11)`
		args = append(args, p.AfterDue, p.AfterID, batchOfFolded(p.AfterID))
	}
	const soonest = ` ORDER BY p.due_at, p.pending_id LIMIT $8`
	var all []PendingLead
	err := sqlx.SelectContext(ctx, q.q, &all, pendingLeads+`(
			(`+query+planned+soonest+`) UNION ALL (`+query+goingOut+soonest+`) UNION ALL (`+query+stuck+soonest+`) UNION ALL (`+query+`
				AND p.folded AND p.batch_id = ANY(ARRAY(`+soonestFolded(after)+`))`+soonest+`)
		) p`+soonest, args...)
	return all, translate(err)
}

// planned, goingOut and stuck are the kinds of pending leads that have rows, each as it is found: by an index of what is
// planned, by its batch, or by an index of what has no time.
const (
	planned  = ` AND NOT p.folded AND p.trigger <> 'immediate'`
	goingOut = ` AND NOT p.folded AND p.trigger = 'immediate' AND p.batch_id = ANY(ARRAY(
		SELECT b.batch_id FROM batches b WHERE b.workspace_id = $1 AND b.queue <> 'due'))`
	stuck = ` AND NOT p.folded AND p.trigger = 'immediate' AND ` + parked
)

// PendingLead returns a pending lead, ErrNotFound where there is none, or not any more.
func (q Queries) PendingLead(ctx context.Context, workspace, id uuid.UUID) (PendingLead, error) {
	var p PendingLead
	err := sqlx.GetContext(ctx, q.q, &p, pendingLeads+`pending p
		WHERE p.workspace_id = $1 AND p.pending_id = $2 AND (NOT p.folded OR p.batch_id = $3)`, workspace, id, batchOfFolded(id))
	return p, translate(err)
}

// A PendingDay is how many leads a member has pending on one distribution day, by their own clock.
type PendingDay struct {
	MemberID uuid.UUID `db:"member_id"`
	// Day is a date, as in 2026-11-22.
	Day   string `db:"day"`
	Count int    `db:"count"`
}

// PendingDays counts planned pending leads by member and day, earliest first. A distribution day of hours that span
// midnight has the date on which they open.
func (q Queries) PendingDays(ctx context.Context, workspace uuid.UUID, f PendingFilter) ([]PendingDay, error) {
	all := []PendingDay{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT p.member_id, to_char((p.due_at AT TIME ZONE coalesce(m.timezone, w.timezone)) - make_interval(mins =>
			CASE WHEN w.distribution_from > w.distribution_to THEN w.distribution_from ELSE 0 END), 'YYYY-MM-DD') AS day, count(*)
		FROM pending p
		JOIN workspaces w ON w.workspace_id = p.workspace_id
		JOIN members m ON m.workspace_id = p.workspace_id AND m.member_id = p.member_id
		WHERE `+f.matches()+planned+`
		GROUP BY 1, 2 ORDER BY 2, 1`, f.args(workspace)...)
	return all, translate(err)
}
