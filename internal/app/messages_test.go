package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A correspondence is a scene whose members are told of their leads by servers that play Telegram and mail.
type correspondence struct {
	*scene
	telegram *notifytest.Telegram
	mail     *notifytest.MailServer
	// bringForward has what a killed worker had in hand sent before its lease is over.
	bringForward func()
}

func newCorrespondence(t *testing.T, env *testenv.Env, members int) *correspondence {
	t.Helper()
	c := &correspondence{newScene(t, env, members), notifytest.NewTelegram(t), notifytest.NewMailServer(t, notifytest.NoTLS), func() {}}
	c.messages = app.Messages{
		TelegramURL: c.telegram.URL, TelegramToken: notifytest.BotToken, SMTPURL: c.mail.URL, MailFrom: "leads@example.com",
		PublicURL: "http://public.example",
	}
	for i, m := range c.members {
		c.edit(m, func(m *store.Member) { m.Email = fmt.Sprintf("m%d@example.com", i) })
	}
	spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
	for _, m := range c.members {
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m, Notify: true}}})
	}
	c.must(c.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		g, err := tx.CreateGroup(t.Context(), c.workspace, spec)
		c.group = g.ID
		return err
	}))
	return c
}

func (c *correspondence) edit(member uuid.UUID, edit func(*store.Member)) {
	c.t.Helper()
	c.must(c.Store.WithTx(c.t.Context(), func(tx *store.Tx) error {
		_, err := tx.EditMember(c.t.Context(), c.workspace, member, func(m *store.Member) error { edit(m); return nil })
		return err
	}))
}

// untilTold waits until no message is owed, and returns all.
func (c *correspondence) untilTold(within time.Duration) (all []store.Notification) {
	c.t.Helper()
	testenv.Eventually(c.t, within, func() (err error) {
		c.bringForward()
		if all, err = c.Store.Notifications(c.t.Context(), c.workspace, store.NotificationFilter{}, store.Page{Limit: 500}); err != nil {
			return err
		}
		return noneOwed(all, func(n store.Notification) (bool, int, string) {
			return n.State == store.NotificationOwed, n.Attempts, n.Error
		})
	})
	return all
}

// noneOwed returns an error where one of them is owed, or there are none.
func noneOwed[T any](all []T, state func(T) (owed bool, attempts int, said string)) error {
	for _, one := range all {
		if owed, attempts, said := state(one); owed {
			return fmt.Errorf("of %d one is owed after %d attempts: %s", len(all), attempts, said)
		}
	}
	if len(all) == 0 {
		return errors.New("there are none")
	}
	return nil
}

// TestMembersAreTold assigns 400 leads to a member with Telegram and one with e-mail: one message each.
func TestMembersAreTold(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 2)
	c.edit(c.members[0], func(m *store.Member) { m.TelegramChatID = "42" })
	c.start(app.RoleWorker, app.RoleScheduler)
	c.assign(c.storeLeads(400))
	c.untilTold(30 * time.Second)
	chats, mails := c.telegram.Sent(), c.mail.Mails()
	if len(chats) != 1 || len(mails) != 1 {
		t.Fatalf("%d messages by Telegram and %d by e-mail, want one each", len(chats), len(mails))
	}
	if chats[0].Chat != "42" || !strings.Contains(chats[0].Text, "200 new leads") || mails[0].To != "m1@example.com" || mails[0].Header.Get("Subject") != "200 new leads" {
		t.Errorf("sent %+v and %s", chats[0], mails[0].Raw)
	}
}

