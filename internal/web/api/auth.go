package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/sender"
	"github.com/leadwheel/leadwheel/store"
)

// authenticate finds out who calls and whether they may, before anything of the request is looked at.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	if address := sender.Address(r, a.Proxies); open(ctx.Operation().OperationID) {
		if ctx.Operation().Method != http.MethodGet { // to look is no attempt
			if p := a.tooMany(ctx, a.guess(ctx)); p != nil {
				refuse(ctx, p)
				return
			}
		}
		next(huma.WithValue(ctx, callKey{}, &call{address: address, browser: browserOf(ctx)}))
		return
	}
	caller, key, err := a.caller(ctx)
	if err != nil {
		p := a.problem(ctx.Context(), ctx.Operation().OperationID, err)
		a.keyTried(ctx, p.Status)
		switch p.Status {
		case http.StatusUnauthorized:
			a.Metrics.KeysRefused.WithLabelValues("unknown").Inc()
			p = cmp.Or(a.tooMany(ctx, a.guess(ctx)), p)
		case http.StatusForbidden:
			a.Metrics.KeysRefused.WithLabelValues("member_inactive").Inc()
			p = cmp.Or(a.tooMany(ctx, a.guess(ctx)), p)
		}
		refuse(ctx, p)
		return
	}
	if p := a.tooMany(ctx, a.usesOf(ctx, caller)); p != nil {
		refuse(ctx, p)
		return
	}
	if !mayCall(caller.Role, ctx.Operation().OperationID) {
		a.keyTried(ctx, http.StatusForbidden)
		a.Metrics.KeysRefused.WithLabelValues("role").Inc()
		refuse(ctx, problem.New(http.StatusForbidden, "this API key's role may not do this; use a key with another role"))
		return
	}
	if p := beyondLink(ctx, caller); p != nil {
		refuse(ctx, p)
		return
	}
	address := sender.Address(r, a.Proxies)
	a.used.note(caller, address)
	next(huma.WithValue(ctx, callKey{}, &call{Caller: caller, key: key, address: address, browser: browserOf(ctx)}))
}

// caller finds who holds the key that was sent. It answers alike whatever is wrong with a key, so that nothing can be
// learned from trying.
func (a *API) caller(ctx huma.Context) (caller store.Caller, key string, err error) {
	scheme, key, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return caller, "", unauthorized()
	}
	key = strings.TrimSpace(key)
	caller, err = a.Store.Authenticate(ctx.Context(), key)
	switch {
	case errors.Is(err, store.ErrBadKey):
		err = unauthorized()
	case err == nil && caller.ShutOut && !signsOut(ctx, caller):
		err = problem.New(http.StatusForbidden, "the member whose key this is was deactivated or removed")
	}
	return caller, key, err
}

// keyTried counts that somebody tried to sign in with a key that may not.
func (a *API) keyTried(ctx huma.Context, status int) {
	if ctx.Operation().OperationID == "post-session" && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		a.Metrics.SignIns.WithLabelValues("key", "failed").Inc()
	}
}

// signsOut reports whether a session ends itself, which it may whatever else it may not.
func signsOut(ctx huma.Context, c store.Caller) bool {
	return ctx.Operation().OperationID == "delete-session" && ctx.Param("id") == currentSession && c.SessionID != nil
}

func unauthorized() *problem.Problem {
	return problem.New(http.StatusUnauthorized, "this needs a valid API key, sent as `Authorization: Bearer lw_…`").
		WithHeader("WWW-Authenticate", `Bearer realm="leadwheel"`)
}

// callOf is the call that a request's context carries.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }
