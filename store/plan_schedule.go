package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// armSoon is how far ahead whoever plans a lead arms it at once, since the scheduler may come round too late.
const armSoon = 30 * time.Second

// A schedule is leads that are planned as one, in their order.
type schedule struct {
	Distribution
	leads []uuid.UUID
	// sameAs are the earlier leads whose members get some of them.
	sameAs map[uuid.UUID]uuid.UUID
}

// addTo adds a lead to the schedule that it belongs to.
func addTo(schedules []schedule, d Distribution, id uuid.UUID, sameAs map[uuid.UUID]uuid.UUID) []schedule {
	for i := range schedules {
		if schedules[i].same(d) {
			schedules[i].leads = append(schedules[i].leads, id)
			return schedules
		}
	}
	return append(schedules, schedule{d, []uuid.UUID{id}, sameAs})
}

// schedule plans leads and writes the plan: for each member who gets a lead a pending lead with its due time, and with
// it the turn where the member has it from a group. It returns how many decisions there are.
func (t *Tx) schedule(ctx context.Context, w Workspace, s schedule, assignment uuid.UUID) (int, error) {
	var pending []pendingLead
	var err error
	if w.LeadsDistribution && w.ScheduledDistribution {
		pending, err = t.plan(ctx, w, s, t.turnsOf)
	} else {
		for _, l := range s.leads {
			pending = append(pending, decisionsFor(l, s.Distribution)...)
		}
		refuse(pending)
		s.dueAt(pending, t.now())
	}
	if err != nil {
		return 0, err
	}
	for i := range pending {
		pending[i].assignment = assignment
	}
	// Four indexes go by when they are due: written in that order they are written at their ends, and not all over.
	slices.SortStableFunc(pending, func(a, b pendingLead) int { return a.due.Compare(b.due) })
	noBatch := func(int) uuid.UUID { return uuid.Nil }
	if err := t.insertPending(ctx, w.ID, lead.Scheduled, s.Pace, pending, noBatch); err != nil {
		return 0, err
	}
	if assignment == uuid.Nil {
		if err := t.countDecisions(ctx, w.ID, pending); err != nil {
			return 0, err
		}
	}
	return len(pending), t.armSoon(ctx, w.ID)
}

// plan decides who gets the leads and when, without writing decisions. Turns of a group come from turnsOf; they are
// spent where that is the transaction's own. It passes the gate.
func (t *Tx) plan(ctx context.Context, w Workspace, s schedule, turns turnsOf) ([]pendingLead, error) {
	if err := t.passGate(ctx, w.ID); err != nil {
		return nil, err
	}
	var pending []pendingLead
	offers, err := t.offersLeads(ctx, w.ID, s.GroupID)
	switch {
	case err != nil:
	case offers: // they are dealt, and offered, when their time has come
		for _, l := range s.leads {
			pending = append(pending, pendingLead{lead: l, group: s.GroupID, sameAs: s.sameAs[l]})
		}
	case s.GroupID != uuid.Nil:
		pending, err = t.dealAhead(ctx, w.ID, s, turns)
	default:
		pending = make([]pendingLead, 0, len(s.leads)*len(s.MemberIDs))
		for _, l := range s.leads {
			pending = append(pending, decisionsFor(l, s.Distribution)...)
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("planning %d leads for group %s: %w", len(s.leads), s.GroupID, err)
	case s.Pace != "" && !offers:
		return pending, t.spread(ctx, w, s, pending)
	}
	s.dueAt(pending, t.now())
	return pending, nil
}

// dueAt has all decisions take effect at the schedule's time, or now where it has none, and refused ones now.
func (s schedule) dueAt(pending []pendingLead, now time.Time) {
	at := now
	if !s.At.IsZero() {
		at = wholeSecond(s.At)
	}
	for i := range pending {
		if pending[i].due = at; pending[i].refused != "" {
			pending[i].due = now
		}
	}
}

// wholeSecond rounds a due time up, since the queue knows nothing finer and no lead goes out before its time.
func wholeSecond(at time.Time) time.Time {
	if whole := at.Truncate(time.Second); !whole.Equal(at) {
		return whole.Add(time.Second).UTC()
	}
	return at.UTC()
}

// newSeed is a seed for a plan that is made now.
func newSeed(now time.Time) lead.Seed { return lead.NewSeed(now, rand.Uint64()) }

// countDecisions corrects the leads whose turns have more than one receiver: each of those has a decision of its own.
func (t *Tx) countDecisions(ctx context.Context, workspace uuid.UUID, pending []pendingLead) error {
	counts := make(map[uuid.UUID]int)
	several := false
	for _, p := range pending {
		counts[p.lead]++
		several = several || p.group != uuid.Nil && counts[p.lead] > 1
	}
	if !several {
		return nil
	}
	ids, numbers := make([]uuid.UUID, 0, len(counts)), make([]int, 0, len(counts))
	for id, n := range counts {
		ids, numbers = append(ids, id), append(numbers, n)
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE leads l SET decisions = n.decisions FROM unnest($2::uuid[], $3::int[]) AS n (lead_id, decisions)
		WHERE l.workspace_id = $1 AND l.lead_id = n.lead_id`, workspace, uuids(ids), ints(numbers))
	return translate(err)
}
