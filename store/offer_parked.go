package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An offering is of a lead to the receivers of a turn, none of whom has accepted it.
type offering struct {
	version    int
	turn       int64
	skipped    []lead.Skip
	at, by     time.Time // by is zero where it has no end
	reassigned int
}

// goOn has a claim that was offered be decided anew. What it was offered by is kept, for where nobody else can take it.
func (c *claim) goOn() {
	if !c.OfferedAt.Valid {
		return
	}
	c.offering = &offering{int(c.Version.Int64), c.Turn.Int64, c.Skipped, c.OfferedAt.Time, c.OfferBy.Time, c.Reassigned}
	c.Version.Valid, c.Turn.Valid, c.Skipped = false, false, nil
	c.Reassigned++
}

// An offer is a claim that a group's turn offers to receivers.
type offer struct {
	claim
	receivers   []lead.Receiver
	version     int
	turn        int64
	skipped     []lead.Skip
	remind, end time.Time // zero where the group wants no answer
}

// A parkedLead is a claim that is offered.
type parkedLead struct {
	claim
	offering
	alarm time.Time // zero for none
}

// park writes claims as pending leads that are offered.
func (t *Tx) park(ctx context.Context, workspace uuid.UUID, all []parkedLead) error {
	if len(all) == 0 {
		return nil
	}
	ids := func(of func(*parkedLead) uuid.UUID) array { return uuids(pluck(all, of)) }
	times := func(of func(*parkedLead) time.Time) array { return timestamps(pluck(all, of)) }
	from, args := unnest("p", []any{workspace, uuid.Nil, epoch},
		column{"pending_id", ids(func(p *parkedLead) uuid.UUID { return p.PendingID })},
		column{"lead_id", ids(func(p *parkedLead) uuid.UUID { return p.LeadID })},
		column{"group_id", ids(func(p *parkedLead) uuid.UUID { return p.GroupID.UUID })},
		column{"version", ints(pluck(all, func(p *parkedLead) int { return p.version }))},
		column{"turn", bigints(pluck(all, func(p *parkedLead) int64 { return p.turn }))},
		column{"assignment_id", ids(func(p *parkedLead) uuid.UUID { return p.AssignmentID.UUID })},
		column{"retry_of", ids(func(p *parkedLead) uuid.UUID { return p.RetryOf.UUID })},
		column{"trigger", texts(pluck(all, func(p *parkedLead) lead.Trigger { return p.Trigger }))},
		column{"skipped", jsonbs(pluck(all, func(p *parkedLead) string { return textOfJSON(p.skipped) }))},
		column{"due_at", times(func(p *parkedLead) time.Time { return p.DueAt })},
		column{"accepted_at", times(func(p *parkedLead) time.Time { return p.AcceptedAt })},
		column{"overflowed", texts(pluck(all, func(p *parkedLead) string { return p.Overflowed.text() }))},
		column{"reassigned", ints(pluck(all, func(p *parkedLead) int { return p.reassigned }))},
		column{"offered_at", times(func(p *parkedLead) time.Time { return p.at })},
		column{"offer_by", times(func(p *parkedLead) time.Time { return timeOrEpoch(p.by) })},
		column{"alarm_at", times(func(p *parkedLead) time.Time { return timeOrEpoch(p.alarm) })})
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO pending_leads (workspace_id, pending_id, lead_id, group_id, ring_version, turn, assignment_id, retry_of, trigger, skipped,
			due_at, accepted_at, overflowed, reassigned, waiting_since, offered_at, offer_by, offer_alarm_at)
		SELECT $1, p.pending_id, p.lead_id, p.group_id, p.version, p.turn, nullif(p.assignment_id, $2), nullif(p.retry_of, $2), p.trigger,
			p.skipped, p.due_at, p.accepted_at, CASE WHEN p.overflowed <> '' THEN p.overflowed::uuid[] END, p.reassigned, p.offered_at,
			p.offered_at, nullif(p.offer_by, $3), nullif(p.alarm_at, $3)
		FROM `+from, args...)
	if err != nil {
		return fmt.Errorf("storing %d offered leads: %w", len(all), translate(err))
	}
	return nil
}

// timeOrEpoch is a time as a column of times has it that may be missing.
func timeOrEpoch(t time.Time) time.Time {
	if t.IsZero() {
		return epoch
	}
	return t
}
