package store_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestRotationsBeforeChainsAreFound runs the part of the migration that fills them, over rotations of which only the audit log tells.
func TestRotationsBeforeChainsAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rotate := func(of uuid.UUID, operation string) uuid.UUID {
		t.Helper()
		act := &store.Act{Workspace: w.workspace, Operation: operation}
		if err := w.Store.Perform(t.Context(), act, func(tx *store.Tx) error {
			k, _, err := tx.RotateAPIKey(t.Context(), w.workspace, of, w.Store.Now().Add(time.Hour))
			act.IDs = []uuid.UUID{of, k.ID}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return act.IDs[1]
	}
	first, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleIntegration})
	if err != nil {
		t.Fatal(err)
	}
	second := rotate(first.ID, "rotate-api-key")
	third := rotate(second, "apikey rotate")
	fourth := rotate(third, "rotate-api-key") // which has brought something before its chain was known
	fifth := rotate(fourth, "rotate-api-key")
	if _, err := w.DB.ExecContext(t.Context(), `UPDATE api_keys SET first_key_id = NULL`); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddLeads(t.Context(), w.workspace, lead.QueueFresh, []store.NewLead{{
			Name: "Ada", Channel: "api", Origin: "key:" + fourth.String(), ExternalID: "1",
		}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("migrations/00084_key_chains.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, fill, _ := strings.Cut(string(file), "WITH RECURSIVE")
	for range 2 {
		if _, err := w.DB.ExecContext(t.Context(), "WITH RECURSIVE"+fill); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[uuid.UUID]uuid.UUID{first.ID: first.ID, second: first.ID, third: first.ID, fourth: fourth, fifth: fourth} {
		if k, err := w.Store.APIKey(t.Context(), w.workspace, id); err != nil || k.FirstID != want {
			t.Errorf("key %s is of the chain of %s, want %s, %v", id, k.FirstID, want, err)
		}
	}
}
