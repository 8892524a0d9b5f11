package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// erase erases a person, in the way of the API.
func (w *world) erase(i contact.Identity) (done store.ErasedPerson) {
	w.t.Helper()
	e, err := w.Store.BeginErasure(w.t.Context(), w.workspace, i, func([]byte) ([]byte, error) { return nil, errors.New("it cannot be read") })
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		done, err = tx.Erase(ctx, e)
		return err
	})
	return done
}

func (w *world) identify(email, phone string) contact.Identity {
	w.t.Helper()
	i, err := w.Store.Identify(w.t.Context(), w.workspace, email, phone)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// text is everything that the database holds of the workspace, as text.
func (w *world) text() string {
	w.t.Helper()
	var all strings.Builder
	var tables []string
	if err := w.DB.Select(&tables, `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`); err != nil {
		w.t.Fatal(err)
	}
	for _, table := range tables {
		var rows []string
		if err := w.DB.Select(&rows, fmt.Sprintf(`SELECT t::text FROM %s t`, table)); err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&all, table, strings.Join(rows, "\n"))
	}
	return all.String()
}

func (w *world) addLead(l store.NewLead) (uuid.UUID, []lead.Hint) {
	w.t.Helper()
	var id uuid.UUID
	var batches []lead.Hint
	w.must(func(ctx context.Context, tx *store.Tx) error {
		added, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{l})
		if err == nil {
			id, batches = added[0].ID, tx.Batches()
		}
		return err
	})
	return id, batches
}

// TestErasureKeepsTurnsAndCounts erases somebody of whom there is a lead given out, one pending, and one whose copy has
// their address only since a member wrote it there.
func TestErasureKeepsTurnsAndCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	secret := store.NewLead{
		Name: "Secret", Email: "S.Ecret@gmail.com", Phone: "+60 12-345 6789", Fields: []byte(`{"Secret":"x"}`), Channel: "api", Origin: "api",
		ExternalID: "1", Distribute: store.Distribution{GroupID: g},
	}
	given, batches := w.addLead(secret)
	w.run(batches...)
	byPhone := secret
	byPhone.Email, byPhone.ExternalID, byPhone.Distribute.At = "", "2", w.Store.Now().AddDate(0, 0, 1)
	planned, _ := w.addLead(byPhone)
	var long strings.Builder // more words than the index of words takes
	for i := range 60 {
		fmt.Fprintf(&long, "%c%c ", 'a'+i/10, 'a'+i%10)
	}
	byName := store.NewLead{Name: long.String() + "Secret", Email: "secret@gmail.com", Channel: "api", Origin: "api"}
	w.addLead(byName)
	others, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['F']}})
	w.run(batches...)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		copies, err := tx.AssignedLeads(ctx, w.workspace, store.AssignedLeadFilter{MemberID: w.members['F']}, store.Page{Limit: 1})
		if err != nil {
			return err
		}
		_, err = tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, copies[0].ID, func(a *store.AssignedLead) error {
			a.Email = "secret@GMAIL.com"
			return nil
		})
		return err
	})
	counts, who := w.counts(), w.who([]uuid.UUID{given})

	done := w.erase(w.identify("secret@gmail.com", "0123456789"))
	if len(done.Leads) != 3 || done.Records["assigned_leads"] != 2 || done.Records["pending_leads"] != 1 {
		t.Errorf("erased were %+v", done)
	}
	if text := w.text(); strings.Contains(strings.ToLower(text), "secret") || strings.Contains(text, "3456789") {
		t.Errorf("something is left:\n%s", text)
	}
	equal(t, "copies", w.counts(), counts)
	equal(t, "history", w.who([]uuid.UUID{given}), who)
	if _, err := w.Store.SourceLead(t.Context(), w.workspace, planned); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the source lead: %v", err)
	}
	if _, err := w.Store.SourceLead(t.Context(), w.workspace, others[0]); err != nil {
		t.Errorf("another's source lead: %v", err)
	}
	if again, batches := w.addLead(secret); again != given || len(batches) != 0 {
		t.Error("the lead came back")
	}
	equal(t, "the next turns", w.give(g, 2), "C A")
	w.exact()
	if again := w.erase(w.identify("secret@gmail.com", "0123456789")); len(again.Records) != 0 {
		t.Errorf("erased again were %+v", again)
	}
}

// TestExternalIDsThatTell has programs use people's addresses and numbers for ids.
func TestExternalIDsThatTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, l := range []store.NewLead{
		{Email: "Secret@example.com", ExternalID: "crm:secret@example.com", Channel: "api", Origin: "api"},
		{Phone: "012-345 6789", ExternalID: "60123456789", Channel: "api", Origin: "api"},
		{Phone: "+60123456789", Email: "x@example.com", ExternalID: "x:012 345 6789", Channel: "queue", Origin: "queue:q"},
	} {
		first, _ := w.addLead(l)
		w.erase(w.identify("secret@example.com", "+60 12 345 6789"))
		if text := w.text(); strings.Contains(text, l.ExternalID) {
			t.Errorf("%s is left:\n%s", l.ExternalID, text)
		}
		if again, _ := w.addLead(l); again != first {
			t.Errorf("%s came back", l.ExternalID)
		}
		if text := w.text(); strings.Contains(text, "345 6789") || strings.Contains(text, "ecret@") {
			t.Errorf("it was stored again:\n%s", text)
		}
	}
}

// TestErasedWhileGivenOut erases somebody while a batch with their leads goes out: no copy has anything of them.
func TestErasedWhileGivenOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	const rounds = 12
	for range rounds {
		_, batches := w.addLead(store.NewLead{Name: "Secret", Email: "secret@example.com", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: g}})
		ended := make(chan error)
		go func() {
			_, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID)
			ended <- err
		}()
		w.erase(w.identify("secret@example.com", ""))
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if text := w.text(); strings.Contains(text, "ecret") {
		t.Errorf("something is left:\n%s", text)
	}
	w.exact()
}

func TestIdentifyRefusesWhatIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range [][3]string{{"", "", "email"}, {"nobody", "", "email"}, {"", "12", "phone"}, {"a@example.com", "no number", "phone"}} {
		var field *store.FieldError
		if _, err := w.Store.Identify(t.Context(), w.workspace, c[0], c[1]); !errors.As(err, &field) || field.Field != c[2] {
			t.Errorf("%q: %v", c, err)
		}
	}
}

// TestContactsWrittenLaterOrLongAgo has people in a customer that was somebody else's, and in a lead from before leads
// were found by words.
func TestContactsWrittenLaterOrLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addLead(store.NewLead{Email: "secret@example.com", Channel: "api", Origin: "api"})
	w.DB.MustExec(`UPDATE leads SET words = NULL, email_key = NULL`)
	w.DB.MustExec(`INSERT INTO customers (workspace_id, customer_id, assigned_lead_id, email, words, fields, created_at, updated_at)
		VALUES ($1, gen_random_uuid(), gen_random_uuid(), 'Secret@example.com', array_to_tsvector(ARRAY[$2]), '{}', now(), now())`,
		w.workspace, store.WordOf(w.workspace, "secret@example.com"))
	done := w.erase(w.identify("secret@example.com", ""))
	if done.Records["leads"] != 1 || done.Records["customers"] != 1 || strings.Contains(w.text(), "ecret@") {
		t.Errorf("erased were %+v of:\n%s", done, w.text())
	}
}
