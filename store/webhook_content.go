package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// WebhookContent is what a delivery tells: the lead or, where it is about one, the copy, as it is now. Empty text and nil
// ids mean that there is none. Of a person who was erased nothing is told but ids.
type WebhookContent struct {
	Contact
	SourceID      *uuid.UUID     `db:"source_id"`
	SourceName    string         `db:"source_name"`
	Channel       string         `db:"channel"`
	ExternalID    string         `db:"external_id"`
	IntegrationID *uuid.UUID     `db:"integration_id"`
	DuplicateOf   *uuid.UUID     `db:"duplicate_of"`
	Test          bool           `db:"test"`
	Attribution   object[string] `db:"attribution"`
	CreatedAt     time.Time      `db:"created_at"`
	DeletedAt     *time.Time     `db:"deleted_at"`
	// Status, FollowUpAt and AssignedAt are a copy's; MemberID is whose it is or, of a distribution that failed, for whom it was.
	Status     string     `db:"status"`
	FollowUpAt *time.Time `db:"follow_up_at"`
	AssignedAt *time.Time `db:"assigned_at"`
	// Of a copy that was taken back nothing is told by which its person can be reached: it is its member's no more.
	WithdrawnAt *time.Time `db:"withdrawn_at"`
	// OfferID is the offer that it tells of, AnswerBy until when that is to be accepted: the lead's name and place are told then, as
	// the member sees them.
	OfferID  *uuid.UUID `db:"offer_id"`
	AnswerBy *time.Time `db:"answer_by"`
	Place    string     `db:"-"`
	// CustomerID is who the lead or the copy became, where it tells of that.
	CustomerID *uuid.UUID `db:"customer_id"`
	// ReadAt is when this was so.
	ReadAt   time.Time  `db:"-"`
	MemberID *uuid.UUID `db:"member_id"`
	// GroupID, Trigger and Reason are those of a distribution.
	GroupID *uuid.UUID   `db:"group_id"`
	Trigger lead.Trigger `db:"trigger"`
	Reason  lead.Reason  `db:"reason"`
}

// WebhookContents reads what deliveries to a webhook tell, by their ids.
func (q Queries) WebhookContents(ctx context.Context, workspace, webhook uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]WebhookContent, error) {
	var rows []struct {
		ID uuid.UUID `db:"delivery_id"`
		WebhookContent
	}
	err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT r.delivery_id, `+contactColumns("r")+`, s.source_id, coalesce(s.name, '') AS source_name,
			r.channel, r.external_id, r.integration_id, r.duplicate_of, r.test, r.attribution, r.created_at, r.deleted_at,
			r.status, r.follow_up_at, r.assigned_at, r.withdrawn_at, r.offer_id, r.answer_by, r.customer_id, r.member_id, r.group_id, r.trigger, r.reason
		FROM (
			SELECT d.workspace_id, d.delivery_id,
				CASE WHEN c THEN a.name ELSE l.name END AS name, CASE WHEN c THEN a.email ELSE l.email END AS email,
				CASE WHEN c THEN a.phone ELSE l.phone END AS phone, CASE WHEN c THEN a.phone_e164 ELSE l.phone_e164 END AS phone_e164,
				CASE WHEN c THEN a.fields ELSE l.fields END AS fields, CASE WHEN c THEN a.source_id ELSE l.source_id END AS source_id,
				l.channel, coalesce(l.external_id, l.also_id, '') AS external_id, l.integration_id, l.duplicate_of, l.test, l.attribution,
				l.created_at, l.deleted_at, coalesce(a.status, '') AS status, a.follow_up_at, a.assigned_at, a.withdrawn_at,
				o.offer_id, o.answer_by, k.customer_id,
				coalesce(a.member_id, h.member_id, o.member_id) AS member_id, coalesce(h.group_id, a.group_id, o.group_id) AS group_id,
				coalesce(h.trigger, '') AS trigger, coalesce(h.reason, '') AS reason
			FROM webhook_deliveries d
			JOIN leads l ON l.workspace_id = d.workspace_id AND l.lead_id = d.lead_id
			LEFT JOIN assigned_leads a ON a.workspace_id = d.workspace_id AND a.assigned_lead_id = d.assigned_lead_id
			LEFT JOIN history h ON h.workspace_id = d.workspace_id AND h.history_id = d.delivery_id
			LEFT JOIN offers o ON o.workspace_id = d.workspace_id AND o.offer_id = d.delivery_id
			LEFT JOIN customers k ON k.workspace_id = d.workspace_id AND k.customer_id = d.delivery_id
			CROSS JOIN LATERAL (SELECT a.assigned_lead_id IS NOT NULL) AS is_copy (c)
			WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.delivery_id = ANY($3::uuid[])
		) r `+joinSource(`r`), workspace, webhook, uuids(ids))
	if err != nil {
		return nil, fmt.Errorf("reading what to tell webhook %s: %w", webhook, translate(err))
	}
	all := make(map[uuid.UUID]WebhookContent, len(rows))
	for _, r := range rows {
		r.ReadAt = q.now()
		if r.WithdrawnAt != nil {
			r.Contact = Contact{Name: r.Name, Fields: json.RawMessage(`{}`)}
		}
		if r.OfferID != nil {
			r.Place = lead.Place(r.Fields)
			r.Contact = Contact{Name: lead.OfferedName(r.Name), Fields: json.RawMessage(`{}`)}
		}
		all[r.ID] = r.WebhookContent
	}
	return all, nil
}
