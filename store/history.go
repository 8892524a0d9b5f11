package store

import (
	"context"
	"time"

	"github.com/google/uuid"

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
	// Lane is the lane of the turn, where the group had lanes.
	Lane *LaneTurn `db:"lane"`
	// MovedFrom is the member for whom it was planned, where an operator chose another, and ReplannedFrom when it was to
	// go out first, where it was planned anew: its member was unavailable, or an outage outlasted that day.
	MovedFrom     *uuid.UUID   `db:"moved_from"`
	ReplannedFrom *time.Time   `db:"replanned_from"`
	Outcome       lead.Outcome `db:"outcome"`
	Reason        lead.Reason  `db:"reason"`
	Trigger       lead.Trigger `db:"trigger"`
	// Pace is at which it was planned, if at any.
	Pace lead.Pace `db:"pace"`
	// RulesVersion and Rule are by which rules the lead went on its way in, and the name of the one that took it; 0 and empty where it
	// was by none.
	RulesVersion int    `db:"rules_version"`
	Rule         string `db:"rule"`
	// Skipped are the members who were passed over.
	Skipped objects[lead.Skip] `db:"skipped"`
	// Overflowed are the groups that could not take it before this one.
	Overflowed IDs       `db:"overflowed"`
	DueAt      time.Time `db:"due_at"`
	AcceptedAt time.Time `db:"accepted_at"`
	At         time.Time `db:"at"`
	// PendingID is what it was while it was pending. ActID is the entry of the audit log that tells of its cancelling, and
	// CancelledBy whose key did it.
	PendingID   uuid.UUID  `db:"pending_id"`
	ActID       *uuid.UUID `db:"act_id"`
	CancelledBy *uuid.UUID `db:"cancelled_by"`
	// CancelledByName is what people call whoever cancelled it, empty where nobody did.
	CancelledByName string `db:"cancelled_by_name"`
}

// A HistoryFilter narrows a list of history; zero fields don't. From is inclusive, To is not.
type HistoryFilter struct {
	Outcome                   lead.Outcome
	Reason                    lead.Reason
	Trigger                   lead.Trigger
	MemberID, LeadID, GroupID uuid.UUID
	AssignmentID, ActID       uuid.UUID
	From, To                  time.Time
	// Retried narrows to failed entries that were driven again, or to those that were not.
	Retried *bool
}

// History lists a page of history, newest first.
func (q Queries) History(ctx context.Context, workspace uuid.UUID, f HistoryFilter, p Page) ([]HistoryEntry, error) {
	var all []HistoryEntry
	l := historyList(workspace, f, p)
	err := l.read(ctx, q, &all, `
		SELECT h.history_id, h.lead_id, h.member_id, h.group_id, h.assignment_id, h.retry_of, h.ring_version, h.turn, h.moved_from,
			CASE WHEN h.turn IS NOT NULL THEN `+laneTurn("h")+` END AS lane, h.replanned_from,
			h.outcome, coalesce(h.reason, '') AS reason, h.trigger, coalesce(h.pace, '') AS pace, h.skipped, h.overflowed, h.due_at, h.accepted_at, h.at,
			h.pending_id, h.act_id, (SELECT api_key_id FROM audit_log a WHERE a.workspace_id = h.workspace_id AND a.entry_id = h.act_id) AS cancelled_by,
			CASE WHEN h.act_id IS NULL THEN '' ELSE coalesce((SELECT coalesce(p.name, nullif(k.name, ''), 'a key (' || k.role || ')')
				FROM audit_log a
				LEFT JOIN people p ON p.workspace_id = a.workspace_id AND p.person_id = a.person_id
				LEFT JOIN api_keys k ON k.workspace_id = a.workspace_id AND k.api_key_id = a.api_key_id
				WHERE a.workspace_id = h.workspace_id AND a.entry_id = h.act_id), 'an operator') END AS cancelled_by_name,
			CASE WHEN h.assignment_id IS NULL THEN coalesce((SELECT l.rules_version FROM leads l
				WHERE l.workspace_id = h.workspace_id AND l.lead_id = h.lead_id), 0) ELSE 0 END AS rules_version,
			CASE WHEN h.assignment_id IS NULL THEN coalesce((SELECT l.rule FROM leads l
				WHERE l.workspace_id = h.workspace_id AND l.lead_id = h.lead_id), '') ELSE '' END AS rule,
			h.outcome = 'failed' AND EXISTS (SELECT 1 FROM history_retries r
				WHERE r.workspace_id = h.workspace_id AND r.history_id = h.history_id) AS retried
		FROM`, "h", "")
	return all, err
}

func historyList(workspace uuid.UUID, f HistoryFilter, p Page) *list {
	low, high := idSpan(f.From, f.To, idSlack)
	l := listOf("history", "history_id", workspace, p, low, high)
	l.withID("act_id", f.ActID)
	l.byCopies = byCopies(f)
	l.withID("lead_id", f.LeadID)
	l.withID("member_id", f.MemberID)
	l.withID("group_id", f.GroupID)
	if (f.Reason != "" || f.Retried != nil) && f.Outcome == "" {
		f.Outcome = lead.Failed // which alone has reasons, and is retried
	}
	switch f.Outcome {
	case "":
	case lead.Failed, lead.Cancelled: // written out for the sake of the indexes of these
		l.others = append(l.others, "outcome = '"+string(f.Outcome)+"'")
	default:
		l.withText("outcome", string(f.Outcome))
	}
	if f.Outcome != "" && f.Outcome != lead.Succeeded && len(l.byCopies) > 0 {
		l.byCopies, l.others = nil, append(l.others, uncopied)
	}
	l.withText("reason", string(f.Reason))
	l.withID("assignment_id", f.AssignmentID)
	l.withText("trigger", string(f.Trigger))
	l.withTimes("at", f.From, f.To)
	if f.Retried != nil {
		retried := "EXISTS (SELECT 1 FROM history_retries r WHERE r.workspace_id = history.workspace_id AND r.history_id = history.history_id)"
		if !*f.Retried {
			retried = "NOT " + retried
		}
		l.others = append(l.others, retried)
	}
	return l
}

// stands is which entries of history were not undone.
const stands = `NOT EXISTS (SELECT 1 FROM history u WHERE u.workspace_id = history.workspace_id AND u.lead_id = history.lead_id
	AND u.pending_id = history.pending_id AND u.member_id IS NOT DISTINCT FROM history.member_id AND u.outcome = 'undone')`
