package store_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// TestMigratingFillsContacts has leads from before phones were read and words kept.
func TestMigratingFillsContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.distributed(store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}, "012-3456789 A.B@gmail.com", "none")
	keys := func() (all []string) {
		t.Helper()
		if err := w.DB.Select(&all, `
			SELECT concat_ws(' ', phone_e164, email_key, words) FROM leads
			UNION ALL SELECT concat_ws(' ', phone_e164, words) FROM assigned_leads ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		return all
	}
	w.ownWords()
	want := keys()
	w.DB.MustExec(`UPDATE leads SET phone_e164 = NULL, email_key = NULL, words = NULL`)
	w.DB.MustExec(`UPDATE assigned_leads SET phone_e164 = NULL, words = NULL`)
	for range 2 {
		if err := store.FillContacts(t.Context(), w.DatabaseURL); err != nil {
			t.Fatal(err)
		}
		equal(t, "keys", keys(), want)
	}
	found, err := w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{Search: "0123456789"}, store.Page{Limit: 2})
	if err != nil || len(found) != 1 || found[0].ID != ids[0] {
		t.Error(found, err)
	}

	// Whoever was erased is not worked out again.
	w.DB.MustExec(`UPDATE leads SET words = NULL, erased_at = now()`)
	w.DB.MustExec(`UPDATE assigned_leads SET words = NULL, erased_at = now()`)
	if err := store.FillContacts(t.Context(), w.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	var filled int
	if err := w.DB.Get(&filled, `
		SELECT (SELECT count(*) FROM leads WHERE words IS NOT NULL) + (SELECT count(*) FROM assigned_leads WHERE words IS NOT NULL)`); err != nil || filled != 0 {
		t.Errorf("%d records of somebody who was erased have words, %v", filled, err)
	}
}
