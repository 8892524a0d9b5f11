package telegram

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/store"
)

// pollWait is how long Telegram holds a call for news that has none.
const pollWait = 25 * time.Second

// A Poller reads what people write to the bot, and connects their chats. Only one may run for a bot.
type Poller struct {
	client *Client
	limits *Limits
	store  *store.Store
	log    *slog.Logger
	next   int64
}

// NewPoller returns a poller.
func NewPoller(client *Client, limits *Limits, s *store.Store, log *slog.Logger) *Poller {
	return &Poller{client: client, limits: limits, store: s, log: log}
}

// update is something that happened to the bot, as far as it matters here.
type update struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		Text string `json:"text"`
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
		// From is who wrote it, in whose language they are answered.
		From struct {
			Language string `json:"language_code"`
		} `json:"from"`
	} `json:"message"`
}

// Poll waits for news and acts on it, once. Telegram is told that it need not repeat an update only by the call after
// the one that brought it, so that one whose effect was not committed comes again.
func (p *Poller) Poll(ctx context.Context) error {
	var updates []update
	err := p.client.call(ctx, pollWait+callTimeout, "getUpdates", map[string]any{
		"offset": p.next, "timeout": int(pollWait.Seconds()), "allowed_updates": []string{"message"},
	}, &updates)
	if err != nil {
		return fmt.Errorf("asking Telegram for messages to the bot: %w", err)
	}
	for _, u := range updates {
		if err := p.handle(ctx, u); err != nil {
			return err
		}
		p.next = u.ID + 1
	}
	return nil
}

// handle acts on what somebody wrote. An error means that it is to be done again.
func (p *Poller) handle(ctx context.Context, u update) error {
	if u.Message == nil {
		return nil
	}
	command, token, _ := strings.Cut(strings.TrimSpace(u.Message.Text), " ")
	if name, _, _ := strings.Cut(command, "@"); name != "/start" {
		return nil
	}
	chat := strconv.FormatInt(u.Message.Chat.ID, 10)
	t := language.In(language.Accepted(u.Message.From.Language))
	answer := t.Say("To get your leads here, ask for your link to this bot and open it.")
	if token = strings.TrimSpace(token); token != "" {
		var m store.Member
		err := p.store.WithTx(ctx, func(tx *store.Tx) (err error) {
			m, err = tx.LinkTelegram(ctx, token, chat)
			return err
		})
		switch {
		case errors.Is(err, store.ErrBadLink):
			answer = t.Say("This link is not valid any more. Ask for a new one.")
		case err != nil:
			return fmt.Errorf("connecting a Telegram chat: %w", err)
		default:
			p.log.Info("a Telegram chat was connected", "member_id", m.ID)
			answer = "<b>" + t.Say("Connected.") + "</b> " + t.Say("%s, your new leads are announced here from now on. Block this bot to stop it.", html.EscapeString(m.Name))
		}
	}
	// Whoever floods the bot gets no answer, and takes no turn from the leads of others. What they asked for is done.
	if err := p.limits.Wait(ctx, chat); err != nil {
		return nil //nolint:nilerr // as said
	}
	if err := p.client.sendMessage(ctx, chat, answer, "HTML"); err != nil {
		p.log.Warn("a Telegram chat could not be answered", "error", err)
	}
	return nil
}
