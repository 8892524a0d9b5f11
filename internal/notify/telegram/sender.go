package telegram

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

// A Sender sends messages by Telegram within its limits, which all processes share.
type Sender struct {
	client *Client
	limits *Limits
	outage notify.Outage
}

// NewSender returns a sender.
func NewSender(client *Client, limits *Limits) *Sender {
	return &Sender{client: client, limits: limits}
}

// Send implements notify.Sender.
func (s *Sender) Send(ctx context.Context, m *store.Message, c notify.Content) error {
	return s.Post(ctx, m.Recipient.Address(lead.Telegram), c)
}

// Post implements notify.Poster.
func (s *Sender) Post(ctx context.Context, chat string, c notify.Content) error {
	if err := s.outage.Check(); err != nil {
		return err
	}
	if err := s.limits.Wait(ctx, chat); err != nil {
		return err
	}
	err := s.client.sendMessage(ctx, chat, c.HTML, "HTML")
	var refused *apiError
	if errors.As(err, &refused) && unparsed(refused) {
		err = s.client.sendMessage(ctx, chat, c.Text, "")
	}
	switch {
	case err == nil:
		_ = s.limits.Took(ctx) // a message that was taken is not sent again for that
		return nil
	case !errors.As(err, &refused):
		if notify.Unreached(err) && ctx.Err() == nil {
			s.outage.Note(notify.Failure{Verdict: notify.TryLater, Said: discreet.Network(err)})
		}
		return err
	}
	failure := judge(refused)
	if refused.status == http.StatusTooManyRequests && !refused.foreign {
		if err := s.limits.Refused(ctx, chat, failure.After); err != nil {
			return errors.Join(failure, err)
		}
	}
	return failure
}

// unparsed reports whether Telegram could not read the message's elements.
func unparsed(e *apiError) bool {
	return e.status == http.StatusBadRequest && strings.Contains(e.description, "can't parse entities")
}

// deadChats are what Telegram says of chats that it does not reach any more.
var deadChats = []string{"chat not found", "user not found", "bot can't initiate conversation", "PEER_ID_INVALID", "group chat was deactivated",
	"not enough rights to send", "have no rights to send", "CHAT_WRITE_FORBIDDEN", "CHAT_RESTRICTED", "TOPIC_CLOSED"}

// judge says what to do about a refusal.
func judge(e *apiError) *notify.Failure {
	f := &notify.Failure{Verdict: notify.TryLater, Said: e.description, After: e.retryAfter}
	switch {
	case e.foreign: // which says nothing of the chat or the message
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
