package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// OpenIDReturnPath is where a provider of OpenID Connect sends people back to.
const OpenIDReturnPath = "/console/sign-in/oidc/return"

const flowOpenID = "oidc"

// OpenIDWay is a provider of OpenID Connect by which people sign in.
type OpenIDWay struct {
	Name    string `json:"name" doc:"What people call it."`
	Answers bool   `json:"answers" doc:"false: it was asked within the last half minute, and did not answer."`
}

// OpenIDFlow is where to send a browser, and what its answer comes with.
type OpenIDFlow struct {
	Flow string `json:"flow" doc:"Comes with the browser's answer, once, within five minutes. Keep it where scripts and other browsers cannot read it." example:"lwf_…"`
	URL  string `json:"url" doc:"Where to send the browser."`
}

// OpenIDAnswer is with what a browser came back from the provider.
type OpenIDAnswer struct {
	Flow  string `json:"flow" maxLength:"200"`
	State string `json:"state" maxLength:"1000"`
	Code  string `json:"code" maxLength:"10000"`
}

// errNoAccount is the one answer to an account that signs nobody in, whatever is wrong with it.
var errNoAccount = problem.New(http.StatusUnauthorized, "this account signs nobody in here: nobody is invited at an address that is seen to be its own, or it took longer than five minutes")

func (a *API) registerOpenID() {
	register(a, huma.Operation{
		OperationID: "begin-oidc-sign-in", Method: http.MethodPost, Path: "/v1/sign-in/oidc/begin", Summary: "Send a browser to the provider of OpenID Connect",
		Description: "It comes back to the console, and its answer goes to POST /v1/sign-in/oidc.", DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.beginOpenID)
	register(a, huma.Operation{
		OperationID: "oidc-sign-in", Method: http.MethodPost, Path: "/v1/sign-in/oidc", Summary: "Sign in by an account with the provider of OpenID Connect",
		Description:   "Of those who are invited; nobody is added by it. Where the account fits in several workspaces, the answer is a conflict with a link to each.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.openIDSignIn)
}

// openID is the provider, or that there is none.
func (a *API) openID() (*openid.Provider, error) {
	if a.OpenID == nil {
		return nil, problem.New(http.StatusConflict, "no provider of OpenID Connect is set up; LEADWHEEL_OIDC_ISSUER names one")
	}
	return a.OpenID, nil
}

func (a *API) beginOpenID(ctx context.Context, _ *call, _ *struct{}) (*struct{ Body OpenIDFlow }, error) {
	provider, err := a.openID()
	if err != nil {
		return nil, err
	}
	address, question, err := provider.Ask(ctx)
	if err != nil {
		return nil, a.openIDTrouble(ctx, err)
	}
	token, err := a.Store.BeginSignInFlow(ctx, store.SignInFlow{Kind: flowOpenID}, question)
	return &struct{ Body OpenIDFlow }{OpenIDFlow{token, address}}, err
}

func (a *API) openIDSignIn(ctx context.Context, c *call, in *struct{ Body OpenIDAnswer }) (*begunOutput, error) {
	provider, err := a.openID()
	if err != nil {
		return nil, err
	}
	var question openid.Question
	err = a.Store.UseSignInFlow(ctx, in.Body.Flow, store.SignInFlow{Kind: flowOpenID}, &question)
	if errors.Is(err, store.ErrBadLink) {
		err = errNoAccount
	}
	if err != nil {
		return nil, a.counted("oidc", err)
	}
	who, err := provider.Answer(ctx, question, in.Body.State, in.Body.Code)
	if err != nil {
		return nil, a.counted("oidc", a.openIDTrouble(ctx, err))
	}
	identity := store.Identity{Issuer: who.Issuer, Subject: who.Subject, Email: who.Email}
	known, err := a.Store.PeopleWith(ctx, identity)
	if err == nil && len(known) == 0 {
		err = errNoAccount
	}
	if err != nil {
		return nil, a.counted("oidc", err)
	}
	return a.beginAs(ctx, c, "oidc", known, func(tx *store.Tx, p store.Person) error { return tx.KeepIdentity(ctx, p, identity) })
}

// openIDTrouble says what became of a question to the provider, and logs why: only an operator can mend it.
func (a *API) openIDTrouble(ctx context.Context, err error) error {
	level, answer := slog.LevelInfo, errNoAccount
	if errors.Is(err, openid.ErrAway) {
		level, answer = slog.LevelWarn, problem.New(http.StatusServiceUnavailable, a.OpenID.Name()+" does not answer just now; try again later, or sign in in another way").WithHeader("Retry-After", "30")
	}
	a.Log.LogAttrs(ctx, level, "nobody was signed in by OpenID Connect", slog.Any("error", err))
	return answer
}
