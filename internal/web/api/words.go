package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// words are the domain's types of words, each with all its values. What takes or answers one of them is described, and checked,
// by what the domain lists.
var words = []interface{ register(huma.Registry) }{
	word[lead.Kind]{lead.Kinds()}, word[lead.EventOutcome]{lead.EventOutcomes()}, word[lead.Health]{lead.Healths()},
	word[lead.Method]{lead.Methods()}, word[lead.Pace]{lead.Paces[:]}, word[lead.Trigger]{lead.Triggers()},
	word[lead.Outcome]{lead.Outcomes()}, word[lead.Role]{append(lead.Roles(), lead.RoleManager)}, word[lead.PersonRole]{lead.PersonRoles()}, word[lead.Channel]{lead.Channels()},
	word[lead.WebhookEvent]{lead.WebhookTypes()}, word[lead.Reason]{lead.Reasons()}, word[lead.Obstacle]{lead.Obstacles()},
	word[store.PendingAction]{store.PendingActions()}, word[store.DuplicatePolicy]{store.DuplicatePolicies()},
	word[store.ImportStatus]{store.ImportStatuses()}, word[store.DeliveryState]{store.DeliveryStates()},
	word[store.NotificationState]{store.NotificationStates()}, word[store.NotificationKind]{store.NotificationKinds()},
	word[EmailOff]{[]EmailOff{store.EmailUnsubscribed, store.EmailUndeliverable}}, word[store.Offer]{store.Offers()},
	word[store.WhenAway]{store.WhenAways()}, word[store.OverflowThen]{store.OverflowThens()}, word[PendingState]{PendingStates()},
	word[TimelessState]{TimelessStates()}, word[store.OfferState]{store.OfferStates()},
	word[store.Remedy]{store.Remedies()}, word[store.DifferenceReason]{store.DifferenceReasons()},
	word[lead.WayIn]{lead.WaysIn()}, word[problem.Code]{problem.Codes()},
	word[lead.AnswerCount]{lead.AnswerCounts()}, word[lead.AnswerThen]{lead.AnswerThens()},
}

// A word is a type of the domain and all its values.
type word[T ~string] struct{ all []T }

// register has the registry describe T by its values wherever it occurs.
func (w word[T]) register(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[described[T]]())
}

// described stands for T in the OpenAPI document. Registries make their own values of it, so it finds its word by its type.
type described[T ~string] struct{}

// Schema implements huma.SchemaProvider.
func (described[T]) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, w := range words {
		if w, is := w.(word[T]); is {
			for _, v := range w.all {
				s.Enum = append(s.Enum, string(v))
			}
		}
	}
	return s
}
