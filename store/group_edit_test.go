package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) createGroup(spec store.GroupSpec) (g store.Group, err error) {
	return g, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		g, err = t.CreateGroup(ctx, w.workspace, spec)
		return err
	})
}

func (w *world) updateGroup(id uuid.UUID, spec store.GroupSpec) (g store.Group, err error) {
	return g, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		g, err = t.UpdateGroup(ctx, w.workspace, id, spec)
		return err
	})
}

// TestAGroupIsAsItWasSaidToBe makes a group with everything, and edits one thing after the other: nothing else changes, and the ring has
// another version just where other receivers, another method or other lanes make it another ring.
func TestAGroupIsAsItWasSaidToBe(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	next := w.group("C")
	three := 3
	within, by, id := lead.AnswerWithin{Minutes: 10, Then: lead.ThenTell}, lead.BalanceCampaign, "crm-1"
	spec := w.spec("A B*2")
	spec.Listed[0].Members[0].Caps = &lead.Caps{PerDay: &three}
	spec.Listed[1].Members[0].Notify = false
	spec.ExternalID, spec.Metadata = &id, map[string]string{"region": "north"}
	spec.GroupPolicy = store.GroupPolicy{
		WhenAway: store.AwayOwe, OweAtMost: 7, AnswerWithin: &within, BalanceBy: &by,
		Overflow: store.Overflow{Then: store.OverflowGroup, GroupID: next, AfterMinutes: 30},
	}
	made, err := w.createGroup(spec)
	if err != nil {
		t.Fatal(err)
	}
	want := store.Group{
		ID: made.ID, Reference: store.Reference{ExternalID: id, Metadata: spec.Metadata}, Name: "sales", Method: lead.RoundRobin, Version: 1,
		Listed: spec.Listed, WhenAway: store.AwayOwe, OweAtMost: 7, BalanceBy: by, CreatedAt: c.Now(), UpdatedAt: c.Now(),
	}
	want.Overflow.Overflow, want.Answer.AnswerWithin = spec.Overflow, made.Answer.AnswerWithin
	equal(t, "the answer that is wanted", made.Answer.Minutes, 10)
	same := func(what string, got store.Group) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	same("as it was made", made)

	for _, edit := range []struct {
		what  string
		edit  func()
		other bool // it makes another ring
	}{
		{"nothing", func() {}, false},
		{"another name", func() { spec.Name, want.Name = "north", "north" }, false},
		{"no external id said", func() { spec.ExternalID = nil }, false},
		{"no metadata said", func() { spec.Metadata = nil }, false},
		{"another external id", func() { id = "crm-2"; spec.ExternalID = &id; want.ExternalID = id }, false},
		{"more owed", func() { spec.OweAtMost, want.OweAtMost = 9, 9 }, false},
		{"nothing said of what is owed", func() { spec.OweAtMost, spec.WhenAway = 0, "" }, false},
		{"leads wait", func() {
			spec.Overflow = store.Overflow{Then: store.OverflowWait}
			want.Overflow.Overflow = spec.Overflow
		}, false},
		{"leads fail", func() {
			spec.Overflow = store.Overflow{Then: store.OverflowFail}
			want.Overflow.Overflow = spec.Overflow
		}, false},
		{"another weight", func() { spec.Listed[1].Weight = 3 }, true},
		{"the other way round", func() { spec.Listed[0], spec.Listed[1] = spec.Listed[1], spec.Listed[0] }, true},
		{"told again", func() { spec.Listed[0].Members[0].Notify = true }, true},
		{"no cap", func() { spec.Listed[1].Members[0].Caps = nil }, true},
		{"no lanes", func() { by = ""; spec.BalanceBy = &by; want.BalanceBy = "" }, true},
		{"a receivers group", func() {
			spec.Method, want.Method = lead.RoundRobinMultiple, lead.RoundRobinMultiple
			spec.Listed = w.spec("AB C").Listed
		}, true},
	} {
		c.Advance(time.Minute)
		edit.edit()
		want.Listed, want.UpdatedAt = spec.Listed, c.Now()
		if edit.other {
			want.Version++
		}
		got, err := w.updateGroup(made.ID, spec)
		if err != nil {
			t.Fatalf("%s: %v", edit.what, err)
		}
		same(edit.what, got)
		read, err := w.Store.Group(t.Context(), w.workspace, made.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(edit.what+", read again", read)
	}
	equal(t, "versions", w.count(`SELECT count(*) FROM rings WHERE group_id = '`+made.ID.String()+`'`), want.Version)
	w.exact()
}

// TestWhatAGroupCannotBe is refused when it is made and when it is edited, with the place named, and the ring stays as it was.
func TestWhatAGroupCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, next := w.group("A B"), w.group("C")
	w.setActive('D', false)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['E'])
	})
	wrong, none, long := lead.BalanceBy("field:"), 0, store.MaxOwed+1
	for what, c := range map[string]struct {
		edit  func(*store.GroupSpec)
		field string
	}{
		"nobody":                   {func(s *store.GroupSpec) { s.Listed = nil }, "slots"},
		"a weight of none":         {func(s *store.GroupSpec) { s.Listed[1].Weight = 0 }, "slots[1].weight"},
		"too many slots":           {func(s *store.GroupSpec) { s.Listed[0].Weight = store.MaxSlots }, "slots"},
		"a slot of nobody":         {func(s *store.GroupSpec) { s.Listed[1].Members = nil }, "slots[1].members"},
		"two in a slot for one":    {func(s *store.GroupSpec) { s.Listed[0] = w.spec("AB").Listed[0] }, "slots[0].members"},
		"somebody unknown":         {func(s *store.GroupSpec) { s.Listed[0].Members[0].MemberID = uuid.New() }, "slots[0].members[0].member_id"},
		"somebody who was removed": {func(s *store.GroupSpec) { s.Listed = w.spec("A E").Listed }, "slots[1].members[0].member_id"},
		"somebody twice in a slot": {func(s *store.GroupSpec) {
			s.Method, s.Listed[0] = lead.RoundRobinMultiple, w.spec("AA").Listed[0]
		}, "slots[0].members[1].member_id"},
		"a cap of none":           {func(s *store.GroupSpec) { s.Listed[0].Members[0].Caps = &lead.Caps{PerHour: &none} }, "slots[0].members[0].caps.per_hour"},
		"more owed than may be":   {func(s *store.GroupSpec) { s.OweAtMost = long }, "owe_at_most"},
		"less owed than may be":   {func(s *store.GroupSpec) { s.OweAtMost = -1 }, "owe_at_most"},
		"lanes by no field":       {func(s *store.GroupSpec) { s.BalanceBy = &wrong }, "balance_by"},
		"no group to go on to":    {func(s *store.GroupSpec) { s.Overflow.Then = store.OverflowGroup }, "overflow.group_id"},
		"a group that is unknown": {func(s *store.GroupSpec) { s.Overflow = store.Overflow{Then: store.OverflowGroup, GroupID: uuid.New()} }, "overflow.group_id"},
		"a group, and waiting":    {func(s *store.GroupSpec) { s.Overflow = store.Overflow{Then: store.OverflowWait, GroupID: next} }, "overflow.then"},
		"an hour, and failing":    {func(s *store.GroupSpec) { s.Overflow = store.Overflow{Then: store.OverflowFail, AfterMinutes: 60} }, "overflow.then"},
		"a wait of years": {func(s *store.GroupSpec) {
			s.Overflow = store.Overflow{Then: store.OverflowGroup, GroupID: next, AfterMinutes: 43_201}
		}, "overflow.after_minutes"},
		"too much with it": {func(s *store.GroupSpec) { s.Metadata = map[string]string{"": "x"} }, "metadata"},
	} {
		spec := w.spec("A B")
		c.edit(&spec)
		_, err := w.createGroup(spec)
		refused(t, "making one with "+what, err, c.field)
		spec = w.spec("A B")
		c.edit(&spec)
		_, err = w.updateGroup(g, spec)
		refused(t, "editing one to have "+what, err, c.field)
	}
	read, err := w.Store.Group(t.Context(), w.workspace, g)
	if err != nil || read.Version != 1 {
		t.Errorf("after all that the group is %+v, %v", read, err)
	}
	equal(t, "groups", w.count(`SELECT count(*) FROM groups`), 2)
	equal(t, "the ring", w.upcoming(g, 3), "A B A")
	if _, err := w.createGroup(w.spec("A D")); err != nil {
		t.Errorf("with somebody who is deactivated: %v", err)
	}
}

