package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
)

// WebhookDelivery is an event that a webhook is told of: owed, sent, or given up on.
type WebhookDelivery struct {
	ID             uuid.UUID           `json:"id" format:"uuid" doc:"The webhook gets it as the header webhook-id, with msg_ before it."`
	Event          lead.WebhookEvent   `json:"event"`
	LeadID         *uuid.UUID          `json:"lead_id" format:"uuid" nullable:"true" doc:"Null of a test, which is about no lead."`
	AssignedLeadID *uuid.UUID          `json:"assigned_lead_id" format:"uuid" nullable:"true" doc:"The copy that it is about; null where it is about the source lead."`
	At             time.Time           `json:"at" doc:"When it happened."`
	State          store.DeliveryState `json:"state"`
	Attempts       int                 `json:"attempts"`
	Status         *int                `json:"status" doc:"HTTP's, of the last answer; null where there was none."`
	Error          *string             `json:"error" doc:"What was wrong the last time."`
	NextAt         *time.Time          `json:"next_attempt_at" doc:"When it is tried next, while it is owed."`
	SentAt         *time.Time          `json:"sent_at"`
}

func (d WebhookDelivery) itemID() uuid.UUID { return d.ID }

// WebhookDeliveryBody is a delivery with what it tells.
type WebhookDeliveryBody struct {
	WebhookDelivery
	Body toldBody `json:"body" doc:"What it would be sent now: a delivery tells of the lead as it is when it is sent, which is its as_of."`
}

// toldBody is a webhooks.LeadDelivery as it is sent.
type toldBody json.RawMessage

// MarshalJSON implements json.Marshaler.
func (b toldBody) MarshalJSON() ([]byte, error) { return b, nil }

// Schema implements huma.SchemaProvider.
func (toldBody) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[webhooks.LeadDelivery](), true, "")
}

// Redelivered answers for a delivery that is owed anew.
type Redelivered struct {
	ID uuid.UUID `json:"id" format:"uuid"`
}

// RedeliverFailed says which deliveries are owed anew.
type RedeliverFailed struct {
	Since *time.Time `json:"since,omitempty" doc:"Of what happened since then; all unless given."`
}

// RedeliveredFailed answers for deliveries that are owed anew.
type RedeliveredFailed struct {
	Count int `json:"count" doc:"How many had been given up on."`
}

type webhookDeliveriesInput struct {
	Paging
	ItemID
	State store.DeliveryState `query:"state" doc:"Only deliveries that are so."`
}

type webhookDeliveryInput struct {
	ItemID
	DeliveryID uuid.UUID `path:"delivery_id"`
}

func (a *API) registerWebhookDeliveries() {
	const collection = "/v1/webhooks/{id}/deliveries"
	registerList(a, huma.Operation{
		OperationID: "list-webhook-deliveries", Path: collection, Summary: "List what a webhook was told, or is to be",
		Description: "Kept for as long as deliveries to integrations are.",
	}, nil, func(ctx context.Context, c *call, in *webhookDeliveriesInput, p store.Page) ([]WebhookDelivery, error) {
		if _, err := a.Store.Webhook(ctx, c.Workspace, in.ID); err != nil {
			return nil, err
		}
		all, err := a.Store.WebhookDeliveries(ctx, c.Workspace, in.ID, in.State, p)
		return each(all, deliveryBody), err
	})
	register(a, huma.Operation{
		OperationID: "get-webhook-delivery", Method: http.MethodGet, Path: collection + "/{delivery_id}",
		Summary: "Look at a delivery and what it tells",
	}, a.getWebhookDelivery)
	register(a, huma.Operation{
		OperationID: "redeliver", Method: http.MethodPost, Path: collection + "/{delivery_id}/redeliver",
		Summary: "Tell a webhook again", Description: "Under the same id, also what it has taken before.", DefaultStatus: http.StatusAccepted,
	}, a.redeliver)
	register(a, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/test", Summary: "Try whether a webhook takes what it is told",
		Description:   "It is sent webhook.test, with a lead that is made up, whatever its events are. What becomes of it shows in its deliveries. One that is disabled is 409.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, a.testWebhook)
	register(a, huma.Operation{
		OperationID: "redeliver-failed", Method: http.MethodPost, Path: "/v1/webhooks/{id}/redeliver-failed",
		Summary: "Tell a webhook what was given up on", DefaultStatus: http.StatusAccepted,
	}, a.redeliverFailed)
}

func (a *API) getWebhookDelivery(ctx context.Context, c *call, in *webhookDeliveryInput) (*struct{ Body WebhookDeliveryBody }, error) {
	webhook, id := in.ID, in.DeliveryID
	if _, err := a.Store.Webhook(ctx, c.Workspace, webhook); err != nil {
		return nil, err
	}
	d, err := a.Store.WebhookDelivery(ctx, c.Workspace, webhook, id)
	if err != nil {
		return nil, err
	}
	contents, err := a.Store.WebhookContents(ctx, c.Workspace, webhook, []uuid.UUID{id})
	if err != nil {
		return nil, err
	}
	content, err := webhooks.Body(d, contents[id])
	return &struct{ Body WebhookDeliveryBody }{WebhookDeliveryBody{deliveryBody(d), content}}, err
}

func (a *API) redeliver(ctx context.Context, c *call, in *webhookDeliveryInput) (*posted[Redelivered], error) {
	webhook, id := in.ID, in.DeliveryID
	return once(ctx, a, c, func(tx *store.Tx) (effect[Redelivered], error) {
		if _, err := tx.Webhook(ctx, c.Workspace, webhook); err != nil {
			return effect[Redelivered]{}, err
		}
		return effect[Redelivered]{status: http.StatusAccepted, body: Redelivered{id}}, tx.Redeliver(ctx, c.Workspace, webhook, id)
	})
}

func (a *API) testWebhook(ctx context.Context, c *call, in *itemInput) (*posted[WebhookDelivery], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[WebhookDelivery], error) {
		d, err := tx.TryWebhook(ctx, c.Workspace, in.ID)
		if errors.Is(err, store.ErrWebhookDisabled) {
			err = problem.New(http.StatusConflict, err.Error())
		}
		return effect[WebhookDelivery]{status: http.StatusAccepted, body: deliveryBody(d)}, err
	})
}

func (a *API) redeliverFailed(ctx context.Context, c *call, in *struct {
	ItemID
	Body RedeliverFailed
}) (*posted[RedeliveredFailed], error) {
	since := time.Time{}
	if in.Body.Since != nil {
		since = *in.Body.Since
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[RedeliveredFailed], error) {
		if _, err := tx.Webhook(ctx, c.Workspace, in.ID); err != nil {
			return effect[RedeliveredFailed]{}, err
		}
		n, err := tx.RedeliverFailed(ctx, c.Workspace, in.ID, since)
		return effect[RedeliveredFailed]{status: http.StatusAccepted, body: RedeliveredFailed{n}, count: &n}, err
	})
}

func deliveryBody(d store.WebhookDelivery) WebhookDelivery {
	body := WebhookDelivery{
		ID: d.ID, Event: d.Event, AssignedLeadID: d.AssignedLeadID, At: d.HappenedAt, State: d.State,
		Attempts: d.Attempts, Status: d.Status, Error: textOrNull(d.Error), SentAt: d.SentAt,
	}
	if d.LeadID != uuid.Nil {
		body.LeadID = &d.LeadID
	}
	if d.State == store.DeliveryOwed {
		body.NextAt = &d.SendAt
	}
	return body
}
