package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// passkey gives somebody a passkey that their device calls by a name.
func (w *world) passkey(p store.Person, device string) (made store.Passkey) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.AddPasskey(ctx, passkeyOf(p, device))
		return err
	})
	return made
}

func passkeyOf(p store.Person, device string) store.Passkey {
	return store.Passkey{Workspace: p.Workspace, PersonID: p.ID, Name: device, CredentialID: []byte(device), Credential: `{"of":"` + device + `"}`}
}

// uses signs somebody in with a passkey as it was read, and says how often it was used now.
func (w *world) uses(had store.Passkey, times int64) error {
	return w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.UsePasskey(ctx, had, json.RawMessage(`{}`), times)
		return err
	})
}

func (w *world) admin(email string) store.Person {
	w.t.Helper()
	return w.person(store.Person{Name: "Mira", Email: email, Role: lead.PersonAdmin})
}

// Of two sign-ins that say the same count one is a copy's, and a passkey of which there seems to be a copy signs nobody in.
func TestAPasskeyIsUsedOnceAtEachCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira := w.admin("mira@example.com")
	had := w.passkey(mira, "phone")
	w.fine(w.uses(had, 1))
	if err := w.uses(had, 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what was read before another use was used again: %v", err)
	}
	now, err := w.Store.PasskeyOf(t.Context(), w.workspace, mira.ID, []byte("phone"))
	w.fine(err)
	if now.Uses != 1 || now.LastUsedAt == nil || now.Credential != `{}` {
		t.Errorf("it is kept as %+v", now)
	}
	w.must(func(ctx context.Context, t *store.Tx) error { return t.PasskeyCopied(ctx, now) })
	if err := w.uses(now, 2); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a copy signs in: %v", err)
	}
	var first, second time.Time
	w.fine(w.DB.Get(&first, `SELECT copied_at FROM passkeys`))
	w.must(func(ctx context.Context, t *store.Tx) error { return t.PasskeyCopied(ctx, now) })
	w.fine(w.DB.Get(&second, `SELECT copied_at FROM passkeys`))
	if !first.Equal(second) {
		t.Errorf("it was copied at %s, and then at %s", first, second)
	}
}

// A device that does not count says 0 each time, and so often it may be used; at once too.
func TestPasskeysUsedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira := w.admin("mira@example.com")
	counts, counted := w.passkey(mira, "counts"), 0
	outcomes := make([]error, 8)
	var all errgroup.Group
	for i := range outcomes {
		all.Go(func() error { outcomes[i] = w.uses(counts, 1); return nil })
	}
	w.fine(all.Wait())
	for _, err := range outcomes {
		switch {
		case err == nil:
			counted++
		case !errors.Is(err, store.ErrNotFound):
			t.Error(err)
		}
	}
	equal(t, "sign-ins with one count", counted, 1)
	silent := w.passkey(mira, "silent")
	for range 3 {
		w.fine(w.uses(silent, 0))
	}
}

// Somebody has 20 at the most, also where the last two come at once; one that is there already is not theirs twice, nor anybody's of
// their workspace.
func TestPasskeysAreFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira, omar := w.admin("mira@example.com"), w.admin("omar@example.com")
	for i := range 19 {
		w.passkey(mira, fmt.Sprint("device ", i))
	}
	for _, of := range []store.Person{mira, omar} {
		err := w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddPasskey(ctx, passkeyOf(of, "device 3"))
			return err
		})
		if violation := (*store.Violation)(nil); !errors.As(err, &violation) {
			t.Errorf("a passkey is there twice: %v", err)
		}
	}
	refused := make(chan error, 1)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddPasskey(ctx, passkeyOf(mira, "the last"))
		go func() { //nolint:contextcheck // it is another transaction: on another device, before this one is there
			refused <- w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddPasskey(ctx, passkeyOf(mira, "one too many"))
				return err
			})
		}()
		w.waiting(1)
		return err
	})
	if field := (*store.FieldError)(nil); !errors.As(<-refused, &field) {
		t.Error("somebody has more than 20 passkeys")
	}
	equal(t, "passkeys", w.count(`SELECT count(*) FROM passkeys WHERE person_id = $1`, mira.ID), 20)
	w.passkey(omar, "his own")
}

// Passkeys are listed a page at a time, the newest first, and nobody reaches another's.
func TestPasskeysAreTheirOwners(t *testing.T) {
	t.Parallel()
	clock := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(clock.Now))
	mira, omar := w.admin("mira@example.com"), w.admin("omar@example.com")
	var made []store.Passkey
	for _, device := range []string{"phone", "key", "laptop"} {
		made = append(made, w.passkey(mira, device))
		clock.Advance(time.Minute)
	}
	his := w.passkey(omar, "his")
	names := func(p store.Person, page store.Page) (all []string) {
		keys, err := w.Store.Passkeys(t.Context(), w.workspace, p.ID, page)
		w.fine(err)
		for _, k := range keys {
			all = append(all, k.Name)
		}
		return all
	}
	equal(t, "the first page", names(mira, store.Page{Limit: 2}), []string{"laptop", "key"})
	equal(t, "the second", names(mira, store.Page{Limit: 2, After: made[1].ID}), []string{"phone"})

	remove := func(owner uuid.UUID, id uuid.UUID) error {
		return w.tx(func(ctx context.Context, t *store.Tx) error { return t.RemovePasskey(ctx, w.workspace, owner, id) })
	}
	rename := func(owner uuid.UUID, id uuid.UUID, name string) error {
		return w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.RenamePasskey(ctx, w.workspace, owner, id, func(n *string) error { *n = name; return nil })
			return err
		})
	}
	for what, err := range map[string]error{"removed": remove(mira.ID, his.ID), "renamed": rename(mira.ID, his.ID, "mine")} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another's was %s: %v", what, err)
		}
	}
	if _, err := w.Store.PasskeyOf(t.Context(), w.workspace, mira.ID, []byte("his")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another's was found: %v", err)
	}
	w.fine(rename(omar.ID, his.ID, "yellow"))
	equal(t, "his", names(omar, store.Page{Limit: 9}), []string{"yellow"})
	w.fine(remove(mira.ID, made[0].ID))
	equal(t, "hers", names(mira, store.Page{Limit: 9}), []string{"laptop", "key"})
	if err := remove(mira.ID, made[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it was removed twice: %v", err)
	}
}

// Whoever is removed is signed in by nothing, and gets nothing new.
func TestPasskeysGoWithTheirOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.admin("omar@example.com")
	mira := w.admin("mira@example.com")
	had := w.passkey(mira, "phone")
	w.removePerson(mira)
	if err := w.uses(had, 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a passkey has outlived its owner: %v", err)
	}
	err := w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AddPasskey(ctx, passkeyOf(mira, "new"))
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who was removed got a passkey: %v", err)
	}
	equal(t, "passkeys", w.count(`SELECT count(*) FROM passkeys`), 0)
}
