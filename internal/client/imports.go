package client

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// Import is an import as the API shows it.
type Import struct {
	ID         uuid.UUID  `json:"id"`
	Status     string     `json:"status"`
	Rows       int64      `json:"rows"`
	Imported   int64      `json:"imported"`
	Duplicates int64      `json:"duplicates"`
	Rejected   int64      `json:"rejected"`
	Warnings   []string   `json:"warnings"`
	Error      *string    `json:"error"`
	GroupID    *uuid.UUID `json:"group_id"`
	SourceID   *uuid.UUID `json:"source_id"`
	CreatedAt  time.Time  `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

// Import sends a CSV file of size bytes, -1 where that is not known, and returns what became of it. The leads go to the
// group, and have the source where they name none, unless these are nil.
func (c *Client) Import(ctx context.Context, file io.Reader, size int64, group, source uuid.UUID) (Import, error) {
	query := url.Values{}
	if group != uuid.Nil {
		query.Set("group_id", group.String())
	}
	if source != uuid.Nil {
		query.Set("source_id", source.String())
	}
	var imp Import
	err := c.Upload(ctx, "/v1/imports?"+query.Encode(), "text/csv", file, size, &imp)
	return imp, err
}

// ImportRejects writes an import's rejected rows to w, as CSV with line, reason and record.
func (c *Client) ImportRejects(ctx context.Context, id uuid.UUID, w io.Writer) error {
	return c.Download(ctx, "/v1/imports/"+id.String()+"/rejects", "text/csv", w)
}
