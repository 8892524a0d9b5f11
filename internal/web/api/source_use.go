package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// SourceMerge says which source another one becomes a name of.
type SourceMerge struct {
	Into uuid.UUID `json:"into" format:"uuid"`
}

// SourceCounts are how many records have a source.
type SourceCounts struct {
	SourceID  *uuid.UUID `json:"source_id" format:"uuid" nullable:"true" doc:"Null, in the end, for records that have none."`
	Name      *string    `json:"name"`
	Leads     int        `json:"leads" doc:"Source leads that are not deleted."`
	Customers int        `json:"customers"`
	Won       int        `json:"won" doc:"Assigned leads with the workspace's won_status."`
}

func (s SourceCounts) itemID() uuid.UUID { return idOrNil(s.SourceID) }

type sourceMergeInput struct {
	ItemID
	Body SourceMerge
}

func (a *API) registerSourceUse() {
	const one = "/v1/sources/{id}"
	register(a, huma.Operation{
		OperationID: "delete-source", Method: http.MethodDelete, Path: one, Summary: "Delete a source that nothing has; one in use can be disabled",
		Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *itemInput) (*none, error) {
		return nil, a.Store.WithTx(ctx, func(tx *store.Tx) error { return tx.DeleteSource(ctx, c.Workspace, in.ID) })
	})
	register(a, huma.Operation{
		OperationID: "merge-source", Method: http.MethodPost, Path: one + "/merge", Summary: "Merge a source into another",
		Description:   "It becomes another name of that one: records that have it show that one, and files and integrations that name it mean that one.",
		DefaultStatus: http.StatusOK,
	}, func(ctx context.Context, c *call, in *sourceMergeInput) (*posted[Source], error) {
		return once(ctx, a, c, func(tx *store.Tx) (effect[Source], error) {
			s, err := tx.MergeSource(ctx, c.Workspace, in.ID, in.Body.Into)
			return effect[Source]{status: http.StatusOK, body: sourceBody(s)}, err
		})
	})
	registerList(a, huma.Operation{
		OperationID: "count-sources", Path: "/v1/sources/counts", Summary: "Count leads, customers and won assigned leads by source",
	}, []column[SourceCounts]{
		{"source_id", func(s SourceCounts) string { return cellOfID(s.SourceID) }},
		{"name", func(s SourceCounts) string { return cellOfText(s.Name) }},
		{"leads", func(s SourceCounts) string { return strconv.Itoa(s.Leads) }},
		{"customers", func(s SourceCounts) string { return strconv.Itoa(s.Customers) }},
		{"won", func(s SourceCounts) string { return strconv.Itoa(s.Won) }},
	}, func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]SourceCounts, error) {
		all, err := a.Store.CountBySource(ctx, c.Workspace, p)
		return each(all, sourceCountsBody), err
	})
}

func sourceCountsBody(s store.SourceCounts) SourceCounts {
	body := SourceCounts{Name: textOrNull(s.Name), Leads: s.Leads, Customers: s.Customers, Won: s.Won}
	if s.SourceID != uuid.Nil {
		body.SourceID = &s.SourceID
	}
	return body
}
