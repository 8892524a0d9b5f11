package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) editWorkspace(edit func(*store.Workspace)) (got store.Workspace, err error) {
	return got, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		got, err = t.EditWorkspace(ctx, w.workspace, func(w *store.Workspace) error { edit(w); return nil })
		return err
	})
}

// TestAWorkspacesSettingsAreKept edits one setting after the other: nothing else changes.
func TestAWorkspacesSettingsAreKept(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	want, err := w.Store.Workspace(t.Context(), w.workspace)
	if err != nil {
		t.Fatal(err)
	}
	if !want.LeadsDistribution || !want.ScheduledDistribution || len(want.Statuses) == 0 || want.Language != "en" || want.UndoMinutes != 60 {
		t.Errorf("a new workspace is %+v", want)
	}
	thirty := 30
	for _, edit := range []func(*store.Workspace){
		func(w *store.Workspace) { w.Name = "Acme Sdn Bhd" }, func(w *store.Workspace) { w.Timezone = "Europe/London" },
		func(w *store.Workspace) { w.Region = "GB" }, func(w *store.Workspace) { w.Language = "ms" },
		func(w *store.Workspace) { w.LeadsDistribution = false }, func(w *store.Workspace) { w.ScheduledDistribution = false },
		func(w *store.Workspace) { w.Hours = lead.Hours{From: 20 * 60, To: 2 * 60} },
		func(w *store.Workspace) { // what is won and closed is so no more
			w.Statuses, w.WonStatus, w.ClosedStatuses = []string{"fresh", "sold", "lost"}, "", []string{"lost"}
		},
		func(w *store.Workspace) { w.WonStatus = "sold" },
		func(w *store.Workspace) { w.ClosedStatuses = []string{"sold", "lost"} }, func(w *store.Workspace) { w.Policy, w.Days = store.RejectDuplicates, 7 },
		func(w *store.Workspace) { w.MessageLinks = !w.MessageLinks }, func(w *store.Workspace) { w.UndoMinutes = 0 },
		func(w *store.Workspace) { w.APIKeyMaxDays = &thirty }, func(w *store.Workspace) { w.APIKeyMaxDays = nil },
	} {
		c.Advance(time.Minute)
		edit(&want)
		want.UpdatedAt = c.Now()
		if _, err := w.editWorkspace(edit); err != nil {
			t.Fatal(err)
		}
		got, err := w.Store.Workspace(t.Context(), w.workspace)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(store.Workspace{}), cmpopts.EquateApproxTime(0)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestWhatAWorkspaceCannotBe is refused with the setting named, and nothing of it is kept.
func TestWhatAWorkspaceCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.Store.Workspace(t.Context(), w.workspace)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		edit  func(*store.Workspace)
		field string
	}{
		"no zone":                  {func(w *store.Workspace) { w.Timezone = "" }, "timezone"},
		"this machine's zone":      {func(w *store.Workspace) { w.Timezone = "Local" }, "timezone"},
		"a language nobody speaks": {func(w *store.Workspace) { w.Language = "tlh" }, "language"},
		"hours of no minutes":      {func(w *store.Workspace) { w.Hours = lead.Hours{From: 60, To: 60} }, "distribution_hours"},
		"no statuses":              {func(w *store.Workspace) { w.Statuses = nil }, "statuses"},
		"days of none":             {func(w *store.Workspace) { w.Days = 0 }, "duplicates.days"},
		"days of eleven years":     {func(w *store.Workspace) { w.Days = 4000 }, "duplicates.days"},
	} {
		_, err := w.editWorkspace(func(w *store.Workspace) { w.Name = "changed"; c.edit(w) })
		refused(t, what, err, c.field)
	}
	after, err := w.Store.Workspace(t.Context(), w.workspace)
	if err != nil || after.Name != before.Name || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("after all that it is %+v, %v", after, err)
	}
	err = w.tx(func(ctx context.Context, tx *store.Tx) error {
		return second(tx.EditWorkspace(ctx, uuid.New(), func(*store.Workspace) error { return nil }))
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

// TestAWorkspacesZoneIsItsMembers moves a workspace to where it is another day: members who have no zone of their own are told by it what
// they got today, and those who have one are not.
func TestAWorkspacesZoneIsItsMembers(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T17:00:00Z") // one in the morning of Tuesday in Kuala Lumpur
	w := newWorld(t, testenv.WithClock(c.Now))
	w.cap("AB", perDay(5))
	w.member('B', func(m *store.Member) { m.Timezone = "Asia/Kuala_Lumpur" })
	g := w.group("A B")
	w.give(g, 4)
	c.Advance(8 * time.Hour) // nine in the morning; in New York it is eight in the evening of Monday
	w.give(g, 2)
	today := func(letter byte) int {
		t.Helper()
		a, err := w.Store.AvailabilityOf(t.Context(), w.workspace, w.members[letter])
		if err != nil || a.Count == nil {
			t.Fatalf("%+v, %v", a, err)
		}
		return a.Count.Day
	}
	equal(t, "A's today in Kuala Lumpur", today('A'), 3)
	if _, err := w.editWorkspace(func(w *store.Workspace) { w.Timezone = "Pacific/Kiritimati" }); err != nil { // where it is three in the afternoon
		t.Fatal(err)
	}
	equal(t, "A's today on Kiritimati, where it began at six of Kuala Lumpur's evening", today('A'), 3)
	if _, err := w.editWorkspace(func(w *store.Workspace) { w.Timezone = "Europe/London" }); err != nil { // where it is one in the morning
		t.Fatal(err)
	}
	equal(t, "A's today in London", today('A'), 1)
	equal(t, "B's today, who stays in Kuala Lumpur", today('B'), 3)
	w.exact()
}
