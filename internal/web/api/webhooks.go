package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
)

// Webhook is an address of another program, which is told of what happens to leads in the form of Standard Webhooks.
type Webhook struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	URL            string     `json:"url"`
	Events         Events     `json:"events"`
	Enabled        bool       `json:"enabled" doc:"While it is not, it is told of nothing: what is owed to it waits, and what happens then it never learns."`
	DisabledReason *string    `json:"disabled_reason" doc:"Why it was disabled without anybody asking: it answered 410, or took nothing for three days."`
	FailingSince   *time.Time `json:"failing_since" doc:"Since when it has taken nothing that it was sent; null where it took the last."`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
}

func (w Webhook) itemID() uuid.UUID    { return w.ID }
func (w Webhook) changedAt() time.Time { return w.UpdatedAt }

// CreatedWebhook is a webhook that was just made, with its secret.
type CreatedWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"It signs what the webhook is sent. It is shown this once." example:"whsec_…"`
}

// NewWebhook is a webhook to be made.
type NewWebhook struct {
	URL     string `json:"url" format:"uri" minLength:"1" maxLength:"2000" doc:"An https address. What it names must be on the public internet, unless an operator allowed more." example:"https://crm.example.com/leads"`
	Events  Events `json:"events" minItems:"1"`
	Enabled *bool  `json:"enabled,omitempty" doc:"True unless given."`
}

// WebhookPatch changes a webhook.
type WebhookPatch struct {
	URL     Patch[string] `json:"url,omitempty" format:"uri" minLength:"1" maxLength:"2000" nullable:"false"`
	Events  Patch[Events] `json:"events,omitempty" nullable:"false"`
	Enabled Patch[bool]   `json:"enabled,omitempty" nullable:"false"`
}

// WebhookSecret is a secret that was just made.
type WebhookSecret struct {
	Secret string `json:"secret" doc:"It signs what the webhook is sent; those it had do too, each for 24 hours after it was replaced. It is shown this once." example:"whsec_…"`
}

// Events are what a webhook is told of.
type Events []lead.WebhookEvent

// Schema implements huma.SchemaProvider.
func (Events) Schema(r huma.Registry) *huma.Schema {
	least := 1
	event := *r.Schema(reflect.TypeFor[lead.WebhookEvent](), false, "")
	event.Enum = slices.DeleteFunc(slices.Clone(event.Enum), func(v any) bool { return v == string(lead.WebhookTest) })
	event.PrecomputeMessages()
	return &huma.Schema{Type: huma.TypeArray, Items: &event, MinItems: &least, UniqueItems: true}
}

type webhookOutput struct{ Body Webhook }

func (a *API) registerWebhooks() {
	const collection, one = "/v1/webhooks", "/v1/webhooks/{id}"
	register(a, huma.Operation{
		OperationID: "post-webhook", Method: http.MethodPost, Path: collection, Summary: "Have another program told of leads",
		DefaultStatus: http.StatusCreated,
	}, a.postWebhook)
	registerList(a, huma.Operation{OperationID: "list-webhooks", Path: collection, Summary: "List the webhooks"}, nil,
		func(ctx context.Context, c *call, _ *struct{ Changes }, p store.Page) ([]Webhook, error) {
			all, err := a.Store.Webhooks(ctx, c.Workspace, p)
			return each(all, webhookBody), err
		})
	register(a, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: one, Summary: "Read a webhook",
	}, func(ctx context.Context, c *call, in *itemInput) (*webhookOutput, error) {
		w, err := a.Store.Webhook(ctx, c.Workspace, in.ID)
		return &webhookOutput{webhookBody(w)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-webhook", Method: http.MethodPatch, Path: one, Summary: "Change, disable or enable a webhook",
	}, a.patchWebhook)
	register(a, huma.Operation{
		OperationID: "delete-webhook", Method: http.MethodDelete, Path: one, Summary: "Tell a webhook of nothing any more",
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.DeleteWebhook(ctx, c.Workspace, in.ID) })
	})
	register(a, huma.Operation{
		OperationID: "rotate-webhook-secret", Method: http.MethodPost, Path: one + "/rotate-secret",
		Summary: "Give a webhook a new secret; those it had sign too for 24 hours", DefaultStatus: http.StatusOK,
		Errors: []int{http.StatusConflict},
	}, a.rotateWebhookSecret)
}

func (a *API) postWebhook(ctx context.Context, c *call, in *struct{ Body NewWebhook }) (*posted[CreatedWebhook], error) {
	if err := a.checkAddress(in.Body.URL); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	secrets := webhooks.NewSecrets()
	w := store.Webhook{ID: id, URL: in.Body.URL, Events: []lead.WebhookEvent(slices.Clone(in.Body.Events)), Enabled: unlessFalse(in.Body.Enabled)}
	if w.Sealed, err = sealed(secrets.Seal(a.Secrets, id)); err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[CreatedWebhook], error) {
		made, err := tx.CreateWebhook(ctx, c.Workspace, w)
		return effect[CreatedWebhook]{
			status: http.StatusCreated, body: CreatedWebhook{webhookBody(made), secrets.Current}, secret: true,
		}, err
	})
}

func (a *API) checkAddress(address string) error {
	if err := a.Webhooks.Check(address); err != nil {
		return &store.FieldError{Field: "url", Message: err.Error()}
	}
	return nil
}

func (a *API) patchWebhook(ctx context.Context, c *call, in *patchInput[WebhookPatch]) (*webhookOutput, error) {
	var w store.Webhook
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		w, err = tx.EditWebhook(ctx, c.Workspace, in.ID, func(w *store.Webhook) error {
			if err := in.Body.URL.overNeeded("url", &w.URL); err != nil {
				return err
			}
			events := Events(w.Events)
			if err := in.Body.Events.overNeeded("events", &events); err != nil {
				return err
			}
			w.Events = []lead.WebhookEvent(events)
			if err := in.Body.Enabled.overNeeded("enabled", &w.Enabled); err != nil {
				return err
			}
			return a.checkAddress(w.URL)
		})
		return err
	})
	return &webhookOutput{webhookBody(w)}, err
}

func (a *API) rotateWebhookSecret(ctx context.Context, c *call, in *itemInput) (*posted[WebhookSecret], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[WebhookSecret], error) {
		var secrets webhooks.Secrets
		_, err := tx.EditWebhook(ctx, c.Workspace, in.ID, func(w *store.Webhook) (err error) {
			if secrets, err = webhooks.OpenSecrets(a.Secrets, in.ID, w.Sealed); err != nil {
				return err
			}
			if err := secrets.CheckRotation(a.Store.Now()); err != nil {
				return problem.New(http.StatusConflict, err.Error())
			}
			secrets = secrets.Rotated(a.Store.Now())
			w.Sealed, err = sealed(secrets.Seal(a.Secrets, in.ID))
			return err
		})
		return effect[WebhookSecret]{status: http.StatusOK, body: WebhookSecret{secrets.Current}, secret: true, ids: []uuid.UUID{in.ID}}, err
	})
}

func webhookBody(w store.Webhook) Webhook {
	return Webhook{
		ID: w.ID, URL: w.URL, Events: slices.Clone(Events(w.Events)), Enabled: w.Enabled, DisabledReason: textOrNull(w.DisabledFor),
		FailingSince: w.FailingSince, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
}
