package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// claimOrFail claims what is owed to a member, and returns how many messages were given up on.
func (w *world) claimOrFail(letter byte, channel lead.Channel) (m *store.Message, failed int) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		m, failed, err = t.ClaimMessage(ctx, w.workspace, w.members[letter], channel)
		return err
	})
	return m, failed
}

// TestALateAnswerHidesNothing has a slow worker hear that its message was taken when another has it in hand, with a lead
// more: that lead is not told yet. Where nothing was added, all is told.
func TestALateAnswerHidesNothing(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	group := w.group("A")
	w.give(group, 1)
	slow := w.claimMessage('A', lead.Telegram)
	c.Advance(time.Minute)
	w.give(group, 1)
	other := w.claimMessage('A', lead.Telegram)
	equal(t, "leads of the second", other.Total, 2)
	if err := w.Store.MessageSent(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A telegram owed 2")
	if err := w.Store.MessageSent(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A telegram sent 2")

	w.give(group, 1)
	slow = w.claimMessage('A', lead.Telegram)
	c.Advance(time.Minute)
	w.claimMessage('A', lead.Telegram)
	if err := w.Store.MessageSent(t.Context(), slow); err != nil {
		t.Fatal(err)
	}
	equal(t, "messages", w.messages(), "A telegram sent 1, A telegram sent 2")
}

// TestALateRefusalChangesNothing has a slow worker hear that the chat is dead when another has sent the message.
func TestALateRefusalChangesNothing(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("A"), 1)
	slow := w.claimMessage('A', lead.Telegram)
	c.Advance(time.Minute)
	other := w.claimMessage('A', lead.Telegram)
	dead := func() {
		w.must(func(ctx context.Context, t *store.Tx) error { return t.AddressDead(ctx, slow, "blocked") })
	}
	dead()
	equal(t, "messages", w.messages(), "A telegram owed 1")
	if err := w.Store.MessageSent(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	dead()
	equal(t, "messages", w.messages(), "A telegram sent 1")
}

// TestGivenUpOnIsCounted looks at what the metrics are told of messages that nobody tries to send.
func TestGivenUpOnIsCounted(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.give(w.group("A B C"), 3)
	w.setActive('A', false)
	w.member('B', func(m *store.Member) { m.NotifyBy = []lead.Channel{} })
	w.member('C', func(m *store.Member) { m.Email, m.TelegramChatID = "", "3" })
	for letter, want := range map[byte]int{'A': 1, 'B': 1, 'C': 0} {
		channel := lead.Telegram
		if letter == 'C' {
			channel = lead.Email
		}
		if m, failed := w.claimOrFail(letter, channel); m != nil || failed != want {
			t.Errorf("%c is told %+v, %d failed, want %d", letter, m, failed, want)
		}
	}
	equal(t, "messages", w.messages(), "A telegram failed 1, B telegram failed 1, C telegram owed 1")
}

// TestErasedWhileOwed erases people of whom a member is still to be told: one of two, and then the other.
func TestErasedWhileOwed(t *testing.T) {
	t.Parallel()
	w, c := newTold(t)
	w.give(w.group("A"), 2)
	erase := func(nth int) {
		w.DB.MustExec(`UPDATE assigned_leads SET name = NULL, erased_at = now()
			WHERE assigned_lead_id = (SELECT assigned_lead_id FROM assigned_leads ORDER BY 1 OFFSET $1 LIMIT 1)`, nth)
	}
	erase(0)
	if m := w.claimMessage('A', lead.Telegram); m.Total != 1 || len(m.Leads) != 1 || m.Leads[0].Name == "" {
		t.Errorf("told of %d: %+v", m.Total, m.Leads)
	}
	erase(1)
	c.Advance(time.Minute)
	if m, failed := w.claimOrFail('A', lead.Telegram); m != nil || failed != 1 {
		t.Errorf("told %+v, %d failed", m, failed)
	}
	equal(t, "messages", w.messages(), "A telegram failed 2")
}

// TestNobodyIsToldTwiceByAChannel has a member told by both channels, who then lets go of their choice and of their chat.
func TestNobodyIsToldTwiceByAChannel(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	w.member('A', func(m *store.Member) { m.NotifyBy = lead.Channels() })
	w.give(w.group("A"), 1)
	w.member('A', func(m *store.Member) { m.NotifyBy = nil })
	blocked := w.claimMessage('A', lead.Telegram)
	w.must(func(ctx context.Context, t *store.Tx) error { return t.AddressDead(ctx, blocked, "blocked") })
	equal(t, "messages", w.messages(), "A email owed 1, A telegram failed 1")
}

// TestQuietHoursThatChange has messages wait for the end of quiet hours across midnight, which come to nothing, move, or are
// read by another clock.
func TestQuietHoursThatChange(t *testing.T) {
	t.Parallel()
	night := &lead.Hours{From: 22 * 60, To: 7 * 60}
	for name, change := range map[string]func(*world){
		"none": func(w *world) { w.member('A', func(m *store.Member) { m.QuietHours = nil }) },
		"earlier": func(w *world) {
			w.member('A', func(m *store.Member) { m.QuietHours = &lead.Hours{From: 22 * 60, To: 60} })
		},
		"another zone": func(w *world) { w.member('A', func(m *store.Member) { m.Timezone = "Europe/Berlin" }) },
		"another zone of the workspace": func(w *world) {
			w.must(func(ctx context.Context, t *store.Tx) error {
				_, err := t.EditWorkspace(ctx, w.workspace, func(s *store.Workspace) error { s.Timezone = "Europe/Berlin"; return nil })
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock("2026-03-02T18:00:00Z") // two at night in Kuala Lumpur, seven in the evening in Berlin
			w := newWorld(t, testenv.WithClock(c.Now), testenv.WithChannels(lead.Channels()...))
			w.member('A', func(m *store.Member) { m.TelegramChatID, m.QuietHours = "1", night })
			w.give(w.group("A"), 1)
			c.Advance(time.Minute)
			w.fed()
			if m := w.claimMessage('A', lead.Telegram); m != nil {
				t.Fatal("it was sent in quiet hours")
			}
			c.Advance(time.Minute)
			equal(t, "fed in quiet hours", w.fed(), "")
			change(w)
			equal(t, "fed after the change", w.fed(), "A telegram")
			if m := w.claimMessage('A', lead.Telegram); m == nil {
				t.Error("it still waits")
			}
		})
	}
}

// TestALinkIsGoodOnce takes a chat away from a member, whose link does not bring it back.
func TestALinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	w, _ := newTold(t)
	token, _, err := w.Store.CreateTelegramLink(t.Context(), w.workspace, w.members['D'])
	if err != nil {
		t.Fatal(err)
	}
	link := func() error {
		return w.tx(func(ctx context.Context, t *store.Tx) error {
			_, err := t.LinkTelegram(ctx, token, "77")
			return err
		})
	}
	for range 2 {
		if err := link(); err != nil {
			t.Fatal(err)
		}
	}
	w.member('D', func(m *store.Member) { m.TelegramChatID = "" }) // an admin has the wrong one's chat taken away
	if err := link(); err != store.ErrBadLink {                    //nolint:errorlint // it comes as it is
		t.Errorf("the link was used again: %v", err)
	}
}
