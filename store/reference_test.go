package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A referenced is a kind of things that other systems have ids for, as a test drives it.
type referenced struct {
	kind store.Referenced
	make func(name, external string) (uuid.UUID, error)
	edit func(id uuid.UUID, external string, metadata map[string]string) error
	end  func(id uuid.UUID) error
	list func(external string, p store.Page) ([]known, error)
}

// A known is one of these things.
type known struct {
	id       uuid.UUID
	external string
	metadata map[string]string
}

// referencedKinds are all kinds.
func (w *world) referencedKinds() []referenced {
	ctx := w.t.Context()
	return []referenced{{
		kind: store.ReferencedMember,
		make: func(name, external string) (id uuid.UUID, err error) {
			m, err := w.Store.CreateMember(ctx, w.workspace, store.Member{Name: name, Reference: store.Reference{ExternalID: external}})
			return m.ID, err
		},
		edit: func(id uuid.UUID, external string, metadata map[string]string) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error {
				_, err := t.EditMember(ctx, w.workspace, id, func(m *store.Member) error { m.ExternalID, m.Metadata = external, metadata; return nil })
				return err
			})
		},
		end: func(id uuid.UUID) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error { return t.RemoveMember(ctx, w.workspace, id) })
		},
		list: func(external string, p store.Page) (all []known, err error) {
			found, err := w.Store.Members(ctx, w.workspace, store.MemberFilter{ExternalID: external}, p)
			for _, m := range found {
				all = append(all, known{m.ID, m.ExternalID, m.Metadata})
			}
			return all, err
		},
	}, {
		kind: store.ReferencedGroup,
		make: func(name, external string) (id uuid.UUID, err error) {
			return id, w.tx(func(ctx context.Context, t *store.Tx) error {
				spec := w.spec("A")
				spec.Name, spec.ExternalID = name, &external
				g, err := t.CreateGroup(ctx, w.workspace, spec)
				id = g.ID
				return err
			})
		},
		edit: func(id uuid.UUID, external string, metadata map[string]string) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error {
				spec := w.spec("A")
				spec.ExternalID, spec.Metadata = &external, metadata
				_, err := t.UpdateGroup(ctx, w.workspace, id, spec)
				return err
			})
		},
		end: func(id uuid.UUID) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error { return t.DeleteGroup(ctx, w.workspace, id) })
		},
		list: func(external string, p store.Page) (all []known, err error) {
			found, err := w.Store.Groups(ctx, w.workspace, external, p)
			for _, g := range found {
				all = append(all, known{g.ID, g.ExternalID, g.Metadata})
			}
			return all, err
		},
	}, {
		kind: store.ReferencedSource,
		make: func(name, external string) (id uuid.UUID, err error) {
			s, err := w.Store.CreateSource(ctx, w.workspace, store.Source{Name: name, Reference: store.Reference{ExternalID: external}})
			return s.ID, err
		},
		edit: func(id uuid.UUID, external string, metadata map[string]string) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error {
				_, err := t.EditSource(ctx, w.workspace, id, func(s *store.Source) error { s.ExternalID, s.Metadata = external, metadata; return nil })
				return err
			})
		},
		end: func(id uuid.UUID) error {
			return w.tx(func(ctx context.Context, t *store.Tx) error { return t.DeleteSource(ctx, w.workspace, id) })
		},
		list: func(external string, p store.Page) (all []known, err error) {
			found, err := w.Store.Sources(ctx, w.workspace, store.SourceFilter{ExternalID: external}, p)
			for _, s := range found {
				all = append(all, known{s.ID, s.ExternalID, s.Metadata})
			}
			return all, err
		},
	}}
}

// all reads a list to its end, in pages of a size.
func (k referenced) all(external string, size int) (all []known, err error) {
	p := store.Page{Limit: size}
	for {
		page, err := k.list(external, p)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < size {
			return all, nil
		}
		p.After = page[len(page)-1].id
	}
}

