package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// ownWords gives all copies words of their own, as versions did before copies shared those of their leads.
func (w *world) ownWords() {
	w.t.Helper()
	w.DB.MustExec(`UPDATE assigned_leads a SET words = l.words FROM leads l
		WHERE l.workspace_id = a.workspace_id AND l.lead_id = a.source_lead_id AND a.words IS NULL`)
}

func (w *world) editCopy(id uuid.UUID, edit func(*store.AssignedLead)) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, id, func(a *store.AssignedLead) error { edit(a); return nil })
		return err
	})
}

func (w *world) editLead(id uuid.UUID, edit func(*store.Lead)) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditLead(ctx, w.workspace, id, func(l *store.Lead) error { edit(l); return nil })
		return err
	})
}

// Few words, so that contacts share them, begin with one another, and become others' again.
var (
	givenNames  = []string{"Siti", "Sit", "Ada", "Ada Lim", "Lim Siti", "Çelik", "陳 Ada", ""}
	givenMails  = []string{"siti@example.com", "a.da@gmail.com", "ada@gmail.com", "lim.siti@example.com", ""}
	givenPhones = []string{"012-345 6781", "+60123456782", "0123456781", "ext 12", ""}
	soughtWords = []string{"siti", "sit", "ada", "lim ada", "celik", "陳", "example", "gmail com", "ada@gmail.com", "a.da@", "0123456781",
		"6781", "012", "nobody", "siti 6782", "+6012"}
)

func anyContact(r *rand.Rand) store.Contact {
	return store.Contact{Name: givenNames[r.IntN(len(givenNames))], Email: givenMails[r.IntN(len(givenMails))], Phone: givenPhones[r.IntN(len(givenPhones))]}
}

// TestCopiesAreFoundByWhatTheySay gives leads out, edits, deletes, converts, undoes and erases at random, and after each step looks
// for copies by words, numbers and addresses, with filters and without: what is found is what says so itself.
func TestCopiesAreFoundByWhatTheySay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			f := finding{world: w, Rand: rand.New(rand.NewPCG(seed, 19)), group: w.group("A B")}
			for step := range 60 {
				f.step()
				f.look(step)
			}
			w.exact()
		})
	}
}

// finding is a workspace whose copies are looked for while it changes.
type finding struct {
	*world
	*rand.Rand
	group uuid.UUID
	leads []uuid.UUID
	runs  []uuid.UUID
}

func (f *finding) step() {
	copies := f.all(store.AssignedLeadFilter{})
	switch n := f.IntN(10); {
	case n < 3 || len(copies) == 0:
		f.giveSome()
	case n < 5:
		f.tryEditLead(f.leads[f.IntN(len(f.leads))], anyContact(f.Rand))
	case n < 7:
		if a := copies[f.IntN(len(copies))]; !a.Undone && a.Name+a.Email+a.Phone != "" { // erased ones stay as they are
			c := anyContact(f.Rand)
			f.editCopy(a.ID, func(a *store.AssignedLead) {
				if a.Notes += "."; f.IntN(3) > 0 {
					a.Name, a.Email, a.Phone = c.Name, c.Email, c.Phone
				}
			})
		}
	case n == 7:
		f.DB.MustExec(`UPDATE workspaces SET region = $1`, []string{"MY", "SG"}[f.IntN(2)])
	case n == 8 && len(f.runs) > 0:
		f.undo(f.runs[f.IntN(len(f.runs))])
	default:
		c := anyContact(f.Rand)
		if i := f.identity(c); i != nil {
			f.erase(*i)
		}
	}
}

// identity is whom a contact's address, or else its phone, tells of; nil where it tells of nobody.
func (f *finding) identity(c store.Contact) *contact.Identity {
	i, err := f.Store.Identify(f.t.Context(), f.workspace, c.Email, "")
	if err != nil {
		i, err = f.Store.Identify(f.t.Context(), f.workspace, "", c.Phone)
	}
	if err != nil {
		return nil
	}
	return &i
}

func (f *finding) giveSome() {
	var some []uuid.UUID
	for range 1 + f.IntN(4) {
		c := anyContact(f.Rand)
		id, _ := f.addLead(store.NewLead{Name: c.Name, Email: c.Email, Phone: c.Phone, Channel: "api", Origin: "api"})
		some = append(some, id)
	}
	run, batches := f.assignRun(some, store.Distribution{GroupID: f.group})
	f.run(batches...)
	f.leads, f.runs = append(f.leads, some...), append(f.runs, run)
}

