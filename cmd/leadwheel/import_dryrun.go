package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/ingest"
)

// printColumns shows what the columns of a file become.
func printColumns(w io.Writer, columns []client.Column) error {
	var rows [][]string
	for _, c := range columns {
		becomes := c.Becomes
		switch {
		case becomes == "field":
			becomes = "a field"
		case c.By == "mapping":
			becomes += ", as mapped"
		case c.By == "content":
			becomes += ", by its content"
		}
		rows = append(rows, []string{c.Heading, becomes})
	}
	return printTable(w, "COLUMN BECOMES", rows)
}

// shownRejects is how many rejected rows a dry run prints; --json has more.
const shownRejects = 20

// dryRun reports what an import would find in the file.
func (c *importCmd) dryRun(ctx context.Context, p *progress, mapping ingest.Mapping, s streams) error {
	check, err := ingest.FileOptions{Mapping: mapping, OwnIDs: c.Integration != ""}.Check(ctx, p)
	p.finish()
	if err != nil {
		return fmt.Errorf("reading %s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(s.out, check)
	}
	fmt.Fprintf(s.out, "%d rows: %d to import, %d repeated, %d rejected; nothing was sent\n\n", check.Rows, check.New, check.Duplicates, check.Rejected)
	columns := make([]client.Column, len(check.Columns))
	for i, one := range check.Columns {
		columns[i] = client.Column{Heading: one.Header, Becomes: one.Becomes(), By: one.By}
	}
	if err := printColumns(s.out, columns); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(check.Sources)) {
		fmt.Fprintf(s.out, "source %q: %d rows\n", name, check.Sources[name])
	}
	for _, w := range check.Warnings {
		fmt.Fprintln(s.out, "warning:", w)
	}
	for i, r := range check.Rejects {
		if i == shownRejects {
			fmt.Fprintln(s.out, "more are rejected; --json lists them")
			break
		}
		fmt.Fprintf(s.out, "line %d is rejected: %s\n", r.Line, r.Reason)
	}
	return nil
}
