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

// TestAMessageIsSentAgain after it was given up on, from its first attempt on; none that is owed or sent.
func TestAMessageIsSentAgain(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("C"), 1)
	all, err := w.Store.Notifications(t.Context(), w.workspace, store.NotificationFilter{}, store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	id := all[0].ID
	resend := func(workspace uuid.UUID) error { return w.Store.ResendNotification(t.Context(), workspace, id) }
	if err := resend(w.workspace); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is owed: %v", err)
	}
	m := w.claimMessage('C', lead.Email)
	if err := w.Store.MessageLater(t.Context(), m, c.Now(), "busy"); err != nil {
		t.Fatal(err)
	}
	m = w.claimMessage('C', lead.Email)
	if err := w.Store.MessageFailed(t.Context(), m, "busy"); err != nil {
		t.Fatal(err)
	}
	equal(t, "given up on", w.messages(), "C email failed 1")
	if err := resend(newID()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("from another workspace: %v", err)
	}
	c.Advance(48 * time.Hour)
	if err := resend(w.workspace); err != nil {
		t.Fatal(err)
	}
	m = w.claimMessage('C', lead.Email)
	if m == nil || m.Attempt != 1 || !m.OwedSince.Equal(c.Now()) {
		t.Fatalf("claimed %+v", m)
	}
	if err := w.Store.MessageSent(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if err := resend(w.workspace); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is sent: %v", err)
	}
}

// TestMessagesAreFiltered by member and state, and by pages.
func TestMessagesAreFiltered(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("A B C")
	for range 3 {
		w.give(group, 3)
		c.Advance(time.Minute)
		if err := w.Store.MessageSent(t.Context(), w.claimMessage('A', lead.Telegram)); err != nil {
			t.Fatal(err)
		}
	}
	w.setActive('B', false)
	w.claimMessage('B', lead.Telegram)
	for name, f := range map[string]struct {
		store.NotificationFilter
		want int
	}{
		"all": {store.NotificationFilter{}, 9}, "A's": {store.NotificationFilter{MemberID: w.members['A']}, 3},
		"sent": {store.NotificationFilter{State: store.NotificationSent}, 3}, "owed": {store.NotificationFilter{State: store.NotificationOwed}, 3},
		"failed":   {store.NotificationFilter{State: store.NotificationFailed}, 3},
		"A's owed": {store.NotificationFilter{MemberID: w.members['A'], State: store.NotificationOwed}, 0},
	} {
		n := 0
		for p := (store.Page{Limit: 2}); ; {
			page, err := w.Store.Notifications(t.Context(), w.workspace, f.NotificationFilter, p)
			if err != nil {
				t.Fatal(err)
			}
			n += len(page)
			if len(page) < p.Limit {
				break
			}
			p.After = page[len(page)-1].ID
		}
		equal(t, name, n, f.want)
	}
	backlogs, err := w.Store.MessageBacklogs(t.Context())
	if err != nil || len(backlogs) != 1 || backlogs[lead.Email].Owed != 3 || backlogs[lead.Email].Oldest == nil || c.Now().Sub(*backlogs[lead.Email].Oldest) != 3*time.Minute {
		t.Errorf("owed are %+v, %v", backlogs, err)
	}
}

// TestAChatThatMoved takes the member along, unless they have another by now; what is owed is told at once.
func TestAChatThatMoved(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	moved := func(m *store.Message, to string) {
		t.Helper()
		w.must(func(ctx context.Context, t *store.Tx) error { return t.ChatMoved(ctx, m, to) })
	}
	chat := func() string {
		t.Helper()
		m, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
		if err != nil {
			t.Fatal(err)
		}
		return m.TelegramChatID
	}
	w.give(w.group("A"), 1)
	moved(w.claimMessage('A', lead.Telegram), "-100200300")
	equal(t, "the member's chat", chat(), "-100200300")
	m := w.claimMessage('A', lead.Telegram)
	if m == nil || m.Recipient.ChatID != "-100200300" {
		t.Fatalf("claimed %+v", m)
	}
	w.member('A', func(m *store.Member) { m.TelegramChatID = "77" })
	moved(m, "-100999")
	equal(t, "when they have another by now", chat(), "77")
	c.Advance(time.Minute)
	equal(t, "fed", w.fed(), "A telegram")
}

// TestAWorkspacesTemplate is its own, and the program's when it is empty again.
func TestAWorkspacesTemplate(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.give(w.group("A B C"), 3)
	for i, text := range []string{"New: {{name}}", "Call {{name}}", ""} {
		w.must(func(ctx context.Context, t *store.Tx) error { return t.SetMessageTemplate(ctx, w.workspace, text) })
		got, err := w.Store.MessageTemplate(t.Context(), w.workspace)
		if err != nil || got != text {
			t.Errorf("it is %q, %v, want %q", got, err, text)
		}
		m := w.claimMessage("ABC"[i], []lead.Channel{lead.Telegram, lead.Telegram, lead.Email}[i])
		equal(t, "what a message has", m.Recipient.Template, text)
	}
	if got, err := w.Store.MessageTemplate(t.Context(), newID()); got != "" || err != nil {
		t.Errorf("another workspace has %q, %v", got, err)
	}
}
