package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestGivenUpOnGoesElsewhere gives up on messages after the last attempt: the other channel takes over with attempts of its
// own, and what it then fails is not sent back.
func TestGivenUpOnGoesElsewhere(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("A"), 2)
	var m *store.Message
	for range 3 {
		m = w.claimMessage('A', lead.Telegram)
		c.Advance(time.Minute)
	}
	late := *m
	if err := w.Store.MessageFailed(t.Context(), m, "busy"); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A email owed 2")
	mail := w.claimMessage('A', lead.Email)
	if mail.Attempt != 1 || mail.FallbackFrom != lead.Telegram || mail.Error != "telegram: busy; sent by email instead" {
		t.Errorf("claimed %+v", mail)
	}
	late.Attempt = 1 // which the e-mail has now
	if err := w.Store.MessageFailed(t.Context(), &late, "late"); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.MessageLater(t.Context(), &late, c.Now().Add(time.Hour), "late"); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A email owed 2")
	if err := w.Store.MessageFailed(t.Context(), mail, "busy too"); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A email failed 2")
	w.exact()
}

// TestOnlyWhatIsUntoldGoesElsewhere has a member told by both channels, after having been told by one: of the message that
// one gives up on, the other is owed what it does not tell anyway.
func TestOnlyWhatIsUntoldGoesElsewhere(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	group := w.group("A")
	w.give(group, 2) // by Telegram only
	w.member('A', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.give(group, 3) // by both
	equal(t, "messages", w.messages(), "A email owed 3, A telegram owed 2, A telegram owed 3")
	m := w.claimMessage('A', lead.Telegram)
	equal(t, "leads of the message by Telegram", m.Total, 5)
	w.must(func(ctx context.Context, t *store.Tx) error { return t.MessageRejected(ctx, m, "no") })
	equal(t, "messages", w.messages(), "A email owed 2, A email owed 3, A telegram failed 3")
	equal(t, "leads of the e-mail", w.claimMessage('A', lead.Email).Total, 5)
	w.exact()
}

// TestMisconfiguredGoesElsewhere has a channel that takes nothing until it is put right: who has another one is told by that,
// who chose both or has no other waits.
func TestMisconfiguredGoesElsewhere(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.member('B', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.give(w.group("A B C"), 3)
	for letter, want := range map[byte]bool{'A': true, 'B': false, 'C': false} {
		channel := lead.Telegram
		if letter == 'C' {
			channel = lead.Email
		}
		m := w.claimMessage(letter, channel)
		var gone bool
		w.must(func(ctx context.Context, t *store.Tx) (err error) {
			gone, err = t.MessageElsewhere(ctx, m, "a wrong token")
			return err
		})
		equal(t, string(letter), gone, want)
	}
	equal(t, "messages", w.messages(), "A email owed 1, B email owed 1, B telegram owed 1, C email owed 1")
}

// TestTestsDoNotGoElsewhere refuses a test of one channel in every way: the other has its own.
func TestTestsDoNotGoElsewhere(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(context.Context, *store.Tx, *store.Message) error{
		"dead":     func(ctx context.Context, t *store.Tx, m *store.Message) error { return t.AddressDead(ctx, m, "no") },
		"rejected": func(ctx context.Context, t *store.Tx, m *store.Message) error { return t.MessageRejected(ctx, m, "no") },
	} {
		w, _ := newTold(t)
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.OweTest(ctx, w.workspace, w.members['A'])
			return err
		})
		m := w.claimMessage('A', lead.Telegram)
		w.must(func(ctx context.Context, t *store.Tx) error { return refuse(ctx, t, m) })
		equal(t, name, w.messages(), "A telegram failed 0")
	}
}

