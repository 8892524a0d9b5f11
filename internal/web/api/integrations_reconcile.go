package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/store"
)

func (a *API) registerReconcile() {
	register(a, huma.Operation{
		OperationID: "reconcile-integration", Method: http.MethodPost, Path: "/v1/integrations/{id}/reconcile",
		Summary: "Look through the platform's lists for leads that were missed",
		Description: "Of the forms in `form_ids`, all that the platform still keeps: leads of the last 90 days. Those that are not here come " +
			"in as if they had just been delivered. By itself this happens every hour for what is newer than the integration.",
		DefaultStatus: http.StatusAccepted,
	}, a.reconcile)
}

func (a *API) reconcile(ctx context.Context, c *call, in *itemInput) (*posted[Integration], error) {
	i, err := a.Store.Integration(ctx, c.Workspace, in.ID)
	switch {
	case err != nil:
		return nil, err
	case !i.Kind.Listed():
		return nil, &store.FieldError{Field: "kind", Message: "the platform has no lists that could be looked through; this works for meta"}
	case len(i.Settings.FormIDs) == 0:
		return nil, &store.FieldError{Field: "form_ids", Message: "the integration names no forms to look through; set form_ids"}
	}
	held, err := a.Store.Held(ctx, c.Workspace)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Integration], error) {
		err := tx.StartReconcile(ctx, c.Workspace, in.ID, a.Store.Now().Add(-ingest.PlatformsKeep))
		return effect[Integration]{status: http.StatusAccepted, body: integrationBody(i, held[in.ID])}, err
	})
}
