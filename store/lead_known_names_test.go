package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// named is lettered for names without a contact under one id.
func (w *world) named(together bool, id string, names ...string) string {
	w.t.Helper()
	var leads []store.NewLead
	for _, name := range names {
		leads = append(leads, withID(id, name, "", ""))
	}
	return w.lettered(together, leads)
}

// TestTheSameIDOfAnotherName pushes one id for people of whom only the names are known: others come in, corrections don't.
func TestTheSameIDOfAnotherName(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"one by one": false, "together": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			equal(t, "leads", w.named(together, "1",
				"Ada Lovelace", "Bea Lim", "ADA  LOVELACE", "Bea Lim", "Lovelace Ada", "Ms Ada King Lovelace", "Ada Lovelac", "Bea Limm", "Ms Bea", "Cyd"),
				"ab(a)abaaabbc(a)")
			equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 3)
			equal(t, "ids that lost digits", w.named(together, "123456789012345000", "Ada L", "Ada", "Ada", "Ada L"), "ab(a)ba")
			equal(t, "a name that was added", w.push(withID("2", "", "", "x"), withID("2", "Ada", "", ""))[1].Existing, true)
		})
	}
}

// TestRenamedLeadsAreKnown pushes leads again, as they were, after somebody has changed their names here.
func TestRenamedLeadsAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.push(withID("1", "Ada", "", ""), withID("1", "Bob", "", ""))
	for i, name := range []string{"Countess", "Robert"} {
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditLead(ctx, w.workspace, all[i].ID, func(l *store.Lead) error { l.Name = name; return nil })
			return err
		})
	}
	for name, want := range map[string]uuid.UUID{"Ada": all[0].ID, "Countess": all[0].ID, "Bob": all[1].ID, "Robert": all[1].ID} {
		if a := w.push(withID("1", name, "", ""))[0]; a.ID != want || !a.Existing {
			t.Errorf("%s is lead %s, want %s", name, a.ID, want)
		}
	}
	if a := w.push(withID("1", "Cyd", "", ""))[0]; a.Existing {
		t.Error("another is taken for one of them")
	}
}

// TestTwoListsOfNames pushes two lists whose rows have the same ids, each twice, and a list that has one id throughout.
func TestTwoListsOfNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func(of string, id func(int) string) (leads []store.NewLead) {
		for i := range 500 {
			leads = append(leads, withID(id(i), fmt.Sprintf("%s %d", of, i), "", ""))
		}
		return leads
	}
	each, one := func(i int) string { return fmt.Sprint(i + 1) }, func(int) string { return "FB lead" }
	for range 2 {
		w.push(list("Ada", each)...)
		w.push(list("Bea", each)...)
		equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 1000)
	}
	for range 2 {
		w.push(list("Cyd", one)...)
		equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 1500)
	}
}
