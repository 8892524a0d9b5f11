package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) person(p store.Person) (made store.Person) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.CreatePerson(ctx, w.workspace, p)
		return err
	})
	return made
}

func (w *world) removePerson(p store.Person) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error { return t.RemovePerson(ctx, w.workspace, p.ID) })
}

// What was known of somebody when a link is made for them is where the link goes: had they another address, role or member since,
// it would be sent to somebody else.
func TestNoLinkIsMadeForWhatSomebodyWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member := w.members['A']
	for name, change := range map[string]func(*store.Person){
		"address": func(p *store.Person) { p.Email = "new@example.com" },
		"role":    func(p *store.Person) { p.Role = lead.PersonManager },
		"member":  func(p *store.Person) { p.MemberID = nil },
	} {
		was := w.person(store.Person{Name: name, Email: name + "@example.com", Role: lead.PersonAdmin, MemberID: &member})
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.EditPerson(ctx, w.workspace, was.ID, func(p *store.Person) error { change(p); return nil })
			return err
		})
		if _, _, err := w.Store.CreateSignInLink(t.Context(), was); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another %s: a link was made, %v", name, err)
		}
	}
}

// Whoever changes an address waits for a link that is being made, and ends it; a link waits for a change, and is not made.
func TestLinksAndAddressesWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira := w.person(store.Person{Name: "Mira", Email: "mira@example.com", Role: lead.PersonAdmin})
	made := make(chan error, 1)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditPerson(ctx, w.workspace, mira.ID, func(p *store.Person) error { p.Email = "new@example.com"; return nil })
		go func() {
			_, _, err := w.Store.CreateSignInLink(ctx, mira)
			made <- err
		}()
		w.waiting(1)
		return err
	})
	if err := <-made; !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a link for the address before was made: %v", err)
	}
	equal(t, "links", w.count(`SELECT count(*) FROM sign_in_links`), 0)
}

// waiting waits until so many wait for locks of this database.
func (w *world) waiting(n int) {
	w.t.Helper()
	testenv.Eventually(w.t, 10*time.Second, func() error {
		if got := w.count(`SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database() AND NOT l.granted`); got < n {
			return fmt.Errorf("%d wait, want %d", got, n)
		}
		return nil
	})
}

// Of any number of admins who take each other's access at once, one stays.
func TestAdminsWhoRemoveEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 10 {
		var admins []store.Person
		for i := range 3 {
			admins = append(admins, w.person(store.Person{Name: "N", Email: fmt.Sprintf("a%d.%d@example.com", round, i), Role: lead.PersonAdmin}))
		}
		var all sync.WaitGroup
		for i, actor := range admins {
			other := admins[(i+1)%len(admins)]
			all.Go(func() {
				err := w.tx(func(ctx context.Context, tx *store.Tx) error {
					if err := tx.RequireAdmin(ctx, w.workspace, actor.ID); err != nil {
						return err
					}
					if round%2 == 0 {
						return tx.RemovePerson(ctx, w.workspace, other.ID)
					}
					_, err := tx.EditPerson(ctx, w.workspace, other.ID, func(p *store.Person) error { p.Role = lead.PersonManager; return nil })
					return err
				})
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if left := w.count(`SELECT count(*) FROM people WHERE role = 'admin' AND removed_at IS NULL`); left == 0 {
			t.Fatalf("round %d: nobody is an admin any more", round)
		}
		w.DB.MustExec(`UPDATE people SET removed_at = now(), role = 'manager'`)
	}
}

// Of whoever was removed the address is forgotten and the name stays, until they are erased by the address that they had.
func TestRemovedPeopleAreForgottenAndErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret := func(p store.Person) {
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.EditPerson(ctx, w.workspace, p.ID, func(p *store.Person) error { p.PasswordHash = "$argon2id$secret"; return nil })
			return err
		})
	}
	mira := w.person(store.Person{Name: "Mira Mirabel", Email: "Mira@Example.com", Role: lead.PersonAdmin})
	here := w.person(store.Person{Name: "Still Here", Email: "here@example.com", Role: lead.PersonAdmin})
	unnamed := w.person(store.Person{Email: "Un.Named@example.com", Role: lead.PersonAdmin})
	secret(mira)
	secret(here)
	w.removePerson(mira)
	w.removePerson(unnamed)
	rows := func() (text string) {
		t.Helper()
		if err := w.DB.Get(&text, `SELECT string_agg(p::text, '|') FROM people p`); err != nil {
			t.Fatal(err)
		}
		return text
	}
	if text := rows(); strings.Contains(strings.ToLower(text), "mira@") || strings.Contains(strings.ToLower(text), "@example.com,") && !strings.Contains(text, "here@") ||
		!strings.Contains(text, "Mira Mirabel") || strings.Contains(text, "named@") || !strings.Contains(text, "Un.Named") {
		t.Errorf("after a removal there is %s", text)
	}
	for _, email := range []string{"mira@example.com", "here@example.com"} {
		i, err := w.Store.Identify(t.Context(), w.workspace, email, "")
		if err != nil {
			t.Fatal(err)
		}
		records, err := w.Store.ExportPerson(t.Context(), w.workspace, i)
		if err != nil || len(records["people"]) != 1 || strings.Contains(string(records["people"][0]), "argon2id") {
			t.Errorf("of %s is known %s, %v", email, records, err)
		}
		w.erase(i)
	}
	if text := rows(); strings.Contains(text, "Mira") || !strings.Contains(text, "Still Here") || !strings.Contains(text, contact.Email(here.Email)) {
		t.Errorf("after an erasure there is %s", text)
	}
}

func TestPeopleHaveShortNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("é", 201)
	for field, p := range map[string]store.Person{
		"name":  {Name: long, Email: "a@example.com", Role: lead.PersonAdmin},
		"email": {Name: "A", Email: "a@" + strings.Repeat("a.", 160) + "example", Role: lead.PersonAdmin},
	} {
		err := w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.CreatePerson(ctx, w.workspace, p)
			return err
		})
		var wrong *store.FieldError
		if !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("a long %s: %v", field, err)
		}
	}
	if p := w.person(store.Person{Name: long[2:], Email: "b@example.com", Role: lead.PersonAdmin}); p.Name != long[2:] {
		t.Error(p.Name)
	}
}

// A link that is used while its person is signed out everywhere signs nobody in: it waits, and is no good then.
func TestLinksWaitForWhoeverEndsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira := w.person(store.Person{Name: "Mira", Email: "mira@example.com", Role: lead.PersonAdmin})
	token, _, err := w.Store.CreateSignInLink(t.Context(), mira)
	if err != nil {
		t.Fatal(err)
	}
	used := make(chan error, 1)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditPerson(ctx, w.workspace, mira.ID, func(p *store.Person) error { p.Role = lead.PersonManager; return nil })
		go func() {
			used <- w.Store.WithTx(ctx, func(tx *store.Tx) error { _, err := tx.UseSignInLink(ctx, token); return err })
		}()
		w.waiting(1)
		return err
	})
	if err := <-used; !errors.Is(err, store.ErrBadLink) {
		t.Errorf("a link that had ended signed in: %v", err)
	}
}

// The audit finds ways in that a removed person has left, and acts of nobody.
func TestTheAuditLooksAtPeople(t *testing.T) {
	t.Parallel()
	for check, damage := range map[string][]string{
		"removed_people_let_in": {
			`UPDATE people SET removed_at = now()`, `UPDATE people SET removed_at = now(); DELETE FROM sign_in_links; UPDATE people SET password_hash = 'x'`,
			`UPDATE people SET removed_at = now(); DELETE FROM sign_in_links;
				INSERT INTO person_identities SELECT workspace_id, person_id, 'https://accounts.example', '1', now() FROM people`,
			`UPDATE people SET removed_at = now(); DELETE FROM sign_in_links;
				INSERT INTO passkeys (workspace_id, passkey_id, person_id, name, credential_id, credential, uses, created_at)
				SELECT workspace_id, gen_random_uuid(), person_id, 'Phone', 'x', '{}', 0, now() FROM people`,
		},
		"acts_of_nobody": {`INSERT INTO audit_log (workspace_id, entry_id, operation, ids, fields, at, person_id)
			SELECT workspace_id, gen_random_uuid(), 'sign-in', '{}', '{}', now(), gen_random_uuid() FROM people`},
	} {
		for _, harm := range damage {
			w := newWorld(t)
			mira := w.person(store.Person{Name: "Mira", Email: "mira@example.com", Role: lead.PersonAdmin})
			if _, _, err := w.Store.CreateSignInLink(t.Context(), mira); err != nil {
				t.Fatal(err)
			}
			w.exact()
			w.DB.MustExec(harm)
			report, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range report.Checks {
				if c.OK == (c.Name == check) {
					t.Errorf("after %s: %+v", harm, c)
				}
			}
		}
	}
}
