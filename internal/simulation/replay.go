package simulation

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// maxChain is how many groups a lead may go on to, one after the other.
const maxChain = 5

// A Replay deals leads through a setting, in the order in which they are given to it.
type Replay struct {
	Setting
	// Done is told what becomes of each lead that counts, once that is known.
	Done func(*Lead, Outcome)
	// Hold reports whether a lead that waits is to be left alone at a moment, since it was not released then either.
	Hold func(*Lead, time.Time) bool

	held   map[holding]bool // by those that are dealt at one moment
	queues map[uuid.UUID]*queue
	waits  map[uuid.UUID]*item // by pending id
	hands  map[uuid.UUID]given // what may be taken back, by pending id
	gave   map[uuid.UUID][]uuid.UUID
}

// given is what a decision came to that is referred to later.
type given struct {
	group   uuid.UUID
	turn    int64 // of the group's ring, -1 for none
	passed  []int64
	members []uuid.UUID
	at      time.Time
}

// New is a replay of nothing yet. It changes the setting.
func New(s Setting) *Replay {
	return &Replay{
		Setting: s, Done: func(*Lead, Outcome) {}, Hold: func(*Lead, time.Time) bool { return false },
		queues: make(map[uuid.UUID]*queue), waits: make(map[uuid.UUID]*item), hands: make(map[uuid.UUID]given), gave: make(map[uuid.UUID][]uuid.UUID),
	}
}

// An item is a lead on its way.
type item struct {
	*Lead
	group      uuid.UUID
	traits     lead.Traits
	overflowed []uuid.UUID
	waitsIn    uuid.UUID // the first group on its way in which somebody may take it later
	since      time.Time // when it began to wait
	tried      int
}

// a batch is what is dealt at one moment.
type batch struct {
	at    time.Time
	order []uuid.UUID
	items map[uuid.UUID][]*item
	ahead bool
}

func (b *batch) add(i *item) {
	if !slices.Contains(b.order, i.group) {
		b.order = append(b.order, i.group)
	}
	b.items[i.group] = append(b.items[i.group], i)
}

// Deal deals leads that were decided at one moment, in their order.
func (r *Replay) Deal(at time.Time, leads []*Lead) {
	r.Advance(at)
	b := &batch{at: at, items: make(map[uuid.UUID][]*item)}
	r.held = make(map[holding]bool)
	for _, l := range leads {
		b.ahead = l.Ahead
		switch {
		case r.asItWas(l):
		case l.Follows != uuid.Nil && l.Version == 0:
			r.follow(l)
		default:
			r.enter(b, l)
		}
	}
	r.dealAll(b)
}

// asItWas has a decision be as it was, where it is no matter of the setting.
func (r *Replay) asItWas(l *Lead) bool {
	if w := r.waits[l.Pending]; w != nil && l.Fixed { // somebody took it out of those that waited
		r.leave(w)
	}
	g := r.Groups[l.Was.Group]
	same := g != nil && l.Version != 0 && g.Version == l.Version
	offered := l.Counted && g != nil && g.Offers && l.Asked == nil
	if !l.Fixed && !offered && (l.Counted || l.Version != 0 && !same) {
		return false
	}
	if same {
		r.spend(g, l, append([]int64{l.Turn}, l.Passed...))
	}
	r.countWas(l)
	r.end(l, l.Was, -1, nil)
	return true
}

// countWas counts a decision for those who got it.
func (r *Replay) countWas(l *Lead) {
	if l.Was.State != Given {
		return
	}
	for _, m := range l.Was.Members {
		r.count(m, l.Was.Group, l.At)
	}
}

// follow gives a lead to whoever got the one that it follows.
func (r *Replay) follow(l *Lead) {
	to := l.Was
	if members, known := r.gave[l.Follows]; known && len(members) > 0 {
		to.Members = members
	}
	for _, m := range to.Members {
		r.count(m, to.Group, l.At)
	}
	r.end(l, to, -1, nil)
}