// tryEditLead edits a lead where it is still there, and gives it to one more.
func (f *finding) tryEditLead(id uuid.UUID, c store.Contact) {
	if _, err := f.Store.SourceLead(f.t.Context(), f.workspace, id); err != nil {
		return
	}
	f.editLead(id, func(l *store.Lead) { l.Name, l.Email, l.Phone = c.Name, c.Email, c.Phone })
	if f.IntN(2) == 0 {
		f.run(f.assign([]uuid.UUID{id}, store.Distribution{GroupID: f.group})...)
	}
}

func (f *finding) all(filter store.AssignedLeadFilter) []store.AssignedLead {
	f.t.Helper()
	return pages(f.t, 500, func(p store.Page) ([]store.AssignedLead, error) {
		return f.Store.AssignedLeads(f.t.Context(), f.workspace, filter, p)
	}, func(a store.AssignedLead) uuid.UUID { return a.ID })
}

// look looks for copies by a few words, and by the same through all of them.
func (f *finding) look(step int) {
	f.t.Helper()
	all := f.all(store.AssignedLeadFilter{})
	region := f.region()
	for range 4 {
		filter := store.AssignedLeadFilter{Search: soughtWords[f.IntN(len(soughtWords))]}
		switch f.IntN(4) {
		case 0:
			filter.MemberID = f.members['A']
		case 1:
			filter.GroupID = f.group
		case 2:
			filter.Status = "won"
		}
		var want []uuid.UUID
		for _, a := range all {
			if saysOf(a.Contact, filter.Search, region) && (filter.MemberID == uuid.Nil || a.MemberID == filter.MemberID) &&
				(filter.Status == "" || a.Status == filter.Status) {
				want = append(want, a.ID)
			}
		}
		if diff := cmp.Diff(want, copyIDs(f.all(filter))); diff != "" {
			f.t.Fatalf("step %d, %+v (-want +got):\n%s", step, filter, diff)
		}
		inOrder, err := f.Store.AssignedLeads(f.t.Context(), f.workspace, filter, store.Page{Limit: 500, ByChange: true})
		got := copyIDs(inOrder)
		slices.SortFunc(got, func(a, b uuid.UUID) int { return strings.Compare(b.String(), a.String()) })
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			f.t.Fatalf("step %d, %+v in the order of changes (-want +got):\n%s%v", step, filter, diff, err)
		}
	}
}

func (f *finding) region() (region string) {
	f.t.Helper()
	if err := f.DB.Get(&region, `SELECT region FROM workspaces`); err != nil {
		f.t.Fatal(err)
	}
	return region
}

// saysOf reports whether a contact has all that is looked for.
func saysOf(c store.Contact, search, region string) bool {
	words := contact.Words(c.Name, c.Email, c.Phone, c.PhoneE164)
	return !slices.ContainsFunc(contact.Terms(search, region), func(term contact.Term) bool {
		return !slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(term, func(start string) bool { return strings.HasPrefix(word, start) })
		})
	})
}

// TestLeadsAreEditedWhileTheyAreGivenOut holds that each copy is found by what it says, whichever of an edit and a
// distribution of one lead comes first: the audit looks.
func TestLeadsAreEditedWhileTheyAreGivenOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(300, store.Distribution{})
	var batches []lead.Hint
	for part := range slices.Chunk(ids, 10) {
		batches = append(batches, w.assign(part, store.Distribution{GroupID: g})...)
	}
	var busy errgroup.Group
	busy.Go(func() error {
		for _, b := range batches {
			if _, err := w.Store.Distribute(t.Context(), w.workspace, b.ID); err != nil {
				return err
			}
		}
		return nil
	})
	for k := range 3 {
		busy.Go(func() error {
			for i := k; i < len(ids); i += 3 {
				if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.EditLead(ctx, w.workspace, ids[i], func(l *store.Lead) error { l.Name = "renamed"; return nil })
					return err
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := busy.Wait(); err != nil {
		t.Fatal(err)
	}
	w.exact()
}
