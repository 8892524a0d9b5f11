package api

import (
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// LeadMatch is the filters of the list of leads, as JSON has them, and how many it has.
type LeadMatch struct {
	SourceID      uuid.UUID  `json:"source_id,omitempty" format:"uuid"`
	Channel       string     `json:"channel,omitempty" maxLength:"100"`
	ExternalID    string     `json:"external_id,omitempty" maxLength:"1000"`
	PushChannel   string     `json:"push_channel,omitempty" maxLength:"1000"`
	Email         string     `json:"email,omitempty" maxLength:"1000"`
	Q             string     `json:"q,omitempty" maxLength:"200"`
	From          *time.Time `json:"from,omitempty" doc:"Created at or after."`
	To            *time.Time `json:"to,omitempty" doc:"Created before."`
	IntegrationID uuid.UUID  `json:"integration_id,omitempty" format:"uuid"`
	CampaignID    string     `json:"campaign_id,omitempty" maxLength:"1000"`
	AdSetID       string     `json:"adset_id,omitempty" maxLength:"1000"`
	AdID          string     `json:"ad_id,omitempty" maxLength:"1000"`
	FormID        string     `json:"form_id,omitempty" maxLength:"1000"`
	Test          *bool      `json:"test,omitempty"`
	Assigned      *bool      `json:"assigned,omitempty" doc:"Only leads that somebody has, or only those that nobody has."`
	Matched
}

func (m LeadMatch) toStore() *store.LeadFilter {
	return &store.LeadFilter{
		SourceID: m.SourceID, Channel: m.Channel, ExternalID: m.ExternalID, Email: m.Email, PushChannel: m.PushChannel, Search: m.Q, From: timeOrZero(m.From), To: timeOrZero(m.To),
		IntegrationID: m.IntegrationID, CampaignID: m.CampaignID, AdSetID: m.AdSetID, AdID: m.AdID, FormID: m.FormID,
		Test: m.Test, Assigned: m.Assigned,
	}
}

// leadSelection says which leads are meant: either ids, in the request's field of this name, or a filter.
func leadSelection(name string, ids []uuid.UUID, filter *LeadMatch) (store.LeadSelection, error) {
	switch {
	case (ids != nil) == (filter != nil):
		return store.LeadSelection{}, &store.FieldError{Field: name, Message: "give either " + name + " or filter"}
	case filter != nil:
		return store.LeadSelection{Filter: filter.toStore(), Matched: filter.Matched.Matched}, nil
	}
	return store.LeadSelection{IDs: ids}, nil
}

// HistoryMatch is the filters of the list of history, as JSON has them, and how many it has.
type HistoryMatch struct {
	Reason       lead.Reason  `json:"reason,omitempty" maxLength:"100"`
	Trigger      lead.Trigger `json:"trigger,omitempty"`
	MemberID     uuid.UUID    `json:"member_id,omitempty" format:"uuid"`
	LeadID       uuid.UUID    `json:"lead_id,omitempty" format:"uuid"`
	GroupID      uuid.UUID    `json:"group_id,omitempty" format:"uuid"`
	AssignmentID uuid.UUID    `json:"assignment_id,omitempty" format:"uuid"`
	From         *time.Time   `json:"from,omitempty" doc:"Inclusive."`
	To           *time.Time   `json:"to,omitempty" doc:"Exclusive."`
	Outcome      lead.Outcome `json:"outcome,omitempty" enum:"failed" doc:"Only what failed can be tried again, and is what matches."`
	Retried      *bool        `json:"retried,omitempty" enum:"false" doc:"Only what was not tried again yet can be, and is what matches."`
	Matched
}

func (m HistoryMatch) toStore() *store.HistoryFilter {
	return &store.HistoryFilter{
		Reason: m.Reason, Trigger: m.Trigger, MemberID: m.MemberID, LeadID: m.LeadID, GroupID: m.GroupID,
		AssignmentID: m.AssignmentID, From: timeOrZero(m.From), To: timeOrZero(m.To),
	}
}
