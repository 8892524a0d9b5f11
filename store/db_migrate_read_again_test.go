package store_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// TestMigratingReadsAgain has what an earlier version stored wrongly, and migrates from there.
func TestMigratingReadsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids, batches := w.contacts(store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}},
		"628123456789.0 -", "6.0123456781E+10 -", "0123456789 -", "91234567 -")
	w.run(batches...)
	w.ownWords()
	w.DB.MustExec(`UPDATE leads SET phone_e164 = '+6281234567890' WHERE phone = '628123456789.0'`)
	w.DB.MustExec(`UPDATE assigned_leads SET phone_e164 = '+6281234567890' WHERE phone = '628123456789.0'`)
	w.DB.MustExec(`UPDATE leads SET phone_e164 = NULL WHERE phone LIKE '%E+10'`)
	// The workspace was Singapore's when this one came.
	w.DB.MustExec(`UPDATE leads SET phone_e164 = '+6591234567' WHERE phone = '91234567'`)
	guarded := w.push(withID("900100200300401", "x", "", ""), withID("2", "x", "", ""), withID("12", "y", "", ""))
	w.DB.MustExec(`UPDATE leads SET external_id = '="' || external_id || '"' WHERE lead_id IN ($1, $2)`, guarded[0].ID, guarded[1].ID)
	w.push(withID("2", "x", "", ""))
	deleted := w.push(withID("7", "x", "seven@example.com", ""))[0]
	w.deleteLead(deleted.ID)
	for range 2 {
		if err := store.ReadAgain(t.Context(), w.DatabaseURL); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", "+60123456781", "+60123456789", "+6591234567"} {
		l, err := w.Store.SourceLead(t.Context(), w.workspace, ids[i])
		if err != nil || l.PhoneE164 != want {
			t.Errorf("%q is %q, not %q; %v", l.Phone, l.PhoneE164, want, err)
		}
	}
	equal(t, "copies", w.count(`SELECT count(*) FROM assigned_leads WHERE phone_e164 = '+6281234567890'`), 0)
	if found, err := w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{Search: "628123456789"}, store.Page{Limit: 9}); err != nil || len(found) != 1 {
		t.Errorf("found %d, %v", len(found), err)
	}
	if a := w.push(withID("900100200300401", "x", "", ""))[0]; a.ID != guarded[0].ID {
		t.Error("a lead with a guarded id is not known without")
	}
	equal(t, "guards that stay, since another has the id", w.count(`SELECT count(*) FROM leads WHERE external_id = '="2"'`), 1)
	if a := w.push(withID("7", "x", "seven@example.com", ""))[0]; a.Existing {
		t.Error("a lead that was deleted before does not come back")
	}
}

// TestSourcesThatFellTogether has sources from before their names were compared as they are now.
func TestSourcesThatFellTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, unseen := w.source("Straße", nil), w.source("x", nil), w.source("y", nil)
	w.DB.MustExec(`UPDATE sources SET name_key = NULL`)
	w.DB.MustExec(`UPDATE sources SET name = 'STRASSE' WHERE source_id = $1`, second)
	w.DB.MustExec(`UPDATE sources SET name = E'\u200b' WHERE source_id = $1`, unseen)
	for range 2 {
		if err := store.Migrate(t.Context(), w.DatabaseURL); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "sources", w.count(`SELECT count(DISTINCT name_key) FROM sources`), 3)
	if id, _, err := w.Store.LeadSource(t.Context(), w.workspace, store.SourceRef{Name: "strasse", Create: true}); err != nil || id != first {
		t.Errorf("the name means %s, %v", id, err)
	}
	rename := func(id uuid.UUID, name string) error {
		return w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditSource(ctx, w.workspace, id, func(s *store.Source) error { s.Name, s.ForCustomers = name, false; return nil })
			return err
		})
	}
	if err := rename(second, "Strasse"); err != nil {
		t.Errorf("it cannot be saved: %v", err)
	}
	if err := rename(unseen, "Radio"); err != nil {
		t.Errorf("it cannot be given a name: %v", err)
	}
	if err := rename(unseen, "STRASSE"); err == nil {
		t.Error("it was given another's name")
	}
}

// TestNamesOfSources names one source in many ways, on a database whose own idea of case is of no account.
func TestNamesOfSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.source("İstanbul  Straße", nil)
	for _, name := range []string{"i̇stanbul strasse", "İSTANBUL STRASSE", "\u200bİstanbul\u00a0Straße ", `="İstanbul Straße"`} {
		if got, warning, err := w.Store.LeadSource(t.Context(), w.workspace, store.SourceRef{Name: name, Create: true}); err != nil || got != id {
			t.Errorf("%q is %s, %q, %v", name, got, warning, err)
		}
		if _, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: name}); err == nil {
			t.Errorf("%q was made beside it", name)
		}
	}
	for _, name := range []string{"\u200b\u200b", "\u3164", ""} {
		if _, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: name}); err == nil {
			t.Errorf("%q is a name", name)
		}
		if got, warning, err := w.Store.LeadSource(t.Context(), w.workspace, store.SourceRef{Name: name, Create: true}); err != nil || got != uuid.Nil || warning != "" {
			t.Errorf("%q is a name: %s, %q, %v", name, got, warning, err)
		}
	}
	equal(t, "sources", w.count(`SELECT count(*) FROM sources`), 1)
}
