// Package webhooks tells other programs what happens to leads, in the form of Standard Webhooks 1.0.0: what they are
// sent, how it is signed, to which addresses it may go, and what their answers mean. The worker calls it. It sends nothing to an
// address within our own network unless the operator allows that.
package webhooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/retryafter"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// sendTimeout is what a webhook has to answer.
	sendTimeout = 15 * time.Second
	// maxWait is the longest that a webhook is left in peace because it asked for it.
	maxWait = time.Hour
	// maxDrained is how much of an answer is read, so that its connection can be used again. What it says is not kept.
	maxDrained = 64 << 10
	// maxSaid bounds what is kept of an error, in bytes.
	maxSaid = 500

	userAgent = "Leadwheel-Webhooks/1"
)

// A Failure is a webhook's refusal, or that it was not reached.
type Failure struct {
	store.Refusal
	// After is how long it wants to be left alone, 0 where it did not say.
	After time.Duration
	// Gone means that it wants to be told of nothing any more.
	Gone bool
}

func (f *Failure) Error() string { return f.Said }

// A Sender sends deliveries.
type Sender struct {
	clients map[string]*http.Client
	now     func() time.Time
}

// NewSender returns a sender that reaches what addresses allow. now is the clock.
func NewSender(a Addresses, now func() time.Time) *Sender {
	return &Sender{clients: map[string]*http.Client{"http": a.client("http"), "https": a.client("https")}, now: now}
}

// Close closes the connections that are idle.
func (s *Sender) Close() {
	for _, c := range s.clients {
		c.CloseIdleConnections()
	}
}

// Send makes one attempt at a delivery. It returns the status with which it was taken, or a *Failure. The id is the same
// in every attempt, so that whoever takes it twice can tell.
func (s *Sender) Send(ctx context.Context, address string, delivery uuid.UUID, content []byte, secrets Secrets) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := s.request(ctx, address, delivery, content, secrets)
	if err != nil {
		return 0, &Failure{Refusal: store.Refusal{Said: err.Error()}}
	}
	client, known := s.clients[r.URL.Scheme]
	if !known {
		return 0, &Failure{Refusal: store.Refusal{Said: errScheme.Error()}}
	}
	answer, err := client.Do(r)
	if err != nil {
		if answer != nil { // a redirect, whose body is closed
			return 0, &Failure{Refusal: store.Refusal{Status: answer.StatusCode, Said: errNoRedirects.Error()}}
		}
		return 0, &Failure{Refusal: store.Refusal{Said: said(err)}}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxDrained)) // what matters is in the head
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return answer.StatusCode, nil
	}
	return 0, &Failure{
		Refusal: store.Refusal{Status: answer.StatusCode, Said: fmt.Sprintf("it answered %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))},
		After:   retryafter.Of(answer.Header, s.now(), maxWait), Gone: answer.StatusCode == http.StatusGone,
	}
}

// request signs with every secret that does so now.
func (s *Sender) request(ctx context.Context, address string, delivery uuid.UUID, content []byte, secrets Secrets) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(content))
	if err != nil {
		return nil, errNoHost
	}
	now, id := s.now(), "msg_"+delivery.String()
	signature, err := secrets.sign(id, now, content)
	if err != nil {
		return nil, errors.New("the webhook's secret cannot be read; rotate it")
	}
	r.Header.Set(standardwebhooks.HeaderWebhookID, id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", userAgent)
	if parent := tracing.Parent(ctx); parent != "" { // so that whoever is told can go on with the trace
		r.Header.Set(tracing.Header, parent)
	}
	return r, nil
}

// said is why a webhook was not reached, without its address, which may be a secret in itself, and without ours.
func said(err error) string {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	switch {
	case refused(err):
		return errPrivate.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("it did not answer within %s", sendTimeout)
	}
	text := strings.ReplaceAll(discreet.Network(err), "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), maxSaid)], "")
}
