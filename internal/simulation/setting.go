// Package simulation replays leads that came in, in their order and at their times, through groups, members and rules as they are, or as
// they might be. It is pure, and deals by internal/lead as the real thing does: the store tells it where everything stood when the first
// lead came in, feeds it the leads one after the other, and keeps what it says.
package simulation

import (
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// A Setting is how groups, members and rules are set, and where they stood when the first lead came in. A replay changes it.
type Setting struct {
	Groups  map[uuid.UUID]*Group
	Members map[uuid.UUID]*Member
	// Counts are what those with caps had got by then, over all groups where the group is the nil UUID.
	Counts map[CountKey]*Count
	// Route asks the rules about a lead that goes by them; nil has each keep the group to which it went.
	Route func(*Lead) route.Verdict
	// BornClosed says that copies begin with a status that counts as closed.
	BornClosed bool
}

// A Group is a ring, where its lanes stand, and what becomes of leads that nobody can take.
type Group struct {
	// Gone groups were deleted.
	Gone bool
	// Offers says that it offers its leads: nobody can say who would accept, so these stay with whoever did.
	Offers bool
	// Version is of the ring in the ledger whose turns Stands are; 0 where the ring was made for the simulation.
	Version int
	// Stands are its lanes, lane 0 first.
	Stands []lead.Stand
	// By is by what it keeps its mix even, Values says which lane is open for which value.
	By     lead.BalanceBy
	Values map[string]int
	// Opened are lanes that were opened since the first lead came in, by their values: they begin where they began then.
	Opened map[string]lead.Ring
	// Fails says that leads which nobody can take fail. Next is the group to which they go on, After so long; else they wait.
	Fails bool
	Next  uuid.UUID
	After time.Duration
	// Owes says that it keeps turns for who is away, OweAtMost of them for a slot. Kept are those that it keeps, oldest first, and Paid
	// that its last lead made one good.
	Owes      bool
	OweAtMost int
	Kept      []lead.Debt
	Paid      bool

	caps map[uuid.UUID]lead.Caps
}

// A Member is who may take leads, and when.
type Member struct {
	Active, OnDuty bool
	Calendar       lead.Calendar
	Caps           lead.Caps

	// What keeps them, as it was found at from, and until when that holds.
	obstacle    lead.Obstacle
	from, until time.Time
}

// A CountKey is what a cap counts: what a member gets of a group, or of all where that is the nil UUID.
type CountKey struct{ Member, Group uuid.UUID }

// A Count is what a member got in the windows that are under way.
type Count struct {
	lead.Count
	Windows lead.Windows
}

// roll moves the count on to the windows of a moment.
func (c *Count) roll(at time.Time, zone *time.Location) {
	if at.Before(c.Windows.NextHour) {
		return
	}
	now := lead.WindowsAt(at, zone)
	for _, one := range []struct {
		was, is time.Time
		in      *int
	}{
		{c.Windows.Hour, now.Hour, &c.Hour}, {c.Windows.Day, now.Day, &c.Day}, {c.Windows.Week, now.Week, &c.Week}, {c.Windows.Month, now.Month, &c.Month},
	} {
		if one.is.After(one.was) {
			*one.in = 0
		}
	}
	c.Windows = now
}

// back takes from the count a lead that was given at a time.
func (c *Count) back(given time.Time, got, open int) {
	for _, one := range []struct {
		from time.Time
		in   *int
	}{{c.Windows.Hour, &c.Hour}, {c.Windows.Day, &c.Day}, {c.Windows.Week, &c.Week}, {c.Windows.Month, &c.Month}} {
		if !given.Before(one.from) {
			*one.in -= got
		}
	}
	c.Open -= open
}

// obstacleAt is why the calendar keeps a member from taking a lead by turn at a moment, empty where it does not.
func (m *Member) obstacleAt(at time.Time) lead.Obstacle {
	switch {
	case m == nil || !m.Active:
		return lead.ObstacleInactive
	case !m.OnDuty:
		return lead.ObstacleOffDuty
	case m.Calendar.Hours == nil && len(m.Calendar.Absences) == 0:
		return ""
	}
	if at.Before(m.from) || !at.Before(m.until) {
		m.obstacle, m.until = m.Calendar.At(at)
		if m.from = at; m.until.IsZero() {
			m.until = at.Add(time.Hour)
		}
	}
	return m.obstacle
}

// restricted says that something may keep a member who is active.
func (m *Member) restricted() bool {
	return m != nil && m.Active && (!m.OnDuty || m.Calendar.Hours != nil || len(m.Calendar.Absences) > 0)
}
