package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
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
		if err := w.Store.TouchAPIKey(t.Context(), w.workspace, k.ID, "", start.Add(step.at), time.Minute); err != nil {
			t.Fatal(err)
		}
		keys, err := w.Store.APIKeys(t.Context(), w.workspace, store.Page{Limit: 10})
		if err != nil || !keys[0].LastUsedAt.Equal(start.Add(step.want)) {
			t.Errorf("after %v: %v, %v", step.at, keys, err)
		}
	}
}

func TestAddressesOfAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
	w.fine(err)
	start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for i := range 15 {
		w.fine(w.Store.TouchAPIKey(t.Context(), w.workspace, k.ID, fmt.Sprint("192.0.2.", i%12), start.Add(time.Duration(i)*time.Minute), time.Minute))
	}
	got, err := w.Store.APIKey(t.Context(), w.workspace, k.ID)
	w.fine(err)
	var addresses []string
	for _, u := range got.Addresses {
		addresses = append(addresses, strings.TrimPrefix(u.Address, "192.0.2."))
	}
	if want := "2 1 0 11 10 9 8 7 6 5"; strings.Join(addresses, " ") != want {
		t.Errorf("the last addresses are %v, want %s", addresses, want)
	}
	// Within the minute the same address is not written again, and another one is.
	at := start.Add(14*time.Minute + time.Second)
	w.fine(w.Store.TouchAPIKey(t.Context(), w.workspace, k.ID, "192.0.2.2", at, time.Minute))
	w.fine(w.Store.TouchAPIKey(t.Context(), w.workspace, k.ID, "2001:db8::1", at, time.Minute))
	got, err = w.Store.APIKey(t.Context(), w.workspace, k.ID)
	if w.fine(err); got.Addresses[0].Address != "2001:db8::1" || !got.Addresses[1].At.Equal(at.Add(-time.Second)) {
		t.Errorf("the last addresses are %v", got.Addresses)
	}
}

func TestRotateAPIKey(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	group, expires := w.group("A"), c.Now().Add(30*24*time.Hour)
	old, oldText, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleIntegration, Name: "landing", GroupID: &group, ExpiresAt: &expires})
	w.fine(err)
	c.Advance(10 * 24 * time.Hour)
	var made store.APIKey
	var text string
	rotate := func(id uuid.UUID) error {
		return w.Store.WithTx(t.Context(), func(tx *store.Tx) (err error) {
			made, text, err = tx.RotateAPIKey(t.Context(), w.workspace, id, c.Now().Add(24*time.Hour))
			return err
		})
	}
	w.fine(rotate(old.ID))
	if made.Name != "landing" || made.Role != lead.RoleIntegration || *made.GroupID != group || !made.ExpiresAt.Equal(c.Now().Add(30*24*time.Hour)) {
		t.Errorf("the new key is %+v", made)
	}
	if !w.opens(oldText) || !w.opens(text) {
		t.Error("the keys do not overlap")
	}
	c.Advance(24 * time.Hour)
	if w.opens(oldText) || !w.opens(text) {
		t.Error("the old key is good after the overlap")
	}
	for _, id := range []uuid.UUID{old.ID, uuid.New()} {
		if err := rotate(id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("rotating what is over: %v", err)
		}
	}
}

func TestKeysLastAsTheWorkspaceSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	days := 90
	w.fine(w.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error { ws.APIKeyMaxDays = &days; return nil })
		return err
	}))
	last := w.Store.Now().AddDate(0, 0, days)
	k, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin})
	if w.fine(err); k.ExpiresAt == nil || k.ExpiresAt.Sub(last).Abs() > time.Minute {
		t.Errorf("a key of which nothing is said ends at %v", k.ExpiresAt)
	}
	late, soon := last.Add(time.Hour), last.Add(-time.Hour)
	var field *store.FieldError
	if _, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin, ExpiresAt: &late}); !errors.As(err, &field) || field.Field != "expires_at" {
		t.Errorf("a key that lasts too long: %v", err)
	}
	k, _, err = w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleAdmin, ExpiresAt: &soon})
	if w.fine(err); !k.ExpiresAt.Equal(soon.Truncate(time.Microsecond)) {
		t.Errorf("a key with an earlier end ends at %v", k.ExpiresAt)
	}
}