// TestMessagesSurviveKilledWorkers kills workers while mails are under way, and has the mail server be busy now and then:
// all that is owed is sent, and tells of every copy. A mail that the server took from a worker who did not live to record
// it comes twice, under the same id.
func TestMessagesSurviveKilledWorkers(t *testing.T) {
	t.Parallel()
	const members = 40
	c := newCorrespondence(t, testenv.New(t), members)
	reached, killed := make(chan struct{}), make(chan struct{})
	c.mail.Data(func(n int) error {
		switch n {
		case members / 4, members / 2:
			reached <- struct{}{}
			<-killed
		case 3, 13:
			return notifytest.Busy
		}
		return nil
	})
	c.start(app.RoleScheduler)
	worker, at := c.startProcess("worker"), time.Time{}
	c.assign(c.storeLeads(members))
	for range 2 {
		<-reached
		kill(worker)
		killed <- struct{}{}
		at = time.Now()
		worker = c.startProcess("worker")
	}
	c.bringForward = func() {
		c.DB.MustExec(`
			UPDATE notifications SET send_at = now(), leased_until = NULL
			WHERE state = 'owed' AND coalesce(leased_until - interval '45 seconds', send_at - interval '20 seconds') <= $1`, at)
	}
	all := c.untilTold(40 * time.Second)
	told := 0
	for _, n := range all {
		told += n.Leads
		if n.State != store.NotificationSent {
			t.Errorf("a message %s: %s", n.State, n.Error)
		}
	}
	if told != members || len(all) != members {
		t.Errorf("%d messages tell of %d leads, want %d", len(all), told, members)
	}
	ids, got := map[string]bool{}, c.mail.Mails()
	for _, m := range got {
		ids[m.Header.Get("Message-Id")] = true
	}
	if doubles := len(got) - members; len(ids) != members || doubles > 2*4 { // each had four connections
		t.Errorf("%d mails with %d ids, want %d", len(got), len(ids), members)
	}
}

// TestBlockedBotFallsBackToMail is odd input 25: 429, then 403.
func TestBlockedBotFallsBackToMail(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 1)
	c.edit(c.members[0], func(m *store.Member) { m.TelegramChatID = "42" })
	c.telegram.Answer(func(n int, _ notifytest.Sent) *notifytest.Reply {
		if n == 1 {
			return notifytest.Refusal(429, "Too Many Requests: retry after 1", `{"retry_after":1}`)
		}
		return notifytest.Refusal(403, "Forbidden: bot was blocked by the user", "")
	})
	c.start(app.RoleWorker, app.RoleScheduler)
	c.assign(c.storeLeads(1))
	all := c.untilTold(time.Minute) // a hint that is lost comes again after 20 s
	if n := all[0]; len(all) != 1 || n.State != store.NotificationSent || n.Channel != lead.Email || n.FallbackFrom != lead.Telegram ||
		n.Error != "telegram: Forbidden: bot was blocked by the user; sent by email instead" {
		t.Errorf("messages %+v", all)
	}
	if got := c.mail.Mails(); len(got) != 1 || !strings.Contains(got[0].Raw, "Telegram did not take this") {
		t.Errorf("mails %+v", got)
	}
	m, err := c.Store.Member(t.Context(), c.workspace, c.members[0])
	c.must(err)
	if m.TelegramChatID != "" {
		t.Error("the chat is still linked")
	}
}

// TestRejectedMessagesGoByTheOtherChannel has each provider refuse for good what it is sent, but not its address.
func TestRejectedMessagesGoByTheOtherChannel(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 2)
	c.edit(c.members[0], func(m *store.Member) { m.TelegramChatID = "42" })
	c.edit(c.members[1], func(m *store.Member) { m.TelegramChatID, m.NotifyBy = "43", []lead.Channel{lead.Email} })
	c.telegram.Answer(func(_ int, m notifytest.Sent) *notifytest.Reply {
		if m.Chat == "42" {
			return notifytest.Refusal(400, "Bad Request: can't parse entities", "")
		}
		return nil
	})
	c.mail.Recipients(func(to string) error {
		if to == "m1@example.com" {
			return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 2, 2}, Message: "mailbox full"}
		}
		return nil
	})
	c.start(app.RoleWorker, app.RoleScheduler)
	c.assign(c.storeLeads(2))
	all := c.untilTold(time.Minute)
	for _, n := range all {
		if n.State != store.NotificationSent || n.FallbackFrom == "" {
			t.Errorf("message %+v", n)
		}
	}
	chats, mails := c.telegram.Sent(), c.mail.Mails()
	if len(all) != 2 || len(chats) != 1 || chats[0].Chat != "43" || len(mails) != 1 || mails[0].To != "m0@example.com" {
		t.Errorf("of %+v were sent %+v and %+v", all, chats, mails)
	}
	m, err := c.Store.Member(t.Context(), c.workspace, c.members[1])
	c.must(err)
	if m.EmailOff != "" {
		t.Errorf("an address whose box is full is given up on: %s", m.EmailOff)
	}
}

