package api

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/quota"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// linksEach is how many links are sent to one address within a link's life.
	linksEach = 5
	// linksWaiting bounds those who wait for theirs, and linkTime what one may take.
	linksWaiting = 100
	linkTime     = 30 * time.Second
)

// LinkRequest is who wants to be sent a link.
type LinkRequest struct {
	Email string `json:"email" minLength:"1" maxLength:"320"`
}

// A mailroom sends links beside the requests for them. Those are answered before it is known whether anybody has the address, so that
// nothing is learned of who is here, not even from how long it takes. A link that is lost with the process is asked for again: it would
// not have lived long.
type mailroom struct {
	a    *API
	asks chan func(context.Context)
	done sync.WaitGroup
	// closing is held by whoever closes it, and with others by whoever asks.
	closing sync.RWMutex
	closed  bool
}

func (a *API) newMailroom() *mailroom {
	m := &mailroom{a: a, asks: make(chan func(context.Context), linksWaiting)}
	m.done.Go(func() {
		for send := range m.asks {
			ctx, cancel := context.WithTimeout(context.Background(), linkTime)
			send(ctx)
			cancel()
		}
	})
	return m
}

// close sends what waits, and ends. Who asks after that is told that there is no room: requests may outlast the time that they are
// given when a process stops.
func (m *mailroom) close() {
	m.closing.Lock()
	if !m.closed {
		m.closed = true
		close(m.asks)
	}
	m.closing.Unlock()
	m.done.Wait()
}

// ask has something sent; it reports whether there was room.
func (m *mailroom) ask(send func(context.Context)) bool {
	m.closing.RLock()
	defer m.closing.RUnlock()
	if m.closed {
		return false
	}
	select {
	case m.asks <- send:
		return true
	default:
		return false
	}
}

func (a *API) registerSignInLink() {
	register(a, huma.Operation{
		OperationID: "send-sign-in-link", Method: http.MethodPost, Path: "/v1/sign-in/link", Summary: "Be sent a link that signs in",
		Description:   "By e-mail or, where the installation sends none, by Telegram. The answer is the same whether somebody has the address or not.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, func(_ context.Context, _ *call, in *struct{ Body LinkRequest }) (*none, error) {
		if len(a.Posters) == 0 {
			return nil, problem.New(http.StatusConflict, "this installation sends no mail; ask an administrator for a link that signs you in")
		}
		email := in.Body.Email
		if !a.mail.ask(func(ctx context.Context) { a.sendLinks(ctx, email) }) {
			return nil, problem.New(http.StatusServiceUnavailable, "too many links are being sent at this moment; please try again").WithHeader("Retry-After", "5")
		}
		return nil, nil
	})
}

// sendLinks sends a link to each of those who have an address: somebody may work in several workspaces.
func (a *API) sendLinks(ctx context.Context, email string) {
	known, err := a.Store.PeopleAt(ctx, email)
	if err == nil && len(known) > 0 {
		each := quota.Quota{Name: "links", Requests: linksEach, Window: store.SignInLinkAge}
		if v := a.quotas.Take(ctx, quota.Use{Quota: each, Of: known[0].ID.String(), Take: 1}); v.Refused != nil {
			return
		}
	}
	for _, p := range known {
		token, _, linkErr := a.Store.CreateSignInLink(ctx, p)
		if errors.Is(linkErr, store.ErrNotFound) {
			continue // they went, or have another address, since they were looked up
		}
		if err = linkErr; err == nil {
			err = a.sendLink(ctx, p, token)
		}
		if err != nil {
			break
		}
	}
	a.logUnsent(ctx, err)
}

func (a *API) logUnsent(ctx context.Context, err error) {
	if err != nil {
		a.Log.LogAttrs(ctx, slog.LevelError, "a link to sign in could not be sent", slog.Any("error", err))
	}
}

// reach is how a person is sent a link: to which address, by which channel; empty for not at all. Managers say which chat is a member's,
// so that only who may less than they do is sent one there.
func (a *API) reach(ctx context.Context, p store.Person) (channel lead.Channel, to string, err error) {
	if a.Posters[lead.Email] != nil {
		return lead.Email, p.Email, nil
	}
	if a.Posters[lead.Telegram] == nil || p.Role != lead.PersonAgent || p.MemberID == nil {
		return "", "", nil
	}
	m, err := a.Store.Member(ctx, p.Workspace, *p.MemberID)
	if err != nil || m.TelegramChatID == "" {
		return "", "", err
	}
	return lead.Telegram, m.TelegramChatID, nil
}

// sendLink sends a person a link with a token.
func (a *API) sendLink(ctx context.Context, p store.Person, token string) error {
	channel, to, err := a.reach(ctx, p)
	if err != nil || channel == "" {
		return err
	}
	w, err := a.Store.Workspace(ctx, p.Workspace)
	if err != nil {
		return err
	}
	tag, err := a.Store.Language(ctx, p.Workspace, uuid.Nil, p.ID)
	if err != nil {
		return err
	}
	return a.Posters[channel].Post(ctx, to, letter(language.In(tag), p, w, strings.TrimRight(a.PublicURL, "/")+SignInPath+token))
}

// letter is what a link is sent in.
func letter(t *language.Printer, p store.Person, w store.Workspace, url string) notify.Content {
	text := t.Say("Hello %s,", p.Name) + "\n\n" + t.Say("this link signs you in to %s:", w.Name) + "\n" + url + "\n\n" +
		t.Say("The link works once, within 15 minutes. If you did not ask for it, do nothing: nobody gets in without it.")
	return notify.Content{
		Subject: strings.Join(strings.Fields(t.Say("Sign in to %s", w.Name)), " "), Text: text,
		HTML: strings.Replace(html.EscapeString(text), html.EscapeString(url), `<a href="`+html.EscapeString(url)+`">`+html.EscapeString(url)+`</a>`, 1),
	}
}
