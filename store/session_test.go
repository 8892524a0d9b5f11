package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// begin signs in with a key of its own.
func (w *world) begin(k store.APIKey) (store.Session, string) {
	w.t.Helper()
	key, _, err := w.Store.CreateAPIKey(w.t.Context(), w.workspace, k)
	w.fine(err)
	s, token, err := w.Store.BeginSession(w.t.Context(), store.Session{Workspace: w.workspace, APIKeyID: &key.ID, Address: "192.0.2.1", Browser: "Firefox"})
	w.fine(err)
	return s, token
}

func (w *world) fine(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) opens(token string) bool {
	w.t.Helper()
	_, err := w.Store.Authenticate(w.t.Context(), token)
	if err != nil && !errors.Is(err, store.ErrBadKey) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestASessionStandsForItsKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, token := w.begin(store.APIKey{Role: lead.RoleAdmin})
	caller, err := w.Store.Authenticate(t.Context(), token)
	if err != nil || caller.ID != *s.APIKeyID || caller.SessionID == nil || *caller.SessionID != s.ID || !caller.LeadsDistribution {
		t.Errorf("the caller is %+v, %v", caller, err)
	}
	var stored string
	w.fine(w.DB.Get(&stored, `SELECT s::text FROM sessions s`))
	if strings.Contains(stored, token[40:]) {
		t.Errorf("the database has the token: %s", stored)
	}
	for _, bad := range []string{"lw_" + token[4:], token[:67], token + "a", strings.ToUpper(token), "lws_"} {
		if w.opens(bad) {
			t.Errorf("%q opens", bad)
		}
	}
	w.fine(w.Store.RevokeAPIKey(t.Context(), w.workspace, *s.APIKeyID))
	if w.opens(token) {
		t.Error("a session has outlived its key")
	}
	if all, err := w.Store.Sessions(t.Context(), w.workspace, uuid.Nil, store.Page{Limit: 10}); err != nil || len(all) != 0 {
		t.Errorf("it is still listed: %v, %v", all, err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	first, one := w.begin(store.APIKey{Role: lead.RoleAdmin})
	_, two := w.begin(store.APIKey{Role: lead.RoleAdmin})
	third, three := w.begin(store.APIKey{Role: lead.RoleAdmin})

	w.fine(w.Store.EndSession(t.Context(), w.workspace, uuid.Nil, first.ID))
	if w.opens(one) || !w.opens(two) || !w.opens(three) {
		t.Error("not the one session was ended that was meant")
	}
	if err := w.Store.EndSession(t.Context(), w.workspace, uuid.Nil, first.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ended again: %v", err)
	}
	if err := w.Store.EndSession(t.Context(), uuid.New(), uuid.Nil, third.ID); !errors.Is(err, store.ErrNotFound) || !w.opens(three) {
		t.Errorf("another workspace ends it: %v", err)
	}
	if n, err := w.Store.EndSessions(t.Context(), w.workspace, uuid.Nil, third.ID); n != 1 || err != nil || w.opens(two) || !w.opens(three) {
		t.Errorf("ending the others ended %d, %v", n, err)
	}

	// What is used goes on, for as long as a session may last.
	for at := time.Duration(0); at < store.SessionAge-time.Hour; at += store.SessionIdle - time.Hour {
		if !w.opens(three) {
			t.Fatalf("it is over after %s, though it was used", at)
		}
		w.fine(w.Store.TouchSession(t.Context(), w.workspace, third.ID, c.Now(), time.Minute))
		c.Advance(store.SessionIdle - time.Hour)
	}
	w.fine(w.Store.TouchSession(t.Context(), w.workspace, third.ID, c.Now(), time.Minute))
	c.Set(third.ExpiresAt)
	if w.opens(three) {
		t.Error("it has outlived its time")
	}
	_, four := w.begin(store.APIKey{Role: lead.RoleAdmin})
	c.Advance(store.SessionIdle)
	if w.opens(four) {
		t.Error("it is good though nothing was done with it for long")
	}
	w.fine(w.Store.DeleteOldSessions(t.Context(), c.Now().Add(time.Second)))
	var left int
	w.fine(w.DB.Get(&left, `SELECT count(*) FROM sessions`))
	if left != 0 {
		t.Errorf("%d sessions that are over are kept", left)
	}
}
