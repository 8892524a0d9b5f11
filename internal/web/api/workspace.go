package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// Workspace is a workspace's settings.
type Workspace struct {
	ID        uuid.UUID `json:"id" format:"uuid"`
	Name      string    `json:"name"`
	Timezone  string    `json:"timezone" doc:"An IANA time zone."`
	Region    string    `json:"region" doc:"The country whose phone numbers need no prefix, two letters."`
	Features  Features  `json:"features"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Features are what a workspace has switched on.
type Features struct {
	LeadsDistribution bool `json:"leads_distribution" doc:"Off: no new distributions; what is pending still runs."`
}

// WorkspacePatch changes a workspace's settings.
type WorkspacePatch struct {
	Name     Patch[string] `json:"name,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Timezone Patch[string] `json:"timezone,omitempty" maxLength:"200" nullable:"false"`
	Region   Patch[string] `json:"region,omitempty" pattern:"^[A-Z]{2}$" patternDescription:"two capital letters" nullable:"false"`
	Features FeaturesPatch `json:"features,omitzero"`
}

// FeaturesPatch switches features on and off.
type FeaturesPatch struct {
	LeadsDistribution Patch[bool] `json:"leads_distribution,omitempty" nullable:"false"`
}

type workspaceOutput struct{ Body Workspace }

func (a *API) registerWorkspace() {
	register(a, huma.Operation{
		OperationID: "get-workspace", Method: http.MethodGet, Path: "/v1/workspace", Summary: "Read the workspace's settings",
	}, func(ctx context.Context, c *call, _ *struct{}) (*workspaceOutput, error) {
		w, err := a.Store.Workspace(ctx, c.Workspace)
		return &workspaceOutput{workspaceBody(w)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-workspace", Method: http.MethodPatch, Path: "/v1/workspace", Summary: "Change the workspace's settings",
	}, a.patchWorkspace)
}

func (a *API) patchWorkspace(ctx context.Context, c *call, in *struct{ Body WorkspacePatch }) (*workspaceOutput, error) {
	var w store.Workspace
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		w, err = tx.EditWorkspace(ctx, c.Workspace, in.Body.apply)
		return err
	})
	return &workspaceOutput{workspaceBody(w)}, err
}

func (p WorkspacePatch) apply(w *store.Workspace) error {
	if err := overName(p.Name, &w.Name); err != nil {
		return err
	}
	if err := p.Timezone.overNeeded("timezone", &w.Timezone); err != nil {
		return err
	}
	if err := p.Region.overNeeded("region", &w.Region); err != nil {
		return err
	}
	return p.Features.LeadsDistribution.overNeeded("features.leads_distribution", &w.LeadsDistribution)
}

func workspaceBody(w store.Workspace) Workspace {
	return Workspace{
		ID: w.ID, Name: w.Name, Timezone: w.Timezone, Region: w.Region,
		Features:  Features{LeadsDistribution: w.LeadsDistribution},
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
}
