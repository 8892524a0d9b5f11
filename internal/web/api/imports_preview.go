package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// previewedRows is how many rows of a file are shown.
const previewedRows = 5

// ImportPreview is what an import of a file would make of its beginning.
type ImportPreview struct {
	Columns  []Column     `json:"columns" doc:"What the columns of the file become, in their order."`
	Rows     []PreviewRow `json:"rows" doc:"The first rows that are leads, five at the most."`
	Warnings []string     `json:"warnings"`
}

// PreviewRow is a row of a file as the lead that it would be.
type PreviewRow struct {
	Line       int64          `json:"line" doc:"Where it stands in the file, from 1."`
	Name       *string        `json:"name"`
	Email      *string        `json:"email"`
	Phone      *string        `json:"phone"`
	ExternalID string         `json:"external_id" doc:"The row's own, or made of its content."`
	Source     *string        `json:"source" doc:"The name of a source as the row has it."`
	Fields     map[string]any `json:"fields"`
}

type previewImportInput struct {
	Mapping string `query:"mapping" maxLength:"20000" doc:"Which columns hold what, as for an import."`
	Upload  Body
}

type previewImportOutput struct{ Body ImportPreview }

func (a *API) registerImportPreview() {
	register(a, huma.Operation{
		OperationID: "preview-import", Method: http.MethodPost, Path: "/v1/imports/preview", Summary: "See what an import would make of a file, without effect",
		Description: "It reads the beginning of the file, as an import does: of CSV the first rows, of a workbook or an archive all of it, " +
			fmt.Sprintf("up to %d MiB.", MaxBody>>20),
		Metadata:    map[string]any{streamed: true},
		RequestBody: importFile(),
		Errors:      []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType},
	}, a.previewImport)
}

func (a *API) previewImport(ctx context.Context, c *call, in *previewImportInput) (*previewImportOutput, error) {
	mapping, err := importMapping(in.Mapping)
	if err != nil {
		return nil, err
	}
	w, err := a.Store.Workspace(ctx, c.Workspace)
	if err != nil {
		return nil, err
	}
	in.Upload.Response.Header().Set("Connection", "close") // what is not read is not waited for
	options := ingest.FileOptions{Mapping: mapping, Region: w.Region}
	columns, rows, warnings, err := options.Preview(ctx, http.MaxBytesReader(in.Upload.Response, in.Upload.Request.Body, MaxBody), previewedRows)
	var unfit *leadfile.Error
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, problem.New(http.StatusRequestEntityTooLarge, fmt.Sprintf("a workbook or an archive is looked into up to %d MiB; import it, or send its first rows as CSV", MaxBody>>20))
	case errors.As(err, &unfit):
		return nil, problem.New(http.StatusUnprocessableEntity, unfit.Error())
	case err != nil:
		return nil, err
	}
	out := &previewImportOutput{ImportPreview{
		Columns: each(columns, func(c ingest.Column) Column {
			return Column{Heading: c.Header, Becomes: c.Becomes(), By: c.By}
		}),
		Rows: []PreviewRow{}, Warnings: append([]string{}, warnings...),
	}}
	for _, r := range rows {
		shown := PreviewRow{Line: r.Line, Name: textOrNull(r.Name), Email: textOrNull(r.Email), Phone: textOrNull(r.Phone), ExternalID: r.ExternalID, Source: textOrNull(r.Source), Fields: map[string]any{}}
		if len(r.Fields) > 0 {
			if err := json.Unmarshal(r.Fields, &shown.Fields); err != nil {
				return nil, fmt.Errorf("reading the fields of line %d: %w", r.Line, err)
			}
		}
		out.Body.Rows = append(out.Body.Rows, shown)
	}
	return out, nil
}
