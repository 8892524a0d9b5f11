package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// WhenAway says what a group owes to receivers who cannot take a lead when it is their turn.
type WhenAway string

const (
	// AwayPass passes them over, and owes them nothing.
	AwayPass WhenAway = "pass"
	// AwayOwe keeps some of their turns for when they are back.
	AwayOwe WhenAway = "owe"
)

// WhenAways lists every one.
func WhenAways() []WhenAway { return []WhenAway{AwayPass, AwayOwe} }

// OverflowThen is what becomes of a lead that nobody of a group can take now.
type OverflowThen string

const (
	// OverflowWait has it wait until somebody can.
	OverflowWait OverflowThen = "wait"
	// OverflowGroup has another group take it.
	OverflowGroup OverflowThen = "group"
	// OverflowFail has it fail.
	OverflowFail OverflowThen = "fail"
)

// OverflowThens lists every one.
func OverflowThens() []OverflowThen { return []OverflowThen{OverflowWait, OverflowGroup, OverflowFail} }

const (
	// DefaultOwed is how many turns a group keeps for a receiver unless it says otherwise.
	DefaultOwed = 10
	// MaxOwed is the most that it keeps for one.
	MaxOwed = 1000
	// maxChain is how many groups a lead may go on to, one after the other.
	maxChain = 5
	// maxAfter bounds for how long a lead waits before it goes on to another group.
	maxAfter = 30 * 24 * time.Hour
)

// An Overflow says what becomes of a lead that nobody of a group can take now.
type Overflow struct {
	Then OverflowThen `json:"then"`
	// GroupID is the group that takes it, AfterMinutes how long it waits before: with OverflowGroup.
	GroupID      uuid.UUID `json:"group_id,omitzero"`
	AfterMinutes int       `json:"after_minutes,omitempty"`
}

func (o Overflow) after() time.Duration { return time.Duration(o.AfterMinutes) * time.Minute }

// overflowColumn is an Overflow as its column has it; NULL is to wait.
type overflowColumn struct{ Overflow }

// Scan implements sql.Scanner.
func (o *overflowColumn) Scan(src any) error {
	err := readJSON(src, &o.Overflow)
	if o.Then == "" {
		o.Then = OverflowWait
	}
	return err
}

// A GroupPolicy is what a group does about receivers who cannot take a lead.
type GroupPolicy struct {
	WhenAway WhenAway
	// OweAtMost is how many turns are kept for a receiver, with AwayOwe.
	OweAtMost int
	Overflow  Overflow
	// AnswerWithin is in what time members are to answer. Nil leaves it as it is, the zero value wants no answer.
	AnswerWithin *lead.AnswerWithin
	// BalanceBy is by what the mix is kept even. Nil leaves it as it is.
	BalanceBy *lead.BalanceBy
}

// orDefault fills in what was left out.
func (p GroupPolicy) orDefault() GroupPolicy {
	if p.WhenAway == "" {
		p.WhenAway = AwayPass
	}
	if p.OweAtMost == 0 {
		p.OweAtMost = DefaultOwed
	}
	if p.Overflow.Then == "" {
		p.Overflow.Then = OverflowWait
	}
	p.AnswerWithin = answerOrDefault(p.AnswerWithin)
	if p.BalanceBy == nil {
		p.BalanceBy = new(lead.BalanceBy)
	}
	return p
}

// or keeps of a group what was left out.
func (p GroupPolicy) or(old Group) GroupPolicy {
	if p.WhenAway == "" {
		p.WhenAway = old.WhenAway
	}
	if p.OweAtMost == 0 {
		p.OweAtMost = old.OweAtMost
	}
	if p.Overflow.Then == "" {
		p.Overflow = old.Overflow.Overflow
	}
	if p.AnswerWithin == nil {
		p.AnswerWithin = &old.Answer.AnswerWithin
	}
	if p.BalanceBy == nil {
		p.BalanceBy = &old.BalanceBy
	}
	p.AnswerWithin = answerOrDefault(p.AnswerWithin)
	return p.orDefault()
}

// capped reports whether a receiver has caps.
func (s GroupSpec) capped() bool {
	return slices.ContainsFunc(s.Listed, func(l lead.Listed) bool {
		return slices.ContainsFunc(l.Members, func(m lead.Receiver) bool { return m.Caps != nil })
	})
}

func (p GroupPolicy) row() row {
	var overflow any
	if p.Overflow.Then != OverflowWait {
		overflow = asJSON(p.Overflow)
	}
	return row{{"when_away", string(p.WhenAway)}, {"owe_at_most", p.OweAtMost}, {"overflow", overflow}, p.answerRow(), {"balance_by", nullText(string(*p.BalanceBy))}}
}

// row is what an operator says of a group, as its columns have it.
func (s GroupSpec) row() row {
	return append(s.GroupPolicy.row(), row{{"name", s.Name}, {"method", string(s.Method)}, {"listed", asJSON(s.Listed)}}...)
}

// checkPolicy returns a *FieldError where a policy cannot be that of the group, which is nil for a new one.
func (q Queries) checkPolicy(ctx context.Context, workspace, group uuid.UUID, p GroupPolicy) error {
	if p.OweAtMost < 1 || p.OweAtMost > MaxOwed {
		return &FieldError{"owe_at_most", fmt.Sprintf("a group keeps 1 to %d turns for a receiver", MaxOwed)}
	}
	if err := checkAnswer(p.AnswerWithin); err != nil {
		return err
	}
	if _, err := lead.ParseBalanceBy(string(*p.BalanceBy)); err != nil {
		return &FieldError{"balance_by", err.Error()}
	}
	if p.Overflow.Then != OverflowGroup {
		if p.Overflow.GroupID != uuid.Nil || p.Overflow.AfterMinutes != 0 {
			return &FieldError{"overflow.then", "group_id and after_minutes go with then: group"}
		}
		return nil
	}
	if p.Overflow.AfterMinutes < 0 || p.Overflow.after() > maxAfter {
		return &FieldError{"overflow.after_minutes", "give 0 to 43200 minutes, which is 30 days"}
	}
	if p.Overflow.GroupID == uuid.Nil {
		return &FieldError{"overflow.group_id", "say which group takes the leads"}
	}
	return q.checkChain(ctx, workspace, group, p.Overflow.GroupID)
}

// checkChain returns a *FieldError where leads of a group that go on to another one would come back to it, or go through too many.
func (q Queries) checkChain(ctx context.Context, workspace, group, next uuid.UUID) error {
	steps := 0
	for next != uuid.Nil {
		if next == group {
			return &FieldError{"overflow.group_id", "leads would go round in a circle: this group takes over what that one cannot give"}
		}
		if steps++; steps > maxChain {
			return &FieldError{"overflow.group_id", fmt.Sprintf("leads would go on through more than %d groups", maxChain)}
		}
		var row struct {
			Overflow overflowColumn `db:"overflow"`
		}
		err := translate(sqlx.GetContext(ctx, q.q, &row, `
			SELECT overflow FROM groups WHERE workspace_id = $1 AND group_id = $2 AND deleted_at IS NULL`, workspace, next))
		switch {
		case errors.Is(err, ErrNotFound) && steps == 1:
			return &FieldError{"overflow.group_id", "there is no such group in this workspace"}
		case errors.Is(err, ErrNotFound): // a group further on that is gone ends the chain
			return nil
		case err != nil:
			return err
		}
		next = row.Overflow.GroupID
	}
	return nil
}
