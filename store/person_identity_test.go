package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const provider = "https://id.example.com"

func (w *world) keepIdentity(p store.Person, i store.Identity) error {
	return w.tx(func(ctx context.Context, t *store.Tx) error { return t.KeepIdentity(ctx, p, i) })
}

// vouched are the addresses of those who may sign in as an identity.
func (w *world) vouched(i store.Identity) string {
	w.t.Helper()
	all, err := w.Store.PeopleWith(w.t.Context(), i)
	w.fine(err)
	var emails []string
	for _, p := range all {
		emails = append(emails, strings.TrimSuffix(p.Email, "@example.com"))
	}
	return strings.Join(emails, " ")
}

// Somebody is found by their address until they came from a provider, and then by who they are there, whatever address they have there
// by now and whoever has theirs.
func TestWhoCameFromAProviderIsKnownByThat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mira, omar := w.admin("mira@example.com"), w.admin("omar@example.com")
	first := store.Identity{Issuer: provider, Subject: "7", Email: "Mira@Example.com"}
	equal(t, "by the address", w.vouched(first), "mira")
	equal(t, "without an address", w.vouched(store.Identity{Issuer: provider, Subject: "7"}), "")
	w.fine(w.keepIdentity(mira, first))
	equal(t, "by who she is", w.vouched(store.Identity{Issuer: provider, Subject: "7", Email: "mira.tan@example.com"}), "mira")
	equal(t, "who has her address now", w.vouched(store.Identity{Issuer: provider, Subject: "8", Email: "mira@example.com"}), "")
	equal(t, "who has another's", w.vouched(store.Identity{Issuer: provider, Subject: "7", Email: "omar@example.com"}), "mira")
	equal(t, "at another provider", w.vouched(store.Identity{Issuer: "https://other.example.com", Subject: "7", Email: "mira@example.com"}), "mira")

	w.fine(w.keepIdentity(mira, first)) // again
	for name, err := range map[string]error{
		"another's identity": w.keepIdentity(omar, first),
		"a second identity":  w.keepIdentity(mira, store.Identity{Issuer: provider, Subject: "9"}),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s was kept: %v", name, err)
		}
	}
	w.removePerson(mira)
	equal(t, "who was removed", w.vouched(first), "")
	if err := w.keepIdentity(mira, first); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("who was removed is known by an identity: %v", err)
	}
}

// Of two people who come as one identity at once, one is it.
func TestAnIdentityIsOnePersons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 5 {
		identity := store.Identity{Issuer: provider, Subject: fmt.Sprint("subject ", round)}
		kept := make(chan string, 4)
		var all errgroup.Group
		for i := range cap(kept) {
			p := w.admin(fmt.Sprintf("p%d.%d@example.com", round, i))
			all.Go(func() error {
				err := w.keepIdentity(p, identity)
				if err == nil {
					kept <- strings.TrimSuffix(p.Email, "@example.com")
				} else if !errors.Is(err, store.ErrNotFound) {
					return err
				}
				return nil
			})
		}
		w.fine(all.Wait())
		if len(kept) != 1 {
			t.Fatalf("%d are the one identity", len(kept))
		}
		equal(t, "who it is", w.vouched(identity), <-kept)
	}
}

// invited is a plain model: who is invited by which address, and who they are to providers.
type invited struct {
	emails     map[uuid.UUID]string
	identities map[uuid.UUID]map[string]string // by issuer
}

// with are those whom an identity may sign in.
func (k invited) with(i store.Identity) (all []string) {
	taken := false
	for person := range k.emails {
		if k.identities[person][i.Issuer] == i.Subject {
			all, taken = append(all, k.emails[person]), true
		}
	}
	for person, email := range k.emails {
		if !taken && email == i.Email && k.identities[person][i.Issuer] == "" {
			all = append(all, email)
		}
	}
	slices.Sort(all)
	return all
}

// TestIdentitiesAreAsInThePlainModel invites, removes and has people come from two providers in any order, as few people and subjects
// that many meet.
func TestIdentitiesAreAsInThePlainModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.admin("boss@elsewhere.example") // who stays, so that anybody else may be removed
	round := 0
	checkFew(t, 25, func(r *rapid.T) {
		round++
		model, people := invited{map[uuid.UUID]string{}, map[uuid.UUID]map[string]string{}}, map[string]store.Person{}
		email := func(r *rapid.T) string {
			return fmt.Sprintf("%s%d@example.com", rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "who"), round)
		}
		identity := func(r *rapid.T) store.Identity {
			return store.Identity{
				Issuer:  rapid.SampledFrom([]string{provider, "https://other.example.com"}).Draw(r, "issuer"),
				Subject: fmt.Sprint(rapid.IntRange(1, 3).Draw(r, "subject"), " of ", round), Email: email(r),
			}
		}
		r.Repeat(map[string]func(*rapid.T){
			"invite": func(r *rapid.T) {
				e := email(r)
				if _, is := people[e]; !is {
					people[e] = w.person(store.Person{Name: "N", Email: e, Role: lead.PersonManager})
					model.emails[people[e].ID] = e
				}
			},
			"remove": func(r *rapid.T) {
				if e := email(r); people[e].ID != uuid.Nil {
					w.removePerson(people[e])
					delete(model.emails, people[e].ID)
					delete(model.identities, people[e].ID)
					delete(people, e)
				}
			},
			"come": func(r *rapid.T) {
				e, i := email(r), identity(r)
				p, is := people[e]
				if !is {
					return
				}
				had := model.identities[p.ID][i.Issuer]
				free := true
				for _, theirs := range model.identities {
					free = free && theirs[i.Issuer] != i.Subject
				}
				err := w.keepIdentity(p, i)
				if allowed := had == i.Subject || had == "" && free; allowed != (err == nil) {
					r.Fatalf("%s came as %v, who had %q: %v", e, i, had, err)
				} else if allowed {
					if model.identities[p.ID] == nil {
						model.identities[p.ID] = map[string]string{}
					}
					model.identities[p.ID][i.Issuer] = i.Subject
				}
			},
			"": func(r *rapid.T) {
				i := identity(r)
				found, err := w.Store.PeopleWith(t.Context(), i)
				if err != nil {
					r.Fatal(err)
				}
				var got []string
				for _, p := range found {
					got = append(got, p.Email)
				}
				if slices.Sort(got); !slices.Equal(got, model.with(i)) {
					r.Fatalf("%v signs in %v, want %v", i, got, model.with(i))
				}
			},
		})
	})
}
