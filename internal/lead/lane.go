package lead

import (
	"slices"

	"github.com/google/uuid"
)

// LaneTurns is how many turns a lane has at the most in one version of a ring: of lane k they are those from k times as many on, rounded
// down so that each lane's first turn is the first slot's. So lanes are rings of one version whose turns have numbers of their own, and
// turn n belongs to slot n mod ring size in all of them.
const LaneTurns = 1 << 40

// laneTurns is LaneTurns for a ring of a size.
func laneTurns(size int) int64 { return LaneTurns - LaneTurns%int64(size) }

// LaneOf is the lane to which a turn of a ring belongs: 0 where the group has no lanes, and for those that share one.
func (r Ring) LaneOf(turn int64) int { return LaneOf(turn, len(r.Slots)) }

// LaneOf is the lane to which a turn of a ring of a size belongs.
func LaneOf(turn int64, size int) int { return int(turn / laneTurns(size)) }

// LaneFrom is the first number that turns of a lane may have in a ring of a size, and so where those of the one before it end.
func LaneFrom(lane, size int) int64 { return int64(lane) * laneTurns(size) }

// A Stand is a lane of a group: its ring, whose slots are those of all lanes, and how far it was handed out. A lane that was opened in this
// version and has no turn yet was opened for a lead that is about to take the first.
type Stand struct {
	Ring     Ring
	Position Position
}

// A LaneTally counts what each slot of a ring has had over all lanes, whole rounds left out, of which everybody has as much.
type LaneTally struct {
	had  []int
	from int // of slots that had as much the first from here on is next: behind that at which the last lane was opened
}

// NewLaneTally counts lanes, in the order of their numbers. The first of them is lane 0, by whose next slot the lanes begin.
func NewLaneTally(stands []Stand) *LaneTally {
	t := partRounds(stands)
	for _, s := range stands {
		for _, turn := range s.Position.Free {
			t.had[s.Ring.index(turn)]--
		}
	}
	return t
}

// partRounds counts the rounds of lanes that are under way.
func partRounds(stands []Stand) *LaneTally {
	zero := stands[0]
	t := &LaneTally{had: make([]int, zero.Ring.size()), from: zero.Ring.index(zero.Position.Next)}
	for _, s := range stands {
		t.partRound(s)
		if s.Ring.Opened {
			t.from = (s.Ring.index(s.Ring.First) + 1) % len(t.had)
		}
	}
	return t
}

// partRound counts the round of a lane that is under way.
func (t *LaneTally) partRound(s Stand) {
	r, p := s.Ring, s.Position
	end := p.Next
	if r.Opened && end == r.First {
		end++
	}
	for turn := end - (end-r.First)%int64(len(r.Slots)); turn < end; turn++ {
		t.had[r.index(turn)]++
	}
	if len(r.PutBack) == 0 {
		return
	}
	behind := make(map[uuid.UUID]bool, len(r.PutBack))
	for _, m := range r.PutBack {
		behind[m] = true
	}
	for i, slot := range r.Slots { // the others had theirs in a round that an edit has cut off
		if !slices.ContainsFunc(slot, func(m Receiver) bool { return behind[m.MemberID] }) {
			t.had[i]++
		}
	}
}

// least is the slot that has had least.
func (t *LaneTally) least() int {
	best := t.from
	for i := range t.had {
		if at := (t.from + i) % len(t.had); t.had[at] < t.had[best] {
			best = at
		}
	}
	return best
}

// Open is the ring of a new lane of r's group and version. It begins at the slot that has had least; its first turn is counted at once, so
// that of several that are opened together each begins at another slot.
func (t *LaneTally) Open(r Ring, lane int) Ring {
	place := t.least()
	t.had[place]++
	t.from = (place + 1) % len(t.had)
	return Ring{Version: r.Version, Slots: r.Slots, Lane: lane, Opened: true, First: LaneFrom(lane, len(r.Slots)) + int64(place), Debts: r.Debts}
}

// FreeLanes are the numbers of up to n lanes that a group may have besides lane 0 and those that are open: those behind the last one first, so
// that one that was closed stays known for what it was as long as it can.
func FreeLanes(open []int, n int) []int {
	taken := make(map[int]bool, len(open))
	last := 0
	for _, lane := range open {
		taken[lane] = true
		last = max(last, lane)
	}
	var numbers []int
	for i := range MaxLanes - 1 {
		if lane := (last+i)%(MaxLanes-1) + 1; !taken[lane] && len(numbers) < n {
			numbers = append(numbers, lane)
		}
	}
	return numbers
}

// Anew is the ring and the position from which a group goes on that balances by something else from now on: its lanes end. Turns that were
// free in them stay owed, and then the slot that has had least is next. The first of the stands is lane 0.
func Anew(stands []Stand) (Ring, Position) {
	r, p := stands[0].Ring, stands[0].Position
	if len(stands) == 1 {
		return r, p
	}
	size := int64(r.size())
	next := (p.Next/size+1)*size + int64(partRounds(stands).least()) // a round begins there: nobody is in the middle of one
	r.First = next
	free := slices.Clone(p.Free)
	for _, s := range stands[1:] {
		free = append(free, s.Position.Free...)
	}
	return r, r.Uneven(Position{Next: next, Free: free})
}

// A LaneLead is a lead and the lane that it takes.
type LaneLead struct {
	Lead uuid.UUID
	Lane int
}

// DealLanes is Ring.Deal for leads that take turns of several lanes of a group, in order. ring gives a lane's, draw the next turns of lanes:
// of each as many as it asks for. What the group keeps for who is away is in the Debts that the rings share.
func DealLanes(leads []LaneLead, ring func(lane int) Ring, who Roster, draw func(want map[int]int) ([]int64, error)) (Dealt, error) {
	all := Dealt{Hands: make([]Hand, len(leads))}
	lanes, left := make(map[int]*dealer), make(map[int]int)
	open := make([]bool, len(leads))
	for i, l := range leads {
		d := lanes[l.Lane]
		if d == nil {
			d = newDealer(ring(l.Lane), who, draw)
			lanes[l.Lane] = d
		}
		if all.Hands[i].Reason = d.unreachable(l.Lead, &all.Hands[i]); all.Hands[i].Reason == "" {
			open[i] = true
			left[l.Lane]++
		}
	}
	if len(left) > 1 { // at once, and not for each when its first lead comes
		want := make(map[int]int, len(left))
		for lane, n := range left {
			want[lane] = min(n, maxDraw)
		}
		turns, err := draw(want)
		if err != nil {
			return Dealt{}, err
		}
		for _, turn := range turns {
			lanes[LaneOf(turn, lanes[leads[0].Lane].ring.size())].take(turn)
		}
	}
	for i, l := range leads {
		if !open[i] {
			continue
		}
		if err := lanes[l.Lane].deal(l.Lead, &all.Hands[i], left[l.Lane]); err != nil {
			return Dealt{}, err
		}
		left[l.Lane]--
	}
	for _, d := range lanes {
		all.Passed = append(all.Passed, d.Passed...)
		for _, s := range d.drawn {
			all.Unspent = append(all.Unspent, s.turns...)
		}
	}
	slices.Sort(all.Passed)
	slices.Sort(all.Unspent)
	return all, nil
}
