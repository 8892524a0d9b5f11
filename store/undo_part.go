package store

import (
	"database/sql"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An undoing is one part of an undo.
type undoing struct {
	*Tx
	*Undo
	workspace uuid.UUID
}

// A turnOf is a turn that was spent on a lead.
type turnOf struct {
	Group   uuid.UUID `db:"group_id"`
	Version int       `db:"version"`
	Turn    int64     `db:"turn"`
	Lead    uuid.UUID `db:"lead_id"`
}

// ended is a decision of the run that came to an end, or is pending: of a plan.
type ended struct {
	History  uuid.UUID     `db:"history_id"` // nil for what is pending
	Pending  uuid.UUID     `db:"pending_id"`
	Lead     uuid.UUID     `db:"lead_id"`
	Member   uuid.NullUUID `db:"member_id"`
	Group    uuid.NullUUID `db:"group_id"`
	Version  sql.NullInt64 `db:"ring_version"`
	Turn     sql.NullInt64 `db:"turn"`
	Outcome  lead.Outcome  `db:"outcome"`
	At       time.Time     `db:"at"`
	turnBack bool
}

func (e ended) turn() turnOf {
	return turnOf{e.Group.UUID, int(e.Version.Int64), e.Turn.Int64, e.Lead}
}

// A givenCopy is a copy of one of the leads, and why it stays, empty where nobody has done anything with it.
type givenCopy struct {
	unanswered
	Why  string `db:"why"`
	Told int    `db:"messages"`
}

// takingBack is what a part of an undo takes back.
type takingBack struct {
	undoing
	copies []givenCopy

	pending []ended     // what is planned or offered
	undone  []ended     // what came to an end and gets an entry that says that it was undone
	gone    []givenCopy // copies that are taken back now
	away    []givenCopy // those that had been, since they were not answered
	kept    []givenCopy
	turns   []turnOf
	passed  []uuid.UUID // decisions for which turns may have been passed over
}

func idsOf(copies []givenCopy) []uuid.UUID {
	return pluck(copies, func(c *givenCopy) uuid.UUID { return c.ID })
}
