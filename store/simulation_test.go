package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/internal/simulation"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// simulate works a simulation out and returns what came of it.
func (w *world) simulate(spec store.SimulationSpec) store.SimulationReport {
	w.t.Helper()
	var made store.Simulation
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.AddSimulation(ctx, w.workspace, spec)
		return err
	})
	if err := w.Store.Simulate(w.t.Context(), w.workspace, made.ID); err != nil {
		w.t.Fatal(err)
	}
	w.TakeHints()
	done, err := w.Store.Simulation(w.t.Context(), w.workspace, made.ID)
	if err != nil || done.State != store.SimulationDone {
		w.t.Fatalf("the simulation is %s: %s %v", done.State, done.Error, err)
	}
	return done.Result.Value
}

// tallies are what members had and would have: "A 3→4, B 2".
func (w *world) tallies(r store.SimulationReport) string {
	by := map[byte]string{}
	for _, m := range r.Members {
		text := fmt.Sprintf("%c %d→%d", w.letters[m.Member], m.Was, m.Would)
		if m.Was == m.Would {
			text = fmt.Sprintf("%c %d", w.letters[m.Member], m.Was)
		}
		by[w.letters[m.Member]] = text
	}
	var all []string
	for _, letter := range []byte("ABCDEF") {
		if by[letter] != "" {
			all = append(all, by[letter])
		}
	}
	return strings.Join(all, ", ")
}

// draft is what a group might be.
func (w *world) draft(group uuid.UUID, ring string) []store.DraftGroup {
	return []store.DraftGroup{{ID: group, GroupSpec: w.spec(ring)}}
}

// TestASimulationWithoutDraftsIsWhatHappened replays leads that went to a ring with weights, which had handed out some before.
func TestASimulationWithoutDraftsIsWhatHappened(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A*3 B C*2") // which is A C A B C A
	w.give(g, 4)
	clock.Advance(time.Minute)
	from := clock.Now()
	for range 7 {
		w.give(g, 3)
		clock.Advance(time.Minute)
	}
	r := w.simulate(store.SimulationSpec{From: from, To: clock.Now()})
	if r.Leads != 21 || r.Moved != 0 || r.Differs != nil || len(r.Changed) != 0 {
		t.Errorf("%+v", r)
	}
	equal(t, "by member", w.tallies(r), "A 11, B 3, C 7")
	equal(t, "by group", r.Groups, []simulation.GroupTally{{Group: g, Tally: simulation.Tally{Was: 21, Would: 21}}})
	if last := w.simulate(store.SimulationSpec{Last: 5}); last.Leads != 5 || last.Moved != 0 || last.Differs != nil {
		t.Errorf("the last five: %+v", last)
	}
}

// TestADraftOfAGroup replays leads through other receivers: by hand, A B A B… from the second turn on becomes the round of three behind it.
func TestADraftOfAGroup(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	w.give(g, 2)
	clock.Advance(time.Minute)
	from := clock.Now()
	ids, batches := w.add(6, store.Distribution{GroupID: g})
	w.run(batches...)
	clock.Advance(time.Minute)
	r := w.simulate(store.SimulationSpec{From: from, To: clock.Now(), Groups: w.draft(g, "A B C")})
	// A B A B A B was, A B C A B C would: the third to the fifth move.
	equal(t, "by member", w.tallies(r), "A 3→2, B 3→2, C 0→2")
	if r.Moved != 4 || r.Differs != nil || r.Changed[0].Lead != ids[2] {
		t.Errorf("moved %d, first %v, differs %v", r.Moved, r.Changed, r.Differs)
	}
	if same := w.simulate(store.SimulationSpec{Last: 6, Groups: w.draft(g, "A B")}); same.Moved != 0 {
		t.Errorf("with the receivers that it has %d move", same.Moved)
	}
	w.edit(g, "A C B")
	r = w.simulate(store.SimulationSpec{From: from, To: clock.Now().Add(time.Hour)})
	if r.Differs == nil || r.Why.Why != store.WhyGroup || r.Why.Group != g || r.Differs.Lead != ids[1] {
		t.Errorf("after an edit it differs from %+v on, since %+v", r.Differs, r.Why)
	}
}

