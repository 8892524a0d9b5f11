package worker

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// tell has the worker look at what is owed to a member by a channel, and waits until it has.
func (s *shift) tell(member int, channel lead.Channel) {
	s.t.Helper()
	s.must(s.queue.Notify(s.t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[member], Channel: channel}))
	s.drain(tasks.QueueNotify)
}

// messages are all that there are of a member, newest first.
func (s *shift) messages(member int) []store.Notification {
	s.t.Helper()
	all, err := s.Store.Notifications(s.t.Context(), s.workspace, store.NotificationFilter{MemberID: s.members[member]}, store.Page{Limit: 100})
	s.must(err)
	return all
}

// became fails the test unless a member's only message is so.
func (s *shift) became(member int, channel lead.Channel, state store.NotificationState, attempts int, said string) store.Notification {
	s.t.Helper()
	all := s.messages(member)
	if len(all) != 1 {
		s.t.Fatalf("%d messages: %+v", len(all), all)
	}
	m := all[0]
	if m.Channel != channel || m.State != state || m.Attempts != attempts || !strings.Contains(m.Error, said) || m.Error != "" && said == "" {
		s.t.Errorf("the message is %s by %s after %d attempts: %q; want %s by %s after %d: %q",
			m.State, m.Channel, m.Attempts, m.Error, state, channel, attempts, said)
	}
	return m
}

func (s *shift) told(n float64, channel lead.Channel, outcome string) {
	s.t.Helper()
	s.counts(n, s.options.Metrics.Notifications.WithLabelValues(string(channel), outcome), string(channel)+" "+outcome)
}

// TestMessagesAreSentOnce hints at a message many times at once, also by a channel by which nothing is owed.
func TestMessagesAreSentOnce(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.give(4)
	s.start()
	for range 5 {
		s.must(s.queue.Notify(t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[0], Channel: lead.Telegram}))
		s.must(s.queue.Notify(t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[0], Channel: lead.Email}))
	}
	s.tell(1, lead.Email)
	s.none(tasks.QueueNotify)
	s.became(0, lead.Telegram, store.NotificationSent, 1, "")
	s.became(1, lead.Email, store.NotificationSent, 1, "")
	chats, mails := s.telegram.Sent(), s.mail.Mails()
	if len(chats) != 1 || chats[0].Chat != "42" || !strings.Contains(chats[0].Text, "2 new leads") || len(mails) != 1 || mails[0].To != "m1@example.com" {
		t.Errorf("sent %+v and %+v", chats, mails)
	}
	s.told(1, lead.Telegram, "sent")
	s.told(1, lead.Email, "sent")
	s.told(0, lead.Email, "failed")
}

// TestMessagesAreTriedForADay has the mail server be busy: the waits grow to an hour, and after a day it is given up on.
func TestMessagesAreTriedForADay(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.mail.Data(func(int) error { return notifytest.Busy })
	s.give(2)
	s.start()
	s.tell(1, lead.Email)
	for i, wait := range append(backOff[:len(backOff):len(backOff)], time.Hour) {
		m := s.became(1, lead.Email, store.NotificationOwed, i+1, "busy")
		if got := m.SendAt.Sub(s.clock.Now()); got != wait {
			t.Errorf("after attempt %d it waits %s, want %s", i+1, got, wait)
		}
		s.clock.Set(m.SendAt.Add(-time.Microsecond))
		s.must(s.queue.Notify(t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[0], Channel: lead.Email}))
		s.clock.Set(m.SendAt.Add(time.Minute)) // when the lease is over too
		s.tell(1, lead.Email)
	}
	s.told(9, lead.Email, "retried")
	s.clock.Advance(giveUpAfter)
	s.tell(1, lead.Email)
	s.became(1, lead.Email, store.NotificationFailed, 10, "busy")
	s.told(1, lead.Email, "failed")
}

