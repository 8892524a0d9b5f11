package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// previewAge is how old a preview may be that is asked to be the plan: after that, members would have times that are over.
const previewAge = time.Hour

// A Planned is one decision of a plan: who gets a lead and when, or why nobody does.
type Planned struct {
	LeadID uuid.UUID
	// MemberID is nil where nobody gets it, for the Reason.
	MemberID uuid.UUID
	DueAt    time.Time
	Reason   lead.Reason
}

// Preview plans as Assign would, in lead order, and writes nothing. Assigning the same leads with the same distribution
// and the seed that it returns gives the same plan, while nothing else changed.
func (t *Tx) Preview(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID, d Distribution) (lead.Seed, []Planned, error) {
	if err := t.checkAssigned(ctx, workspace, leads, d); err != nil {
		return 0, nil, err
	}
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return 0, nil, err
	}
	if d.Seed == 0 {
		d.Seed = newSeed(t.now())
	}
	pending, err := t.plan(ctx, w, schedule{Distribution: d, leads: leads}, newLedgerTurns(t, ""))
	planned := make([]Planned, len(pending))
	for i, p := range pending {
		planned[i] = Planned{LeadID: p.lead, MemberID: p.member, DueAt: p.due, Reason: p.refused}
	}
	return d.Seed, planned, err
}

// checkAssigned returns a *FieldError where leads cannot be assigned as asked.
func (t *Tx) checkAssigned(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID, d Distribution) error {
	if d.Seed != 0 {
		if age := t.now().Sub(d.Seed.Time()); age < -time.Minute || age > previewAge {
			return &FieldError{"seed", "this seed is not that of a preview from the last hour; ask for a new preview"}
		}
	}
	if err := t.CheckDistribution(ctx, workspace, d); err != nil {
		return err
	}
	return t.checkLeads(ctx, workspace, leads)
}
