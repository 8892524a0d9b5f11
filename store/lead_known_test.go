package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// push adds leads in one transaction.
func (w *world) push(leads ...store.NewLead) (added []store.AddedLead) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		added, err = tx.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		return err
	})
	return added
}

func withID(id, name, email, phone string) store.NewLead {
	return store.NewLead{Name: name, Email: email, Phone: phone, Channel: "api", Origin: "api", ExternalID: id}
}

// lettered pushes leads, and tells which lead each is: a letter each, the lead beside which it came in in brackets. One that
// was there before has a mark.
func (w *world) lettered(together bool, leads []store.NewLead) (text string) {
	w.t.Helper()
	var added []store.AddedLead
	if together {
		added = w.push(leads...)
	}
	for i := 0; i < len(leads) && !together; i++ {
		added = append(added, w.push(leads[i])...)
	}
	letters := map[uuid.UUID]string{}
	for _, a := range added {
		if letters[a.ID] == "" {
			letters[a.ID] = string(rune('a' + len(letters)))
			if a.Existing {
				text += "!"
			}
		}
		text += letters[a.ID]
		if a.Beside != uuid.Nil {
			text += "(" + letters[a.Beside] + ")"
		}
	}
	return text
}

// TestTheSameIDOfAnotherPerson pushes one id for several people, one by one and together.
func TestTheSameIDOfAnotherPerson(t *testing.T) {
	t.Parallel()
	for name, together := range map[string]bool{"one by one": false, "together": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			leads := []store.NewLead{
				withID("1", "Ada", "ada@example.com", ""),
				withID("1", "Bea", "bea@example.com", "012-345 6780"),
				withID("1", "Ada Lim", "ADA@example.com", "0123456781"), // the first again, corrected
				withID("1", "Bea", "", "+60123456780"),
				withID("1", "Cyd", "cyd@example.com", ""),
				withID("1", "Ada", "", "0123456782"), // nothing says that she is not
				withID("1", "Bea", "bea@example.com", ""),
				withID("1", "Dee", "dee@example.com", "91234567"), // no number of the region's
				withID("1", "Dee", "d@example.com", "91234567"),
			}
			equal(t, "leads", w.lettered(together, leads), "ab(a)abc(a)abd(a)d")
			equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 4)
			all, err := w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{ExternalID: `="1"`}, store.Page{Limit: 10})
			if err != nil || len(all) != 4 || all[0].ExternalID != "1" {
				t.Errorf("found %+v, %v", all, err)
			}
		})
	}
}

// TestTwoPeopleWithOneIDAtOnce pushes each of two people twenty times at once.
func TestTwoPeopleWithOneIDAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var pushers sync.WaitGroup
	for i := range 40 {
		l := withID("1", "x", []string{"ada@example.com", "bea@example.com"}[i%2], "")
		pushers.Go(func() {
			if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{l})
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	pushers.Wait()
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 2)
	equal(t, "people", w.count(`SELECT count(DISTINCT email) FROM leads`), 2)
}

// TestIDsThatAreNoneSwallowNobody pushes what stands for no id, and what a spreadsheet left of one.
func TestIDsThatAreNoneSwallowNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"undefined", "0", "{{lead.id}}", "9.0010020030040E+14"} {
		first, again := w.push(withID(id, "Ada", "", ""))[0], w.push(withID(id, "Ada", "", ""))[0]
		if first.ID == again.ID || again.Existing || again.Beside != uuid.Nil {
			t.Errorf("%q swallowed a lead: %+v", id, again)
		}
	}
	const rounded = "900100200300400000"
	ada, bea, ada2, bea2 := w.push(withID(rounded, "Ada", "", ""))[0], w.push(withID(rounded, "Bea", "", ""))[0],
		w.push(withID(rounded, "ada", "", ""))[0], w.push(withID(rounded, "Bea", "", ""))[0]
	if ada.ID == bea.ID || ada2.ID != ada.ID || bea2.ID != bea.ID || bea.Beside != ada.ID {
		t.Errorf("%+v %+v %+v %+v", ada, bea, ada2, bea2)
	}
}

// TestGuardsGoFromLeads has one lead come with and without what spreadsheets make people put around texts.
func TestGuardsGoFromLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain := w.push(withID("900100200300401", "Aisyah Tan", "aisyah@example.com", "0123456781"))[0]
	for _, l := range []store.NewLead{
		withID(`="900100200300401"`, `="Aisyah Tan"`, `="aisyah@example.com"`, `="0123456781"`),
		withID("l:900100200300401", "'Aisyah Tan", "'aisyah@example.com", "p:+60123456781"),
		withID("\ufeff900100200300401", "\u200eAisyah Tan\u200e", "aisyah@example.com\u200b", "\u202a0123456781\u202c"),
		withID("9.00100200300401E+14", "x", "", ""),
		withID("900100200300401.0", "x", "", ""),
	} {
		if a := w.push(l)[0]; a.ID != plain.ID || !a.Existing {
			t.Errorf("%q is another lead", l.ExternalID)
		}
	}
	guarded := w.push(withID("", `="Dee"`, "\u200edee@example.com\u200b", "p:+60123456782"))[0]
	l, err := w.Store.SourceLead(t.Context(), w.workspace, guarded.ID)
	if err != nil || l.Name != "Dee" || l.Email != "dee@example.com" || l.Phone != "+60123456782" || l.PhoneE164 != "+60123456782" {
		t.Errorf("%+v, %v", l, err)
	}
}

