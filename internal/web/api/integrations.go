package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Integration is an address at which an ad platform or a form delivers leads. Its secrets are never shown.
type Integration struct {
	ID            uuid.UUID  `json:"id" format:"uuid"`
	URL           string     `json:"url" doc:"Where leads are delivered: a path on this server."`
	Kind          lead.Kind  `json:"kind"`
	Name          string     `json:"name"`
	Enabled       bool       `json:"enabled" doc:"While it is not, deliveries are kept, and can be replayed later."`
	GroupID       *uuid.UUID `json:"group_id" format:"uuid" nullable:"true" doc:"Who gets its leads."`
	Route         bool       `json:"route" doc:"Whether the rules say which group gets each of its leads."`
	SourceID      *uuid.UUID `json:"source_id" format:"uuid" nullable:"true" doc:"What its leads have for a source."`
	CreateSources bool       `json:"create_sources" doc:"Whether a source that a lead names and nobody knows is made."`
	RateLimit     *float64   `json:"rate_limit" nullable:"true" doc:"Requests a second; null means the server's setting."`
	Mapping       Mapping    `json:"mapping"`
	RedirectURL   *string    `json:"redirect_url"`
	Honeypot      *string    `json:"honeypot"`
	HiddenFields  []string   `json:"hidden_fields"`
	FormIDs       []string   `json:"form_ids"`
	Page          *FormPage  `json:"page,omitempty"`
	Health        Health     `json:"health"`
	Warning       *string    `json:"warning" doc:"What was last left out of a lead."`
	WarnedAt      *time.Time `json:"warned_at" nullable:"true"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
}

func (i Integration) itemID() uuid.UUID    { return i.ID }
func (i Integration) changedAt() time.Time { return i.UpdatedAt }

// Health is whether an integration's leads come through.
type Health struct {
	State lead.Health `json:"state"`
	Held  int         `json:"held" doc:"Deliveries that are kept until they can be read."`
}

// NewIntegration is an integration to be made.
type NewIntegration struct {
	Kind          lead.Kind  `json:"kind"`
	Name          string     `json:"name" minLength:"1" maxLength:"200"`
	Enabled       *bool      `json:"enabled,omitempty" doc:"True unless given."`
	GroupID       *uuid.UUID `json:"group_id,omitempty" format:"uuid" doc:"Who gets its leads; nobody unless given."`
	Route         bool       `json:"route,omitempty" doc:"The rules say which group gets each of its leads; instead of group_id."`
	SourceID      *uuid.UUID `json:"source_id,omitempty" format:"uuid"`
	CreateSources bool       `json:"create_sources,omitempty" doc:"Whether a source that a lead names and nobody knows is made."`
	RateLimit     *float64   `json:"rate_limit,omitempty" exclusiveMinimum:"0" maximum:"100000" doc:"Requests a second."`
	Secret        string     `json:"secret,omitempty" maxLength:"1000" doc:"The key of a google form, the app secret of meta and tiktok, the client secret of linkedin, the secret of typeform; for generic a Standard Webhooks secret, whsec_…, without which deliveries are not signed. Never shown again."`
	VerifyToken   string     `json:"verify_token,omitempty" maxLength:"1000" doc:"What meta sends to check the address."`
	AccessToken   string     `json:"access_token,omitempty" maxLength:"5000" doc:"What opens the API of meta or linkedin."`
	Mapping       Mapping    `json:"mapping,omitempty" doc:"Where the name, the email, the phone and the external id are. Without it, what questions and keys mean in the languages of the market, and what stands under them."`
	RedirectURL   string     `json:"redirect_url,omitempty" maxLength:"1000" doc:"Where the sender of a form goes next."`
	Honeypot      string     `json:"honeypot,omitempty" maxLength:"200" doc:"A form's field that people don't see; what has it filled in is no lead."`
	HiddenFields  []string   `json:"hidden_fields,omitempty" maxItems:"100" doc:"A form's fields that people don't fill in and that are believed: external_id, source, is_test, campaign_id and the like, and consent that is not asked for on the form's own page. From others these stay plain fields. Click ids and utm_… are always taken."`
	FormIDs       []string   `json:"form_ids,omitempty" maxItems:"1000" doc:"The forms on the platform that are looked through for what was missed."`
	Page          *FormPage  `json:"page,omitempty" doc:"What a form's own page shows, which is at its url; a plain one unless given."`
}

// FormPage is what a form's own page shows.
type FormPage struct {
	Title   string      `json:"title,omitempty" maxLength:"200"`
	Intro   string      `json:"intro,omitempty" maxLength:"1000"`
	Button  string      `json:"button,omitempty" maxLength:"100"`
	Thanks  string      `json:"thanks,omitempty" maxLength:"1000" doc:"Shown to whoever has sent it, unless there is a redirect_url."`
	Consent string      `json:"consent,omitempty" maxLength:"1000" doc:"What people must agree to, beside a box."`
	Fields  []PageField `json:"fields,omitempty" maxItems:"50" doc:"Name, phone, e-mail and a message unless given."`
}

// PageField is a field of a form's own page.
type PageField struct {
	Name     string   `json:"name" minLength:"1" maxLength:"200" doc:"What it is called in the lead."`
	Label    string   `json:"label,omitempty" maxLength:"200"`
	Type     string   `json:"type,omitempty" enum:"text,email,tel,textarea,select,checkbox"`
	Required bool     `json:"required,omitempty"`
	Options  []string `json:"options,omitempty" maxItems:"200"`
}

type integrationOutput struct{ Body Integration }

func (a *API) registerIntegrations() {
	const collection, one = "/v1/integrations", "/v1/integrations/{id}"
	register(a, huma.Operation{
		OperationID: "post-integration", Method: http.MethodPost, Path: collection, Summary: "Add an integration",
		DefaultStatus: http.StatusCreated,
	}, a.postIntegration)
	registerList(a, huma.Operation{OperationID: "list-integrations", Path: collection, Summary: "List the integrations"}, nil,
		func(ctx context.Context, c *call, _ *struct{ Changes }, p store.Page) ([]Integration, error) {
			all, err := a.Store.Integrations(ctx, c.Workspace, p)
			if err != nil {
				return nil, err
			}
			held, err := a.Store.Held(ctx, c.Workspace)
			return each(all, func(i store.Integration) Integration { return integrationBody(i, held[i.ID]) }), err
		})
	register(a, huma.Operation{
		OperationID: "get-integration", Method: http.MethodGet, Path: one, Summary: "Read an integration",
	}, func(ctx context.Context, c *call, in *itemInput) (*integrationOutput, error) {
		i, err := a.Store.Integration(ctx, c.Workspace, in.ID)
		if err != nil {
			return nil, err
		}
		return a.integrationOutput(ctx, c, i)
	})
	register(a, huma.Operation{
		OperationID: "patch-integration", Method: http.MethodPatch, Path: one, Summary: "Change or pause an integration",
	}, a.patchIntegration)
	register(a, huma.Operation{
		OperationID: "delete-integration", Method: http.MethodDelete, Path: one, Summary: "Close an integration's address; its leads stay",
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.DeleteIntegration(ctx, c.Workspace, in.ID) })
	})
	a.registerReconcile()
}

func (a *API) integrationOutput(ctx context.Context, c *call, i store.Integration) (*integrationOutput, error) {
	held, err := a.Store.Held(ctx, c.Workspace)
	return &integrationOutput{integrationBody(i, held[i.ID])}, err
}

func (a *API) postIntegration(ctx context.Context, c *call, in *struct{ Body NewIntegration }) (*posted[Integration], error) {
	b := in.Body
	if err := needName(&b.Name); err != nil {
		return nil, err
	}
	if b.Kind == lead.KindSnapchat && !a.Snapchat {
		return nil, &store.FieldError{Field: "kind", Message: "Snapchat documents no deliveries; set LEADWHEEL_SNAPCHAT to try what others found"}
	}
	id, err := store.NewIntegrationID()
	if err != nil {
		return nil, err
	}
	i := store.Integration{
		ID: id, Kind: b.Kind, Name: b.Name, Enabled: unlessFalse(b.Enabled), GroupID: b.GroupID, Route: b.Route, SourceID: b.SourceID,
		CreateSources: b.CreateSources, RateLimit: b.RateLimit,
		Settings: store.IntegrationSettings{
			RedirectURL: b.RedirectURL, Honeypot: b.Honeypot, HiddenFields: b.HiddenFields, FormIDs: b.FormIDs,
			Page: b.Page.toStore(),
		},
	}
	b.Mapping.over(&i.Settings)
	secrets := ingest.Secrets{Secret: b.Secret, VerifyToken: b.VerifyToken, AccessToken: b.AccessToken}
	if err := ingest.CheckIntegration(i, secrets); err != nil {
		return nil, err
	}
	if i.Sealed, err = a.seal(secrets, i); err != nil {
		return nil, err
	}
	if err := checkRoute(i); err != nil {
		return nil, err
	}
	if err := a.checkTarget(ctx, c, b.GroupID, b.SourceID); err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Integration], error) {
		made, err := tx.CreateIntegration(ctx, c.Workspace, i)
		return effect[Integration]{status: http.StatusCreated, body: integrationBody(made, 0)}, err
	})
}

// checkRoute returns a *store.FieldError for an integration whose leads would go to a group and by the rules.
func checkRoute(i store.Integration) error {
	if i.Route && i.GroupID != nil {
		return &store.FieldError{Field: "route", Message: "give either route or group_id; set the other to false or null"}
	}
	return nil
}

// checkTarget checks to whom and as what an integration's leads are to come.
func (a *API) checkTarget(ctx context.Context, c *call, group, source *uuid.UUID) error {
	if group != nil {
		if err := a.Store.CheckDistribution(ctx, c.Workspace, store.Distribution{GroupID: *group}); err != nil {
			return err
		}
	}
	if source == nil {
		return nil
	}
	offered, err := a.Store.OfferedForLeads(ctx, c.Workspace, []uuid.UUID{*source})
	if err != nil {
		return err
	}
	actual, is := offered[*source]
	if !is {
		return notEligible("body.source_id")
	}
	*source = actual
	return nil
}

func integrationBody(i store.Integration, held int) Integration {
	forms, hidden := i.Settings.FormIDs, i.Settings.HiddenFields
	if forms == nil {
		forms = []string{}
	}
	if hidden == nil {
		hidden = []string{}
	}
	return Integration{
		ID: i.ID, URL: "/hooks/" + string(i.Kind) + "/" + i.Token, Kind: i.Kind, Name: i.Name, Enabled: i.Enabled,
		GroupID: i.GroupID, Route: i.Route, SourceID: i.SourceID, CreateSources: i.CreateSources, RateLimit: i.RateLimit,
		Mapping:     mappingBody(i.Settings.MappedTo()),
		RedirectURL: textOrNull(i.Settings.RedirectURL), Honeypot: textOrNull(i.Settings.Honeypot), HiddenFields: hidden, FormIDs: forms, Page: pageBody(i.Settings.Page),
		Health: Health{State: i.Health, Held: held}, Warning: textOrNull(i.Warning), WarnedAt: i.WarnedAt,
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
	}
}

func (p *FormPage) toStore() *store.FormPage {
	if p == nil {
		return nil
	}
	made := &store.FormPage{Title: p.Title, Intro: p.Intro, Button: p.Button, Thanks: p.Thanks, Consent: p.Consent}
	for _, f := range p.Fields {
		made.Fields = append(made.Fields, store.PageField(f))
	}
	return made
}

func pageBody(p *store.FormPage) *FormPage {
	if p == nil {
		return nil
	}
	body := &FormPage{Title: p.Title, Intro: p.Intro, Button: p.Button, Thanks: p.Thanks, Consent: p.Consent}
	for _, f := range p.Fields {
		body.Fields = append(body.Fields, PageField(f))
	}
	return body
}