// enter has a lead come to its group.
func (r *Replay) enter(b *batch, l *Lead) {
	if w := r.waits[l.Pending]; w != nil {
		r.leave(w)
		b.add(w)
		return
	}
	if _, over := r.hands[l.Pending]; over && l.early() {
		return // it was dealt while it waited then
	}
	i := &item{Lead: l, group: l.Group, traits: l.Traits}
	if r.Route != nil && l.Asked != nil {
		v := r.Route(l)
		if i.group, i.traits.Rule = v.GroupID, v.Rule; !v.Decided() {
			r.end(l, Outcome{State: Failed, Reason: lead.NoRule}, -1, nil)
			return
		}
	}
	g := r.Groups[i.group]
	switch {
	case i.group == uuid.Nil && l.Was.Reason == lead.NoRule:
		r.end(l, Outcome{State: Failed, Reason: lead.NoRule}, -1, nil)
	case i.group == uuid.Nil:
		r.end(l, Outcome{}, -1, nil)
	case g == nil || g.Gone:
		r.end(l, Outcome{State: Failed, Group: i.group, Reason: lead.GroupDeleted}, -1, nil)
	case g.Offers: // nobody can say who would accept it
		r.end(l, Outcome{State: Waiting, Group: i.group}, -1, nil)
	default:
		b.add(i)
	}
}

// end ends a decision.
func (r *Replay) end(l *Lead, o Outcome, turn int64, passed []int64) {
	if l.Remember || l.early() {
		r.hands[l.Pending] = given{group: o.Group, turn: turn, passed: passed, members: o.Members, at: l.At}
	}
	if l.Remember {
		r.gave[l.ID] = o.Members
	}
	if l.Counted {
		r.Done(l, o)
	}
}

// dealAll deals the groups' leads in their order, and those that go on from one to another.
func (r *Replay) dealAll(b *batch) {
	for len(b.order) > 0 {
		group := b.order[0]
		b.order = b.order[1:]
		items := b.items[group]
		b.items[group] = nil
		for _, m := range r.deal(b, group, items) {
			r.miss(b, m)
		}
	}
}

// A missed lead is one that nobody of its group could take.
type missed struct {
	*item
	reason lead.Reason
}

// deal deals a group's leads by its ring, and returns those that nobody can take now.
func (r *Replay) deal(b *batch, group uuid.UUID, items []*item) (misses []missed) {
	g := r.Groups[group]
	if len(items) == 0 {
		return nil
	}
	debts := r.debtsOf(g)
	who := r.roster(group, b.at, b.ahead)
	leads, rings := r.laned(g, items, debts, who)
	dealt, err := lead.DealLanes(leads, func(lane int) lead.Ring { return rings[lane] }, who, func(want map[int]int) ([]int64, error) {
		return g.draw(want), nil
	})
	if err != nil {
		panic(err) // only drawing can fail, and does not
	}
	for _, turn := range dealt.Unspent {
		g.free(turn)
	}
	if debts != nil {
		g.Kept, g.Paid = append(debts.Kept, debts.New...), debts.Paid
		slices.SortFunc(g.Kept, func(a, b lead.Debt) int {
			return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Turn, b.Turn))
		})
	}
	for n, hand := range dealt.Hands {
		i := items[n]
		switch hand.Reason {
		case "":
			turn := hand.Turn
			if hand.Version != 0 {
				turn = -1 // it had been kept for them
			}
			members := make([]uuid.UUID, len(hand.Receivers))
			for k, one := range hand.Receivers {
				members[k] = one.MemberID
			}
			r.end(i.Lead, Outcome{State: Given, Group: group, Members: members}, turn, hand.Passed)
		case lead.NobodyAvailable, lead.NoActiveReceiver:
			if hand.Reason == lead.NobodyAvailable && i.waitsIn == uuid.Nil {
				i.waitsIn = group
			}
			misses = append(misses, missed{i, hand.Reason})
		default:
			r.end(i.Lead, Outcome{State: Failed, Group: group, Reason: hand.Reason}, -1, nil)
		}
	}
	return misses
}

