package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestAPIKeyIsKnownByItsHashOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, text, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "lw_") || len(text) != 67 || text != strings.ToLower(text) {
		t.Errorf("the key is %q", text)
	}
	var stored string
	if err := w.DB.Get(&stored, `SELECT k::text FROM api_keys k`); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(stored, text[40:]) {
		t.Errorf("the database has the key: %s", stored)
	}
	caller, err := w.Store.Authenticate(t.Context(), text)
	if err != nil || caller.ID != made.ID || caller.Workspace != w.workspace || caller.ShutOut || !caller.LeadsDistribution {
		t.Errorf("%+v, %v", caller, err)
	}
	for _, bad := range []string{"", "lw_", text[:66], text + "a", strings.ToUpper(text), "lw_" + strings.Repeat("a", 64)} {
		if _, err := w.Store.Authenticate(t.Context(), bad); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := w.Store.RevokeAPIKey(t.Context(), w.workspace, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.Authenticate(t.Context(), text); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("revoked: %v", err)
	}
	if err := w.Store.RevokeAPIKey(t.Context(), w.workspace, made.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked again: %v", err)
	}
}

func TestAPIKeyBindings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	member, nobody, group := w.members['A'], uuid.New(), w.group("A")
	for _, bad := range []store.APIKey{
		{Role: lead.RoleMember}, {Role: lead.RoleAdmin, MemberID: &member}, {Role: lead.RoleAdmin, GroupID: &group},
		{Role: lead.RoleMember, MemberID: &member, SourceID: &group},
	} {
		var field *store.FieldError
		if _, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, bad); !errors.As(err, &field) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, bad := range []store.APIKey{
		{Role: lead.RoleMember, MemberID: &nobody}, {Role: lead.RoleIntegration, GroupID: &nobody}, {Role: lead.RoleIntegration, SourceID: &nobody},
	} {
		var violation *store.Violation
		if _, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, bad); !errors.As(err, &violation) || violation.Exists {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleIntegration, GroupID: &group}); err != nil {
		t.Error(err)
	}
}

func TestTouchAPIKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, step := range []struct{ at, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {time.Second, time.Minute}} {
		if err := w.Store.TouchAPIKey(t.Context(), w.workspace, k.ID, start.Add(step.at), time.Minute); err != nil {
			t.Fatal(err)
		}
		keys, err := w.Store.APIKeys(t.Context(), w.workspace, store.Page{Limit: 10})
		if err != nil || !keys[0].LastUsedAt.Equal(start.Add(step.want)) {
			t.Errorf("after %v: %v, %v", step.at, keys, err)
		}
	}
}
