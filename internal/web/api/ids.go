package api

import (
	"time"

	"github.com/google/uuid"
)

// ItemID is the id in a path. Text that is no id never comes this far: see newError.
type ItemID struct {
	ID uuid.UUID `path:"id"`
}

// name puts an id where the path would.
func (i *ItemID) name(id uuid.UUID) { i.ID = id }

// itemInput is the input of operations on one item.
type itemInput struct{ ItemID }

// patchInput is the input of operations that change one item.
type patchInput[T any] struct {
	ItemID
	Body T
}

// none is the input of operations that take nothing, and the output of those that answer nothing.
type none struct{}

// idOrNil is an optional id as JSON has it.
func idOrNil(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// idOrNull is an id as JSON has it: null where there is none.
func idOrNull(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// textOrNull is text as JSON has it: null where there is none.
func textOrNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

// timeOrZero is an optional time in a body: zero where it is absent.
func timeOrZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