// miss has a lead that nobody can take go on to the group that takes it over, wait, or fail.
func (r *Replay) miss(b *batch, m missed) {
	from := r.Groups[m.group]
	since := m.since
	if since.IsZero() {
		since = b.at
	}
	now := m.reason == lead.NoActiveReceiver || !b.at.Before(since.Add(from.After))
	if next := r.Groups[from.Next]; next != nil && !next.Gone && !next.Offers && now && !b.ahead &&
		!slices.Contains(m.overflowed, from.Next) && len(m.overflowed) < maxChain {
		m.overflowed = append(slices.Clone(m.overflowed), m.group)
		m.group = from.Next
		b.add(m.item)
		return
	}
	waitsIn := m.group
	if m.reason == lead.NoActiveReceiver {
		waitsIn = m.waitsIn
	}
	if waitsIn == uuid.Nil || r.Groups[waitsIn].Fails || b.ahead {
		r.end(m.Lead, Outcome{State: Failed, Group: m.group, Reason: m.reason}, -1, nil)
		return
	}
	if at := slices.Index(m.overflowed, waitsIn); at >= 0 {
		m.overflowed = m.overflowed[:at]
	}
	m.group, m.since = waitsIn, since
	r.wait(m.item, b.at)
}

// Back takes a decision back.
func (r *Replay) Back(b Back) {
	r.Advance(b.At)
	g, known := r.hands[b.Pending]
	if !known { // from before the first lead
		r.uncount(b.Member, b.Group, b.At, b.Given, 1, oneUnless(r.BornClosed))
		if of := r.Groups[b.Group]; b.Undone && of != nil && of.Version == b.Version && b.Version != 0 {
			of.free(b.Turn)
		}
		return
	}
	if of := r.Groups[g.group]; b.Undone && b.Version != 0 && of != nil && g.turn >= 0 {
		for _, turn := range append(g.passed, g.turn) {
			of.free(turn)
		}
		g.turn, g.passed = -1, nil
	}
	for _, m := range g.members {
		r.uncount(m, g.group, b.At, g.at, 1, oneUnless(r.BornClosed))
	}
	g.members = nil
	r.hands[b.Pending] = g
}

func oneUnless(not bool) int {
	if not {
		return 0
	}
	return 1
}

// Reaches reports whether somebody of the group to which a lead comes can take it at a moment.
func (r *Replay) Reaches(l *Lead, at time.Time) bool {
	g := r.Groups[l.Group]
	if g == nil || g.Gone || g.Offers {
		return true // it waits for nobody
	}
	who := r.roster(l.Group, at, false)
	for _, s := range g.Stands[0].Ring.Slots {
		for _, m := range s {
			if who.Unable(m.MemberID) == "" {
				return true
			}
		}
	}
	return false
}

// debtsOf are what a group owes, nil where it can owe nothing.
func (r *Replay) debtsOf(g *Group) *lead.Debts {
	if !g.Owes {
		return nil
	}
	if len(g.Kept) == 0 && !slices.ContainsFunc(g.Stands[0].Ring.Slots, func(s lead.Slot) bool {
		return slices.ContainsFunc(s, func(m lead.Receiver) bool { return r.Members[m.MemberID].restricted() || r.counted(m.MemberID) })
	}) {
		return nil
	}
	return &lead.Debts{Most: g.OweAtMost, Kept: g.Kept, Paid: g.Paid}
}

func (r *Replay) counted(member uuid.UUID) bool {
	if len(r.Counts) == 0 {
		return false
	}
	for key := range maps.Keys(r.Counts) {
		if key.Member == member {
			return true
		}
	}
	return false
}
