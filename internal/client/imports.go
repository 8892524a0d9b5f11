package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Import is an import as the API shows it.
type Import struct {
	ID         uuid.UUID  `json:"id"`
	Status     string     `json:"status"`
	FileName   *string    `json:"file_name"`
	Rows       int64      `json:"rows"`
	Imported   int64      `json:"imported"`
	Duplicates int64      `json:"duplicates"`
	Rejected   int64      `json:"rejected"`
	Columns    []Column   `json:"columns"`
	Warnings   []string   `json:"warnings"`
	Error      *string    `json:"error"`
	GroupID    *uuid.UUID `json:"group_id"`
	SourceID   *uuid.UUID `json:"source_id"`
	Pace       *string    `json:"pace"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// Column is a column of an import's file and what it became.
type Column struct {
	Heading string `json:"heading"`
	Becomes string `json:"becomes"`
	By      string `json:"by,omitempty"`
}

// NewImport says what becomes of a file's leads: they go to the group, have the source where they name none, share the
// integration's external ids, and are spread over days by the pace, unless these are nil or empty.
type NewImport struct {
	Group, Source, Integration uuid.UUID
	// Route has them go by the rules, instead of to a group.
	Route    bool
	Pace     string
	FileName string
	// Mapping says which columns hold the name, email, phone and external_id; nil leaves that to the file.
	Mapping map[string][]string
}

// Import sends a file of size bytes, -1 where that is not known, and returns what became of it. The server sees by itself
// whether it is CSV, XLSX or a zip archive.
func (c *Client) Import(ctx context.Context, file io.Reader, size int64, n NewImport) (Import, error) {
	query := url.Values{}
	if n.Group != uuid.Nil {
		query.Set("group_id", n.Group.String())
	}
	if n.Route {
		query.Set("route", "true")
	}
	if n.Source != uuid.Nil {
		query.Set("source_id", n.Source.String())
	}
	if n.Integration != uuid.Nil {
		query.Set("integration_id", n.Integration.String())
	}
	if n.FileName != "" {
		query.Set("file_name", n.FileName)
	}
	if n.Pace != "" {
		query.Set("pace", n.Pace)
	}
	if len(n.Mapping) > 0 {
		mapping, err := json.Marshal(n.Mapping)
		if err != nil {
			return Import{}, err
		}
		query.Set("mapping", string(mapping))
	}
	var imp Import
	err := c.Upload(ctx, "/v1/imports?"+query.Encode(), "application/octet-stream", file, size, &imp)
	return imp, err
}

// Is reports whether an import was begun with these settings, as far as it shows.
func (n NewImport) Is(imp Import) bool {
	same := func(wanted uuid.UUID, is *uuid.UUID) bool { return wanted == uuid.Nil || is != nil && *is == wanted }
	return same(n.Group, imp.GroupID) && same(n.Source, imp.SourceID) && (n.Pace == "" || imp.Pace != nil && *imp.Pace == n.Pace)
}

// CancelImport ends an import that runs or waits.
func (c *Client) CancelImport(ctx context.Context, id uuid.UUID) (imp Import, err error) {
	err = c.Call(ctx, http.MethodPost, "/v1/imports/"+id.String()+"/cancel", nil, &imp)
	return imp, err
}

// RunningImports are those of the newest imports that are under way, or wait for their turn.
func (c *Client) RunningImports(ctx context.Context) ([]Import, error) {
	var newest struct {
		Items []Import `json:"items"`
	}
	if err := c.Get(ctx, "/v1/imports?limit=50", &newest); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(newest.Items, func(imp Import) bool { return imp.Status != "running" && imp.Status != "waiting" }), nil
}

// ImportRejects writes an import's rejected rows to w, as CSV with line, reason and record.
func (c *Client) ImportRejects(ctx context.Context, id uuid.UUID, w io.Writer) error {
	return c.Download(ctx, "/v1/imports/"+id.String()+"/rejects", "text/csv", w)
}
