package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A HistoryEntry is the final outcome of one decision to distribute a lead.
type HistoryEntry struct {
	ID           uuid.UUID  `db:"history_id"`
	LeadID       uuid.UUID  `db:"lead_id"`
	MemberID     *uuid.UUID `db:"member_id"`
	GroupID      *uuid.UUID `db:"group_id"`
	AssignmentID *uuid.UUID `db:"assignment_id"`
	// RetryOf is the failed entry that was driven again, and Retried that this one was.
	RetryOf *uuid.UUID `db:"retry_of"`
	Retried bool       `db:"retried"`
	// RingVersion and Turn say which step of the group's ring it was.
	RingVersion *int   `db:"ring_version"`
	Turn        *int64 `db:"turn"`
	// MovedFrom is the member for whom it was planned, where an operator chose another, and ReplannedFrom when it was to
	// go out first, where an outage outlasted that day.
	MovedFrom     *uuid.UUID   `db:"moved_from"`
	ReplannedFrom *time.Time   `db:"replanned_from"`
	Outcome       lead.Outcome `db:"outcome"`
	Reason        lead.Reason  `db:"reason"`
	Trigger       lead.Trigger `db:"trigger"`
	// Pace is at which it was planned, if at any.
	Pace lead.Pace `db:"pace"`
	// Skipped are the members who were passed over.
	Skipped    []lead.Skip `db:"-"`
	DueAt      time.Time   `db:"due_at"`
	AcceptedAt time.Time   `db:"accepted_at"`
	At         time.Time   `db:"at"`
}

// A HistoryFilter narrows a list of history; zero fields don't. From is inclusive, To is not.
type HistoryFilter struct {
	Outcome                   lead.Outcome
	Reason                    lead.Reason
	Trigger                   lead.Trigger
	MemberID, LeadID, GroupID uuid.UUID
	From, To                  time.Time
}

// History lists a page of history, newest first.
func (q Queries) History(ctx context.Context, workspace uuid.UUID, f HistoryFilter, p Page) ([]HistoryEntry, error) {
	var rows []struct {
		HistoryEntry
		SkippedJSON jsonb[[]lead.Skip] `db:"skipped"`
	}
	err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT h.history_id, h.lead_id, h.member_id, h.group_id, h.assignment_id, h.retry_of, h.ring_version, h.turn, h.moved_from,
			h.replanned_from,
			h.outcome, coalesce(h.reason, '') AS reason, h.trigger, coalesce(h.pace, '') AS pace, h.skipped, h.due_at, h.accepted_at, h.at,
			h.outcome = 'failed' AND EXISTS (SELECT 1 FROM history_retries r
				WHERE r.workspace_id = h.workspace_id AND r.history_id = h.history_id) AS retried
		FROM history h
		WHERE h.workspace_id = $1 AND ($2::uuid IS NULL OR h.history_id < $2)
			AND ($3::text IS NULL OR h.outcome = $3)
			AND ($4::text IS NULL OR h.reason = $4)
			AND ($5::uuid IS NULL OR h.member_id = $5)
			AND ($6::uuid IS NULL OR h.lead_id = $6)
			AND ($7::uuid IS NULL OR h.group_id = $7)
			AND ($8::timestamptz IS NULL OR h.at >= $8)
			AND ($9::timestamptz IS NULL OR h.at < $9)
			AND ($11::text IS NULL OR h.trigger = $11)
		ORDER BY h.history_id DESC LIMIT $10`,
		workspace, nullID(p.After), nullText(string(f.Outcome)), nullText(string(f.Reason)), nullID(f.MemberID),
		nullID(f.LeadID), nullID(f.GroupID), nullTime(f.From), nullTime(f.To), p.Limit, nullText(string(f.Trigger)))
	all := make([]HistoryEntry, len(rows))
	for i, r := range rows {
		all[i] = r.HistoryEntry
		all[i].Skipped = r.SkippedJSON.v
	}
	return all, translate(err)
}
