package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// byLink signs a member in with the link of the first lead of a message that is claimed for them, as their browser does.
func (w *world) byLink(letter byte) (link store.MessageLink, token string) {
	w.t.Helper()
	m := w.claimMessage(letter, lead.Telegram)
	if m == nil {
		w.t.Fatalf("%c is told of nothing", letter)
	}
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		link, err = t.OpenMessageLink(ctx, m.Leads[0].LinkToken)
		return err
	})
	_, token, err := w.Store.BeginSession(w.t.Context(), store.Session{Workspace: w.workspace, Link: link.Hash})
	w.fine(err)
	return link, token
}

// Whoever opens a message's link is its member, and has the one copy.
func TestALinkOpensOneCopyForItsMember(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.give(w.group("A"), 1)
	link, token := w.byLink('A')
	caller, err := w.Store.Authenticate(t.Context(), token)
	w.fine(err)
	if caller.Role != lead.RoleMember || caller.MemberID == nil || *caller.MemberID != w.members['A'] ||
		caller.AssignedLeadID == nil || *caller.AssignedLeadID != link.AssignedLeadID || caller.ID != w.members['A'] {
		t.Errorf("who opened it is %+v", caller)
	}
	listed, err := w.Store.Sessions(t.Context(), w.workspace, uuid.Nil, store.Page{Limit: 9})
	w.fine(err)
	if len(listed) != 1 || listed[0].PersonID != nil || listed[0].APIKeyID != nil {
		t.Errorf("listed are %+v", listed)
	}
}

// A session that a link began ends with the link: in a day, with the workspace's wish for such links, and with the member.
func TestASessionEndsWithItsLink(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, advance func(time.Duration), link store.MessageLink){
		"a day later": func(_ *world, advance func(time.Duration), _ store.MessageLink) { advance(store.MessageLinkAge) },
		"no links are wanted": func(w *world, _ func(time.Duration), _ store.MessageLink) {
			_, err := w.editWorkspace(func(w *store.Workspace) { w.MessageLinks = false })
			w.fine(err)
		},
		"swept": func(w *world, advance func(time.Duration), link store.MessageLink) {
			w.fine(w.Store.DeleteOldMessageLinks(w.t.Context(), link.ExpiresAt.Add(time.Second)))
		},
		"signed out": func(w *world, _ func(time.Duration), _ store.MessageLink) {
			n, err := w.Store.EndSessions(w.t.Context(), w.workspace, uuid.Nil, uuid.Nil)
			if err != nil || n != 1 {
				w.t.Errorf("%d sessions were ended, %v", n, err)
			}
		},
	} {
		w, clock := newTold(t)
		w.give(w.group("A"), 1)
		link, token := w.byLink('A')
		// A day is longer than a session may idle.
		advance := func(d time.Duration) {
			for ; d > 0; d -= min(d, time.Hour) {
				w.DB.MustExec(`UPDATE sessions SET seen_at = $1`, clock.Now())
				clock.Advance(min(d, time.Hour))
			}
		}
		advance(store.MessageLinkAge - 2*time.Hour)
		if !w.opens(token) {
			t.Fatalf("%s: it was over before", name)
		}
		advance(time.Hour)
		end(w, advance, link)
		if w.opens(token) {
			t.Errorf("%s: a session has outlived its link", name)
		}
	}
}

// A link is made anew with each attempt to send a message, and none where the workspace wants none.
func TestLinksAreMadeWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	w, clock := newTold(t)
	_, err := w.editWorkspace(func(w *store.Workspace) { w.MessageLinks = false })
	w.fine(err)
	w.give(w.group("A"), 1)
	m := w.claimMessage('A', lead.Telegram)
	equal(t, "the link of a message without", m.Leads[0].LinkToken, "")
	equal(t, "links", w.count(`SELECT count(*) FROM message_links`), 0)
	_, err = w.editWorkspace(func(w *store.Workspace) { w.MessageLinks = true })
	w.fine(err)
	clock.Advance(time.Minute)
	again := w.claimMessage('A', lead.Telegram)
	if again == nil || !store.IsMessageLink(again.Leads[0].LinkToken) || store.IsMessageLink("lwl_"+again.Leads[0].LinkToken[4:]) {
		t.Fatalf("the message is %+v", again)
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.OpenMessageLink(ctx, again.Leads[0].LinkToken)
		return err
	})
	w.setActive('A', false)
	err = w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.OpenMessageLink(ctx, again.Leads[0].LinkToken)
		return err
	})
	if !errors.Is(err, store.ErrBadLink) {
		t.Errorf("the link of who is not active opens: %v", err)
	}
}
