package api

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// KnownLead tells an integration that a lead which it pushes is there already, and no more: its key adds and does not read.
type KnownLead struct {
	ID         uuid.UUID `json:"id" format:"uuid"`
	ExternalID string    `json:"external_id" doc:"As it was pushed."`
	CreatedAt  time.Time `json:"created_at"`
	Duplicate  bool      `json:"duplicate" doc:"Always true."`
}

// pushedLead answers for a lead that was pushed, as far as whoever pushed it may know.
type pushedLead struct {
	Lead
	known *KnownLead
}

// MarshalJSON implements json.Marshaler.
func (p pushedLead) MarshalJSON() ([]byte, error) {
	if p.known != nil {
		return json.Marshal(p.known)
	}
	return json.Marshal(p.Lead)
}

// Schema implements huma.SchemaProvider: what is new is answered with the lead.
func (pushedLead) Schema(r huma.Registry) *huma.Schema { return answer[Lead]{}.Schema(r) }

// seenBy is a lead as the caller may see it that pushed it under an external id. An integration sees what it sent, and nothing
// of leads that were there before: what has been added to them, whether they are deleted, and which others are the same person's.
func (l Lead) seenBy(c *call, added store.AddedLead, externalID string) pushedLead {
	switch {
	case c.Role != lead.RoleIntegration:
	case added.Existing:
		return pushedLead{Lead{ID: l.ID}, &KnownLead{ID: l.ID, ExternalID: externalID, CreatedAt: l.CreatedAt, Duplicate: true}}
	default:
		l.DuplicateOf = nil
	}
	return pushedLead{Lead: l}
}
