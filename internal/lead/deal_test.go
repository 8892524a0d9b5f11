package lead

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// table is a Roster for tests: members who are inactive, off duty or at their cap, and who holds which lead.
type table struct {
	inactive, off map[uuid.UUID]bool
	room          map[uuid.UUID]int // how many more they may get, where they have a cap
	holds         map[[2]uuid.UUID]bool
}

func newTable() table {
	return table{
		inactive: map[uuid.UUID]bool{}, off: map[uuid.UUID]bool{}, room: map[uuid.UUID]int{}, holds: map[[2]uuid.UUID]bool{},
	}
}

func (t table) Holds(l, m uuid.UUID) bool { return t.holds[[2]uuid.UUID{l, m}] }
func (t table) Give(l, m uuid.UUID) {
	t.holds[[2]uuid.UUID{l, m}] = true
	if left, capped := t.room[m]; capped {
		t.room[m] = left - 1
	}
}
func (t table) Unable(m uuid.UUID) Obstacle {
	left, capped := t.room[m]
	switch {
	case t.inactive[m]:
		return ObstacleInactive
	case t.off[m]:
		return ObstacleOffDuty
	case capped && left <= 0:
		return ObstacleCapDay
	}
	return ""
}

// copied is a table that may change while the other does not.
func (t table) copied() table {
	return table{t.inactive, t.off, maps.Clone(t.room), maps.Clone(t.holds)}
}

func leads(n int) []uuid.UUID {
	all := make([]uuid.UUID, n)
	for i := range all {
		all[i] = uuid.UUID{0: 1, 14: byte(i >> 8), 15: byte(i)}
	}
	return all
}

// pile hands out the turns of a position.
type pile struct{ Position }

func (p *pile) draw(n int) ([]int64, error) {
	turns := make([]int64, n)
	for i := range turns {
		if len(p.Free) > 0 {
			turns[i], p.Free = p.Free[0], p.Free[1:]
			continue
		}
		turns[i] = p.Next
		p.Next++
	}
	return turns, nil
}

// summary is a hand as text: the receivers, or the reason.
func summary(hands []Hand) []string {
	var out []string
	for _, h := range hands {
		text := string(h.Reason)
		for _, r := range h.Receivers {
			text += letter(r.MemberID)
		}
		out = append(out, text)
	}
	return out
}

func TestDeal(t *testing.T) {
	t.Parallel()
	ids := leads(4)
	for _, c := range []struct {
		name     string
		ring     string
		inactive string
		holders  []string // by lead
		want     []string
		passed   []int64
		unspent  []int64
	}{
		{name: "in listed order", ring: "A B C", want: []string{"A", "B", "C", "A"}},
		{name: "a group of one", ring: "A", want: []string{"A", "A", "A", "A"}},
		{name: "three shares", ring: "A A B A", want: []string{"A", "A", "B", "A"}},
		{name: "everybody in the slot gets a copy", ring: "AB C", want: []string{"AB", "C", "AB", "C"}},
		{name: "the inactive are passed over and owed nothing", ring: "A B C", inactive: "B",
			want: []string{"A", "C", "A", "C"}, passed: []int64{1, 4}},
		{name: "nobody is active", ring: "A B", inactive: "AB",
			want: []string{"no_active_receiver", "no_active_receiver", "no_active_receiver", "no_active_receiver"}},
		{name: "a holder's turn waits for the next lead", ring: "A B C", holders: []string{"A"},
			want: []string{"B", "A", "C", "A"}},
		{name: "the last lead's passed turn goes back", ring: "A B C", holders: []string{"", "", "", "A"},
			want: []string{"A", "B", "C", "B"}, unspent: []int64{3}},
		{name: "everybody holds it", ring: "A B", holders: []string{"", "AB"},
			want: []string{"A", "already_assigned", "B", "A"}},
		{name: "everybody active holds it", ring: "A B", inactive: "B", holders: []string{"A", "A", "A", "A"},
			want: []string{"already_assigned", "already_assigned", "already_assigned", "already_assigned"}},
		{name: "some of a slot hold it", ring: "AB C", holders: []string{"A", "B", "C"},
			want: []string{"B", "C", "AB", "C"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			who := newTable()
			for _, l := range []byte(c.inactive) {
				who.inactive[member(l)] = true
			}
			for i, holders := range c.holders {
				for _, l := range []byte(holders) {
					who.holds[[2]uuid.UUID{ids[i], member(l)}] = true
				}
			}
			p := pile{}
			got, err := Ring{Slots: slots(c.ring)}.Deal(ids, who, p.draw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, summary(got.Hands)); diff != "" {
				t.Errorf("hands (-want +got):\n%s", diff)
			}
			if !slices.Equal(got.Passed, c.passed) || !slices.Equal(got.Unspent, c.unspent) {
				t.Errorf("passed %v, unspent %v; want %v, %v", got.Passed, got.Unspent, c.passed, c.unspent)
			}
		})
	}
}

