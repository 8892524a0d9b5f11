package api_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
)

var sentLink = regexp.MustCompile(`https://leads\.example\.com` + api.SignInPath + `(lwl_[a-z0-9]+)`)

// read is a mail's text, without how it was packed for the way.
func read(m notifytest.Mail) string {
	return strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=", "=3C", "<", "=3E", ">").Replace(m.Raw)
}

// People are sent links that sign them in; of whoever is nobody here, nothing is told and nothing sent.
func TestLinksAreSent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do("", "POST", "/v1/sign-in/link", `{"email":"mira@example.com"}`).refuses(409, "conflict") // no mail is set up
	server := notifytest.NewMailServer(t, notifytest.NoTLS)
	mailer, err := email.NewSender(email.Options{URL: server.URL, From: "leads@example.com", PublicURL: "https://leads.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mailer.Close)
	s.serveBy(slog.New(slog.DiscardHandler), func(d *api.Deps) {
		d.Posters, d.PublicURL, d.Redis = map[lead.Channel]notify.Poster{lead.Email: mailer}, "https://leads.example.com/", s.Redis
	})
	mails := func(n int) []notifytest.Mail {
		t.Helper()
		testenv.Eventually(t, 20*time.Second, func() error {
			if got := len(server.Mails()); got != n {
				return fmt.Errorf("%d mails were sent, want %d", got, n)
			}
			return nil
		})
		return server.Mails()
	}
	invited := s.post("/v1/people", `{"name":"Mira <b>","email":"Mira@example.com","role":"admin","send":true}`).is(201)
	if invited.at("sent_by") != "email" {
		t.Error(invited.body)
	}
	first := mails(1)[0]
	found := sentLink.FindStringSubmatch(read(first))
	if first.To != "Mira@example.com" || found == nil || found[1] != linkOf(invited) || !strings.Contains(read(first), "Hello Mira &lt;b&gt;") {
		t.Errorf("the invitation is %+v", first)
	}
	if quiet := s.post("/v1/people/"+invited.id()+"/sign-in-link", nil).is(201); quiet.at("sent_by") != nil {
		t.Error(quiet.body)
	}

	unknown := s.do("", "POST", "/v1/sign-in/link", `{"email":"nobody@example.com"}`).is(202)
	known := s.do("", "POST", "/v1/sign-in/link", `{"email":"mira@EXAMPLE.com"}`).is(202)
	if unknown.body != known.body {
		t.Errorf("who is here can be told: %q and %q", unknown.body, known.body)
	}
	second := mails(2)[1]
	token := sentLink.FindStringSubmatch(read(second))[1]
	s.do("", "POST", "/v1/sign-in", map[string]any{"link": token}).is(201)
	for range 20 {
		s.do("", "POST", "/v1/sign-in/link", `{"email":"mira@example.com"}`).is(202)
	}
	mails(6) // five for the asking within a link's life, and the invitation
}
