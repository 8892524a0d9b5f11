package testenv

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// NewWorkspace makes a workspace, in Kuala Lumpur, and an admin's key to it.
func (e *Env) NewWorkspace(tb testing.TB, name string) (id uuid.UUID, key string) {
	tb.Helper()
	w, err := e.Store.CreateWorkspace(tb.Context(), store.WorkspaceSpec{Name: name, Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
	if err != nil {
		tb.Fatal(err)
	}
	return w.ID, e.NewKey(tb, w.ID, store.APIKey{Role: lead.RoleAdmin})
}

// NewKey makes a key to a workspace.
func (e *Env) NewKey(tb testing.TB, workspace uuid.UUID, k store.APIKey) string {
	tb.Helper()
	_, key, err := e.Store.CreateAPIKey(tb.Context(), workspace, k)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// Distribute acts on every batch of a workspace that is due, as workers would. One that is planned may be handed over some seconds before its
// time, or not, as the plan has it.
func (e *Env) Distribute(tb testing.TB, workspace uuid.UUID) {
	tb.Helper()
	var batches []uuid.UUID
	if err := e.DB.Select(&batches, `SELECT batch_id FROM batches WHERE workspace_id = $1 ORDER BY batch_id`, workspace); err != nil {
		tb.Fatal(err)
	}
	for _, b := range batches {
		var early *store.EarlyError
		if _, err := e.Store.Distribute(tb.Context(), workspace, b); err != nil && !errors.As(err, &early) {
			tb.Fatal(err)
		}
	}
}

// Count is the number that a query answers with.
func (e *Env) Count(tb testing.TB, query string, args ...any) (n int) {
	tb.Helper()
	if err := e.DB.Get(&n, query, args...); err != nil {
		tb.Fatal(err)
	}
	return n
}
