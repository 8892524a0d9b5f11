package simulation

import (
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

type holding struct{ lead, member uuid.UUID }

// A roster answers for the leads that are dealt at one moment. It implements lead.Roster.
type roster struct {
	*Replay
	group uuid.UUID
	caps  map[uuid.UUID]lead.Caps
	at    time.Time
	ahead bool
}

func (r *Replay) roster(group uuid.UUID, at time.Time, ahead bool) roster {
	g := r.Groups[group]
	if g.caps == nil {
		if g.caps = g.Stands[0].Ring.Caps(); g.caps == nil {
			g.caps = make(map[uuid.UUID]lead.Caps)
		}
	}
	return roster{r, group, g.caps, at, ahead}
}

// Unable implements lead.Roster.
func (r roster) Unable(member uuid.UUID) lead.Obstacle {
	m := r.Members[member]
	if r.ahead && m != nil && m.Active {
		return ""
	}
	if o := m.obstacleAt(r.at); o != "" {
		return o
	}
	if len(r.Counts) == 0 {
		return ""
	}
	for _, one := range [2]struct {
		key  CountKey
		caps lead.Caps
	}{{CountKey{member, uuid.Nil}, m.Caps}, {CountKey{member, r.group}, r.caps[member]}} {
		if c := r.Counts[one.key]; c != nil {
			c.roll(r.at, m.Calendar.Zone)
			if o := one.caps.Full(c.Count); o != "" {
				return o
			}
		}
	}
	return ""
}

// Holds implements lead.Roster.
func (r roster) Holds(lead, member uuid.UUID) bool { return r.held[holding{lead, member}] }

// Give implements lead.Roster.
func (r roster) Give(lead, member uuid.UUID) {
	r.held[holding{lead, member}] = true
	r.count(member, r.group, r.at)
}

// count counts one more lead of a group for a member.
func (r *Replay) count(member, group uuid.UUID, at time.Time) {
	m := r.Members[member]
	if len(r.Counts) == 0 || m == nil {
		return
	}
	for _, of := range [2]uuid.UUID{uuid.Nil, group} {
		if c := r.Counts[CountKey{member, of}]; c != nil {
			c.roll(at, m.Calendar.Zone)
			open := c.Open
			if c.Add(1); r.BornClosed {
				c.Open = open
			}
		}
		if group == uuid.Nil {
			return
		}
	}
}

// uncount takes a lead of a group from what is counted for a member.
func (r *Replay) uncount(member, group uuid.UUID, at, given time.Time, got, open int) {
	m := r.Members[member]
	if len(r.Counts) == 0 || m == nil {
		return
	}
	for _, of := range [2]uuid.UUID{uuid.Nil, group} {
		if c := r.Counts[CountKey{member, of}]; c != nil {
			c.roll(at, m.Calendar.Zone)
			c.back(given, got, open)
		}
		if group == uuid.Nil {
			return
		}
	}
}
