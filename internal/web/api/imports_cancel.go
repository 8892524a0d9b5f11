package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

func (a *API) registerImportCancel() {
	register(a, huma.Operation{
		OperationID: "cancel-import", Method: http.MethodPost, Path: "/v1/imports/{id}/cancel", Summary: "Cancel an import",
		Description: "An import that runs or waits ends: once this is answered, no row of it comes in any more. Leads that had come in " +
			"stay and are distributed, and the counts tell how many they are. To cancel it again changes nothing. An import that has ended is 409.",
		DefaultStatus: http.StatusOK,
		Errors:        []int{http.StatusConflict},
	}, a.cancelImport)
}

func (a *API) cancelImport(ctx context.Context, c *call, in *itemInput) (*posted[Import], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Import], error) {
		imp, changed, err := tx.CancelImport(ctx, c.Workspace, in.ID)
		if errors.Is(err, store.ErrImportOver) {
			err = problem.New(http.StatusConflict, store.ErrImportOver.Error())
		}
		c.void(!changed)
		return effect[Import]{status: http.StatusOK, body: importBody(imp)}, err
	})
}

// tooManyImports says so where as many imports of the workspace wait as may.
func tooManyImports(err error) error {
	var full *store.TooManyImportsError
	if errors.As(err, &full) {
		return problem.New(http.StatusTooManyRequests, full.Error()).WithHeader("Retry-After", "60")
	}
	return err
}
