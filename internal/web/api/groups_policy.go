package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// GroupPolicy is what a group does about receivers who cannot take a lead.
type GroupPolicy struct {
	WhenAway  store.WhenAway `json:"when_away" doc:"pass: whoever cannot take a lead when it is their turn is passed over and owed nothing. owe: some of their turns are kept for when they are back."`
	OweAtMost int            `json:"owe_at_most" doc:"How many turns are kept for a receiver, with owe."`
	Overflow  Overflow       `json:"overflow" doc:"What becomes of a lead that nobody can take now, though somebody active is listed."`
	// AnswerWithin is null where no answer is wanted.
	AnswerWithin *AnswerWithin `json:"answer_within" doc:"In what time whoever gets a lead by turn is to answer it; null where no answer is wanted."`
	// BalanceBy is null for nothing.
	BalanceBy *string `json:"balance_by" doc:"By what the mix is kept even: source, campaign, form, rule, or field: and a field's name. Each value has turns of its own, so that every receiver gets as many of each; null for nothing."`
}

// GroupPolicySpec is what may be said of a group's policy. What is left out is as it was, or as by default.
type GroupPolicySpec struct {
	WhenAway  store.WhenAway `json:"when_away,omitempty" doc:"pass unless given."`
	OweAtMost int            `json:"owe_at_most,omitempty" minimum:"1" maximum:"1000" doc:"10 unless given."`
	Overflow  *Overflow      `json:"overflow,omitempty" doc:"To wait unless given."`
	// AnswerWithin is left as it is where it is left out.
	AnswerWithin Patch[AnswerWithin] `json:"answer_within,omitempty" doc:"In what time whoever gets a lead by turn is to answer it; null for no time."`
	// BalanceBy is left as it is where it is left out.
	BalanceBy Patch[string] `json:"balance_by,omitempty" doc:"By what to keep the mix even: source, campaign, form, rule, or field: and a field's name, as in field:city; null for nothing. Another one begins anew with whoever has had least."`
}

// AnswerWithin is in what time a group wants its leads answered.
type AnswerWithin struct {
	Minutes int              `json:"minutes"`
	Count   lead.AnswerCount `json:"count"`
	Then    lead.AnswerThen  `json:"then"`
	AtMost  int              `json:"at_most"`
}

// Schema implements huma.SchemaProvider, since it may be null.
func (AnswerWithin) Schema(r huma.Registry) *huma.Schema {
	number := func(most float64, doc string) *huma.Schema {
		least := 1.0
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: &least, Maximum: &most, Description: doc}
	}
	word := func(of reflect.Type, doc string) *huma.Schema {
		s := *r.Schema(of, false, "")
		s.Description = doc
		return &s
	}
	s := &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Required: []string{"minutes"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"minutes": number(43200, "Whoever gets a lead by turn is to answer it within so many."),
			"count":   word(reflect.TypeFor[lead.AnswerCount](), "always, unless given: every minute counts. working_hours: those in which the member works."),
			"then":    word(reflect.TypeFor[lead.AnswerThen](), "reassign, unless given: the lead is taken back and takes the next turn. tell: it stays, and webhooks are told."),
			"at_most": number(100, "With reassign: how often a lead is taken back; 3 unless given. After that it stays, and webhooks are told."),
		},
	}
	s.PrecomputeMessages()
	return s
}

// Overflow says what becomes of a lead that nobody of a group can take now.
type Overflow struct {
	Then         store.OverflowThen `json:"then" doc:"wait: it waits until somebody can take it. group: another group takes it. fail: it fails with nobody_available."`
	GroupID      *uuid.UUID         `json:"group_id,omitempty" format:"uuid" doc:"With group: which."`
	AfterMinutes *int               `json:"after_minutes,omitempty" minimum:"0" maximum:"43200" doc:"With group: how long it waits before; 0 unless given."`
}

func (p GroupPolicySpec) policy() store.GroupPolicy {
	policy := store.GroupPolicy{WhenAway: p.WhenAway, OweAtMost: p.OweAtMost}
	if p.Overflow != nil {
		policy.Overflow = store.Overflow{Then: p.Overflow.Then, GroupID: idOrNil(p.Overflow.GroupID)}
		if p.Overflow.AfterMinutes != nil {
			policy.Overflow.AfterMinutes = *p.Overflow.AfterMinutes
		}
	}
	if p.AnswerWithin.set {
		within := lead.AnswerWithin(p.AnswerWithin.value)
		policy.AnswerWithin = &within
	}
	if p.BalanceBy.set {
		by := lead.BalanceBy(p.BalanceBy.value)
		policy.BalanceBy = &by
	}
	return policy
}

func policyBody(g store.Group) GroupPolicy {
	p := GroupPolicy{WhenAway: g.WhenAway, OweAtMost: g.OweAtMost, Overflow: Overflow{Then: g.Overflow.Then}, BalanceBy: (*string)(textOrNull(g.BalanceBy))}
	if g.Overflow.Then == store.OverflowGroup {
		p.Overflow.GroupID, p.Overflow.AfterMinutes = &g.Overflow.GroupID, &g.Overflow.AfterMinutes
	}
	if !g.Answer.None() {
		within := AnswerWithin(g.Answer.AnswerWithin)
		p.AnswerWithin = &within
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
