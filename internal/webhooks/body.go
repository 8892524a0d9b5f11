package webhooks

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// maxBody is how long a body gets, in bytes. What would be longer goes without the lead's fields and attribution, which
// can be read over the API.
const maxBody = 20_000

// LeadDelivery is what a webhook is sent. Later versions may add to it.
type LeadDelivery struct {
	Type      lead.WebhookEvent `json:"type" doc:"What happened."`
	Timestamp time.Time         `json:"timestamp" doc:"When it happened."`
	AsOf      time.Time         `json:"as_of" doc:"When what data says was so: each attempt, and each time that it is delivered again, tells of the lead as it is by then. What was deleted, taken back or erased meanwhile is not told any more."`
	Data      DeliveredLead     `json:"data"`
}

// DeliveredLead is a lead, and what happened to it. A member's copy has contact, fields and source of its own; the rest is the
// source lead's.
type DeliveredLead struct {
	LeadID         uuid.UUID         `json:"lead_id" format:"uuid" doc:"The source lead; zeros in a test, which is about none."`
	MemberID       *uuid.UUID        `json:"member_id,omitempty" format:"uuid" doc:"Who got it, was offered it, or was to get it."`
	AssignedLeadID *uuid.UUID        `json:"assigned_lead_id,omitempty" format:"uuid" doc:"The member's copy, where it is about one."`
	GroupID        *uuid.UUID        `json:"group_id,omitempty" format:"uuid" doc:"The group that it went through."`
	HistoryID      *uuid.UUID        `json:"history_id,omitempty" format:"uuid" doc:"The entry of history that tells of the distribution."`
	Trigger        lead.Trigger      `json:"trigger,omitempty" doc:"What set off the distribution."`
	Reason         lead.Reason       `json:"reason,omitempty" doc:"Why the distribution failed."`
	Message        string            `json:"message,omitempty" doc:"The reason as a sentence that says what to do."`
	Changed        []string          `json:"changed,omitempty" nullable:"false" doc:"The members of the lead, or of the copy, that were changed."`
	Status         string            `json:"status,omitempty" doc:"The copy's."`
	FollowUpAt     *time.Time        `json:"follow_up_at,omitempty" doc:"When the copy's member wants to follow it up."`
	Name           *string           `json:"name"`
	Email          *string           `json:"email"`
	Phone          *string           `json:"phone" doc:"As it was given."`
	PhoneE164      *string           `json:"phone_e164" doc:"As in +60123456789; null where the phone is no valid number."`
	Fields         json.RawMessage   `json:"fields,omitempty" doc:"The lead's fields, a JSON object."`
	Attribution    map[string]string `json:"attribution,omitempty" doc:"What brought it in, as a lead's attribution."`
	Truncated      bool              `json:"truncated,omitempty" doc:"Whether fields and attribution were left out, since the body would be too long; read them over the API."`
	SourceID       *uuid.UUID        `json:"source_id" format:"uuid" nullable:"true"`
	Source         *string           `json:"source" doc:"What the source is called."`
	Channel        lead.WayIn        `json:"channel" doc:"The way it came in by."`
	ExternalID     *string           `json:"external_id"`
	IntegrationID  *uuid.UUID        `json:"integration_id" format:"uuid" nullable:"true" doc:"The integration that delivered it."`
	DuplicateOf    *uuid.UUID        `json:"duplicate_of" format:"uuid" nullable:"true" doc:"The earlier lead with the same phone or e-mail."`
	Test           bool              `json:"test" doc:"A test by the ad platform, which is never distributed, or of this webhook."`
	CreatedAt      time.Time         `json:"created_at"`
	AssignedAt     *time.Time        `json:"assigned_at,omitempty" doc:"When the member got the copy."`
	DeletedAt      *time.Time        `json:"deleted_at,omitempty" doc:"When the source lead was deleted, if it was."`
	WithdrawnAt    *time.Time        `json:"withdrawn_at,omitempty" doc:"When the copy was taken back, if it was: nothing is told then by which its person can be reached."`
	CustomerID     *uuid.UUID        `json:"customer_id,omitempty" format:"uuid" doc:"The customer that the lead or the copy became."`
	OfferID        *uuid.UUID        `json:"offer_id,omitempty" format:"uuid" doc:"The offer."`
	Place          string            `json:"place,omitempty" doc:"Where the lead is from, as the member who is offered it sees it."`
	AnswerBy       *time.Time        `json:"answer_by,omitempty" doc:"Until when the offer is to be accepted, or the copy to be answered."`
}

// Body writes what a delivery tells.
func Body(d store.WebhookDelivery, c store.WebhookContent) ([]byte, error) {
	if d.Event == lead.WebhookTest {
		c = madeUp(d)
	}
	b := LeadDelivery{Type: d.Event, Timestamp: d.HappenedAt.UTC(), AsOf: c.ReadAt.UTC(), Data: dataOf(d, c)}
	text, err := json.Marshal(b)
	if err != nil || len(text) < maxBody {
		return text, err
	}
	b.Data.Fields, b.Data.Attribution, b.Data.Truncated = nil, nil, true
	return json.Marshal(b)
}

// madeUp is the lead that a test tells of.
func madeUp(d store.WebhookDelivery) store.WebhookContent {
	return store.WebhookContent{
		Contact: store.Contact{Name: "Test", Fields: json.RawMessage(`{}`)}, Channel: string(lead.WayAPI), Test: true, CreatedAt: d.HappenedAt, ReadAt: d.HappenedAt,
	}
}

func dataOf(d store.WebhookDelivery, c store.WebhookContent) DeliveredLead {
	all := DeliveredLead{
		LeadID: d.LeadID, MemberID: c.MemberID, AssignedLeadID: d.AssignedLeadID, GroupID: c.GroupID, Trigger: c.Trigger,
		Reason: c.Reason, Changed: d.Changed, Status: c.Status, FollowUpAt: c.FollowUpAt, Name: orNull(c.Name), Email: orNull(c.Email), Phone: orNull(c.Phone),
		PhoneE164: orNull(c.PhoneE164), Fields: c.Fields, Attribution: c.Attribution, SourceID: c.SourceID, Source: orNull(c.SourceName),
		Channel: lead.WayIn(c.Channel), ExternalID: orNull(c.ExternalID), IntegrationID: c.IntegrationID, DuplicateOf: c.DuplicateOf,
		Test: c.Test, CreatedAt: c.CreatedAt, AssignedAt: c.AssignedAt, DeletedAt: c.DeletedAt, WithdrawnAt: c.WithdrawnAt,
		CustomerID: c.CustomerID, OfferID: c.OfferID, Place: c.Place, AnswerBy: c.AnswerBy,
	}
	switch d.Event {
	case lead.WebhookFailed:
		all.Message = c.Reason.Text()
		all.HistoryID = &d.ID
	case lead.WebhookAssigned:
		all.HistoryID = &d.ID
	}
	return all
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
