package lead

import "slices"

// Kind is what an integration takes leads from.
type Kind string

// The kinds of integrations.
const (
	KindGoogle   Kind = "google"
	KindMeta     Kind = "meta"
	KindTikTok   Kind = "tiktok"
	KindLinkedIn Kind = "linkedin"
	KindTypeform Kind = "typeform"
	KindGeneric  Kind = "generic"
	KindForm     Kind = "form"
	// KindSnapchat is behind a switch, since Snapchat documents no deliveries.
	KindSnapchat Kind = "snapchat"
)

// Kinds lists every kind, in the order in which they are offered.
func Kinds() []Kind {
	return []Kind{KindGoogle, KindMeta, KindTikTok, KindLinkedIn, KindTypeform, KindGeneric, KindForm, KindSnapchat}
}

// FetchedKinds lists the kinds whose platforms only tell that a lead is there: it is fetched from them.
func FetchedKinds() []Kind { return []Kind{KindMeta, KindLinkedIn} }

// ListedKinds lists the kinds whose platforms list their leads: the lists are looked through for some that were missed.
func ListedKinds() []Kind { return []Kind{KindMeta} }

// Listed reports whether the kind is one of ListedKinds.
func (k Kind) Listed() bool { return slices.Contains(ListedKinds(), k) }

// EventOutcome is what became of a delivery to an integration.
type EventOutcome string

const (
	// EventLead means that it brought at least one new lead.
	EventLead EventOutcome = "lead"
	// EventDuplicate means that all its leads were there already.
	EventDuplicate EventOutcome = "duplicate"
	// EventTest means that it was a test by the platform: stored as such, and never distributed.
	EventTest EventOutcome = "test"
	// EventIgnored means that it was authentic and no lead, such as another kind of notification.
	EventIgnored EventOutcome = "ignored"
	// EventUnmapped means that it was authentic, and that no lead could be made of it. It can be replayed.
	EventUnmapped EventOutcome = "unmapped"
	// EventHeld means that it waits: the integration is paused, or its platform does not let us fetch the lead. It can be
	// replayed.
	EventHeld EventOutcome = "held"
	// EventRefused means that it was not shown to be authentic. It can be replayed once the secret is right.
	EventRefused EventOutcome = "refused"
)

// EventOutcomes lists every outcome.
func EventOutcomes() []EventOutcome {
	return []EventOutcome{EventLead, EventDuplicate, EventTest, EventIgnored, EventUnmapped, EventHeld, EventRefused}
}

// Health is how an integration stands with its platform.
type Health string

const (
	// HealthOK means that leads come through.
	HealthOK Health = "ok"
	// HealthTokenDead means that the platform does not take the access token any more.
	HealthTokenDead Health = "token_dead"
	// HealthPermission means that the access token does not open what is needed.
	HealthPermission Health = "permission"
	// HealthThrottled means that the platform was asked too often, and is left in peace for a while.
	HealthThrottled Health = "throttled"
)

// Healths lists every health.
func Healths() []Health {
	return []Health{HealthOK, HealthTokenDead, HealthPermission, HealthThrottled}
}
