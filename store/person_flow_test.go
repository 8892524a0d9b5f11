package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A challenge is what a flow keeps in these tests.
type challenge struct{ Nonce string }

func (w *world) begun(f store.SignInFlow, nonce string) string {
	w.t.Helper()
	token, err := w.Store.BeginSignInFlow(w.t.Context(), f, challenge{nonce})
	w.fine(err)
	return token
}

// answered is what was kept for an answer, empty where there is nothing.
func (w *world) answered(token string, f store.SignInFlow) string {
	var c challenge
	err := w.Store.UseSignInFlow(w.t.Context(), token, f, &c)
	if err != nil && !errors.Is(err, store.ErrBadLink) {
		w.t.Error(err)
	}
	return c.Nonce
}

// What was asked of a browser is answered once, in time, for what it was asked, and by whom.
func TestAFlowIsAnsweredOnceByWhoWasAsked(t *testing.T) {
	t.Parallel()
	clock := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(clock.Now))
	stranger := store.SignInFlow{Kind: "passkey"} // nobody is signed in
	somebody := store.SignInFlow{Workspace: w.workspace, PersonID: uuid.New(), Kind: "passkey"}
	for name, c := range map[string]struct {
		asked, answers store.SignInFlow
		after          time.Duration
		good           bool
	}{
		"a stranger":            {stranger, stranger, time.Minute, true},
		"somebody":              {somebody, somebody, time.Minute, true},
		"at the last moment":    {stranger, stranger, store.SignInFlowAge - time.Second, true},
		"too late":              {stranger, stranger, store.SignInFlowAge, false},
		"for something else":    {stranger, store.SignInFlow{Kind: "openid"}, 0, false},
		"somebody else":         {somebody, store.SignInFlow{Workspace: w.workspace, PersonID: uuid.New(), Kind: "passkey"}, 0, false},
		"nobody of a workspace": {somebody, store.SignInFlow{Workspace: w.workspace, Kind: "passkey"}, 0, false},
		"somebody for nobody":   {store.SignInFlow{Workspace: w.workspace, Kind: "passkey"}, somebody, 0, false},
		"another workspace":     {somebody, store.SignInFlow{Workspace: uuid.New(), PersonID: somebody.PersonID, Kind: "passkey"}, 0, false},
	} {
		token := w.begun(c.asked, name)
		clock.Advance(c.after)
		if got := w.answered(token, c.answers); (got == name) != c.good || !c.good && got != "" {
			t.Errorf("%s: it is answered with %q", name, got)
		}
		if got := w.answered(token, c.answers); got != "" {
			t.Errorf("%s: it is answered twice, with %q", name, got)
		}
	}
}

// A token that was made up, cut or is another kind's opens nothing, and the database has none.
func TestTokensOfFlowsAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := store.SignInFlow{Workspace: w.workspace, Kind: "passkey"}
	token := w.begun(f, "nonce")
	for _, bad := range []string{"", "lwf_", token[:len(token)-1], token + "0", "lws_" + token[4:], strings.ToUpper(token)} {
		if got := w.answered(bad, f); got != "" {
			t.Errorf("%q is answered with %q", bad, got)
		}
	}
	var kept string
	w.fine(w.DB.Get(&kept, `SELECT f::text FROM sign_in_flows f`))
	if strings.Contains(kept, token[len(token)-20:]) {
		t.Errorf("the database has the token: %s", kept)
	}
	equal(t, "the answer", w.answered(token, f), "nonce")
}

// Of answers that come at once one is taken.
func TestAFlowIsAnsweredOnceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := store.SignInFlow{Kind: "openid"}
	for range 5 {
		token, taken := w.begun(f, "nonce"), make(chan string, 6)
		var all errgroup.Group
		for range cap(taken) {
			all.Go(func() error {
				if nonce := w.answered(token, f); nonce != "" {
					taken <- nonce
				}
				return nil
			})
		}
		w.fine(all.Wait())
		if len(taken) != 1 {
			t.Fatalf("%d answers were taken", len(taken))
		}
	}
}

// What nobody answered is swept, and what can still be answered is not.
func TestOldFlowsAreSwept(t *testing.T) {
	t.Parallel()
	clock := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(clock.Now))
	f := store.SignInFlow{Kind: "openid"}
	w.begun(f, "old")
	clock.Advance(store.SignInFlowAge + time.Second)
	young := w.begun(f, "young")
	w.fine(w.Store.DeleteOldSignInFlows(t.Context(), clock.Now()))
	equal(t, "flows", w.count(`SELECT count(*) FROM sign_in_flows`), 1)
	equal(t, "the young one", w.answered(young, f), "young")
	if _, err := w.Store.BeginSignInFlow(t.Context(), f, make(chan int)); err == nil {
		t.Error("what is no JSON was kept")
	}
}
