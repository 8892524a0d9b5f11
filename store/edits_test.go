package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// TestEditsAtOnceLoseNothing has many writers append to the same text: whoever edits from what is no longer there
// would undo another's.
func TestEditsAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leads, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	if _, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID); err != nil {
		t.Fatal(err)
	}
	copies, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{}, store.Page{Limit: 10})
	if err != nil || len(copies) != 1 {
		t.Fatalf("%v, %v", copies, err)
	}
	source, err := w.Store.CreateSource(t.Context(), w.workspace, store.Source{Name: "s"})
	if err != nil {
		t.Fatal(err)
	}
	edits := map[string]func(ctx context.Context, t *store.Tx, add string) (string, error){
		"workspace": func(ctx context.Context, t *store.Tx, add string) (string, error) {
			e, err := t.EditWorkspace(ctx, w.workspace, func(e *store.Workspace) error { e.Name += add; return nil })
			return e.Name, err
		},
		"member": func(ctx context.Context, t *store.Tx, add string) (string, error) {
			e, err := t.EditMember(ctx, w.workspace, w.members['A'], func(e *store.Member) error { e.Name += add; return nil })
			return e.Name, err
		},
		"source": func(ctx context.Context, t *store.Tx, add string) (string, error) {
			e, err := t.EditSource(ctx, w.workspace, source.ID, func(e *store.Source) error { e.Name += add; return nil })
			return e.Name, err
		},
		"lead": func(ctx context.Context, t *store.Tx, add string) (string, error) {
			e, err := t.EditLead(ctx, w.workspace, leads[0], func(e *store.Lead) error { e.Name += add; return nil })
			return e.Name, err
		},
		"assigned lead": func(ctx context.Context, t *store.Tx, add string) (string, error) {
			e, err := t.EditAssignedLead(ctx, w.workspace, store.Actor{}, copies[0].ID, func(e *store.AssignedLead) error { e.Name += add; return nil })
			return e.Name, err
		},
	}
	const writers = 6
	for name, edit := range edits {
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
					_, err := edit(ctx, tx, fmt.Sprintf("<%d>", i))
					return err
				}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		w.must(func(ctx context.Context, tx *store.Tx) error {
			text, err := edit(ctx, tx, "")
			if n := strings.Count(text, "<"); n != writers {
				t.Errorf("%s: %d of %d edits are left in %q", name, n, writers, text)
			}
			return err
		})
	}
}
