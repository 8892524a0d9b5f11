package lead

// WebhookEvent is something that happens to a lead, and that webhooks may be told of.
type WebhookEvent string

// The events.
const (
	// WebhookReceived means that a source lead was stored.
	WebhookReceived WebhookEvent = "lead.received"
	// WebhookAssigned means that a member got a copy.
	WebhookAssigned WebhookEvent = "lead.assigned"
	// WebhookFailed means that a distribution ended without a copy, for a reason.
	WebhookFailed WebhookEvent = "lead.distribution_failed"
	// WebhookUpdated means that a source lead or a copy was changed.
	WebhookUpdated WebhookEvent = "lead.updated"
	// WebhookUnanswered means that a copy was not answered in time, and stays with its member, or that nobody accepted an offer.
	WebhookUnanswered WebhookEvent = "lead.unanswered"
	// WebhookOffered means that a lead was offered to a member.
	WebhookOffered WebhookEvent = "lead.offered"
	// WebhookConverted means that a source lead or a copy became a customer.
	WebhookConverted WebhookEvent = "lead.converted"
	// WebhookDeleted means that a source lead was deleted.
	WebhookDeleted WebhookEvent = "lead.deleted"
	// WebhookWithdrawn means that a copy was taken back from its member.
	WebhookWithdrawn WebhookEvent = "lead.withdrawn"
	// WebhookTest is no event: a webhook is told of it to see whether it takes what it is told.
	WebhookTest WebhookEvent = "webhook.test"
)

// WebhookEvents lists every event that a webhook may ask to be told of.
func WebhookEvents() []WebhookEvent {
	return []WebhookEvent{
		WebhookReceived, WebhookAssigned, WebhookFailed, WebhookUpdated, WebhookUnanswered, WebhookOffered, WebhookConverted, WebhookDeleted, WebhookWithdrawn,
	}
}

// WebhookTypes lists everything that a delivery may be of.
func WebhookTypes() []WebhookEvent { return append(WebhookEvents(), WebhookTest) }
