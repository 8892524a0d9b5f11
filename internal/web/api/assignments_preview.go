package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Preview is what an assignment would plan.
type Preview struct {
	Seed  lead.Seed     `json:"seed" doc:"Give it with the same body to make this plan."`
	Items []PlannedLead `json:"items"`
}

// PlannedLead is who would get a lead, and when.
type PlannedLead struct {
	LeadID   uuid.UUID    `json:"lead_id" format:"uuid"`
	MemberID *uuid.UUID   `json:"member_id" format:"uuid" nullable:"true"`
	DueAt    time.Time    `json:"due_at"`
	Reason   *lead.Reason `json:"reason,omitempty" doc:"Why nobody would get it."`
}

func (a *API) previewAssignment(ctx context.Context, c *call, in *struct{ Body NewAssignment }) (*posted[Preview], error) {
	d, selected, err := a.assigned(c, in.Body)
	if err != nil {
		return nil, err
	}
	release, err := a.place(ctx, c, false)
	if err != nil {
		return nil, err
	}
	defer release()
	return once(ctx, a, c, func(tx *store.Tx) (effect[Preview], error) {
		leads, _, err := leadsToAssign(ctx, tx, c, selected, in.Body.Only, d)
		if err != nil {
			return effect[Preview]{}, err
		}
		seed, planned, err := tx.Preview(ctx, c.Workspace, leads, d)
		return effect[Preview]{status: http.StatusOK, body: Preview{seed, each(planned, plannedBody)}}, err
	})
}

func plannedBody(p store.Planned) PlannedLead {
	body := PlannedLead{LeadID: p.LeadID, DueAt: p.DueAt, Reason: textOrNull(p.Reason)}
	if p.MemberID != uuid.Nil {
		body.MemberID = &p.MemberID
	}
	return body
}
