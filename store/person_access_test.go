package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) invite(p store.Person) (made store.Person, err error) {
	return made, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.CreatePerson(ctx, w.workspace, p)
		return err
	})
}

func (w *world) editPerson(id uuid.UUID, change func(*store.Person)) (p store.Person, err error) {
	return p, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		p, err = t.EditPerson(ctx, w.workspace, id, func(p *store.Person) error { change(p); return nil })
		return err
	})
}

// use signs somebody in by a link.
func (w *world) use(token string) (p store.Person, err error) {
	return p, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		p, err = t.UseSignInLink(ctx, token)
		return err
	})
}

// TestPeopleWhoCannotBe are refused for the field that is wrong, made or edited.
func TestPeopleWhoCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody, a := newID(), w.members['A']
	fine, err := w.invite(store.Person{Email: " Aina@Example.com ", Role: lead.PersonAgent, MemberID: &a})
	if err != nil || fine.Name != "A" || fine.Email != "Aina@Example.com" {
		t.Fatalf("made %+v, %v", fine, err)
	}
	for name, c := range map[string]struct {
		store.Person
		field string
	}{
		"a name that cannot be seen":  {store.Person{Name: "\u200b", Email: "b@example.com", Role: lead.PersonAdmin}, "name"},
		"no address":                  {store.Person{Name: "B", Role: lead.PersonAdmin}, "email"},
		"an agent who is nobody":      {store.Person{Email: "b@example.com", Role: lead.PersonAgent}, "member_id"},
		"a member who is not there":   {store.Person{Email: "b@example.com", Role: lead.PersonManager, MemberID: &nobody}, "member_id"},
		"an address that another has": {store.Person{Email: "aina@EXAMPLE.com", Role: lead.PersonAdmin}, "email"},
	} {
		for _, err := range []error{
			func() error { _, err := w.invite(c.Person); return err }(),
			func() error {
				other, err := w.invite(store.Person{Email: newID().String() + "@example.com", Role: lead.PersonAdmin})
				if err == nil {
					_, err = w.editPerson(other.ID, func(p *store.Person) { p.Name, p.Email, p.Role, p.MemberID = c.Name, c.Email, c.Role, c.MemberID })
				}
				return err
			}(),
		} {
			var exists *store.Violation
			if errors.As(err, &exists) && exists.Field == c.field && exists.Exists {
				continue
			}
			refused(t, name, err, c.field)
		}
	}
}

// TestLinksSignInOnce within their time, the one whom they are for as long as they may, and nobody else.
func TestLinksSignInOnce(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	p, err := w.invite(store.Person{Email: "aina@example.com", Role: lead.PersonAdmin})
	if err != nil {
		t.Fatal(err)
	}
	link := func() string {
		t.Helper()
		token, expires, err := w.Store.CreateSignInLink(t.Context(), p)
		if err != nil || !expires.Equal(c.Now().Add(store.SignInLinkAge)) {
			t.Fatalf("until %s, %v", expires, err)
		}
		return token
	}
	bad := func(name, token string) {
		t.Helper()
		if _, err := w.use(token); !errors.Is(err, store.ErrBadLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := func(token string) {
		t.Helper()
		if got, err := w.use(token); err != nil || got.ID != p.ID || got.Workspace != w.workspace {
			t.Errorf("it signs %+v in, %v", got, err)
		}
	}
	once := link()
	good(once)
	bad("used", once)
	bad("garbage", "lwl_x")
	bad("another's prefix", "lws"+link()[3:])
	late := link()
	c.Advance(store.SignInLinkAge)
	bad("late", late)
	for name, change := range map[string]func(*store.Person){
		"another role":    func(p *store.Person) { p.Role = lead.PersonManager },
		"another address": func(p *store.Person) { p.Email = "aina2@example.com" },
	} {
		before := link()
		if p, err = w.editPerson(p.ID, change); err != nil {
			t.Fatal(err)
		}
		bad(name, before)
	}
	before := link()
	if p, err = w.editPerson(p.ID, func(p *store.Person) { p.Name = "Aina" }); err != nil {
		t.Fatal(err)
	}
	good(before)
	before = link()
	remove := func() error {
		return w.tx(func(ctx context.Context, t *store.Tx) error { return t.RemovePerson(ctx, w.workspace, p.ID) })
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	bad("of somebody who was removed", before)
	if _, _, err := w.Store.CreateSignInLink(t.Context(), p); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a link for somebody who was removed: %v", err)
	}
	if err := remove(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removing them again: %v", err)
	}
	for _, email := range []string{"aina2@example.com", "nobody@example.com", ""} {
		if all, err := w.Store.PeopleAt(t.Context(), email); err != nil || len(all) != 0 {
			t.Errorf("at %q are %+v, %v", email, all, err)
		}
	}
	again, err := w.invite(store.Person{Email: "aina2@example.com", Role: lead.PersonAdmin})
	if err != nil || again.ID == p.ID {
		t.Errorf("their address is free again: %v", err)
	}
	if _, _, err := w.Store.CreateSignInLink(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.DeleteOldSignInLinks(t.Context(), c.Now()); err != nil {
		t.Fatal(err)
	}
	equal(t, "links that are good", w.count(`SELECT count(*) FROM sign_in_links`), 1)
}

// TestAPasswordThatWasChanged begins no session for who had the one before.
func TestAPasswordThatWasChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.invite(store.Person{Email: "aina@example.com", Role: lead.PersonAdmin})
	if err != nil {
		t.Fatal(err)
	}
	had, err := w.editPerson(p.ID, func(p *store.Person) { p.PasswordHash = "first" })
	if err != nil {
		t.Fatal(err)
	}
	with := func() error {
		return w.tx(func(ctx context.Context, t *store.Tx) error { _, err := t.PersonWith(ctx, had); return err })
	}
	if err := with(); err != nil {
		t.Errorf("the password that they have: %v", err)
	}
	if _, err := w.editPerson(p.ID, func(p *store.Person) { p.PasswordHash = "second" }); err != nil {
		t.Fatal(err)
	}
	if err := with(); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the one that they had: %v", err)
	}
	at := w.Store.Now()
	for _, later := range []time.Duration{0, 30 * time.Second, 2 * time.Minute} {
		if err := w.Store.TouchPerson(t.Context(), w.workspace, p.ID, at.Add(later), time.Minute); err != nil {
			t.Fatal(err)
		}
		now, err := w.Store.Person(t.Context(), w.workspace, p.ID)
		if want := map[bool]time.Time{true: at, false: at.Add(later)}[later < time.Minute]; err != nil || !now.SeenAt.Equal(want) {
			t.Errorf("seen after %s, and noted for %s: %v", later, now.SeenAt, err)
		}
	}
}
