package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Source is where leads or customers come from.
type Source struct {
	ID           uuid.UUID `json:"id" format:"uuid"`
	Name         string    `json:"name"`
	Enabled      bool      `json:"enabled" doc:"Whether it is offered for new choices."`
	ForLeads     bool      `json:"for_leads"`
	ForCustomers bool      `json:"for_customers"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`

	Reference
}

func (s Source) itemID() uuid.UUID    { return s.ID }
func (s Source) changedAt() time.Time { return s.UpdatedAt }

// NewSource is a source to be made.
type NewSource struct {
	Name string `json:"name" minLength:"1" maxLength:"200" doc:"Unique in the workspace, whatever its case, its spaces and what is invisible in it."`
	NewReference
	Enabled      *bool `json:"enabled,omitempty" doc:"True unless given."`
	ForLeads     *bool `json:"for_leads,omitempty" doc:"True unless given."`
	ForCustomers *bool `json:"for_customers,omitempty" doc:"True unless given."`
}

// SourcePatch changes a source.
type SourcePatch struct {
	Name Patch[string] `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	ReferencePatch
	Enabled      Patch[bool] `json:"enabled,omitempty" nullable:"false"`
	ForLeads     Patch[bool] `json:"for_leads,omitempty" nullable:"false"`
	ForCustomers Patch[bool] `json:"for_customers,omitempty" nullable:"false"`
}

type sourceOutput struct{ Body Source }

type sourceListInput struct {
	Changes
	ByExternalID
	For store.Offer `query:"for" doc:"Only those offered for new leads, or for new customers. A member's key needs it."`
}

func (a *API) registerSources() {
	const collection, one = "/v1/sources", "/v1/sources/{id}"
	register(a, huma.Operation{
		OperationID: "post-source", Method: http.MethodPost, Path: collection, Summary: "Add a source",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.postSource)
	registerList(a, huma.Operation{OperationID: "list-sources", Path: collection, Summary: "List the sources"}, nil, a.listSources)
	register(a, huma.Operation{
		OperationID: "get-source", Method: http.MethodGet, Path: one, Summary: "Read a source",
	}, func(ctx context.Context, c *call, in *itemInput) (*sourceOutput, error) {
		s, err := a.Store.Source(ctx, c.Workspace, in.ID)
		return &sourceOutput{sourceBody(s)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-source", Method: http.MethodPatch, Path: one, Summary: "Change a source; leads that have it keep it",
		Errors: []int{http.StatusConflict},
	}, a.patchSource)
}

func (a *API) listSources(ctx context.Context, c *call, in *sourceListInput, p store.Page) ([]Source, error) {
	if c.Role == lead.RoleMember && in.For == "" {
		return nil, problem.New(http.StatusForbidden, "a member's key lists sources with ?for=lead or ?for=customer only")
	}
	if c.Role == lead.RoleMember && in.ExternalID != "" {
		return nil, problem.New(http.StatusForbidden, "a member's key is not shown what other systems call sources; leave external_id out")
	}
	all, err := a.Store.Sources(ctx, c.Workspace, store.SourceFilter{Offer: in.For, ExternalID: in.ExternalID}, p)
	bodies := each(all, sourceBody)
	if c.Role == lead.RoleMember {
		for i := range bodies { // what other systems keep is none of theirs
			bodies[i].Reference = referenceBody(store.Reference{})
		}
	}
	return bodies, err
}

func (a *API) postSource(ctx context.Context, c *call, in *struct{ Body NewSource }) (*posted[Source], error) {
	if err := needName(&in.Body.Name); err != nil {
		return nil, err
	}
	reference, err := in.Body.reference()
	if err != nil {
		return nil, err
	}
	made, err := once(ctx, a, c, func(tx *store.Tx) (effect[Source], error) {
		s, err := tx.CreateSource(ctx, c.Workspace, store.Source{
			Reference: reference, Name: in.Body.Name, Enabled: unlessFalse(in.Body.Enabled), ForLeads: unlessFalse(in.Body.ForLeads),
			ForCustomers: unlessFalse(in.Body.ForCustomers),
		})
		return effect[Source]{status: http.StatusCreated, body: sourceBody(s)}, err
	})
	return made, a.holding(ctx, c, store.ReferencedSource, reference.ExternalID, err)
}

func (a *API) patchSource(ctx context.Context, c *call, in *patchInput[SourcePatch]) (*sourceOutput, error) {
	var s store.Source
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		s, err = tx.EditSource(ctx, c.Workspace, in.ID, in.Body.apply)
		return err
	})
	return &sourceOutput{sourceBody(s)}, a.holding(ctx, c, store.ReferencedSource, in.Body.ExternalID.value, err)
}

func (p SourcePatch) apply(s *store.Source) error {
	if err := p.ReferencePatch.apply(&s.Reference); err != nil {
		return err
	}
	if err := overName(p.Name, &s.Name); err != nil {
		return err
	}
	if err := p.Enabled.overNeeded("enabled", &s.Enabled); err != nil {
		return err
	}
	if err := p.ForLeads.overNeeded("for_leads", &s.ForLeads); err != nil {
		return err
	}
	return p.ForCustomers.overNeeded("for_customers", &s.ForCustomers)
}

func sourceBody(s store.Source) Source {
	return Source{
		ID: s.ID, Name: s.Name, Reference: referenceBody(s.Reference), Enabled: s.Enabled, ForLeads: s.ForLeads, ForCustomers: s.ForCustomers,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}

// unlessFalse is an optional switch that is on by default.
func unlessFalse(b *bool) bool { return b == nil || *b }
