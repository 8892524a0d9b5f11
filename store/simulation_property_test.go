package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestAPastIsReproducedOrSaidWhyNot lives through any past of two groups, and replays a part of it by today's settings. Where nothing was
// changed since the first lead came in, and nothing undone, every lead goes to whom it went; else the first that does not is named, and why.
// It lives through 25 pasts, and with LEADWHEEL_SOAK through as many as rapid.checks says.
func TestAPastIsReproducedOrSaidWhyNot(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	w := newWorld(t, testenv.WithClock(clock.Now))
	reproduced, said := 0, map[store.DifferenceReason]int{}
	one := func(r *rapid.T) {
		clock.Advance(60 * 24 * time.Hour) // so that none has to do with the one before
		w.reset(r)
		p := newPast(w, r, clock)
		for range rapid.IntRange(0, 8).Draw(r, "steps before") {
			p.step(r, true)
		}
		clock.Advance(time.Minute)
		from := clock.Now()
		steps := rapid.IntRange(1, 12).Draw(r, "steps since")
		calm := rapid.Bool().Draw(r, "calm")
		for range steps {
			p.step(r, !calm)
		}
		for _, g := range p.groups { // whose hours have begun in the last minute
			p.letGo(g)
		}
		got := w.simulate(store.SimulationSpec{From: from, To: clock.Now().Add(time.Second)})
		p.check(r, got, calm)
		if got.Differs == nil {
			reproduced++
		} else {
			said[got.Why.Why]++
		}
	}
	for round := 0; round < 10 && !t.Failed() && (reproduced == 0 || len(said) == 0); round++ { // few pasts may all be of one kind
		checkFew(t, 25, one)
	}
	if reproduced == 0 || len(said) == 0 {
		t.Errorf("%d pasts were reproduced, of others was said %v: this shows nothing", reproduced, said)
	}
}

// reset has all members be active, on duty and without caps.
func (w *world) reset(r *rapid.T) {
	for letter := range w.members {
		w.editMember(letter, func(m *store.Member) { m.Active, m.OffDuty, m.Caps, m.WorkingHours = true, false, lead.Caps{}, nil })
	}
	_ = r
}

// A past is two groups and what happened to them.
type past struct {
	*world
	clock  *testenv.Clock
	groups [2]uuid.UUID
	rings  [2]string
	specs  [2]store.GroupPolicy
	runs   []uuid.UUID
}

func newPast(w *world, r *rapid.T, clock *testenv.Clock) *past {
	p := &past{world: w, clock: clock}
	two, three := 2, 3
	for _, letter := range []byte("AB") {
		switch rapid.IntRange(0, 3).Draw(r, "restricted") {
		case 0:
			w.editMember(letter, func(m *store.Member) { m.Caps = lead.Caps{PerDay: &three} })
		case 1:
			w.editMember(letter, func(m *store.Member) { m.Caps = lead.Caps{PerHour: &two} })
		case 2:
			week := &lead.Week{}
			for day := range week {
				week[day] = []lead.Hours{{From: 9 * 60, To: 17 * 60}}
			}
			w.editMember(letter, func(m *store.Member) { m.WorkingHours = week })
		}
	}
	for i := range p.groups {
		p.rings[i] = drawRing(r)
		by := lead.BalanceNothing
		if rapid.IntRange(0, 2).Draw(r, "lanes") == 0 {
			by = lead.BalanceCampaign
		}
		p.groups[i] = w.balanced(p.rings[i], by)
		p.specs[i] = store.GroupPolicy{BalanceBy: &by}
		if rapid.IntRange(0, 2).Draw(r, "owes") == 0 {
			p.specs[i].WhenAway, p.specs[i].OweAtMost = store.AwayOwe, 3
			w.policy(p.rings[i], p.groups[i], p.specs[i])
		}
	}
	clock.Advance(time.Minute)
	return p
}

// step has something happen, and time pass.
func (p *past) step(r *rapid.T, changes bool) {
	most := 5
	if changes {
		most = 9
	}
	i := rapid.IntRange(0, 1).Draw(r, "group")
	switch rapid.IntRange(0, most).Draw(r, "what") {
	case 5:
		ids, _ := p.addOf(strings.Split(drawMix(r), ""), store.Distribution{})
		run, batches := p.assignRun(ids, store.Distribution{GroupID: p.groups[i]})
		p.run(batches...)
		p.runs = append(p.runs, run)
	case 6:
		p.setActive(rapid.ByteRange('A', 'F').Draw(r, "member"), rapid.Bool().Draw(r, "active"))
	case 7:
		p.rings[i] = drawRing(r)
		p.policy(p.rings[i], p.groups[i], p.specs[i])
	case 8:
		if n := len(p.runs); n > 0 {
			if _, err := p.startUndo(p.runs[n-1], store.RunAssignment); err == nil { // else it is too late
				p.undo(p.runs[n-1])
			}
			p.runs = p.runs[:n-1]
		}
	case 9:
		three := 3
		p.editMember(rapid.ByteRange('A', 'F').Draw(r, "capped"), func(m *store.Member) { m.Caps = lead.Caps{PerDay: &three} })
	default:
		_, batches := p.addOf(strings.Split(drawMix(r), ""), store.Distribution{GroupID: p.groups[i]})
		p.run(batches...)
	}
	p.clock.Advance(time.Duration(rapid.IntRange(1, 200).Draw(r, "minutes")) * time.Minute)
	for _, g := range p.groups { // those that wait go as soon as somebody can take them
		p.letGo(g)
	}
	p.clock.Advance(time.Minute)
}

// letGo releases what waits for a group as long as somebody can take it.
func (p *past) letGo(g uuid.UUID) {
	for range 20 {
		p.TakeHints()
		n, err := p.Store.Release(p.t.Context(), store.GroupRef{Workspace: p.workspace, Group: g})
		if err != nil {
			p.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		p.run(p.TakeHints()...)
	}
}

// check fails where a past that was calm is not reproduced, or one is said to be that is not.
func (p *past) check(r *rapid.T, got store.SimulationReport, calm bool) {
	if calm && got.Differs != nil {
		r.Fatalf("nothing was changed, and yet %s", p.told(got))
	}
	if (got.Differs == nil) != (got.Moved == 0) {
		r.Fatalf("%d leads moved, and %s", got.Moved, p.told(got))
	}
	if got.Differs != nil && got.Why.Why == store.WhyUnknown {
		r.Fatalf("nobody knows why: %s", p.told(got))
	}
	for _, m := range got.Members {
		if got.Moved == 0 && m.Was != m.Would {
			r.Fatalf("%c had %d and would have %d although nothing moved", p.letters[m.Member], m.Was, m.Would)
		}
	}
}

func (p *past) told(got store.SimulationReport) string {
	if got.Differs == nil {
		return "no lead differs"
	}
	who := func(ids []uuid.UUID) (letters string) {
		for _, id := range ids {
			letters += string(p.letters[id])
		}
		return letters
	}
	d := got.Differs
	return fmt.Sprintf("lead %s of %s went to %q (%d) and goes to %q (%d %s), by %+v; %d of %d moved", d.Lead, d.At, who(d.Was.Members), d.Was.State,
		who(d.Would.Members), d.Would.State, d.Would.Reason, got.Why, got.Moved, got.Leads)
}