// TestChainsOfGroupsEnd lets leads go on from group to group, but neither round in a circle nor through more groups than a few.
func TestChainsOfGroupsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	onTo := func(g, next uuid.UUID) error {
		spec := w.spec("A")
		spec.Overflow = store.Overflow{Then: store.OverflowGroup, GroupID: next}
		_, err := w.updateGroup(g, spec)
		return err
	}
	groups := make([]uuid.UUID, 7)
	for i := range groups {
		groups[i] = w.group("A")
	}
	refused(t, "a group to itself", onTo(groups[0], groups[0]), "overflow.group_id")
	for i := 5; i > 0; i-- {
		if err := onTo(groups[i], groups[i+1]); err != nil {
			t.Fatalf("from group %d on: %v", i, err)
		}
	}
	refused(t, "through more than five", onTo(groups[0], groups[1]), "overflow.group_id")
	if err := onTo(groups[0], groups[2]); err != nil {
		t.Errorf("through five: %v", err)
	}
	refused(t, "in a circle", onTo(groups[6], groups[3]), "overflow.group_id")
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGroup(ctx, w.workspace, groups[4]) })
	if err := onTo(groups[6], groups[3]); err != nil {
		t.Errorf("where the circle is broken by a group that is gone: %v", err)
	}
	refused(t, "to a group that is gone", onTo(groups[0], groups[4]), "overflow.group_id")
}

