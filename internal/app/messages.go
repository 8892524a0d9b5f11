package app

import (
	"context"
	"errors"
	"net"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
)

// Messages are the settings of messages to members. Without a token nothing is sent by Telegram, and without a mail
// server nothing by e-mail. All processes of an installation have the same.
type Messages struct {
	// PublicURL is where Leadwheel is reached from outside; empty is the public listener's address.
	PublicURL string
	// TelegramURL is the Bot API's address; empty is Telegram's own.
	TelegramURL, TelegramToken string
	// SMTPURL and MailFrom are as in email.Options, and so are the others.
	SMTPURL, MailFrom                 string
	DKIMKey, DKIMDomain, DKIMSelector string
}

// channels are those by which messages can be sent.
func (m Messages) channels() (channels []lead.Channel) {
	if m.TelegramToken != "" {
		channels = append(channels, lead.Telegram)
	}
	if m.SMTPURL != "" {
		channels = append(channels, lead.Email)
	}
	return channels
}

// startBot makes the client of the installation's Telegram bot, if it has one.
func (a *App) startBot(m Messages) {
	if m.TelegramToken == "" {
		return
	}
	a.bot = telegram.NewClient(m.TelegramURL, m.TelegramToken)
	a.onStop("telegram", func(context.Context) error { a.bot.Close(); return nil })
}

// poller reads what people write to the bot; nil where there is none.
func (a *App) poller() *telegram.Poller {
	if a.bot == nil {
		return nil
	}
	return telegram.NewPoller(a.bot, telegram.NewLimits(a.redis, a.bot), a.store, a.log)
}

// A channel sends messages to members, and links to people who sign in.
type channel interface {
	notify.Sender
	notify.Poster
}

// startChannels makes what sends by each channel that is set up.
func (a *App) startChannels(cfg Config) error {
	a.channels = make(map[lead.Channel]channel)
	if a.bot != nil {
		a.channels[lead.Telegram] = telegram.NewSender(a.bot, telegram.NewLimits(a.redis, a.bot))
	}
	m := cfg.Messages
	if m.SMTPURL == "" {
		return nil
	}
	if m.MailFrom == "" {
		return errors.New("LEADWHEEL_SMTP_URL is set and LEADWHEEL_MAIL_FROM is not: say from which address to send")
	}
	if m.PublicURL == "" {
		m.PublicURL = publicURL(cfg.Listen)
		a.log.Warn("LEADWHEEL_PUBLIC_URL is not set; links in e-mails lead to the listener's address", "url", m.PublicURL)
	}
	mailer, err := email.NewSender(email.Options{
		URL: m.SMTPURL, From: m.MailFrom, PublicURL: m.PublicURL, DKIMKey: m.DKIMKey, DKIMDomain: m.DKIMDomain, DKIMSelector: m.DKIMSelector,
	})
	if err != nil {
		return err
	}
	a.onStop("mail", func(context.Context) error { mailer.Close(); return nil })
	a.channels[lead.Email] = mailer
	return nil
}

// senders are the channels by which the worker sends, and posters those by which the API does.
func (a *App) senders() map[lead.Channel]notify.Sender {
	senders := make(map[lead.Channel]notify.Sender, len(a.channels))
	for name, c := range a.channels {
		senders[name] = c
	}
	return senders
}

func (a *App) posters() map[lead.Channel]notify.Poster {
	posters := make(map[lead.Channel]notify.Poster, len(a.channels))
	for name, c := range a.channels {
		posters[name] = c
	}
	return posters
}

// publicURL is a listener's address as a link has it.
func publicURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