// TestWhoIsBackIsTold deactivates a member to whom messages are owed, and has them back: they are told once, of what is not
// too old, in one message.
func TestWhoIsBackIsTold(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("A")
	skip := func(leads int) {
		t.Helper()
		w.give(group, leads)
		w.setActive('A', false)
		if m, failed := w.claimOrFail('A', lead.Telegram); m != nil || failed == 0 {
			t.Fatalf("claimed %+v, %d failed", m, failed)
		}
	}
	skip(2)
	w.setActive('A', true)
	equal(t, "messages", w.messages(), "A telegram owed 2")
	w.give(group, 1)
	c.Advance(time.Minute)
	equal(t, "fed", w.fed(), "A telegram")
	m := w.claimMessage('A', lead.Telegram)
	if m.Total != 3 || m.Attempt != 1 {
		t.Errorf("claimed %+v", m)
	}
	if err := w.Store.MessageSent(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	w.setActive('A', false)
	w.setActive('A', true)
	equal(t, "messages", w.messages(), "A telegram sent 3")

	skip(1)
	w.member('A', func(m *store.Member) { m.TelegramChatID = "" }) // while they are away
	c.Advance(6 * 24 * time.Hour)
	w.setActive('A', true)
	w.setActive('A', true)
	w.exact()
	if m, failed := w.claimOrFail('A', lead.Telegram); m != nil || failed != 0 {
		t.Errorf("claimed %+v, %d failed", m, failed)
	}
	equal(t, "messages", w.messages(), "A email owed 1, A telegram sent 3")
	mail := w.claimMessage('A', lead.Email)
	if err := w.Store.MessageSent(t.Context(), mail); err != nil {
		t.Fatal(err)
	}

	w.give(group, 1)
	w.setActive('A', false)
	w.claimOrFail('A', lead.Email)
	c.Advance(8 * 24 * time.Hour)
	w.setActive('A', true)
	w.setActive('A', false)
	w.setActive('A', true)
	equal(t, "messages of long ago", w.messages(), "A email failed 1, A email sent 1, A telegram sent 3")
}

// TestUnsubscribeLinks looks at what the token of a mail says, uses it twice, and late.
func TestUnsubscribeLinks(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("C")
	token := func() string {
		t.Helper()
		w.give(group, 1)
		m := w.claimMessage('C', lead.Email)
		if err := w.Store.MessageSent(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return m.UnsubscribeToken()
	}
	first, second := token(), token()
	data, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil || first == second {
		t.Fatalf("tokens %q and %q, %v", first, second, err)
	}
	member := w.members['C']
	for name, id := range map[string]uuid.UUID{"workspace": w.workspace, "member": member} {
		for n := range len(id) - 3 {
			if strings.Contains(string(data), string(id[n:n+4])) {
				t.Errorf("the token has a part of the %s's id in it", name)
			}
		}
	}
	off := func() string {
		m, err := w.Store.Member(t.Context(), w.workspace, member)
		if err != nil {
			t.Fatal(err)
		}
		return m.EmailOff
	}
	for _, bad := range []string{"", "x", first[1:], first + "A", strings.ToLower(first) + "."} {
		if err := w.Store.Unsubscribe(t.Context(), bad); !errors.Is(err, store.ErrNotFound) || off() != "" {
			t.Errorf("%q: %v, e-mail off: %q", bad, err, off())
		}
	}
	for range 2 {
		if err := w.Store.Unsubscribe(t.Context(), first); err != nil || off() != store.EmailUnsubscribed {
			t.Errorf("%v, e-mail off: %q", err, off())
		}
	}
	w.member('C', func(m *store.Member) { m.EmailOff = "" })
	c.Advance(store.UnsubscribeAge + time.Second)
	if err := w.Store.Unsubscribe(t.Context(), second); !errors.Is(err, store.ErrNotFound) || off() != "" {
		t.Errorf("an old link: %v, e-mail off: %q", err, off())
	}
	if err := w.Store.DeleteOldUnsubscribeLinks(t.Context(), c.Now()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := w.DB.Get(&left, `SELECT count(*) FROM unsubscribe_links`); err != nil || left != 0 {
		t.Errorf("%d links are left, %v", left, err)
	}
}

// TestLinksOfOldMails has the migration's own words make the hash of a link that was sent before, which had ids in it.
func TestLinksOfOldMails(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	var token uuid.UUID
	if err := w.DB.Get(&token, `SELECT mail_token FROM members WHERE member_id = $1`, w.members['C']); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("migrations/00048_messages_again.sql")
	if err != nil {
		t.Fatal(err)
	}
	migration := string(data)
	w.DB.MustExec(migration[strings.Index(migration, "INSERT INTO unsubscribe_links"):])
	member := w.members['C']
	old := base64.RawURLEncoding.EncodeToString([]byte(string(w.workspace[:]) + string(member[:]) + string(token[:])))
	if err := w.Store.Unsubscribe(t.Context(), old); err != nil {
		t.Errorf("%v, of %x", err, sha256.Sum256([]byte(old)))
	}
}