// TestAnOldMessageIsTriedAllTheSame waits for quiet hours and a worker until it is older than a day: it is not given up on
// at the first refusal.
func TestAnOldMessageIsTriedAllTheSame(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.mail.Data(func(int) error { return notifytest.Busy })
	s.give(2)
	s.clock.Advance(giveUpAfter + time.Hour)
	s.start()
	s.tell(1, lead.Email)
	s.became(1, lead.Email, store.NotificationOwed, 1, "busy")
}

// TestARefusalSaysForHowLong has Telegram ask for more time than the worker would give it.
func TestARefusalSaysForHowLong(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.telegram.Answer(func(n int, _ notifytest.Sent) *notifytest.Reply {
		return notifytest.Refusal(http.StatusTooManyRequests, "Too Many Requests: retry after 90", `{"retry_after":90}`)
	})
	s.give(2)
	s.start()
	s.tell(0, lead.Telegram)
	m := s.became(0, lead.Telegram, store.NotificationOwed, 1, "Too Many Requests")
	if wait := m.SendAt.Sub(s.clock.Now()); wait != 90*time.Second {
		t.Errorf("it waits %s", wait)
	}
	// While the bot holds back by itself, messages wait and nothing is held against them.
	s.clock.Advance(2 * time.Minute)
	s.tell(0, lead.Telegram)
	s.told(1, lead.Telegram, "retried")
	if n := s.telegram.Calls(); n != 1 {
		t.Errorf("Telegram was asked %d times", n)
	}
	s.became(0, lead.Telegram, store.NotificationOwed, 1, "Too Many Requests")
}

// TestRefusalsForGood has Telegram refuse a message, a chat, or the bot: it goes by e-mail instead.
func TestRefusalsForGood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		said   string
		chat   string // that the member has then
	}{
		"a message that it never takes": {400, "Bad Request: message is too long", "42"},
		"a chat that is dead":           {403, "Forbidden: bot was blocked by the user", ""},
		"a bot that is not let in":      {401, "Unauthorized", "42"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t)
			s.telegram.Answer(func(int, notifytest.Sent) *notifytest.Reply {
				return notifytest.Refusal(c.status, c.said, "")
			})
			s.give(2)
			s.start()
			s.tell(0, lead.Telegram)
			m := s.became(0, lead.Email, store.NotificationOwed, 0, c.said)
			if m.FallbackFrom != lead.Telegram {
				t.Errorf("it comes instead of one by %q", m.FallbackFrom)
			}
			s.told(1, lead.Telegram, "failed")
			s.told(0, lead.Telegram, "retried")
			s.tell(0, lead.Email)
			if got := s.messages(0); got[0].State != store.NotificationSent || len(s.mail.Mails()) != 1 {
				t.Errorf("by the other channel it is %s, and %d mails came", got[0].State, len(s.mail.Mails()))
			}
			member, err := s.Store.Member(t.Context(), s.workspace, s.members[0])
			s.must(err)
			if member.TelegramChatID != c.chat {
				t.Errorf("the member's chat is %q", member.TelegramChatID)
			}
		})
	}
}

// TestAChatThatHasMoved is told again at once, in its new place.
func TestAChatThatHasMoved(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.telegram.Answer(func(_ int, m notifytest.Sent) *notifytest.Reply {
		if m.Chat == "42" {
			return notifytest.Refusal(400, "Bad Request: group chat was upgraded", `{"migrate_to_chat_id":-1001234567890123}`)
		}
		return nil
	})
	s.give(2)
	s.start()
	s.tell(0, lead.Telegram)
	s.tell(0, lead.Telegram)
	s.became(0, lead.Telegram, store.NotificationSent, 2, "")
	s.told(1, lead.Telegram, "retried")
	if sent := s.telegram.Sent(); len(sent) != 1 || sent[0].Chat != "-1001234567890123" {
		t.Errorf("sent %+v", sent)
	}
}

