package simulation

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

const (
	// lookAgain is how long at the most a group with waiting leads is not looked at, and stuckAgain how soon it is where those that were
	// let go found nobody.
	lookAgain  = time.Hour
	stuckAgain = time.Minute
	// mostLooks bounds how often groups are looked at between two leads.
	mostLooks = 10_000
)

// A queue is what waits for somebody of a group, and when to look again.
type queue struct {
	items []*item
	wake  time.Time
}

// early says that a lead waited then, or for the queue: it is tried when it was accepted, too.
func (l *Lead) early() bool {
	return l.Counted && !l.Fixed && !l.Ahead && l.At.Sub(l.Accepted) > time.Minute
}

// Early reports whether a lead is to be tried when it was accepted, see Try.
func (l *Lead) Early() bool { return l.early() }

// Try deals a lead that waited then at the moment when it was accepted.
func (r *Replay) Try(l *Lead) {
	r.Advance(l.Accepted)
	r.held = make(map[holding]bool)
	if _, over := r.hands[l.Pending]; over || r.waits[l.Pending] != nil || l.Follows != uuid.Nil {
		return
	}
	if g := r.Groups[l.Was.Group]; g != nil && g.Offers {
		return
	}
	b := &batch{at: l.Accepted, items: make(map[uuid.UUID][]*item)}
	r.enter(b, l)
	r.dealAll(b)
}

// wait has a lead wait for its group.
func (r *Replay) wait(i *item, at time.Time) {
	q := r.queues[i.group]
	if q == nil {
		q = &queue{}
		r.queues[i.group] = q
	}
	i.tried++
	q.items = append(q.items, i)
	r.waits[i.Pending] = i
	wake := r.nextChange(i.group, at)
	if g := r.Groups[i.group]; g.Next != uuid.Nil {
		wake = earlier(wake, i.since.Add(g.After), at)
	}
	if len(q.items) == 1 || wake.Before(q.wake) {
		q.wake = wake
	}
}

// leave takes a lead from those that wait.
func (r *Replay) leave(i *item) {
	q := r.queues[i.group]
	q.items = slices.DeleteFunc(q.items, func(other *item) bool { return other == i })
	delete(r.waits, i.Pending)
}

// Advance lets those that wait go, as somebody can take them by a moment.
func (r *Replay) Advance(at time.Time) {
	for range mostLooks {
		var next *queue
		var group uuid.UUID
		for id, q := range r.queues {
			if len(q.items) > 0 && !q.wake.After(at) && (next == nil || q.wake.Before(next.wake) || q.wake.Equal(next.wake) && slices.Compare(id[:], group[:]) < 0) {
				next, group = q, id
			}
		}
		if next == nil {
			return
		}
		r.release(group, next)
	}
}

// release deals the oldest of those that wait for a group, as many as can be taken.
func (r *Replay) release(group uuid.UUID, q *queue) {
	at, g := q.wake, r.Groups[group]
	b := &batch{at: at, items: make(map[uuid.UUID][]*item)}
	r.held = make(map[holding]bool)
	slices.SortStableFunc(q.items, func(a, b *item) int {
		return cmp.Or(cmp.Compare(a.tried, b.tried), a.Accepted.Compare(b.Accepted), slices.Compare(a.Pending[:], b.Pending[:]))
	})
	room := r.room(group, at)
	var free []*item
	for _, i := range q.items {
		late := g.Next != uuid.Nil && !at.Before(i.since.Add(g.After))
		if r.Hold(i.Lead, at) || len(free) >= room && !late {
			continue
		}
		free = append(free, i)
	}
	for _, i := range free {
		r.leave(i)
		b.add(i)
	}
	left := len(q.items)
	r.dealAll(b)
	wake := r.nextChange(group, at)
	for _, i := range q.items {
		if g.Next != uuid.Nil {
			wake = earlier(wake, i.since.Add(g.After), at)
		}
	}
	if len(free) > 0 && len(q.items) < left+len(free) && left > 0 {
		wake = at.Add(time.Second) // the next ones follow
	} else if len(free) > 0 && len(q.items) > left {
		wake = earlier(wake, at.Add(stuckAgain), at)
	}
	q.wake = wake
}

// room is for how many leads a group has receivers who can take some, a batch's at the most.
func (r *Replay) room(group uuid.UUID, at time.Time) int {
	g := r.Groups[group]
	if g.Gone {
		return lead.MaxBatch
	}
	room, seen, active := 0, make(map[uuid.UUID]bool), false
	who := r.roster(group, at, false)
	for _, s := range g.Stands[0].Ring.Slots {
		for _, m := range s {
			if seen[m.MemberID] {
				continue
			}
			seen[m.MemberID] = true
			member := r.Members[m.MemberID]
			active = active || member != nil && member.Active
			if who.Unable(m.MemberID) != "" {
				continue
			}
			most := lead.MaxBatch
			if c := r.Counts[CountKey{m.MemberID, uuid.Nil}]; c != nil {
				most = member.Caps.Room(c.Count, most)
			}
			if c := r.Counts[CountKey{m.MemberID, group}]; c != nil {
				most = who.caps[m.MemberID].Room(c.Count, most)
			}
			room += most
		}
	}
	if !active {
		return lead.MaxBatch
	}
	return min(room, lead.MaxBatch)
}

// nextChange is when calendars and caps next let somebody of a group take a lead who cannot now, lookAgain from now at the latest.
func (r *Replay) nextChange(group uuid.UUID, at time.Time) time.Time {
	next := at.Add(lookAgain)
	who := r.roster(group, at, false)
	for _, s := range r.Groups[group].Stands[0].Ring.Slots {
		for _, one := range s {
			m := r.Members[one.MemberID]
			if m == nil || !m.Active || !m.OnDuty {
				continue
			}
			o, until := m.Calendar.At(at)
			if o == "" {
				if o = who.Unable(one.MemberID); o == "" {
					continue
				}
				until = lead.WindowsAt(at, m.Calendar.Zone).Next(o)
			}
			next = earlier(next, until, at)
		}
	}
	return next
}

// earlier is the earlier of two moments, of those that lie ahead of now.
func earlier(a, b, now time.Time) time.Time {
	if b.After(now) && b.Before(a) {
		return b
	}
	return a
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Finish ends the replay at a moment: what still waits is told so.
func (r *Replay) Finish(at time.Time) {
	r.Advance(at)
	r.Hold = func(*Lead, time.Time) bool { return false }
	for _, q := range r.queues {
		q.wake = earliest(q.wake, at)
	}
	r.Advance(at)
	for _, w := range r.waits {
		if w.Counted {
			r.Done(w.Lead, Outcome{State: Waiting, Group: w.group})
		}
	}
}
