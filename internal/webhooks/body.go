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

// body is what a webhook is sent.
type body struct {
	Type      lead.WebhookEvent `json:"type"`
	Timestamp time.Time         `json:"timestamp"`
	Data      data              `json:"data"`
}

// data is a lead, and what happened to it. A member's copy has contact, fields and source of its own; the rest is the
// source lead's.
type data struct {
	LeadID         uuid.UUID         `json:"lead_id"`
	MemberID       *uuid.UUID        `json:"member_id,omitempty"`
	AssignedLeadID *uuid.UUID        `json:"assigned_lead_id,omitempty"`
	GroupID        *uuid.UUID        `json:"group_id,omitempty"`
	HistoryID      *uuid.UUID        `json:"history_id,omitempty"`
	Trigger        lead.Trigger      `json:"trigger,omitempty"`
	Reason         lead.Reason       `json:"reason,omitempty"`
	Message        string            `json:"message,omitempty"`
	Changed        []string          `json:"changed,omitempty"`
	Status         string            `json:"status,omitempty"`
	FollowUpAt     *time.Time        `json:"follow_up_at,omitempty"`
	Name           *string           `json:"name"`
	Email          *string           `json:"email"`
	Phone          *string           `json:"phone"`
	PhoneE164      *string           `json:"phone_e164"`
	Fields         json.RawMessage   `json:"fields,omitempty"`
	Attribution    map[string]string `json:"attribution,omitempty"`
	Truncated      bool              `json:"truncated,omitempty"`
	SourceID       *uuid.UUID        `json:"source_id"`
	Source         *string           `json:"source"`
	Channel        string            `json:"channel"`
	ExternalID     *string           `json:"external_id"`
	IntegrationID  *uuid.UUID        `json:"integration_id"`
	DuplicateOf    *uuid.UUID        `json:"duplicate_of"`
	Test           bool              `json:"test"`
	CreatedAt      time.Time         `json:"created_at"`
	AssignedAt     *time.Time        `json:"assigned_at,omitempty"`
	DeletedAt      *time.Time        `json:"deleted_at,omitempty"`
	WithdrawnAt    *time.Time        `json:"withdrawn_at,omitempty"`
	OfferID        *uuid.UUID        `json:"offer_id,omitempty"`
	Place          string            `json:"place,omitempty"`
	AnswerBy       *time.Time        `json:"answer_by,omitempty"`
}

// Body writes what a delivery tells.
func Body(d store.WebhookDelivery, c store.WebhookContent) ([]byte, error) {
	b := body{Type: d.Event, Timestamp: d.HappenedAt.UTC(), Data: dataOf(d, c)}
	text, err := json.Marshal(b)
	if err != nil || len(text) < maxBody {
		return text, err
	}
	b.Data.Fields, b.Data.Attribution, b.Data.Truncated = nil, nil, true
	return json.Marshal(b)
}

func dataOf(d store.WebhookDelivery, c store.WebhookContent) data {
	all := data{
		LeadID: d.LeadID, MemberID: c.MemberID, AssignedLeadID: d.AssignedLeadID, GroupID: c.GroupID, Trigger: c.Trigger,
		Reason: c.Reason, Changed: d.Changed, Status: c.Status, FollowUpAt: c.FollowUpAt, Name: orNull(c.Name), Email: orNull(c.Email), Phone: orNull(c.Phone),
		PhoneE164: orNull(c.PhoneE164), Fields: c.Fields, Attribution: c.Attribution, SourceID: c.SourceID, Source: orNull(c.SourceName),
		Channel: c.Channel, ExternalID: orNull(c.ExternalID), IntegrationID: c.IntegrationID, DuplicateOf: c.DuplicateOf,
		Test: c.Test, CreatedAt: c.CreatedAt, AssignedAt: c.AssignedAt, DeletedAt: c.DeletedAt, WithdrawnAt: c.WithdrawnAt,
		OfferID: c.OfferID, Place: c.Place, AnswerBy: c.AnswerBy,
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
