package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// rejectColumns are those of the file of rejected rows.
var rejectColumns = []column[store.ImportReject]{
	{"line", func(r store.ImportReject) string { return strconv.FormatInt(r.Line, 10) }},
	{"reason", func(r store.ImportReject) string { return r.Reason }},
	{"record", func(r store.ImportReject) string { return r.Record }},
}

func (a *API) registerImportRejects() {
	register(a, huma.Operation{
		OperationID: "get-import-rejects", Method: http.MethodGet, Path: "/v1/imports/{id}/rejects",
		Summary: "Read the rows that an import rejected, each with its line and the reason",
		Responses: map[string]*huma.Response{"200": {
			Description: "The rejected rows in the order of the file.",
			Content:     map[string]*huma.MediaType{csvType: {Schema: &huma.Schema{Type: huma.TypeString, Description: "Columns line, reason, record."}}},
		}},
	}, a.getImportRejects)
}

func (a *API) getImportRejects(ctx context.Context, c *call, in *itemInput) (*listOutput, error) {
	imp, err := a.ownImport(ctx, c, in)
	if err != nil {
		return nil, err
	}
	page, err := a.rejectsAfter(ctx, c, imp.ID, 0)
	if err != nil {
		return nil, err
	}
	return &listOutput{func(out huma.Context) {
		beginCSV(out, "import-rejects")
		a.writeRejects(ctx, out, c, imp.ID, page)
	}}, nil
}

// rejectsAfter reads a page of rejects.
func (a *API) rejectsAfter(ctx context.Context, c *call, id uuid.UUID, line int64) (page []store.ImportReject, err error) {
	err = a.reading(ctx, c, line > 0, func(ctx context.Context) error {
		page, err = a.Store.ImportRejects(ctx, c.Workspace, id, line, maxPage)
		return err
	})
	return page, err
}

// writeRejects writes rejects page by page, and breaks the connection off where it cannot, lest half of them look like
// all.
func (a *API) writeRejects(ctx context.Context, out huma.Context, c *call, id uuid.UUID, page []store.ImportReject) {
	w := csv.NewWriter(out.BodyWriter())
	writeRow(w, rejectColumns, func(c column[store.ImportReject]) string { return c.name })
	for {
		for _, r := range page {
			writeRow(w, rejectColumns, func(c column[store.ImportReject]) string { return c.cell(r) })
		}
		if w.Flush(); len(page) < maxPage || w.Error() != nil {
			return
		}
		var err error
		if page, err = a.rejectsAfter(ctx, c, id, page[len(page)-1].Line); err != nil {
			a.logFailure(ctx, out.Operation().OperationID, err)
			panic(http.ErrAbortHandler)
		}
	}
}
