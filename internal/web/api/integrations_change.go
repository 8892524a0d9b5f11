package api

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/store"
)

// IntegrationPatch changes an integration.
type IntegrationPatch struct {
	Name          Patch[string]       `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Enabled       Patch[bool]         `json:"enabled,omitempty" nullable:"false"`
	GroupID       Patch[uuid.UUID]    `json:"group_id,omitempty" format:"uuid"`
	Route         Patch[bool]         `json:"route,omitempty" nullable:"false"`
	SourceID      Patch[uuid.UUID]    `json:"source_id,omitempty" format:"uuid"`
	CreateSources Patch[bool]         `json:"create_sources,omitempty" nullable:"false"`
	RateLimit     Patch[float64]      `json:"rate_limit,omitempty" exclusiveMinimum:"0" maximum:"100000"`
	Secret        Patch[string]       `json:"secret,omitempty" maxLength:"1000"`
	VerifyToken   Patch[string]       `json:"verify_token,omitempty" maxLength:"1000"`
	AccessToken   Patch[string]       `json:"access_token,omitempty" maxLength:"5000"`
	Mapping       Patch[MappingPatch] `json:"mapping,omitempty"`
	RedirectURL   Patch[string]       `json:"redirect_url,omitempty" maxLength:"1000"`
	Honeypot      Patch[string]       `json:"honeypot,omitempty" maxLength:"200"`
	HiddenFields  Patch[[]string]     `json:"hidden_fields,omitempty" maxItems:"100"`
	FormIDs       Patch[[]string]     `json:"form_ids,omitempty" maxItems:"1000"`
	Page          Patch[PagePatch]    `json:"page,omitempty"`
}

// PagePatch changes what a form's own page shows; the fields are changed all together.
type PagePatch struct {
	Title   Patch[string]      `json:"title,omitempty" maxLength:"200"`
	Intro   Patch[string]      `json:"intro,omitempty" maxLength:"1000"`
	Button  Patch[string]      `json:"button,omitempty" maxLength:"100"`
	Thanks  Patch[string]      `json:"thanks,omitempty" maxLength:"1000"`
	Consent Patch[string]      `json:"consent,omitempty" maxLength:"1000"`
	Fields  Patch[[]PageField] `json:"fields,omitempty" maxItems:"50"`
}

func (a *API) patchIntegration(ctx context.Context, c *call, in *patchInput[IntegrationPatch]) (*integrationOutput, error) {
	var group, source *uuid.UUID
	if g := in.Body.GroupID; g.set && !g.null {
		group = &g.value
	}
	if s := in.Body.SourceID; s.set && !s.null {
		source = &s.value
	}
	if err := a.checkTarget(ctx, c, group, source); err != nil {
		return nil, err
	}
	var i store.Integration
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		i, err = tx.EditIntegration(ctx, c.Workspace, in.ID, func(i *store.Integration) error { return a.editIntegration(in.Body, i) })
		if err != nil || !in.Body.AccessToken.set || in.Body.AccessToken.null {
			return err
		}
		i.Health = lead.HealthOK
		return tx.ReleaseFetches(ctx, c.Workspace, in.ID)
	})
	if err != nil {
		return nil, err
	}
	return a.integrationOutput(ctx, c, i)
}

func (a *API) editIntegration(p IntegrationPatch, i *store.Integration) error {
	if err := overName(p.Name, &i.Name); err != nil {
		return err
	}
	if err := p.Enabled.overNeeded("enabled", &i.Enabled); err != nil {
		return err
	}
	if err := p.CreateSources.overNeeded("create_sources", &i.CreateSources); err != nil {
		return err
	}
	if err := p.Route.overNeeded("route", &i.Route); err != nil {
		return err
	}
	p.GroupID.overPointer(&i.GroupID)
	if err := checkRoute(*i); err != nil {
		return err
	}
	if p.SourceID.set {
		i.Warning, i.WarnedAt = "", nil
	}
	p.SourceID.overPointer(&i.SourceID)
	p.RateLimit.overPointer(&i.RateLimit)
	p.RedirectURL.over(&i.Settings.RedirectURL)
	p.Honeypot.over(&i.Settings.Honeypot)
	p.HiddenFields.over(&i.Settings.HiddenFields)
	p.FormIDs.over(&i.Settings.FormIDs)
	p.overMapping(&i.Settings)
	p.overPage(&i.Settings)
	return a.editSecrets(p, i)
}

func (p IntegrationPatch) overPage(s *store.IntegrationSettings) {
	switch {
	case p.Page.null:
		s.Page = nil
	case p.Page.set:
		page := pageBody(s.Page)
		if page == nil {
			page = &FormPage{}
		}
		change := p.Page.value
		change.Title.over(&page.Title)
		change.Intro.over(&page.Intro)
		change.Button.over(&page.Button)
		change.Thanks.over(&page.Thanks)
		change.Consent.over(&page.Consent)
		change.Fields.over(&page.Fields)
		s.Page = page.toStore()
	}
}

// editSecrets changes the secrets that the patch names and checks the whole. What it leaves alone is not sealed anew.
func (a *API) editSecrets(p IntegrationPatch, i *store.Integration) error {
	secrets, err := ingest.OpenSecrets(a.Secrets, *i)
	changed := p.Secret.set || p.VerifyToken.set || p.AccessToken.set
	if errors.Is(err, secret.ErrUnknownKey) && !changed {
		return nil // nothing that needs them: the rest can be changed without
	}
	if err != nil && !errors.Is(err, secret.ErrUnknownKey) {
		return err
	}
	p.Secret.over(&secrets.Secret)
	p.VerifyToken.over(&secrets.VerifyToken)
	p.AccessToken.over(&secrets.AccessToken)
	if err := ingest.CheckIntegration(*i, secrets); err != nil || !changed {
		return err
	}
	i.Sealed, err = a.seal(secrets, *i)
	return err
}

// seal encrypts secrets for an integration. It returns a *store.FieldError where the server has no key to do that with.
func (a *API) seal(secrets ingest.Secrets, i store.Integration) ([]byte, error) {
	return sealed(secrets.Seal(a.Secrets, i))
}

// sealed passes on what was sealed, or as a *store.FieldError that there is no key to do that with.
func sealed(data []byte, err error) ([]byte, error) {
	if errors.Is(err, secret.ErrNoKey) {
		return nil, &store.FieldError{Field: "secret", Message: err.Error()}
	}
	return data, err
}