func TestDealRecordsWhoWasSkipped(t *testing.T) {
	t.Parallel()
	ids, who := leads(1), newTable()
	who.inactive[member('B')] = true
	who.holds[[2]uuid.UUID{ids[0], member('A')}] = true
	p := pile{}
	got, err := Ring{Slots: slots("A B A C")}.Deal(ids, who, p.draw)
	if err != nil {
		t.Fatal(err)
	}
	want := []Skip{{member('A'), ObstacleHolds}, {member('B'), ObstacleInactive}}
	if diff := cmp.Diff(want, got.Hands[0].Skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

func TestDealSameLeadTwice(t *testing.T) {
	t.Parallel()
	id := leads(1)[0]
	p := pile{}
	got, err := Ring{Slots: slots("A B")}.Deal([]uuid.UUID{id, id, id}, newTable(), p.draw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A", "B", "already_assigned"}, summary(got.Hands)); diff != "" {
		t.Errorf("hands (-want +got):\n%s", diff)
	}
	if !slices.Equal(got.Unspent, []int64{2}) {
		t.Errorf("unspent %v, want the third lead's turn, 2", got.Unspent)
	}
}

func TestDealReturnsTheErrorOfADraw(t *testing.T) {
	t.Parallel()
	broken := errors.New("no Redis")
	_, err := Ring{Slots: slots("A")}.Deal(leads(1), newTable(), func(int) ([]int64, error) { return nil, broken })
	if !errors.Is(err, broken) {
		t.Errorf("error is %v, want %v", err, broken)
	}
}

// TestDealAgainstPlainModel compares the ring with a list of the receivers to come, over any sequence of leads, edits,
// deactivations, duty, caps that fill within a batch, and batches whose transaction fails.
func TestDealAgainstPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ring := Ring{Version: 1, Slots: drawSlots(t)}
		who := newTable()
		ledger := map[int64]bool{}
		plain := newPlain(ring.Slots)
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"distribute": func(t *rapid.T) {
				n := rapid.IntRange(1, 8).Draw(t, "leads")
				ids := leads(next + n)[next:]
				next += n
				for _, id := range ids {
					for _, m := range rapid.SliceOfDistinct(rapid.ByteRange('A', 'F'), rapid.ID[byte]).Draw(t, "holders") {
						if rapid.IntRange(0, 3).Draw(t, "holds") == 0 {
							who.holds[[2]uuid.UUID{id, member(m)}] = true
						}
					}
				}
				p := pile{ring.positionAfter(keys(ledger))}
				got, err := ring.Deal(ids, who.copied(), p.draw)
				if err != nil {
					t.Fatal(err)
				}
				if rapid.IntRange(0, 4).Draw(t, "fails") == 0 {
					return // rolled back: the ledger is as it was, so are the turns
				}
				for i, h := range got.Hands {
					want := plain.give(ids[i], who)
					if diff := cmp.Diff(want, summary([]Hand{h})[0]); diff != "" {
						t.Fatalf("lead %d of ring %s (-want +got):\n%s", i, text(ring.Slots), diff)
					}
					if h.Reason == "" {
						spend(t, ledger, h.Turn)
					}
				}
				for _, turn := range got.Passed {
					spend(t, ledger, turn)
				}
			},
			"deactivate": func(t *rapid.T) {
				m := member(rapid.ByteRange('A', 'F').Draw(t, "member"))
				who.inactive[m] = !who.inactive[m]
			},
			"go off duty": func(t *rapid.T) {
				m := member(rapid.ByteRange('A', 'F').Draw(t, "member"))
				who.off[m] = !who.off[m]
			},
			"cap": func(t *rapid.T) {
				m := member(rapid.ByteRange('A', 'F').Draw(t, "member"))
				if who.room[m] = rapid.IntRange(0, 5).Draw(t, "room"); who.room[m] == 5 {
					delete(who.room, m)
				}
			},
			"edit": func(t *rapid.T) {
				slots := drawSlots(t)
				ring = ring.Succeed(ring.positionAfter(keys(ledger)), slots)
				ledger = map[int64]bool{}
				plain.edit(slots)
			},
		})
	})
}

