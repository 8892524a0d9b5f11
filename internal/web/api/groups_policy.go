package api

import (
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// GroupPolicy is what a group does about receivers who cannot take a lead.
type GroupPolicy struct {
	WhenAway  store.WhenAway `json:"when_away" doc:"pass: whoever cannot take a lead when it is their turn is passed over and owed nothing. owe: some of their turns are kept for when they are back."`
	OweAtMost int            `json:"owe_at_most" doc:"How many turns are kept for a receiver, with owe."`
	Overflow  Overflow       `json:"overflow" doc:"What becomes of a lead that nobody can take now, though somebody active is listed."`
}

// GroupPolicySpec is what may be said of a group's policy. What is left out is as it was, or as by default.
type GroupPolicySpec struct {
	WhenAway  store.WhenAway `json:"when_away,omitempty" doc:"pass unless given."`
	OweAtMost int            `json:"owe_at_most,omitempty" minimum:"1" maximum:"1000" doc:"10 unless given."`
	Overflow  *Overflow      `json:"overflow,omitempty" doc:"To wait unless given."`
}

// Overflow says what becomes of a lead that nobody of a group can take now.
type Overflow struct {
	Then         store.OverflowThen `json:"then" doc:"wait: it waits until somebody can take it. group: another group takes it. fail: it fails with nobody_available."`
	GroupID      *uuid.UUID         `json:"group_id,omitempty" format:"uuid" doc:"With group: which."`
	AfterMinutes *int               `json:"after_minutes,omitempty" minimum:"0" maximum:"43200" doc:"With group: how long it waits before; 0 unless given."`
}

func (p GroupPolicySpec) toStore() store.GroupPolicy {
	policy := store.GroupPolicy{WhenAway: p.WhenAway, OweAtMost: p.OweAtMost}
	if p.Overflow != nil {
		policy.Overflow = store.Overflow{Then: p.Overflow.Then, GroupID: idOrNil(p.Overflow.GroupID)}
		if p.Overflow.AfterMinutes != nil {
			policy.Overflow.AfterMinutes = *p.Overflow.AfterMinutes
		}
	}
	return policy
}

func policyBody(g store.Group) GroupPolicy {
	p := GroupPolicy{WhenAway: g.WhenAway, OweAtMost: g.OweAtMost, Overflow: Overflow{Then: g.Overflow.Then}}
	if g.Overflow.Then == store.OverflowGroup {
		p.Overflow.GroupID, p.Overflow.AfterMinutes = &g.Overflow.GroupID, &g.Overflow.AfterMinutes
	}
	return p
}

// pointer is the caps of a receiver as the domain has them: nil where nothing is bounded.
func (c *Caps) pointer() *lead.Caps {
	if caps := c.toStore(); !caps.None() {
		return &caps
	}
	return nil
}

func capsAtOrNull(c *lead.Caps) *Caps {
	if c == nil {
		return nil
	}
	return capsOrNull(*c)
}
