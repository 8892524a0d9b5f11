package ingest

import (
	"net/http"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A kind is all that sets a kind of integration apart from the others.
type kind struct {
	Provider
	// fields are those of an integration that this kind has and others may not; required ones are marked.
	fields []string
	// platform makes what its leads are fetched from; nil where deliveries bring them whole.
	platform func(p Platforms, c *http.Client, now func() time.Time) platform
	// insists means that its platform delivers again only after a 5xx, and loses what it is asked to send more slowly.
	insists bool
	// answer is the form of answers that its platform asks for; empty for our own.
	answer Answer
}

// An Answer is a form of the answers to deliveries.
type Answer string

// AnswerGoogle is an empty object, or one with the message that Google shows to whoever tests the address.
const AnswerGoogle Answer = "google"

// providers are the kinds of integrations that can be made.
var providers = map[lead.Kind]*kind{
	lead.KindGoogle:   {Provider: google{}, fields: []string{"secret!", "mapping"}, insists: true, answer: AnswerGoogle},
	lead.KindTikTok:   {Provider: tiktok{}, fields: []string{"secret!", "mapping"}, insists: true},
	lead.KindTypeform: {Provider: typeform{}, fields: []string{"secret!", "mapping"}},
	lead.KindGeneric:  {Provider: generic{}, fields: []string{"secret", "mapping"}},
	lead.KindForm:     {Provider: form{}, fields: []string{"mapping", "redirect_url", "honeypot", "hidden_fields", "page"}},
	lead.KindSnapchat: {Provider: snapchat{}, fields: []string{"secret!", "mapping"}},
	lead.KindMeta: {
		Provider: meta{}, fields: []string{"secret!", "verify_token", "access_token", "form_ids", "mapping"}, insists: true,
		platform: func(p Platforms, c *http.Client, _ func() time.Time) platform {
			return &graph{base: p.MetaURL, http: c}
		},
	},
	lead.KindLinkedIn: {
		Provider: linkedIn{}, fields: []string{"secret!", "access_token", "mapping"}, insists: true,
		platform: func(p Platforms, c *http.Client, now func() time.Time) platform {
			return &linkedInAPI{base: p.LinkedInURL, version: p.LinkedInVersion, http: c, now: now}
		},
	},
}

// sortOf is the kind's provider as one that can do more than all can.
func sortOf[T any](k lead.Kind) (T, bool) {
	var none T
	if providers[k] == nil {
		return none, false
	}
	p, is := providers[k].Provider.(T)
	return p, is
}

// Supported reports whether integrations of the kind can be made.
func Supported(k lead.Kind) bool { return providers[k] != nil }

// Insists reports whether a kind's platform delivers again only after a 5xx: others may be asked to wait.
func Insists(k lead.Kind) bool { return providers[k] != nil && providers[k].insists }

// AnswerOf is the form of answers that a kind's platform asks for, empty for our own.
func AnswerOf(k lead.Kind) Answer {
	if providers[k] == nil {
		return ""
	}
	return providers[k].answer
}
