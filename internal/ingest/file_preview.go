package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// Preview reads the beginning of a file as an import would: what its columns become, and the first rows that are leads, n at the most.
// Of CSV it reads no more than that takes. It stores nothing, and returns a *leadfile.Error for a file that cannot be imported.
func (o FileOptions) Preview(ctx context.Context, src io.Reader, n int) (columns []Column, rows []Row, warnings []string, err error) {
	file, err := o.openUntil(ctx, src)
	if err != nil {
		return nil, nil, nil, err
	}
	defer file.Close()
	for len(rows) < n {
		row, err := file.Next()
		var reject *leadfile.Reject
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.As(err, &reject) {
			continue
		}
		if err != nil {
			return nil, nil, nil, cmp.Or(context.Cause(ctx), err)
		}
		row.Record = nil // the next row takes its place
		rows = append(rows, row)
	}
	columns, err = file.Columns()
	return columns, rows, file.Warnings(), err
}
