package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) newKey(k store.APIKey) (store.APIKey, string) {
	w.t.Helper()
	made, text, err := w.Store.CreateAPIKey(w.t.Context(), w.workspace, k)
	if err != nil {
		w.t.Fatal(err)
	}
	return made, text
}

func (w *world) giveUp(id uuid.UUID) error {
	return w.tx(func(ctx context.Context, t *store.Tx) error { return t.GiveUpAPIKey(ctx, w.workspace, id) })
}

// TestKeysAreListedWhateverBecameOfThem, newest first, and a key that is over is good for nothing else.
func TestKeysAreListedWhateverBecameOfThem(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	soon := c.Now().Add(time.Hour)
	good, goodText := w.newKey(store.APIKey{Role: lead.RoleAdmin, Name: "console"})
	ends, endsText := w.newKey(store.APIKey{Role: lead.RoleManager, ExpiresAt: &soon})
	gone, goneText := w.newKey(store.APIKey{Role: lead.RoleIntegration})
	if err := w.Store.RevokeAPIKey(t.Context(), w.workspace, gone.ID); err != nil {
		t.Fatal(err)
	}
	valid := func(text string) bool {
		t.Helper()
		_, err := w.Store.Authenticate(t.Context(), text)
		if err != nil && !errors.Is(err, store.ErrBadKey) {
			t.Fatal(err)
		}
		return err == nil
	}
	equal(t, "valid within the hour", []bool{valid(goodText), valid(endsText), valid(goneText)}, []bool{true, true, false})
	c.Advance(time.Hour)
	equal(t, "valid after it", []bool{valid(goodText), valid(endsText), valid(goneText)}, []bool{true, false, false})
	if err := w.Store.RevokeAPIKey(t.Context(), w.workspace, gone.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	for _, id := range []uuid.UUID{ends.ID, gone.ID, uuid.New()} {
		err := w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, _, err := tx.RotateAPIKey(ctx, w.workspace, id, c.Now())
			return err
		})
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a key that is over is rotated: %v", err)
		}
	}
	var listed []uuid.UUID
	for p := (store.Page{Limit: 2}); ; {
		page, err := w.Store.APIKeys(t.Context(), w.workspace, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range page {
			listed = append(listed, k.ID)
			if one, err := w.Store.APIKey(t.Context(), w.workspace, k.ID); err != nil || one.Name != k.Name || one.Role != k.Role || (one.RevokedAt == nil) != (k.RevokedAt == nil) {
				t.Errorf("read by itself it is %+v, %v; listed %+v", one, err, k)
			}
		}
		if len(page) < p.Limit {
			break
		}
		p.After = page[len(page)-1].ID
	}
	equal(t, "listed", listed, []uuid.UUID{gone.ID, ends.ID, good.ID})
}

// TestWhatIsNoKey is a text that anybody might send instead of one: cut short, in capitals, of another workspace, or with something behind it.
func TestWhatIsNoKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, text := w.newKey(store.APIKey{Role: lead.RoleAdmin})
	other, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "other", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	_, theirs, err := w.Store.CreateAPIKey(t.Context(), other.ID, store.APIKey{Role: lead.RoleAdmin})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimPrefix(text, "lw_")
	const ofWorkspace = 25 // letters in which nothing but the workspace's id stands
	for _, bad := range []string{
		"", "lw_", body, text[:len(text)-1], text + "a", " " + text, strings.ToUpper(text), "lw_" + strings.ToUpper(body), "lws_" + body,
		"lw_" + strings.Repeat("a", len(body)), "lw_" + strings.Repeat("1", len(body)), theirs[:3+ofWorkspace] + text[3+ofWorkspace:],
		text[:3+ofWorkspace] + theirs[3+ofWorkspace:], "lw_\x00" + body[1:],
	} {
		if c, err := w.Store.Authenticate(t.Context(), bad); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("%q is %+v, %v", bad, c, err)
		}
	}
	if c, err := w.Store.Authenticate(t.Context(), theirs); err != nil || c.Workspace != other.ID {
		t.Errorf("the other workspace's key is %+v, %v", c, err)
	}
}

// TestMembersKeysAreShutOutWithThem while they are deactivated, and for good when they are removed.
func TestMembersKeysAreShutOutWithThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, text := w.newKey(store.APIKey{Role: lead.RoleMember, MemberID: new(w.members['A'])})
	shutOut := func() bool {
		t.Helper()
		c, err := w.Store.Authenticate(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		return c.ShutOut
	}
	equal(t, "active", shutOut(), false)
	w.setActive('A', false)
	equal(t, "deactivated", shutOut(), true)
	w.setActive('A', true)
	equal(t, "back", shutOut(), false)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['A'])
	})
	equal(t, "removed", shutOut(), true)
	_, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleMember, MemberID: new(w.members['A'])})
	refused(t, "a key to who was removed", err, "member_id")
}

// TestTheLastAdminKeyStays however many give themselves up at once; keys that are over do not count, and others' may go.
func TestTheLastAdminKeyStays(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	soon := c.Now().Add(time.Hour)
	keys := make([]uuid.UUID, 6)
	for i := range keys {
		k, _ := w.newKey(store.APIKey{Role: lead.RoleAdmin})
		keys[i] = k.ID
	}
	w.newKey(store.APIKey{Role: lead.RoleAdmin, ExpiresAt: &soon})
	manager, _ := w.newKey(store.APIKey{Role: lead.RoleManager})
	c.Advance(time.Hour)
	var mu sync.Mutex
	var stay []uuid.UUID
	var hands sync.WaitGroup
	for _, id := range keys {
		hands.Go(func() {
			if err := w.giveUp(id); errors.Is(err, store.ErrLastAdminKey) {
				mu.Lock()
				stay = append(stay, id)
				mu.Unlock()
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	hands.Wait()
	if len(stay) != 1 {
		t.Fatalf("of six keys that gave themselves up at once %d stayed", len(stay))
	}
	if err := w.giveUp(manager.ID); err != nil {
		t.Errorf("a manager's key gives itself up: %v", err)
	}
	if err := w.giveUp(stay[0]); !errors.Is(err, store.ErrLastAdminKey) {
		t.Errorf("the last one gives itself up: %v", err)
	}
	if err := w.Store.RevokeAPIKey(t.Context(), w.workspace, stay[0]); err != nil {
		t.Errorf("an operator revokes the last one: %v", err)
	}
}