// TestEditedLeadsAreKnown changes the only contact of a lead, and pushes it as it was and as it is.
func TestEditedLeadsAreKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := withID("1", "Ada", "ada@exmaple.com", "")
	first := w.push(l)[0]
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditLead(ctx, w.workspace, first.ID, func(l *store.Lead) error {
			l.Email = "ada@example.com"
			return nil
		})
		return err
	})
	for _, email := range []string{"ada@exmaple.com", "ada@example.com"} {
		if a := w.push(withID("1", "Ada", email, ""))[0]; a.ID != first.ID {
			t.Errorf("%s is another lead", email)
		}
	}
	if a := w.push(withID("1", "Bea", "bea@example.com", ""))[0]; a.ID == first.ID {
		t.Error("another person is the same lead")
	}
}

func (w *world) deleteLead(id uuid.UUID) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, id) })
}

// TestDeletedLeadsComeBack deletes leads and pushes them again, beside others with the same id.
func TestDeletedLeadsComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, bea := withID("1", "Ada", "ada@example.com", ""), withID("1", "Bea", "bea@example.com", "")
	ada.Distribute = store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}
	first, second := w.push(ada)[0], w.push(bea)[0]
	for range 3 {
		w.deleteLead(first.ID)
		if a := w.push(bea)[0]; a.ID != second.ID || !a.Existing {
			t.Errorf("the other lead with the id came in again: %+v", a)
		}
		back, batches := w.addLead(ada)
		if back == first.ID || len(batches) != 1 {
			t.Fatal("it did not come back")
		}
		if a := w.push(ada)[0]; a.ID != back || !a.Existing {
			t.Errorf("it came back twice: %+v", a)
		}
		first.ID = back
	}
	w.deleteLead(second.ID)
	if a := w.push(bea)[0]; a.ID == second.ID || a.Existing || a.Beside != first.ID {
		t.Errorf("the other lead did not come back: %+v", a)
	}
	equal(t, "leads", w.count(`SELECT count(*) FROM leads WHERE deleted_at IS NULL`), 2)
	w.exact()
}

// TestDeletedAndPushedAtOnce deletes a lead again and again while it is pushed. Each deletion is followed by one lead at
// the most, and after the last push there is one.
func TestDeletedAndPushedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := withID("1", "Ada", "ada@example.com", "")
	w.push(l)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for range 15 {
				if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{l})
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	deleted := 0
	for range 30 {
		var ids []uuid.UUID
		if err := w.DB.Select(&ids, `SELECT lead_id FROM leads WHERE deleted_at IS NULL`); err != nil {
			t.Fatal(err)
		}
		if len(ids) > 1 {
			t.Fatalf("%d leads are there at once", len(ids))
		}
		for _, id := range ids {
			w.deleteLead(id)
			deleted++
		}
	}
	all.Wait()
	w.push(l)
	equal(t, "leads", w.count(`SELECT count(*) FROM leads WHERE deleted_at IS NULL`), 1)
	if n := w.count(`SELECT count(*) FROM leads`); n > deleted+1 {
		t.Errorf("%d leads after %d deletions", n, deleted)
	}
}

// TestErasedPeopleStayErased erases people who share an id with others, or were deleted before, and pushes them again.
func TestErasedPeopleStayErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deleted := withID("1", "Ada", "ada@example.com", "")
	w.deleteLead(w.push(deleted)[0].ID)
	again := w.push(deleted)[0]
	w.deleteLead(again.ID)
	other := withID("2", "Bea", "bea@example.com", "")
	w.push(other)
	beside := withID("2", "Ada", "ada@example.com", "")
	w.push(beside)
	telling := withID("3/ada@example.com", "Ada", "ada@example.com", "")
	w.deleteLead(w.push(telling)[0].ID)
	w.push(telling)
	w.erase(w.identify("ada@example.com", ""))
	before := w.count(`SELECT count(*) FROM leads`)
	for _, l := range []store.NewLead{deleted, beside, telling} {
		if a := w.push(l)[0]; !a.Existing || !a.Erased {
			t.Errorf("%s came back: %+v", l.ExternalID, a)
		} else if shell, err := w.Store.LeadOrShell(t.Context(), w.workspace, a.ID); err != nil || shell.Name != "" || shell.ErasedAt == nil {
			t.Errorf("of %s is left %+v, %v", l.ExternalID, shell, err)
		}
	}
	if a := w.push(other)[0]; !a.Existing || a.Erased {
		t.Errorf("the other lead: %+v", a)
	}
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), before)
	if text := w.text(); text == "" || w.count(`SELECT count(*) FROM leads WHERE strpos(leads::text, 'ada@') > 0`) > 0 {
		t.Error("something of the person is left")
	}
}

// TestManyLeadsWithOneID has a list in which all rows have the same id, which is in step with their number and no more.
func TestManyLeadsWithOneID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func(from int) (leads []store.NewLead) {
		for i := range 2000 {
			leads = append(leads, withID("FB lead", "x", fmt.Sprintf("p%d@example.com", from+i), ""))
		}
		return leads
	}
	w.push(list(0)...)
	w.push(list(1000)...)
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 3000)
}
