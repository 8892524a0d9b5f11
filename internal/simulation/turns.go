package simulation

import (
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// mostSkipped is how far ahead of where a lane stands a turn may lie that was spent by others.
const mostSkipped = 1 << 20

// stand is where a lane stands.
func (g *Group) stand(lane int) *lead.Stand {
	at := slices.IndexFunc(g.Stands, func(s lead.Stand) bool { return s.Ring.Lane == lane })
	if at < 0 {
		return nil
	}
	return &g.Stands[at]
}

// draw takes the next turns of lanes, of each as many as it wants.
func (g *Group) draw(want map[int]int) (turns []int64) {
	for lane, n := range want {
		p := &g.stand(lane).Position
		for range n {
			if len(p.Free) > 0 {
				turns, p.Free = append(turns, p.Free[0]), p.Free[1:]
				continue
			}
			turns = append(turns, p.Next)
			p.Next++
		}
	}
	return turns
}

// free gives a turn back: it is handed out first.
func (g *Group) free(turn int64) {
	s := g.stand(g.Stands[0].Ring.LaneOf(turn))
	if s == nil || turn >= s.Position.Next {
		return
	}
	p := &s.Position
	at, is := slices.BinarySearch(p.Free, turn)
	if is {
		return
	}
	p.Free = slices.Insert(slices.Clone(p.Free), at, turn)
	for n := len(p.Free); n > 0 && p.Free[n-1] == p.Next-1 && p.Next > s.Ring.First; n-- {
		p.Free, p.Next = p.Free[:n-1], p.Next-1
	}
}

// take takes a turn that was spent on something else.
func (g *Group) take(turn int64) {
	s := g.stand(g.Stands[0].Ring.LaneOf(turn))
	if s == nil {
		return
	}
	p := &s.Position
	if at, is := slices.BinarySearch(p.Free, turn); is {
		p.Free = slices.Delete(slices.Clone(p.Free), at, at+1)
	}
	if turn < p.Next || turn-p.Next > mostSkipped {
		return
	}
	for ; p.Next < turn; p.Next++ {
		p.Free = append(p.Free, p.Next)
	}
	p.Next++
}

// spend takes the turns of a decision that is as it was, and opens the lane that it opened.
func (r *Replay) spend(g *Group, l *Lead, turns []int64) {
	if g.By != lead.BalanceNothing {
		g.open([]string{g.By.Value(l.Traits)})
	}
	for _, turn := range turns {
		g.take(turn)
	}
	if !g.Owes {
		return
	}
	g.Paid = l.Owed
	g.Kept = slices.DeleteFunc(g.Kept, func(d lead.Debt) bool { return d.Version == l.Version && d.Turn == l.Turn })
	for _, turn := range l.Kept {
		if s := g.stand(g.Stands[0].Ring.LaneOf(turn)); s != nil {
			g.Kept = append(g.Kept, lead.Debt{Version: l.Version, Turn: turn, Slot: s.Ring.SlotOf(turn), Lane: s.Ring.Lane})
		}
	}
}

// laned says which lanes a group's leads take, and gives these. Lanes that are not there yet are opened for leads that somebody can take.
func (r *Replay) laned(g *Group, items []*item, debts *lead.Debts, who lead.Roster) ([]lead.LaneLead, map[int]lead.Ring) {
	leads := make([]lead.LaneLead, len(items))
	base := g.Stands[0].Ring
	base.Debts = debts
	rings := map[int]lead.Ring{0: base}
	for i, one := range items {
		leads[i].Lead = one.ID
	}
	if g.By == lead.BalanceNothing {
		return leads, rings
	}
	values := make([]string, len(items))
	var wanted []string
	for i, one := range items {
		if values[i] = g.By.Value(one.traits); !slices.Contains(wanted, values[i]) && base.Takes(who, one.ID) {
			wanted = append(wanted, values[i])
		}
	}
	g.open(wanted)
	for i, value := range values {
		lane := g.Values[value] // 0 where there are enough
		ring := g.stand(lane).Ring
		ring.Debts = debts
		leads[i].Lane, rings[lane] = lane, ring
	}
	return leads, rings
}

// open opens lanes for values that have none, as far as the group may have more.
func (g *Group) open(values []string) {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool {
		if ring, then := g.Opened[v]; then && g.Values[v] == 0 {
			g.opened(v, ring)
		}
		return g.Values[v] != 0
	})
	if len(values) == 0 || len(g.Stands) >= lead.MaxLanes {
		return
	}
	lanes := make([]int, 0, len(g.Stands))
	for _, s := range g.Stands[1:] {
		lanes = append(lanes, s.Ring.Lane)
	}
	tally := lead.NewLaneTally(g.Stands)
	for i, lane := range lead.FreeLanes(lanes, len(values)) {
		g.opened(values[i], tally.Open(g.Stands[0].Ring, lane))
	}
}

// opened adds a lane that has just been opened.
func (g *Group) opened(value string, ring lead.Ring) {
	g.Values[value] = ring.Lane
	g.Stands = append(g.Stands, lead.Stand{Ring: ring, Position: lead.Position{Next: ring.First}})
	slices.SortFunc(g.Stands, func(a, b lead.Stand) int { return a.Ring.Lane - b.Ring.Lane })
}
