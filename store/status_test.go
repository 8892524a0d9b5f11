package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// statuses edits the workspace's list, with the first as the one that is won.
func (w *world) statuses(won string, list ...string) (got store.Workspace, err error) {
	return got, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		got, err = t.EditWorkspace(ctx, w.workspace, func(w *store.Workspace) error { w.Statuses, w.WonStatus = list, won; return nil })
		return err
	})
}

// refused fails the test unless an error is about a field.
func refused(t *testing.T, what string, err error, field string) {
	t.Helper()
	var f *store.FieldError
	if !errors.As(err, &f) || f.Field != field {
		t.Errorf("%s: %v, want a refusal of %s", what, err, field)
	}
}

func TestListsOfStatuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprint("status ", i)
	}
	for name, c := range map[string]struct {
		list  []string
		field string
	}{
		"none": {nil, "statuses"}, "too many": {many, "statuses"}, "one that cannot be seen": {[]string{"new", " \u200b"}, "statuses[1]"},
		"one that is too long":  {[]string{"new", "won", strings.Repeat("é", 101)}, "statuses[2]"},
		"one twice":             {[]string{"new", "won", "New "}, "statuses[2]"},
		"one twice, in Unicode": {[]string{"café", "cafe\u0301"}, "statuses[1]"},
	} {
		_, err := w.statuses("", c.list...)
		refused(t, name, err, c.field)
	}
	if got, err := w.statuses("won", strings.Repeat("é", 100), "won"); err != nil || got.WonStatus != "won" {
		t.Errorf("one that is as long as may be: %+v, %v", got.Statuses, err)
	}
	if got, err := w.statuses("won", "new", "lost"); err != nil || got.WonStatus != "" {
		t.Errorf("the status that is won is not in the list any more, and it is %q, %v", got.WonStatus, err)
	}
}

// TestAStatusInUse is not taken off the list; renamed, it is so on every copy, and their timelines say what it was.
func TestAStatusInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.statuses("won", "new", "called", "won"); err != nil {
		t.Fatal(err)
	}
	ids, batches := w.add(2, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	copied := w.copyOf('A', ids[0])
	who := store.Actor{ID: newID(), MemberID: w.members['A']}
	set := func(who store.Actor, status string) error {
		return w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.EditAssignedLead(ctx, w.workspace, who, copied, func(a *store.AssignedLead) error { a.Status = status; return nil })
			return err
		})
	}
	refused(t, "a status that there is not", set(who, "gone"), "status")
	if err := set(store.Actor{ID: newID(), MemberID: w.members['B']}, "called"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("B changes A's: %v", err)
	}
	for _, s := range []string{"called", "called", "won"} {
		if err := set(who, s); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.statuses("", "new", "called")
	refused(t, "taking the one off that a copy has", err, "statuses")
	if _, err := w.statuses("won", "new", "won"); err != nil {
		t.Errorf("taking one off that none has: %v", err)
	}
	rename := func(from, to string) (got store.Workspace, err error) {
		return got, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
			got, err = t.RenameStatus(ctx, w.workspace, from, to)
			return err
		})
	}
	_, err = rename("called", "x")
	refused(t, "one that is not on the list", err, "from")
	_, err = rename("won", "NEW")
	refused(t, "to one that is", err, "to")
	if got, err := rename("won", "Won!"); err != nil || got.WonStatus != "Won!" || strings.Join(got.Statuses, ",") != "new,Won!" {
		t.Errorf("renamed: %+v, %v", got, err)
	}
	a, err := w.Store.AssignedLead(t.Context(), w.workspace, w.members['A'], copied)
	if err != nil || a.Status != "Won!" {
		t.Errorf("the copy has %q, %v", a.Status, err)
	}
	steps, err := w.Store.StatusChanges(t.Context(), w.workspace, w.members['A'], copied, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, s := range steps {
		text = append(text, s.From+">"+s.To)
	}
	equal(t, "its steps", strings.Join(text, " "), "called>won new>called")
	if _, err := w.Store.StatusChanges(t.Context(), w.workspace, w.members['B'], copied, store.Page{Limit: 10}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("B sees the steps of A's: %v", err)
	}
}