// TestSupergroup has a group moved to another id.
func TestSupergroup(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 1)
	c.edit(c.members[0], func(m *store.Member) { m.TelegramChatID = "-42" })
	c.telegram.Answer(func(_ int, m notifytest.Sent) *notifytest.Reply {
		if m.Chat == "-42" {
			return notifytest.Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", `{"migrate_to_chat_id":-1001234567890123}`)
		}
		return nil
	})
	c.start(app.RoleWorker, app.RoleScheduler)
	c.assign(c.storeLeads(1))
	c.untilTold(30 * time.Second)
	if got := c.telegram.Sent(); len(got) != 1 || got[0].Chat != "-1001234567890123" {
		t.Errorf("sent %+v", got)
	}
}

// TestTelegramIsLinked makes a link, opens it in Telegram, and sends a test.
func TestTelegramIsLinked(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 1)
	c.start(app.Roles()...)
	member := "/v1/members/" + c.members[0].String()
	var link struct{ URL string }
	if status, err := c.post(member+"/telegram-link", nil, &link); status != 200 || err != nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	token, is := strings.CutPrefix(link.URL, "https://t.me/leads_bot?start=")
	if !is {
		t.Fatalf("link %q", link.URL)
	}
	c.telegram.Write(7, "/start")
	c.telegram.Write(7, "hello")
	c.telegram.Write(4200000001, "/start "+token)
	testenv.Eventually(t, 20*time.Second, func() error {
		m, err := c.Store.Member(t.Context(), c.workspace, c.members[0])
		if err == nil && m.TelegramChatID != "4200000001" {
			err = fmt.Errorf("linked to %q", m.TelegramChatID)
		}
		return err
	})
	var test struct{ IDs []uuid.UUID }
	if status, err := c.post(member+"/test-notification", nil, &test); status != 202 || err != nil || len(test.IDs) != 1 {
		t.Fatalf("status %d, error %v, %v", status, err, test)
	}
	c.untilTold(20 * time.Second)
	var texts []string
	for _, m := range c.telegram.Sent() {
		texts = append(texts, m.Text)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"ask for your link", "Connected.", "This is a test", "Aisyah Tan"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not among what the bot wrote: %s", want, all)
		}
	}
}

// TestUnsubscribing follows the link of an e-mail as a mail program does.
func TestUnsubscribing(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 1)
	c.start(app.Roles()...)
	c.assign(c.storeLeads(1))
	c.untilTold(30 * time.Second)
	header := c.mail.Mails()[0].Header.Get("List-Unsubscribe")
	link := regexp.MustCompile(`^<http://public\.example(/unsubscribe/[\w-]+)>$`).FindStringSubmatch(header)
	if link == nil {
		t.Fatalf("List-Unsubscribe is %q", header)
	}
	follow := func(method, path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, c.app.URL()+path, strings.NewReader("List-Unsubscribe=One-Click"))
		c.must(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := http.DefaultClient.Do(r)
		c.must(err)
		defer response.Body.Close()
		return response.StatusCode
	}
	off := func() string {
		t.Helper()
		m, err := c.Store.Member(t.Context(), c.workspace, c.members[0])
		c.must(err)
		return m.EmailOff
	}
	if status := follow("GET", link[1]); status != 200 || off() != "" {
		t.Errorf("looking at it: status %d, e-mail off: %q", status, off())
	}
	if status := follow("POST", link[1][:len(link[1])-4]+"AAAA"); status != 404 || off() != "" {
		t.Errorf("another's: status %d, e-mail off: %q", status, off())
	}
	if status := follow("POST", link[1]); status != 200 || off() != "unsubscribed" {
		t.Errorf("status %d, e-mail off: %q", status, off())
	}
	c.assign(c.storeLeads(1))
	c.untilIdle(20 * time.Second)
	if all := c.untilTold(time.Second); len(all) != 1 {
		t.Errorf("messages %+v", all)
	}
}
