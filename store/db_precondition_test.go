package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

var errChanged = errors.New("somebody has changed it")

// TestAChangeOfWhatWasSeen has many change a member as each saw it, at once: one does, and the others are told.
func TestAChangeOfWhatWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil {
		t.Fatal(err)
	}
	var changed, refused atomic.Int32
	var changing sync.WaitGroup
	for i := range 6 {
		changing.Go(func() {
			ctx := store.WithPrecondition(t.Context(), &store.Precondition{
				Workspace: w.workspace, Kind: store.ItemMember, ID: seen.ID,
				Check: func(ctx context.Context) error {
					now, err := w.Store.Member(ctx, w.workspace, seen.ID)
					if err == nil && now.Name != seen.Name {
						err = errChanged
					}
					return err
				},
			})
			switch err := w.Store.WithTx(ctx, func(t *store.Tx) error {
				_, err := t.EditMember(ctx, w.workspace, seen.ID, func(m *store.Member) error { m.Name = fmt.Sprint("number ", i); return nil })
				return err
			}); {
			case err == nil:
				changed.Add(1)
			case errors.Is(err, errChanged):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	changing.Wait()
	equal(t, "changed", changed.Load(), 1)
	equal(t, "refused", refused.Load(), 5)
}

// TestAPreconditionHoldsForOneChange and for no transaction after that; one that was undone has not met it.
func TestAPreconditionHoldsForOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := w.group("A B")
	ids, _ := w.add(1, store.Distribution{})
	checked, verdict := 0, errChanged
	for kind, id := range map[store.ItemKind]any{store.ItemGroup: group, store.ItemLead: ids[0], store.ItemWorkspace: w.workspace, store.ItemMessageTemplate: w.workspace, store.ItemCustomer: newID()} {
		t.Run(string(kind), func(t *testing.T) {
			checked, verdict = 0, errChanged
			p := &store.Precondition{Workspace: w.workspace, Kind: kind, Check: func(context.Context) error { checked++; return verdict }}
			if err := p.ID.Scan(fmt.Sprint(id)); err != nil {
				t.Fatal(err)
			}
			ctx, ran := store.WithPrecondition(t.Context(), p), 0
			change := func(err error) error { return w.Store.WithTx(ctx, func(*store.Tx) error { ran++; return err }) }
			if err := change(nil); !errors.Is(err, errChanged) || ran != 0 {
				t.Errorf("it is not met, and the change ran %d times: %v", ran, err)
			}
			verdict = nil
			undone := errors.New("undone")
			if err := change(undone); !errors.Is(err, undone) {
				t.Error(err)
			}
			for range 2 {
				if err := change(nil); err != nil {
					t.Error(err)
				}
			}
			equal(t, "checked", checked, 3)
		})
	}
}
