package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/store"
)

// rejectColumns are those of the file of rejected rows.
var rejectColumns = []column[store.ImportReject]{
	{"line", func(r store.ImportReject) string { return strconv.FormatInt(r.Line, 10) }},
	{"reason", func(r store.ImportReject) string { return r.Reason }},
	{"record", func(r store.ImportReject) string { return r.Record }},
}

type rejectsInput struct {
	ItemID
	Rows bool `query:"rows" doc:"The rows alone, under the file's own headings, as far as they can be told apart: to be corrected and imported again."`
}

// A rejectsFile is how rejects are written: its header, and the line of each.
type rejectsFile struct {
	header []string
	line   func(store.ImportReject) []string
}

// reasonsFile says of each reject why.
func reasonsFile() rejectsFile {
	f := rejectsFile{line: func(r store.ImportReject) (cells []string) {
		for _, c := range rejectColumns {
			cells = append(cells, c.cell(r))
		}
		return cells
	}}
	for _, c := range rejectColumns {
		f.header = append(f.header, c.name)
	}
	return f
}

// rowsFile has the rows as they were in a file with these columns.
func rowsFile(columns []store.ImportColumn) rejectsFile {
	f := rejectsFile{line: func(r store.ImportReject) []string { return cellsOf(r.Record, len(columns)) }}
	for _, c := range columns {
		f.header = append(f.header, c.Heading)
	}
	return f
}

// cellsOf takes a record apart by the delimiter that makes so many cells of it, or else the most.
func cellsOf(record string, columns int) (best []string) {
	for _, delimiter := range ",;\t|" {
		r := csv.NewReader(strings.NewReader(record))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = delimiter, true, -1
		cells, err := r.Read()
		if err != nil {
			continue
		}
		if len(cells) == columns {
			return cells
		}
		if len(cells) > len(best) {
			best = cells
		}
	}
	return best
}

func (a *API) registerImportRejects() {
	register(a, huma.Operation{
		OperationID: "get-import-rejects", Method: http.MethodGet, Path: "/v1/imports/{id}/rejects",
		Summary: "Read the rows that an import rejected, each with its line and the reason",
		Responses: map[string]*huma.Response{"200": {
			Description: "The rejected rows in the order of the file.",
			Content:     map[string]*huma.MediaType{csvType: {Schema: &huma.Schema{Type: huma.TypeString, Description: "Columns line, reason, record; with rows=true those of the file."}}},
		}},
	}, a.getImportRejects)
}

func (a *API) getImportRejects(ctx context.Context, c *call, in *rejectsInput) (*listOutput, error) {
	imp, err := a.ownImport(ctx, c, &itemInput{in.ItemID})
	if err != nil {
		return nil, err
	}
	page, err := a.rejectsAfter(ctx, c, imp.ID, 0)
	if err != nil {
		return nil, err
	}
	return &listOutput{func(out huma.Context) {
		beginCSV(out, "import-rejects")
		file := reasonsFile()
		if in.Rows {
			file = rowsFile(imp.Columns)
		}
		a.writeRejects(ctx, out, c, imp.ID, page, file)
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

// writeCells leaves errors to the writer's Error.
func writeCells(w *csv.Writer, cells []string) {
	guarded := make([]string, len(cells))
	for i, cell := range cells {
		guarded[i] = contact.Guard(cell)
	}
	_ = w.Write(guarded)
}

// writeRejects writes rejects page by page, and breaks the connection off where it cannot, lest half of them look like
// all.
func (a *API) writeRejects(ctx context.Context, out huma.Context, c *call, id uuid.UUID, page []store.ImportReject, file rejectsFile) {
	w := csv.NewWriter(out.BodyWriter())
	writeCells(w, file.header)
	for {
		for _, r := range page {
			writeCells(w, file.line(r))
		}
		if w.Flush(); len(page) < maxPage || w.Error() != nil {
			return
		}
		pass(out)
		var err error
		if page, err = a.rejectsAfter(ctx, c, id, page[len(page)-1].Line); err != nil {
			a.logFailure(ctx, out.Operation().OperationID, err)
			panic(http.ErrAbortHandler)
		}
	}
}
