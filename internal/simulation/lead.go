package simulation

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// A State is how a lead ended.
type State int

const (
	// Nobody means that it was to go to nobody, or was cancelled.
	Nobody State = iota
	// Given means that members got it, or it is planned for them.
	Given
	// Waiting means that it waits for somebody who can take it.
	Waiting
	// Failed means that it could go to nobody; the reason says why.
	Failed
)

// An Outcome is what becomes of a lead.
type Outcome struct {
	State   State
	Group   uuid.UUID // through which it went, the nil UUID for none
	Members []uuid.UUID
	Reason  lead.Reason
}

// Same reports whether two outcomes are one to those who receive leads.
func (o Outcome) Same(other Outcome) bool {
	if o.State != other.State || len(o.Members) != len(other.Members) {
		return false
	}
	return !slices.ContainsFunc(o.Members, func(m uuid.UUID) bool { return !slices.Contains(other.Members, m) })
}

// A Lead is one decision about a lead as it happened.
type Lead struct {
	ID, Pending uuid.UUID
	// Accepted is when it was to be decided, and At when it was.
	Accepted, At time.Time
	// Counted says that it is the first decision about a lead that came in then. The others take their turns and count for caps; nobody
	// asks what became of them.
	Counted bool
	// Fixed decisions are no matter of turns: somebody was named, or the lead was refused whoever was to get it.
	Fixed bool
	// Ahead says that turns were dealt when it was planned, for whoever is active.
	Ahead bool
	// Group is to which it came, and Asked what the rules are asked about it, nil where it does not go by them.
	Group  uuid.UUID
	Asked  *route.Lead
	Source uuid.UUID
	Traits lead.Traits
	// Was is what became of it. Version, Turn and Passed are by which turn, and which were passed over for it; Version is 0 for none. Owed says
	// that the turn had been kept for somebody, and Kept are those of the Passed that were kept then.
	Was          Outcome
	Version      int
	Turn         int64
	Owed         bool
	Passed, Kept []int64
	// Follows is the lead of the same person whose member got it.
	Follows uuid.UUID
	// Remember says that something refers to it later: it is followed, or was taken back.
	Remember bool
}

// A Back is a decision that was taken back.
type Back struct {
	Lead, Pending, Group, Member uuid.UUID
	At, Given                    time.Time
	// Undone decisions give their turn back; Version is 0 where they had none.
	Undone  bool
	Version int
	Turn    int64
}
