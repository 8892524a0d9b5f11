package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

func TestFindWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, by := range []string{"acme", w.workspace.String()} {
		if found, err := w.Store.FindWorkspace(t.Context(), by); err != nil || found.ID != w.workspace {
			t.Errorf("by %q: %+v, %v", by, found, err)
		}
	}
	for _, by := range []string{"Acme Inc", uuid.NewString()} {
		if _, err := w.Store.FindWorkspace(t.Context(), by); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("by %q: %v", by, err)
		}
	}
	if _, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.FindWorkspace(t.Context(), "acme"); err == nil || !strings.Contains(err.Error(), "more than one") {
		t.Errorf("a name that two have: %v", err)
	}
	var field *store.FieldError
	if _, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "x", Timezone: "Mars", Region: "MY"}); !errors.As(err, &field) || field.Field != "timezone" {
		t.Errorf("a time zone that is not: %v", err)
	}
}
