package app_test

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// inHand is how many messages a worker has in hand at the most.
const inHand = 12

// TestMessagesAmidFaults gives leads in waves while workers, Redis, Postgres, the mail server and Telegram die and come
// back, and while both providers are busy, hang up, or take messages without saying so. What is promised: every copy is
// told of, in one message of the records, and a provider gets a message again only where it took one and that could not be
// recorded: its answer was lost, or the worker or the database died with the message in hand.
func TestMessagesAmidFaults(t *testing.T) {
	t.Parallel()
	waves, leads, members := 5, 400, 20
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		waves, leads, members = 20, 1000, 50
	}
	d := testenv.NewDedicated(t)
	c := newCorrespondence(t, &d.Env, members)
	for i, m := range c.members {
		if i%2 == 0 {
			c.edit(m, func(m *store.Member) { m.TelegramChatID = fmt.Sprint(1000 + i) })
		}
	}
	mail, telegram := testenv.Proxy(t, hostOf(c.mail.URL)), testenv.Proxy(t, hostOf(c.telegram.URL))
	c.messages.SMTPURL = strings.Replace(c.messages.SMTPURL, hostOf(c.mail.URL), mail.Addr, 1)
	c.messages.TelegramURL = "http://" + telegram.Addr
	var lost atomic.Int64
	c.misbehave(&lost)
	c.start(app.RoleScheduler)
	worker, deaths := c.startProcess("worker"), 0
	for wave := range waves {
		c.assign(c.storeLeads(leads))
		c.untilIdle(30 * time.Second)
		before := len(c.mail.Mails())
		testenv.Eventually(t, 20*time.Second, func() error {
			if len(c.mail.Mails()) == before {
				return fmt.Errorf("no mail in wave %d", wave)
			}
			return nil
		})
		switch wave % 5 {
		case 0:
			kill(worker)
			worker = c.startProcess("worker")
			deaths++
		case 1:
			d.RedisServer.Kill()
			d.RedisServer.Start()
		case 2:
			d.PostgresServer.Kill()
			d.PostgresServer.Start()
			deaths++
		case 3:
			mail.Cut()
			telegram.Cut()
			lost.Add(2 * inHand) // what they took just then
			mail.Restore()
			telegram.Restore()
		}
	}
	c.untilAllTold(waves*leads, 90*time.Second)
	c.countDoubles(int(lost.Load()) + deaths*inHand)
	c.even(waves * leads / members)
}

func hostOf(url string) string {
	_, host, _ := strings.Cut(url, "://")
	if i := strings.LastIndex(host, "@"); i >= 0 {
		host = host[i+1:]
	}
	host, _, _ = strings.Cut(host, "?")
	return host
}

// misbehave has both providers be busy, hang up, break down, and take some messages without saying so, which it counts.
func (c *correspondence) misbehave(lost *atomic.Int64) {
	c.mail.Data(func(n int) error {
		switch {
		case n%7 == 3:
			return notifytest.Busy
		case n%11 == 5:
			lost.Add(1)
			return notifytest.ErrLost
		}
		return nil
	})
	c.telegram.Answer(func(n int, _ notifytest.Sent) *notifytest.Reply {
		switch {
		case n%9 == 4:
			return notifytest.Refusal(429, "Too Many Requests: retry after 1", `{"retry_after":1}`)
		case n%10 == 5:
			return notifytest.Refusal(500, "Internal Server Error", "")
		case n%11 == 6:
			return &notifytest.Reply{Status: 502, Body: "<html>Bad Gateway"}
		case n%12 == 7:
			lost.Add(1)
			return &notifytest.Reply{CutOff: true, Taken: true}
		}
		return nil
	})
}

// untilAllTold waits until the copies there are to be are told of, and brings forward what waits for its worker's lease or
// for its next attempt.
func (c *correspondence) untilAllTold(copies int, within time.Duration) {
	c.t.Helper()
	testenv.Eventually(c.t, within, func() error {
		if _, err := c.DB.ExecContext(c.t.Context(), `
			UPDATE notifications SET send_at = now(), leased_until = NULL
			WHERE state = 'owed' AND attempts > 0 AND (leased_until < now() + interval '30 seconds'
				OR leased_until IS NULL AND send_at > now() + interval '3 seconds')`); err != nil {
			return err
		}
		var n struct{ Told, Open int }
		if err := c.DB.Get(&n, `
			SELECT coalesce(sum(cardinality(assigned_lead_ids)) FILTER (WHERE state = 'sent'), 0) AS told,
				count(*) FILTER (WHERE state <> 'sent') AS open FROM notifications`); err != nil {
			return err
		}
		if n.Told != copies || n.Open > 0 {
			return fmt.Errorf("%d of %d copies are told of, %d messages are not sent", n.Told, copies, n.Open)
		}
		return nil
	})
}

// countDoubles holds what the providers took against what is recorded as sent: nothing is missing, and no more came twice
// than could not be recorded.
func (c *correspondence) countDoubles(most int) {
	c.t.Helper()
	var mails []string
	var chats int
	c.must(c.DB.Select(&mails, `SELECT notification_id FROM notifications WHERE channel = 'email'`))
	c.must(c.DB.Get(&chats, `SELECT count(*) FROM notifications WHERE channel = 'telegram'`))
	taken := map[string]int{}
	for _, m := range c.mail.Mails() {
		id, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), "@")
		taken[id]++
	}
	for _, id := range mails {
		if taken[id] == 0 {
			c.t.Errorf("mail %s is recorded as sent, and the server has not got it", id)
		}
	}
	doubles := len(c.mail.Mails()) - len(mails) + len(c.telegram.Sent()) - chats
	if len(c.telegram.Sent()) < chats || doubles > most {
		c.t.Errorf("%d messages by Telegram of %d came, and %d in all came twice, where %d could", len(c.telegram.Sent()), chats, doubles, most)
	}
	c.t.Logf("%d mails, %d messages by Telegram, %d came twice of %d that could", len(mails), chats, doubles, most)
}

// TestTwoSchedulersDoNotFightOverTheBot has only the one that leads ask for what people write, and another go on when it
// dies, with what nobody has acted on.
func TestTwoSchedulersDoNotFightOverTheBot(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 2)
	leader := c.startProcess("scheduler")
	link := func(member int) {
		t.Helper()
		token, _, err := c.Store.CreateTelegramLink(t.Context(), c.workspace, c.members[member])
		c.must(err)
		chat := int64(70 + member)
		c.telegram.Write(chat, "/start "+token)
		testenv.Eventually(t, 20*time.Second, func() error {
			m, err := c.Store.Member(t.Context(), c.workspace, c.members[member])
			if err == nil && m.TelegramChatID != fmt.Sprint(chat) {
				err = fmt.Errorf("member %d is linked to %q", member, m.TelegramChatID)
			}
			return err
		})
	}
	link(0)
	c.start(app.RoleScheduler)
	c.start(app.RoleAPI)
	kill(leader)
	link(1)
	if n := c.telegram.Conflicts(); n > 0 {
		t.Errorf("%d calls were ended by another process", n)
	}
}
