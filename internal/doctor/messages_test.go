package doctor

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

func expect(t *testing.T, name string, got Check, want State, said string) {
	t.Helper()
	text := got.Found + got.Advice
	if got.State != want || !strings.Contains(text, said) || (want == OK || want == Skipped) != (got.Advice == "") {
		t.Errorf("%s: %+v, want %s with %q, and advice unless ok", name, got, want, said)
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "test-token") {
		t.Errorf("%s gives a secret away: %+v", name, got)
	}
}

func TestTelegram(t *testing.T) {
	t.Parallel()
	api, elsewhere := notifytest.NewTelegram(t), notifytest.NewTelegram(t)
	elsewhere.Webhook("https://other.example")
	for name, test := range map[string]struct {
		settings Messages
		want     State
		said     string
	}{
		"not set":       {Messages{}, Skipped, "LEADWHEEL_TELEGRAM_TOKEN"},
		"well":          {Messages{TelegramURL: api.URL, TelegramToken: notifytest.BotToken}, OK, "@leads_bot"},
		"a wrong token": {Messages{TelegramURL: api.URL, TelegramToken: "1:test-token"}, Broken, "@BotFather"},
		"a webhook":     {Messages{TelegramURL: elsewhere.URL, TelegramToken: notifytest.BotToken}, Broken, "deleteWebhook"},
		"nobody there":  {Messages{TelegramURL: "http://" + testenv.FreeAddress(t), TelegramToken: notifytest.BotToken}, Broken, "refused"},
	} {
		expect(t, name, examineTelegram(t.Context(), test.settings)[0], test.want, test.said)
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	const from, public = "leads@example.com", "https://leads.example.com"
	plain, tls := notifytest.NewMailServer(t, notifytest.NoTLS), notifytest.NewMailServer(t, notifytest.StartTLS)
	for name, test := range map[string]struct {
		options email.Options
		want    [3]State
		said    [3]string
	}{
		"not set":  {email.Options{}, [3]State{Skipped, Skipped, Skipped}, [3]string{"LEADWHEEL_SMTP_URL"}},
		"well":     {email.Options{URL: tls.URL, From: from, PublicURL: public, TLS: tls.ClientTLS}, [3]State{OK, OK, OK}, [3]string{}},
		"unsigned": {email.Options{URL: tls.URL, From: from, PublicURL: public}, [3]State{OK, Broken, OK}, [3]string{"", "certificate"}},
		"no TLS": {
			email.Options{URL: strings.TrimSuffix(plain.URL, "?tls=off"), From: from, PublicURL: public},
			[3]State{OK, Broken, OK}, [3]string{"", "STARTTLS"},
		},
		"a wrong password": {
			email.Options{URL: strings.Replace(plain.URL, "secret", "secretive", 1), From: from, PublicURL: "http://localhost"},
			[3]State{OK, Broken, Warning}, [3]string{"", "user and password", "LEADWHEEL_PUBLIC_URL"},
		},
		"no sender":    {email.Options{URL: plain.URL}, [3]State{Broken, Skipped, Skipped}, [3]string{"LEADWHEEL_MAIL_FROM"}},
		"bad address":  {email.Options{URL: "mail://me:secret@x", From: from}, [3]State{Broken, Skipped, Skipped}, [3]string{"smtps://"}},
		"a half key":   {email.Options{URL: plain.URL, From: from, DKIMKey: "secret"}, [3]State{Broken, Skipped, Skipped}, [3]string{"DKIM"}},
		"nobody there": {email.Options{URL: "smtp://me:secret@" + testenv.FreeAddress(t), From: from, PublicURL: public}, [3]State{OK, Broken, OK}, [3]string{"", "refused"}},
	} {
		for i, got := range examineMail(t.Context(), test.options) {
			expect(t, name+", "+mailChecks[i], got, test.want[i], test.said[i])
		}
	}
	if n := len(plain.Mails()) + len(tls.Mails()); n > 0 {
		t.Errorf("%d mails were sent", n)
	}
}