// TestReferencedThingsAgreeWithAPlainList makes, edits and ends members, groups and sources in any order. An external id is one thing's of its
// kind at a time, is free again when that ends, and lists and look-ups agree with a plain list of what is there, newest first.
func TestReferencedThingsAgreeWithAPlainList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kind := range w.referencedKinds() {
		before, err := kind.all("", 100)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(before)
		there, made := before, 0 // oldest first
		holds := func(external string, but uuid.UUID) bool {
			return external != "" && slices.ContainsFunc(there, func(k known) bool { return k.external == external && k.id != but })
		}
		external := rapid.SampledFrom([]string{"", "crm-1", "crm-2", "CRM-2", "ключ", "crm-1 "})
		rapid.Check(t, func(r *rapid.T) {
			id := external.Draw(r, "external id")
			switch at := rapid.IntRange(0, len(there)).Draw(r, "which"); {
			case at == len(there) || len(there) < 2:
				made++
				one, err := kind.make(fmt.Sprint("made ", made), id)
				if collides(r, err, holds(id, uuid.Nil)) {
					return
				}
				there = append(there, known{one, id, map[string]string{}})
			case there[at].id == w.members['A']: // whom the groups list
			case rapid.IntRange(0, 3).Draw(r, "ends") == 0:
				if err := kind.end(there[at].id); err != nil {
					r.Fatal(err)
				}
				if err := kind.end(there[at].id); !errors.Is(err, store.ErrNotFound) {
					r.Fatalf("ended twice: %v", err)
				}
				if err := kind.edit(there[at].id, "x", nil); !errors.Is(err, store.ErrNotFound) {
					r.Fatalf("edited after its end: %v", err)
				}
				there = slices.Delete(slices.Clone(there), at, at+1)
			default:
				metadata := rapid.MapOfN(rapid.StringN(1, 10, -1), rapid.StringN(0, 10, -1), 0, 3).Draw(r, "metadata")
				for name, value := range metadata {
					if strings.Contains(name+value, "\x00") {
						delete(metadata, name)
					}
				}
				err := kind.edit(there[at].id, id, metadata)
				if collides(r, err, holds(id, there[at].id)) {
					return
				}
				there[at].external, there[at].metadata = id, metadata
			}
			checkReferenced(r, kind, there)
			checkHolder(r, w, kind, there, id)
		})
	}
}

// collides fails the test unless an external id is refused as another's just where it is, and reports that.
func collides(r *rapid.T, err error, taken bool) bool {
	var v *store.Violation
	if err != nil && (!errors.As(err, &v) || !v.Exists || v.Field != "external_id") {
		r.Fatal(err)
	}
	if (err != nil) != taken {
		r.Fatalf("another has the id: %t; refused: %v", taken, err)
	}
	return taken
}

func checkReferenced(r *rapid.T, kind referenced, there []known) {
	got, err := kind.all("", rapid.IntRange(1, 5).Draw(r, "page"))
	if err != nil {
		r.Fatal(err)
	}
	slices.Reverse(got)
	if !slices.EqualFunc(got, there, func(a, b known) bool {
		return a.id == b.id && a.external == b.external && fmt.Sprint(a.metadata) == fmt.Sprint(b.metadata)
	}) {
		r.Fatalf("%s are %v, want %v", kind.kind, got, there)
	}
}

func checkHolder(r *rapid.T, w *world, kind referenced, there []known, external string) {
	if external == "" {
		return
	}
	at := slices.IndexFunc(there, func(k known) bool { return k.external == external })
	listed, err := kind.all(external, 10)
	if err != nil {
		r.Fatal(err)
	}
	holder, err := w.Store.Holder(w.t.Context(), w.workspace, kind.kind, external)
	switch {
	case at < 0 && (!errors.Is(err, store.ErrNotFound) || len(listed) != 0):
		r.Fatalf("nothing has %q, and %v does: %v", external, listed, err)
	case at >= 0 && (err != nil || holder != there[at].id || len(listed) != 1 || listed[0].id != holder):
		r.Fatalf("%v has %q, and %s and %v do: %v", there[at], external, holder, listed, err)
	}
}

