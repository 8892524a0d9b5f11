package main

import (
	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/doctor"
	"github.com/leadwheel/leadwheel/internal/notify/email"
)

// messageFlags are for commands that serve, and for doctor: how messages to members are sent.
type messageFlags struct {
	PublicURL     string `env:"LEADWHEEL_PUBLIC_URL" placeholder:"ADDRESS" help:"Where this is reached from outside, as in https://leads.example.com, for links in messages. Default: the public address."`
	TelegramToken string `env:"LEADWHEEL_TELEGRAM_TOKEN" placeholder:"TOKEN" help:"The Telegram bot that tells members of their leads. Default: none."`
	TelegramURL   string `env:"LEADWHEEL_TELEGRAM_URL" placeholder:"ADDRESS" help:"The Telegram Bot API. Default: Telegram's own."`
	SMTPURL       string `name:"smtp-url" env:"LEADWHEEL_SMTP_URL" placeholder:"ADDRESS" help:"Mail server that tells members of their leads: smtp://[user:pass@]host[:port] with STARTTLS, smtp://…?tls=off without, smtps://… with TLS from the start. Default: none."`
	MailFrom      string `env:"LEADWHEEL_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of e-mails, as in 'Leads <leads@example.com>'."`
	DKIMKey       string `name:"dkim-key" env:"LEADWHEEL_DKIM_KEY" placeholder:"PEM" help:"Private key that signs e-mails, RSA or Ed25519. Default: they are not signed here."`
	DKIMSelector  string `name:"dkim-selector" env:"LEADWHEEL_DKIM_SELECTOR" placeholder:"NAME" help:"Under which its public key stands in DNS."`
	DKIMDomain    string `name:"dkim-domain" env:"LEADWHEEL_DKIM_DOMAIN" placeholder:"DOMAIN" help:"Default: the sender's."`
}

func (f messageFlags) messages() app.Messages {
	return app.Messages{
		PublicURL: f.PublicURL, TelegramURL: f.TelegramURL, TelegramToken: f.TelegramToken, SMTPURL: f.SMTPURL, MailFrom: f.MailFrom,
		DKIMKey: f.DKIMKey, DKIMDomain: f.DKIMDomain, DKIMSelector: f.DKIMSelector,
	}
}

func (f messageFlags) examined() doctor.Messages {
	return doctor.Messages{TelegramURL: f.TelegramURL, TelegramToken: f.TelegramToken, Mail: email.Options{
		URL: f.SMTPURL, From: f.MailFrom, PublicURL: f.PublicURL, DKIMKey: f.DKIMKey, DKIMDomain: f.DKIMDomain, DKIMSelector: f.DKIMSelector,
	}}
}