// TestWhoWasRemovedMayStayListed saves a group as it was read after a receiver was removed, and refuses them anywhere else.
func TestWhoWasRemovedMayStayListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['B'])
	})
	if _, err := w.updateGroup(g, w.spec("C B A")); err != nil {
		t.Errorf("in another order: %v", err)
	}
	equal(t, "given", w.give(g, 4), "A C A C")
	if _, err := w.updateGroup(g, w.spec("A C")); err != nil {
		t.Fatal(err)
	}
	_, err := w.updateGroup(g, w.spec("A B C"))
	refused(t, "back in the ring", err, "slots[1].members[0].member_id")
	present, err := w.Store.PresentMembers(t.Context(), w.workspace, w.spec("A B").Listed, w.spec("C D").Listed)
	if err != nil || len(present) != 3 || present[w.members['B']] {
		t.Errorf("present are %v, %v", present, err)
	}
	w.exact()
}

// TestADeletedGroupIsGone is not listed, read, edited or deleted again, and what is assigned to it fails by name.
func TestADeletedGroupIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, other := w.group("A B"), w.group("C")
	ids, before := w.add(2, store.Distribution{GroupID: g})
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGroup(ctx, w.workspace, g) })
	w.run(before...)
	equal(t, "what was on its way", w.who(ids), "group_deleted group_deleted")
	equal(t, "assigned since", w.give(g, 1), "group_deleted")
	for what, err := range map[string]error{
		"read": second(w.Store.Group(t.Context(), w.workspace, g)), "edited": second(w.updateGroup(g, w.spec("A"))),
		"deleted again": w.tx(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGroup(ctx, w.workspace, g) }),
		"looked at":     second(w.Store.Upcoming(t.Context(), w.workspace, g, 1)),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	all, err := w.Store.Groups(t.Context(), w.workspace, "", store.Page{Limit: 10})
	if err != nil || len(all) != 1 || all[0].ID != other {
		t.Errorf("listed are %v, %v", fmt.Sprint(all), err)
	}
	w.exact()
}