// TestACapBringsAnotherGroupsChange has a member reach their cap in one group, which is edited later: what differs in another is laid to that.
func TestACapBringsAnotherGroupsChange(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	w := newWorld(t, testenv.WithClock(clock.Now))
	one := 1
	w.editMember('A', func(m *store.Member) { m.Caps = lead.Caps{PerDay: &one} })
	other, g := w.group("A C"), w.group("A B")
	clock.Advance(time.Minute)
	from := clock.Now()
	equal(t, "in the other group", w.give(other, 1), "A")
	clock.Advance(time.Minute)
	equal(t, "of who had reached their cap", w.give(g, 1), "B")
	clock.Advance(time.Minute)
	w.edit(other, "C A")
	r := w.simulate(store.SimulationSpec{From: from.Add(time.Second), To: clock.Now()})
	if r.Differs != nil {
		t.Errorf("of leads after what the other group got differs %+v, since %+v", r.Differs, r.Why)
	}
	w.edit(other, "C")
	r = w.simulate(store.SimulationSpec{From: from, To: clock.Now()})
	if r.Differs == nil || r.Why.Why != store.WhyGroup || r.Why.Group != other {
		t.Fatalf("it differs by %+v, since %+v", r.Differs, r.Why)
	}
}

// TestADraftOfHoursAndCaps replays leads of the night through hours, and of a day through a cap.
func TestADraftOfHoursAndCaps(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)) // Monday noon in Kuala Lumpur
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	from := clock.Now()
	for range 4 { // 12:00, 14:00, 16:00, 18:00
		w.give(g, 2)
		clock.Advance(2 * time.Hour)
	}
	spec := store.SimulationSpec{From: from, To: clock.Now()}
	week := &lead.Week{}
	for day := range week {
		week[day] = []lead.Hours{{From: 9 * 60, To: 15 * 60}}
	}
	spec.Members = []store.MemberDraft{{ID: w.members['A'], SetHours: true, WorkingHours: week}}
	equal(t, "A works until three", w.tallies(w.simulate(spec)), "A 4→2, B 4→6")
	two := 2
	spec.Members = []store.MemberDraft{{ID: w.members['A'], SetCaps: true, Caps: lead.Caps{PerDay: &two}}}
	equal(t, "A gets two a day", w.tallies(w.simulate(spec)), "A 4→2, B 4→6")
	spec.Members = append(spec.Members, store.MemberDraft{ID: w.members['B'], SetCaps: true, Caps: lead.Caps{PerDay: &two}})
	r := w.simulate(spec)
	equal(t, "both get two a day", w.tallies(r), "A 4→2, B 4→2")
	equal(t, "those that wait", r.Waiting, 4)
	at, back := from.Add(time.Hour), from.Add(5*time.Hour)
	spec.Members = []store.MemberDraft{{ID: w.members['B'], SetAbsences: true, Absences: []store.Absence{{FromAt: &at, ToAt: &back}}}}
	equal(t, "B is away from one to five", w.tallies(w.simulate(spec)), "A 4→6, B 4→2")
}

