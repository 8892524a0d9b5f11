package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
)

// Messages are the settings of messages to members. Without a token Telegram is not looked at, and without an address of
// a mail server neither is e-mail.
type Messages struct {
	TelegramURL, TelegramToken string
	Mail                       email.Options
}

func examineMessages(ctx context.Context, m Messages) []Check {
	return append(examineTelegram(ctx, m), examineMail(ctx, m.Mail)...)
}

func examineTelegram(ctx context.Context, m Messages) []Check {
	const name = "telegram"
	if m.TelegramToken == "" {
		return skipped("LEADWHEEL_TELEGRAM_TOKEN is not set", name)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client := telegram.NewClient(m.TelegramURL, m.TelegramToken)
	defer client.Close()
	switch bot, err := client.Examine(ctx); {
	case telegram.WrongToken(err):
		return []Check{{name, Broken, "Telegram does not know the bot's token", "set LEADWHEEL_TELEGRAM_TOKEN to the one that @BotFather shows, and start all processes again"}}
	case err != nil:
		return []Check{{name, Broken, err.Error(), "check that api.telegram.org, or LEADWHEEL_TELEGRAM_URL, may be reached from here; messages wait for a day"}}
	case bot.Webhook != "":
		return []Check{{name, Broken, "the bot @" + bot.Name + " delivers what people write to it elsewhere, so that no member can connect their chat",
			"use a bot that nothing else uses, or have Telegram forget its webhook with the method deleteWebhook"}}
	default:
		return []Check{{name, OK, "the bot @" + bot.Name + " answers", ""}}
	}
}

// mailChecks are the checks of e-mail, in their order.
var mailChecks = []string{"mail settings", "mail server", "unsubscribe links"}

func examineMail(ctx context.Context, o email.Options) []Check {
	if o.URL == "" {
		return skipped("LEADWHEEL_SMTP_URL is not set", mailChecks...)
	}
	sender, err := email.NewSender(o)
	if err != nil {
		return append([]Check{{mailChecks[0], Broken, err.Error(), "correct LEADWHEEL_SMTP_URL, LEADWHEEL_MAIL_FROM and LEADWHEEL_DKIM_…; no worker starts with these"}},
			skipped("the settings cannot be used", mailChecks[1:]...)...)
	}
	defer sender.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return []Check{{mailChecks[0], OK, "they can be read", ""}, mailServer(sender.Examine(ctx)), unsubscribeLinks(o.PublicURL)}
}

// mailServer says what came of connecting and signing in.
func mailServer(err error) Check {
	c := Check{mailChecks[1], OK, "it lets us in", ""}
	if err == nil {
		return c
	}
	c.State, c.Found = Broken, err.Error()
	c.Advice = "check that it may be reached from here, that its certificate is for the name in LEADWHEEL_SMTP_URL, and that it speaks STARTTLS " +
		"(smtps:// where it speaks TLS from the start, ?tls=off where it has none and is yours); messages wait for a day"
	if failed := (*notify.Failure)(nil); errors.As(err, &failed) && failed.Verdict == notify.Misconfigured {
		c.Advice = "check the user and password in LEADWHEEL_SMTP_URL, special characters %-encoded, and that this machine may send by it"
	}
	return c
}

// unsubscribeLinks are made for mail programs, which follow no others than https.
func unsubscribeLinks(public string) Check {
	c := Check{mailChecks[2], OK, "they lead to " + public, ""}
	if u, err := url.Parse(public); err != nil || u.Scheme != "https" || u.Host == "" {
		c.State, c.Found = Warning, fmt.Sprintf("LEADWHEEL_PUBLIC_URL is %q, and mail programs unsubscribe by https only", public)
		c.Advice = "set it to where this is reached from outside, as in https://leads.example.com"
	}
	return c
}