// TestTooMuchIsKeptOfNothing bounds what other systems keep with members, groups and sources, when they are made and edited.
func TestTooMuchIsKeptOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := map[string]string{}
	for i := range store.MaxMetadata + 1 {
		many[fmt.Sprint("name ", i)] = "x"
	}
	for _, kind := range w.referencedKinds() {
		id, err := kind.make("one", "")
		if err != nil {
			t.Fatal(err)
		}
		for what, metadata := range map[string]map[string]string{
			"too many": many, "no name": {"": "x"}, "a long name": {strings.Repeat("é", store.MaxMetadataName+1): "x"},
			"a long text": {"x": strings.Repeat("é", store.MaxMetadataValue+1)},
		} {
			refused(t, string(kind.kind)+", "+what, kind.edit(id, "", metadata), "metadata")
		}
		delete(many, "name 0")
		most := map[string]string{strings.Repeat("é", store.MaxMetadataName): strings.Repeat("é", store.MaxMetadataValue)}
		for _, metadata := range []map[string]string{many, most} {
			if err := kind.edit(id, "", metadata); err != nil {
				t.Errorf("%s, as much as may be: %v", kind.kind, err)
			}
		}
		many["name 0"] = "x"
	}
}

// TestThingsOfAnotherWorkspaceAreNotThere reads and changes members, groups, sources, leads and keys by another workspace's ids.
func TestThingsOfAnotherWorkspaceAreNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A")
	s, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: "Expo"})
	if err != nil {
		t.Fatal(err)
	}
	ids, _ := w.add(1, store.Distribution{})
	run, _ := w.assignRun(ids, store.Distribution{GroupID: g})
	key, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	other, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "other", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, o := t.Context(), other.ID
	in := func(do func(tx *store.Tx) error) error {
		return w.tx(func(_ context.Context, tx *store.Tx) error { return do(tx) })
	}
	for what, err := range map[string]error{
		"reading a member":    second(w.Store.Member(ctx, o, w.members['A'])),
		"editing a member":    in(func(tx *store.Tx) error { return second(tx.EditMember(ctx, o, w.members['A'], nil)) }),
		"removing a member":   in(func(tx *store.Tx) error { return tx.RemoveMember(ctx, o, w.members['A']) }),
		"an absence":          in(func(tx *store.Tx) error { return tx.DeleteAbsence(ctx, o, w.members['A'], uuid.New()) }),
		"reading a group":     second(w.Store.Group(ctx, o, g)),
		"editing a group":     in(func(tx *store.Tx) error { return second(tx.UpdateGroup(ctx, o, g, w.spec("A"))) }),
		"deleting a group":    in(func(tx *store.Tx) error { return tx.DeleteGroup(ctx, o, g) }),
		"a group's turns":     second(w.Store.Upcoming(ctx, o, g, 3)),
		"a group's receivers": second(w.Store.Availability(ctx, o, g, w.Store.Now())),
		"reading a source":    second(w.Store.Source(ctx, o, s.ID)),
		"editing a source":    in(func(tx *store.Tx) error { return second(tx.EditSource(ctx, o, s.ID, nil)) }),
		"deleting a source":   in(func(tx *store.Tx) error { return tx.DeleteSource(ctx, o, s.ID) }),
		"reading a lead":      second(w.Store.SourceLead(ctx, o, ids[0])),
		"editing a lead": in(func(tx *store.Tx) error {
			return second(tx.EditLead(ctx, o, ids[0], func(*store.Lead) error { return nil }))
		}),
		"deleting a lead":      in(func(tx *store.Tx) error { return tx.DeleteLead(ctx, o, ids[0]) }),
		"reading a run":        second(w.Store.Assignment(ctx, o, run)),
		"reading a key":        second(w.Store.APIKey(ctx, o, key.ID)),
		"revoking a key":       w.Store.RevokeAPIKey(ctx, o, key.ID),
		"rotating a key":       in(func(tx *store.Tx) error { _, _, err := tx.RotateAPIKey(ctx, o, key.ID, w.Store.Now()); return err }),
		"a run's undo":         in(func(tx *store.Tx) error { _, _, err := tx.StartUndo(ctx, o, run, store.RunAssignment); return err }),
		"a simulation":         second(w.Store.Simulation(ctx, o, run)),
		"a group's fair share": second(w.Store.Fairness(ctx, o, store.FairnessSpec{Group: g, From: w.Store.Now().AddDate(0, 0, -1), To: w.Store.Now()})),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var field *store.FieldError
	err = in(func(tx *store.Tx) error {
		return second(tx.Assign(ctx, o, ids, store.Distribution{GroupID: g}))
	})
	if !errors.As(err, &field) {
		t.Errorf("leads of another workspace are assigned: %v", err)
	}
}