// TestASimulationHasNoEffect compares all rows before and after a simulation with drafts of everything: only its own has changed.
func TestASimulationHasNoEffect(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC))
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.balanced("A B C", lead.BalanceCampaign)
	w.giveOf(g, "xyyz")
	clock.Advance(time.Minute)
	var tables []string
	if err := w.DB.Select(&tables, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'simulations'`); err != nil {
		t.Fatal(err)
	}
	all := func() map[string]string {
		rows := make(map[string]string)
		for _, table := range tables {
			var hash string
			if err := w.DB.Get(&hash, `SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, '' ORDER BY x::text)), '') FROM `+table+` x`); err != nil {
				t.Fatal(err)
			}
			rows[table] = hash
		}
		return rows
	}
	before := all()
	one := 1
	draft := w.draft(g, "C B")
	by := lead.BalanceSource
	draft[0].BalanceBy = &by
	r := w.simulate(store.SimulationSpec{Last: 10, Groups: draft, Members: []store.MemberDraft{{ID: w.members['C'], SetCaps: true, Caps: lead.Caps{PerDay: &one}}}})
	if r.Moved == 0 {
		t.Error("the drafts changed nothing, so that this shows nothing")
	}
	equal(t, "all rows", all(), before)
	if w.upcoming(g, 1) == "" {
		t.Error("nobody is next any more")
	}
}

// TestSimulationsThatCannotBe names the field of what cannot be simulated.
func TestSimulationsThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	now := w.Store.Now()
	zero := 0
	offers := w.draft(g, "A B")
	offers[0].Method = lead.FirstToAccept
	for want, spec := range map[string]store.SimulationSpec{
		"from":                            {},
		"to":                              {From: now, To: now},
		"last":                            {From: now.Add(-time.Hour), To: now, Last: 5},
		"groups[0].id":                    {Last: 1, Groups: w.draft(uuid.New(), "A")},
		"groups[1].id":                    {Last: 1, Groups: append(w.draft(g, "A"), w.draft(g, "B")...)},
		"groups[0].slots":                 {Last: 1, Groups: []store.DraftGroup{{ID: g}}},
		"groups[0].method":                {Last: 1, Groups: offers},
		"members[0].id":                   {Last: 1, Members: []store.MemberDraft{{ID: uuid.New()}}},
		"members[0].caps.per_day":         {Last: 1, Members: []store.MemberDraft{{ID: w.members['A'], SetCaps: true, Caps: lead.Caps{PerDay: &zero}}}},
		"members[0].absences[0].to":       {Last: 1, Members: []store.MemberDraft{{ID: w.members['A'], SetAbsences: true, Absences: []store.Absence{{FromAt: &now, ToAt: &now}}}}},
		"last\x00more than there can be":  {Last: store.MaxSimulated + 1},
		"from\x00only an end":             {To: now},
		"to\x00only a beginning":          {From: now},
		"members[1].id\x00a member twice": {Last: 1, Members: []store.MemberDraft{{ID: w.members['A']}, {ID: w.members['A']}}},
	} {
		want, _, _ = strings.Cut(want, "\x00")
		err := w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.AddSimulation(ctx, w.workspace, spec)
			return err
		})
		var field *store.FieldError
		if !errors.As(err, &field) || field.Field != want {
			t.Errorf("%+v: %v, want one of %s", spec, err, want)
		}
	}
}

// TestADraftOfRules replays leads that went by the rules through others: those of the fair go to another group, and the rest to nobody.
func TestADraftOfRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, other := w.group("A B"), w.group("C")
	save := func(rules ...route.Rule) {
		w.must(func(ctx context.Context, t *store.Tx) error {
			now, err := t.Rules(ctx, w.workspace)
			if err == nil {
				_, _, err = t.SaveRules(ctx, w.workspace, &now.Version, rules)
			}
			return err
		})
	}
	save(route.Rule{Name: "all", When: "true", GroupID: g, Enabled: true})
	for _, channel := range []string{"fair", "web", "fair", "web"} {
		var batches []lead.Hint
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "L", Channel: channel, Origin: "api", Distribute: store.Distribution{Route: true}}})
			batches = t.Batches()
			return err
		})
		w.run(batches...)
	}
	if r := w.simulate(store.SimulationSpec{Last: 10}); r.Leads != 4 || r.Moved != 0 || r.Differs != nil {
		t.Errorf("as it is: %+v", r)
	}
	drafted := []route.Rule{{Name: "fair", When: `channel == "fair"`, GroupID: other, Enabled: true}}
	r := w.simulate(store.SimulationSpec{Last: 10, Rules: &drafted})
	equal(t, "by member", w.tallies(r), "A 2→0, B 2→0, C 0→2")
	if r.Moved != 4 || r.Failed != 2 || r.Differs != nil {
		t.Errorf("%+v", r)
	}
	save(drafted...)
	if r := w.simulate(store.SimulationSpec{Last: 10}); r.Differs == nil || r.Why.Why != store.WhyRules {
		t.Errorf("after the rules were saved it differs from %+v on, since %+v", r.Differs, r.Why)
	}
}