// TestAMailThatNobodyTakesInstead is refused for good, and the member has no chat: it has failed. The address is given up
// on where it is what was refused.
func TestAMailThatNobodyTakesInstead(t *testing.T) {
	t.Parallel()
	for code, off := range map[int]string{550: "undeliverable", 552: ""} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := newShift(t)
			s.mail.Recipients(func(string) error {
				return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{5, 1 + (code-550)/2, 1 + (code-550)/2}, Message: "not m1@example.com"}
			})
			s.give(2)
			s.start()
			s.tell(1, lead.Email)
			if m := s.became(1, lead.Email, store.NotificationFailed, 1, "not"); strings.Contains(m.Error, "m1@") {
				t.Errorf("the error names whom it is about: %s", m.Error)
			}
			s.told(1, lead.Email, "failed")
			m, err := s.Store.Member(t.Context(), s.workspace, s.members[1])
			s.must(err)
			if m.EmailOff != off {
				t.Errorf("the address is off for %q, want %q", m.EmailOff, off)
			}
		})
	}
}

// TestWrongSettings are the operator's to mend: messages that no other channel takes over wait for that. A test has failed
// at once, since somebody waits for what becomes of it.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.DB.MustExec(`UPDATE members SET email = NULL`)
	s.telegram.Answer(func(int, notifytest.Sent) *notifytest.Reply { return notifytest.Refusal(401, "Unauthorized", "") })
	s.give(2)
	s.start()
	s.tell(0, lead.Telegram)
	s.became(0, lead.Telegram, store.NotificationOwed, 1, "Unauthorized")
	s.counts(1, s.options.Metrics.Misconfigured.WithLabelValues("telegram"), "wrong settings")
	s.told(0, lead.Telegram, "failed")
	s.DB.MustExec(`UPDATE notifications SET state = 'sent'`)
	s.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.OweTest(ctx, s.workspace, s.members[0])
		return err
	})
	s.until(func() error { // it waits for the chat's turn
		s.tell(0, lead.Telegram)
		if m := s.messages(0)[0]; m.Kind != store.NotifyTest || m.State != store.NotificationFailed {
			s.clock.Advance(time.Minute)
			return fmt.Errorf("the test is %+v", m)
		}
		return nil
	})
	if n := s.telegram.Calls(); n != 2 {
		t.Errorf("Telegram was asked %d times, want once for the message and once for the test", n)
	}
}

// A brokenSender panics with somebody's name, and then sends.
type brokenSender struct {
	notify.Sender
	calls int
}

func (b *brokenSender) Send(ctx context.Context, m *store.Message, c notify.Content) error {
	if b.calls++; b.calls == 1 {
		panic(fmt.Sprintf("no %q", m.Recipient.Name))
	}
	return b.Sender.Send(ctx, m, c)
}

// TestASenderThatPanics costs a try and nothing else: the message is sent when its lease is over.
func TestASenderThatPanics(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.options.Senders[lead.Email] = &brokenSender{Sender: s.options.Senders[lead.Email]}
	s.give(2)
	s.start()
	s.tell(1, lead.Email)
	task := s.only(tasks.QueueNotify, asynq.TaskStateRetry)
	if task.LastErr != `it panicked: no "…"` || task.Retried != 1 {
		t.Errorf("after %d tries the task says %q", task.Retried, task.LastErr)
	}
	s.became(1, lead.Email, store.NotificationOwed, 1, "")
	s.clock.Advance(time.Minute)
	s.tell(1, lead.Email)
	s.became(1, lead.Email, store.NotificationSent, 2, "")
}

// TestAMessageUnderWayIsFinished stops the worker while the provider takes its time: the answer is waited for and noted.
func TestAMessageUnderWayIsFinished(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	s.mail.Data(func(int) error { close(asked); <-answer; return nil })
	s.give(2)
	s.start()
	s.must(s.queue.Notify(t.Context(), tasks.Notify{Workspace: s.workspace, Member: s.members[1], Channel: lead.Email}))
	<-asked
	stopped := make(chan struct{})
	go func() { s.worker.Stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("the worker has stopped and left a message under way")
	case <-time.After(200 * time.Millisecond):
	}
	close(answer)
	<-stopped
	s.worker = nil
	s.became(1, lead.Email, store.NotificationSent, 1, "")
	s.none(tasks.QueueNotify)
}
