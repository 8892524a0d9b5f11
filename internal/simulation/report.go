package simulation

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"
)

// MostChanged is how many leads a report names that would have gone to others.
const MostChanged = 20

// A Report is what became of leads, and what would have.
type Report struct {
	// Leads counts those that were to go to somebody, then or now, and Moved those that would have ended otherwise.
	Leads, Moved int
	// Waiting counts those that would still wait at the end, Failed those that would have failed.
	Waiting, Failed int
	Members         []MemberTally
	Groups          []GroupTally
	// Changed are the first that would have ended otherwise, in the order in which they came in.
	Changed []Change
	// Differs is the first lead that the setting as it is does not give to whom it went; nil where all of them are as they were.
	Differs *Difference
}

// A Tally counts what there was and what there would have been.
type Tally struct{ Was, Would int }

// A MemberTally counts a member's leads, also by their source, which is the nil UUID for those without.
type MemberTally struct {
	Member uuid.UUID
	Tally
	Sources map[uuid.UUID]Tally
}

// A GroupTally counts the leads that went through a group to somebody.
type GroupTally struct {
	Group uuid.UUID
	Tally
}

// A Change is a lead that would have ended otherwise.
type Change struct {
	Lead       uuid.UUID
	At         time.Time
	Was, Would Outcome
}

// A Difference is a lead that the setting as it is does not give to whom it went.
type Difference struct {
	Change
	Pending uuid.UUID
	// Version is of the ring by which it went, 0 for none.
	Version int
	// Routed says that it came to another group, by the rules. Undone says that something was undone before in one of its groups.
	Routed, Undone bool
}

type tally struct {
	Report
	members map[uuid.UUID]*MemberTally
	groups  map[uuid.UUID]*GroupTally
	// undos are since when something was undone, by group.
	undos map[uuid.UUID]time.Time
}

func newTally() tally {
	return tally{members: make(map[uuid.UUID]*MemberTally), groups: make(map[uuid.UUID]*GroupTally), undos: make(map[uuid.UUID]time.Time)}
}

func (t *tally) undone(b Back) {
	if _, known := t.undos[b.Group]; !known {
		t.undos[b.Group] = b.At
	}
}

// add adds a lead: what becomes of it by the setting as it is, and by the one that might be.
func (t *tally) add(l *Lead, base, would Outcome) {
	if l.Was.State == Nobody && base.State == Nobody && would.State == Nobody {
		return
	}
	t.Leads++
	t.count(l, l.Was, func(c *Tally) { c.Was++ })
	t.count(l, would, func(c *Tally) { c.Would++ })
	switch would.State {
	case Waiting:
		t.Waiting++
	case Failed:
		t.Failed++
	}
	if !l.Was.Same(would) {
		t.Moved++
		t.change(Change{l.ID, l.Accepted, l.Was, would})
	}
	if !l.Was.Same(base) {
		t.differ(Difference{
			Change: Change{l.ID, l.At, l.Was, base}, Pending: l.Pending, Version: l.Version,
			Routed: l.Asked != nil && base.Group != l.Was.Group,
		})
	}
}

func (t *tally) count(l *Lead, o Outcome, add func(*Tally)) {
	if o.State != Given {
		return
	}
	if o.Group != uuid.Nil {
		if t.groups[o.Group] == nil {
			t.groups[o.Group] = &GroupTally{Group: o.Group}
		}
		add(&t.groups[o.Group].Tally)
	}
	for _, id := range o.Members {
		m := t.members[id]
		if m == nil {
			m = &MemberTally{Member: id, Sources: make(map[uuid.UUID]Tally)}
			t.members[id] = m
		}
		add(&m.Tally)
		of := m.Sources[l.Source]
		add(&of)
		m.Sources[l.Source] = of
	}
}

// change keeps the first changes.
func (t *tally) change(c Change) {
	at, _ := slices.BinarySearchFunc(t.Changed, c, func(a, b Change) int {
		return cmp.Or(a.At.Compare(b.At), bytes.Compare(a.Lead[:], b.Lead[:]))
	})
	if at == MostChanged {
		return
	}
	t.Changed = slices.Insert(t.Changed, at, c)
	t.Changed = t.Changed[:min(len(t.Changed), MostChanged)]
}

// differ keeps the first difference.
func (t *tally) differ(d Difference) {
	if t.Differs == nil || d.At.Before(t.Differs.At) || d.At.Equal(t.Differs.At) && bytes.Compare(d.Pending[:], t.Differs.Pending[:]) < 0 {
		t.Differs = &d
	}
}

// report is all that was added.
func (t *tally) report() Report {
	r := t.Report
	for _, m := range t.members {
		r.Members = append(r.Members, *m)
	}
	for _, g := range t.groups {
		r.Groups = append(r.Groups, *g)
	}
	slices.SortFunc(r.Members, func(a, b MemberTally) int { return bytes.Compare(a.Member[:], b.Member[:]) })
	slices.SortFunc(r.Groups, func(a, b GroupTally) int { return bytes.Compare(a.Group[:], b.Group[:]) })
	if d := r.Differs; d != nil {
		for _, group := range [2]uuid.UUID{d.Was.Group, d.Would.Group} {
			if at, is := t.undos[group]; is && !at.After(d.At) {
				d.Undone = true
			}
		}
	}
	return r
}
