// Package openid has people vouched for by a provider of OpenID Connect: it sends browsers there, and reads who came back. The API
// and the doctor call it. It decides nothing of who may come in: it says only for whom the provider vouches.
package openid

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// patience is how long the provider has for an answer, and awayFor how long it counts as away after one that did not come.
	patience = 5 * time.Second
	awayFor  = 30 * time.Second
)

var (
	// ErrRefused means that the provider does not vouch for whoever came back: the answer is not good, or not for what was asked.
	ErrRefused = errors.New("the provider of OpenID Connect does not vouch for this")
	// ErrAway means that the provider does not answer, or not as one does.
	ErrAway = errors.New("the provider of OpenID Connect does not answer")
)

// Options are the settings of a provider.
type Options struct {
	// Issuer is the provider's address, ClientID and ClientSecret what it calls us.
	Issuer, ClientID, ClientSecret string
	// Name is what people call it; empty is the issuer's host.
	Name string
	// Domains are those of which an address must be, none for any.
	Domains []string
	// Redirect is where it sends people back to.
	Redirect string
}

// A Provider vouches for people. It is asked about itself when it is needed first, not before: where it is away, the rest goes on.
type Provider struct {
	options Options
	client  *http.Client

	mu   sync.Mutex
	made *oidc.Provider
	// away is when it did not answer last.
	away time.Time
}

// New checks the settings of a provider. Without an issuer there is none, and it returns nil.
func New(o Options) (*Provider, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	at, err := url.Parse(o.Issuer)
	if err != nil || at.Host == "" || at.Scheme != "https" && (at.Scheme != "http" || !local(at.Hostname())) {
		return nil, errors.New("LEADWHEEL_OIDC_ISSUER is the provider's address, as in https://accounts.example.com")
	}
	if o.ClientID == "" {
		return nil, errors.New("LEADWHEEL_OIDC_CLIENT_ID says what the provider calls this server; register it there")
	}
	o.Name = cmp.Or(o.Name, at.Host)
	return &Provider{options: o, client: &http.Client{Timeout: patience}}, nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Name is what people call it.
func (p *Provider) Name() string { return p.options.Name }

// Answers reports whether it answered of late, as far as it was asked.
func (p *Provider) Answers() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.away) > awayFor
}

// discover asks the provider about itself, unless that is known.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made != nil {
		return p.made, nil
	}
	if time.Since(p.away) < awayFor/10 { // those who waited for it need not ask again, one after the other
		return nil, ErrAway
	}
	// The keys are fetched later with the same client, and so not under this request's context.
	made, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.options.Issuer)
	if err != nil {
		p.away = time.Now()
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	p.made, p.away = made, time.Time{}
	return made, nil
}

func (p *Provider) oauth(made *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.options.ClientID, ClientSecret: p.options.ClientSecret, RedirectURL: p.options.Redirect, Endpoint: made.Endpoint(),
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}
}

// A Question is what a browser is sent to the provider with, and what its answer has to fit. Keep it where the browser cannot change it.
type Question struct{ State, Nonce, Verifier string }

// Ask returns where to send a browser, and what to keep until it comes back.
func (p *Provider) Ask(ctx context.Context) (address string, q Question, err error) {
	made, err := p.discover(ctx)
	if err != nil {
		return "", q, err
	}
	q = Question{rand.Text(), rand.Text(), oauth2.GenerateVerifier()}
	return p.oauth(made).AuthCodeURL(q.State, oidc.Nonce(q.Nonce), oauth2.S256ChallengeOption(q.Verifier)), q, nil
}

// An Identity is for whom the provider vouches. Email is empty where it has not seen that the address is theirs.
type Identity struct{ Issuer, Subject, Email string }

// Answer reads who came back with a code. It returns ErrRefused where that is not good, and ErrAway where it cannot be known.
func (p *Provider) Answer(ctx context.Context, q Question, state, code string) (who Identity, err error) {
	if code == "" || q.State == "" || subtle.ConstantTimeCompare([]byte(q.State), []byte(state)) != 1 {
		return who, fmt.Errorf("%w: the answer is not to what was asked", ErrRefused)
	}
	made, err := p.discover(ctx)
	if err != nil {
		return who, err
	}
	tokens, err := p.oauth(made).Exchange(oidc.ClientContext(ctx, p.client), code, oauth2.VerifierOption(q.Verifier))
	if err != nil {
		return who, p.failed(err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := made.Verifier(&oidc.Config{ClientID: p.options.ClientID}).Verify(ctx, raw)
	if err != nil {
		return who, p.failed(err)
	}
	if subtle.ConstantTimeCompare([]byte(q.Nonce), []byte(token.Nonce)) != 1 {
		return who, fmt.Errorf("%w: the token was made for another sign-in", ErrRefused)
	}
	var claims struct {
		Email    string   `json:"email"`
		Verified verified `json:"email_verified"`
	}
	if err := token.Claims(&claims); err != nil || token.Subject == "" {
		return who, fmt.Errorf("%w: its token cannot be read", ErrRefused)
	}
	who = Identity{Issuer: token.Issuer, Subject: token.Subject}
	if claims.Verified {
		who.Email = claims.Email
	}
	if !p.allowed(who.Email) {
		return Identity{}, fmt.Errorf("%w: the address is of a domain that is not allowed", ErrRefused)
	}
	return who, nil
}

// failed tells a provider that is away from one that refuses.
func (p *Provider) failed(err error) error {
	var answered *oauth2.RetrieveError
	var network net.Error
	if errors.As(err, &answered) && answered.Response.StatusCode < http.StatusInternalServerError {
		// Its own words may repeat what was sent.
		return fmt.Errorf("%w: it answered the code with %d", ErrRefused, answered.Response.StatusCode)
	}
	if errors.As(err, &answered) || errors.As(err, &network) {
		return ErrAway
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

// allowed reports whether an address is of a domain that is allowed.
func (p *Provider) allowed(email string) bool {
	domain := email[strings.LastIndex(email, "@")+1:]
	return len(p.options.Domains) == 0 || strings.Contains(email, "@") && slices.ContainsFunc(p.options.Domains, func(d string) bool { return strings.EqualFold(d, domain) })
}

// Examine asks the provider about itself.
func (p *Provider) Examine(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

// verified is whether an address was seen to be somebody's: some providers write that as text.
type verified bool

// UnmarshalJSON implements json.Unmarshaler.
func (v *verified) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*v = value == true || value == "true"
	return nil
}
