package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	past := time.Now().Add(-time.Second)
	expired := s.key(store.APIKey{Role: lead.RoleAdmin, ExpiresAt: &past})
	revoked := s.key(store.APIKey{Role: lead.RoleAdmin})
	keys, err := s.Store.APIKeys(t.Context(), s.workspace, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Store.RevokeAPIKey(t.Context(), s.workspace, keys[0].ID); err != nil {
		t.Fatal(err)
	}
	s.do(s.admin, "GET", "/v1/workspace", nil).is(200)
	s.do("", "GET", "/v1/workspace", nil, "Authorization", "bearer "+s.admin).is(200)
	want := s.do("", "GET", "/v1/workspace", nil)
	want.refuses(401, "unauthorized")
	if want.header.Get("WWW-Authenticate") == "" {
		t.Error("a 401 without WWW-Authenticate")
	}
	bad := map[string]string{
		"expired": expired, "revoked": revoked, "garbage": "lw_!", "empty": "lw_", "upper case": strings.ToUpper(s.admin),
		"one character changed": s.admin[:len(s.admin)-1] + "7a"[strings.Count(s.admin[len(s.admin)-1:], "7"):][:1],
		"cut":                   s.admin[:40], "doubled": s.admin + s.admin, "without prefix": s.admin[3:],
	}
	for name, key := range bad {
		if got := s.do(key, "GET", "/v1/workspace", nil); got.status != 401 || got.body != want.body {
			t.Errorf("%s: %d %s; every bad key is to be answered alike", name, got.status, got.body)
		}
	}
	if got := s.do("", "GET", "/v1/workspace", nil, "Authorization", "Basic "+s.admin); got.body != want.body {
		t.Errorf("another scheme: %d %s", got.status, got.body)
	}
}

func TestKeysOfMembersWhoAreOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	away, gone := s.member("away"), s.member("gone")
	awayKey, goneKey := s.memberKey(away), s.memberKey(gone)
	s.do(awayKey, "GET", "/v1/assigned-leads", nil).is(200)

	s.patch("/v1/members/"+away.String(), `{"active":false}`).is(200)
	s.delete("/v1/members/" + gone.String()).is(204)
	s.do(awayKey, "GET", "/v1/assigned-leads", nil).refuses(403, "forbidden")
	s.do(goneKey, "GET", "/v1/assigned-leads", nil).refuses(403, "forbidden")

	s.patch("/v1/members/"+away.String(), `{"active":true}`).is(200)
	s.do(awayKey, "GET", "/v1/assigned-leads", nil).is(200)
}

func TestLastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	s := newSite(t, testenv.WithClock(clock.Now))
	lastUsed := func() *time.Time {
		keys, err := s.Store.APIKeys(t.Context(), s.workspace, store.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return keys[0].LastUsedAt
	}
	first := clock.Now()
	s.get("/v1/workspace").is(200)
	testenv.Eventually(t, 5*time.Second, func() error {
		if at := lastUsed(); at == nil || !at.Equal(first) {
			return fmt.Errorf("used at %v, want %v", at, first)
		}
		return nil
	})
	clock.Advance(59 * time.Second)
	s.get("/v1/workspace").is(200)
	clock.Advance(2 * time.Second)
	second := clock.Now()
	s.get("/v1/workspace").is(200)
	s.close() // writes down what is queued
	if at := lastUsed(); !at.Equal(second) {
		t.Errorf("used at %v, want %v", at, second)
	}
	if n := s.count(`SELECT count(*) FROM api_keys WHERE last_used_at = $1`, second.Add(-2*time.Second)); n != 0 {
		t.Error("a use within the minute was written down")
	}
}
