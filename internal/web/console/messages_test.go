package console_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

// mailingSite is a site that sends e-mail to a server which plays one, with its browser signed in as an admin with an address.
func mailingSite(t *testing.T) (*site, *notifytest.MailServer) {
	t.Helper()
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	mailer, err := email.NewSender(email.Options{URL: server.URL, From: "leads@example.com", PublicURL: "https://leads.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mailer.Close)
	s := &site{Env: testenv.New(t), t: t}
	s.ExpectHandedOn(t)
	s.workspace, s.admin = s.newWorkspace("acme")
	served := webtest.Serve(t, s.Env, slog.New(slog.DiscardHandler), func(o *web.Options) {
		o.API.Posters, o.API.Redis = map[lead.Channel]notify.Poster{lead.Email: mailer}, s.Redis
	})
	s.url, s.browser = served.URL, served.Client
	if s.browser.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	s.as("admin", "mira@example.com")
	return s, server
}

// TestMessagesSayWhoCannotBeTold, and their states in words.
func TestMessagesSayWhoCannotBeTold(t *testing.T) {
	t.Parallel()
	s, _ := mailingSite(t)
	told := s.make("members", map[string]any{"name": "Told", "email": "told@example.com"})
	s.make("members", map[string]any{"name": hostile})
	s.make("members", map[string]any{"name": "Chat", "telegram_chat_id": "123"})
	s.make("members", map[string]any{"name": "Wants none", "notify_by": []string{}})
	s.api("POST", "/v1/members/"+told+"/test-notification", nil)
	s.get("/console/notifications").is(http.StatusOK).
		shows("Who cannot be told", hostile+`</bdi></a>: there is neither an e-mail address nor a Telegram chat.`, "Chat</bdi></a>: they have Telegram, which is not set up", "to be sent", "Told").
		lacks("Wants none</bdi></a>:", "Told</bdi></a>:", "<script>alert")
	s.DB.MustExec(`UPDATE notifications SET state = 'failed', error = 'mailbox full'`)
	list := s.get("/console/notifications").is(http.StatusOK).shows("not sent", "mailbox full", ">Send again</button>")
	s.leadsTo(s.post("/console/acts/resend", list.form(list.ticks()[0])), "Messages sent again: 1.")
	s.get("/console/notifications?state=failed").is(http.StatusOK).lacks("mailbox full")
}

// TestTemplatesAreTried before they are saved: seen, and sent to whoever tries them.
func TestTemplatesAreTried(t *testing.T) {
	t.Parallel()
	s, server := mailingSite(t)
	page := s.get("/console/notifications/template").is(http.StatusOK).shows(">Save</button>", ">Preview</button>", ">Send me a test</button>", "Aisyah Tan", "{{.campaign}}", `href="/console/notifications"`)
	send := func(do, text string) shownPage {
		return s.post("/console/notifications/template", page.sends("do", do, "template", text, "seen", hiddenOf(page, "seen")))
	}
	send("preview", "<b>{{.name}}</b> <a href=\"javascript:alert(1)\">x</a> &lt;script>").is(http.StatusOK).shows("<b>Aisyah Tan</b> <u>x</u> ").lacks(`href="javascript`, "<script>")
	for _, do := range []string{"preview", "test", "save"} {
		send(do, "<p>{{.name}}</p>").is(http.StatusUnprocessableEntity).shows(`id="f-template-error"`, "<p> cannot be used", "{{.name}}")
	}
	send("test", "Hello {{.member}}: {{.name}}").is(http.StatusOK).shows("A test is on its way to mira@example.com.")
	mails := server.Mails()
	if len(mails) != 1 || mails[0].To != "mira@example.com" || !strings.Contains(mails[0].Raw, "Hello Admin: Aisyah Tan") || !strings.Contains(mails[0].Raw, "This is a test") {
		t.Fatalf("the mails are %+v", mails)
	}
	server.Data(func(int) error { return errors.New("no room") })
	send("test", "{{.name}}").is(http.StatusUnprocessableEntity).shows(`role="alert"`)
	server.Data(nil)
	if s.api("GET", "/v1/message-template", nil)["default"] != true {
		t.Error("trying a template has saved it")
	}
	s.leadsTo(send("save", "New:\r\n{{.name}}"), "Saved.")
	if got := s.api("GET", "/v1/message-template", nil)["template"]; got != "New:\n{{.name}}" {
		t.Errorf("the template is %q", got)
	}
	send("save", "Another").is(http.StatusUnprocessableEntity).shows("Somebody else has changed this text")
	page = s.get("/console/notifications/template")
	s.leadsTo(send("save", ""), "Saved.")
	if s.api("GET", "/v1/message-template", nil)["default"] != true {
		t.Error("an empty template is not the usual one")
	}
	page = s.get("/console/notifications/template")
	for range 8 {
		send("test", "{{.name}}").is(http.StatusOK)
	}
	send("test", "{{.name}}").is(http.StatusTooManyRequests).shows("too often")

	// Managers try, and do not save; a key has no address.
	s.as("manager", "lee@example.com")
	page = s.get("/console/notifications/template").is(http.StatusOK).shows(">Send me a test</button>").lacks(">Save</button>")
	send("save", "Mine").is(http.StatusForbidden)
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	page = s.get("/console/notifications/template").is(http.StatusOK).shows("has no address for a test").lacks(">Send me a test</button>")
	send("test", "{{.name}}").is(http.StatusUnprocessableEntity).shows("sign in as a person", "a member a test message")
}
