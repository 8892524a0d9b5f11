package store

import (
	"github.com/leadwheel/leadwheel/internal/lead"
)

const (
	// DefaultReassigned is how often a lead is taken back unless its group says otherwise, and maxReassigned the most.
	DefaultReassigned, maxReassigned = 3, 100
	// maxAnswer is how many minutes a group may give for an answer.
	maxAnswer = 30 * 24 * 60
)

// answerColumn is a lead.AnswerWithin as its column has it; NULL wants no answer.
type answerColumn struct{ lead.AnswerWithin }

// Scan implements sql.Scanner.
func (a *answerColumn) Scan(src any) error { return readJSON(src, &a.AnswerWithin) }

// answerOrDefault fills in what was left out of what a group wants.
func answerOrDefault(a *lead.AnswerWithin) *lead.AnswerWithin {
	if a == nil || a.None() {
		return &lead.AnswerWithin{}
	}
	full := *a
	if full.Count == "" {
		full.Count = lead.CountAlways
	}
	if full.Then == "" {
		full.Then = lead.ThenReassign
	}
	if full.AtMost == 0 {
		full.AtMost = DefaultReassigned
	}
	return &full
}

// answerRow is what a group's row says of the answers that it wants.
func (p GroupPolicy) answerRow() value {
	if p.AnswerWithin == nil || p.AnswerWithin.None() {
		return value{"answer_within", nil}
	}
	return value{"answer_within", asJSON(p.AnswerWithin)}
}

// checkAnswer returns a *FieldError where nobody could answer like that.
func checkAnswer(a *lead.AnswerWithin) error {
	switch {
	case a == nil || a.None():
		return nil
	case a.Minutes < 1 || a.Minutes > maxAnswer:
		return &FieldError{"answer_within.minutes", "give 1 to 43200 minutes, which is 30 days"}
	case a.AtMost < 1 || a.AtMost > maxReassigned:
		return &FieldError{"answer_within.at_most", "a lead is taken back 1 to 100 times at the most; to have it stay where it is say then: tell"}
	}
	return nil
}