func spend(t *rapid.T, ledger map[int64]bool, turn int64) {
	if ledger[turn] {
		t.Fatalf("turn %d was spent twice", turn)
	}
	ledger[turn] = true
}

func keys(m map[int64]bool) []int64 {
	var all []int64
	for k := range m {
		all = append(all, k)
	}
	return all
}

// drawSlots makes a ring of distinct members, so that the model needs no rule for which of a member's slots is meant.
func drawSlots(t *rapid.T) []Slot {
	letters := rapid.SliceOfNDistinct(rapid.ByteRange('A', 'F'), 1, 6, rapid.ID[byte]).Draw(t, "ring")
	var all []Slot
	for _, l := range letters {
		all = append(all, Slot{{MemberID: member(l), Notify: true}})
	}
	return all
}

// plain is the obvious ring: receivers whose turn waits, oldest first, the place of the next one, and where its rounds
// begin. It is calm until it is edited, and again when it has gone round.
type plain struct {
	ring        []uuid.UUID
	waiting     []uuid.UUID
	first, next int
	edited      bool
	putBack     map[uuid.UUID]bool
	carried     int // how many of those who wait have done so since the last edit
}

func newPlain(slots []Slot) *plain {
	p := &plain{}
	for _, s := range slots {
		p.ring = append(p.ring, s[0].MemberID)
	}
	return p
}

func (p *plain) give(id uuid.UUID, who table) string {
	reason := NoActiveReceiver
	possible := false
	for _, m := range p.ring {
		switch able, holds := who.Unable(m) == "", who.Holds(id, m); {
		case who.inactive[m]:
		case holds && reason == NoActiveReceiver:
			reason = AlreadyAssigned
		case !able && !holds:
			reason = NobodyAvailable
		case able && !holds:
			possible = true
		}
	}
	if !possible {
		return string(reason)
	}
	for i := 0; ; i++ {
		if i == len(p.waiting) {
			p.waiting = append(p.waiting, p.ring[p.next%len(p.ring)])
			p.next++
		}
		m := p.waiting[i]
		if who.Unable(m) != "" {
			p.served(i)
			i--
			continue
		}
		if !who.Holds(id, m) {
			p.served(i)
			who.Give(id, m)
			return letter(m)
		}
	}
}

func (p *plain) served(i int) {
	p.waiting = slices.Delete(p.waiting, i, i+1)
	if i < p.carried {
		p.carried--
	}
}

func (p *plain) edit(slots []Slot) {
	size := len(p.ring)
	fresh := newPlain(slots)
	fresh.edited, fresh.putBack = true, map[uuid.UUID]bool{}
	var rest []uuid.UUID
	cut := !p.edited || p.next-p.first >= size
	for at := p.next; (at-p.first)%size != 0; at++ {
		rest = append(rest, p.ring[at%size])
		cut = cut && !p.putBack[p.ring[at%size]]
	}
	started := false
	waiting := p.waiting
	if !cut {
		waiting = append(waiting, rest...)
		for _, m := range rest {
			if at := slices.Index(fresh.ring, m); at >= 0 {
				fresh.next, started = at+1, true
			}
		}
		rest = nil
	}
	for i := 0; i < size && !started; i++ {
		if at := slices.Index(fresh.ring, p.ring[(p.next+i)%size]); at >= 0 {
			fresh.next, started = at, true
		}
	}
	round := map[uuid.UUID]bool{} // who has a turn of what was left of one
	for i, m := range waiting {
		if let := i >= p.carried && i < len(p.waiting); slices.Contains(fresh.ring, m) && (let || !round[m]) {
			fresh.waiting = append(fresh.waiting, m)
			round[m] = round[m] || !let
		}
	}
	fresh.carried = len(fresh.waiting)
	for _, m := range fresh.ring {
		if p.putBack[m] || slices.Contains(rest, m) {
			fresh.putBack[m] = true
		}
	}
	if len(fresh.putBack) == len(fresh.ring) {
		fresh.putBack = nil
	}
	fresh.first = fresh.next
	*p = *fresh
}
