package hooks

import (
	"context"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/store"
)

// hookKey is under what a request's context has the integration that it found.
type hookKey struct{}

// within is a request at the address of an integration.
func within(r *http.Request, h store.Hook) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), hookKey{}, h))
}

// tongueOf is the language of what a form shows to whoever sends it: that which its address asks for with lang, or the workspace's; of
// an address at which there is no form, what the browser asks for.
func tongueOf(r *http.Request) *language.Printer {
	asked := r.URL.Query().Get("lang")
	if h, found := r.Context().Value(hookKey{}).(store.Hook); found {
		return language.In(asked, h.Language)
	}
	return language.In(asked, language.Accepted(r.Header.Get("Accept-Language")))
}

// This is what people are told of whom a form did not take.
const (
	incomplete = "please go back and fill in a name, an e-mail address or a phone number"
	tooOften   = "this form is being sent too often just now; please wait a minute, go back and send it again"
)
