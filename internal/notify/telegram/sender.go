package telegram

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

// worthWaiting is how long a message waits for its turn on the spot; for more it is put off.
const worthWaiting = 3 * time.Second

// A Sender sends messages by Telegram within its limits, which all processes share.
type Sender struct {
	client *Client
	limits *Limits
}

// NewSender returns a sender.
func NewSender(client *Client, limits *Limits) *Sender { return &Sender{client, limits} }

// Send implements notify.Sender.
func (s *Sender) Send(ctx context.Context, m *store.Message, c notify.Content) error {
	chat := m.Recipient.Address(lead.Telegram)
	if err := s.wait(ctx, chat); err != nil {
		return err
	}
	err := s.client.sendMessage(ctx, chat, c.HTML, "HTML")
	var refused *apiError
	if errors.As(err, &refused) && unparsed(refused) {
		err = s.client.sendMessage(ctx, chat, c.Text, "")
	}
	if !errors.As(err, &refused) {
		return err
	}
	failure := judge(refused)
	if refused.status == http.StatusTooManyRequests {
		if err := s.limits.Pause(ctx, failure.After); err != nil {
			return errors.Join(failure, err)
		}
	}
	return failure
}

// wait waits for the chat's turn. It returns an uncounted *notify.Failure where that takes too long.
func (s *Sender) wait(ctx context.Context, chat string) error {
	var waited time.Duration
	for {
		wait, err := s.limits.Take(ctx, chat)
		if err != nil || wait == 0 {
			return err
		}
		if waited += wait; waited > worthWaiting {
			return &notify.Failure{Verdict: notify.TryLater, Said: "Telegram's rate limit", After: wait, Uncounted: true}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// unparsed reports whether Telegram could not read the message's elements.
func unparsed(e *apiError) bool {
	return e.status == http.StatusBadRequest && strings.Contains(e.description, "can't parse entities")
}

// deadChats are what Telegram says of chats that it does not reach any more.
var deadChats = []string{"chat not found", "user not found", "bot can't initiate conversation", "PEER_ID_INVALID", "group chat was deactivated"}

// judge says what to do about a refusal.
func judge(e *apiError) *notify.Failure {
	f := &notify.Failure{Verdict: notify.TryLater, Said: e.description, After: e.retryAfter}
	switch {
	case e.status == http.StatusTooManyRequests:
		f.After = max(f.After, time.Second)
	case e.movedTo != 0:
		f.Verdict, f.MovedTo = notify.AddressMoved, strconv.FormatInt(e.movedTo, 10)
	case e.status == http.StatusUnauthorized || e.status == http.StatusNotFound: // what a wrong token gets
		f.Verdict = notify.Misconfigured
	case e.status == http.StatusForbidden:
		f.Verdict = notify.AddressDead
	case e.status == http.StatusBadRequest:
		f.Verdict = notify.Rejected
		for _, said := range deadChats {
			if strings.Contains(e.description, said) {
				f.Verdict = notify.AddressDead
			}
		}
	}
	return f
}
