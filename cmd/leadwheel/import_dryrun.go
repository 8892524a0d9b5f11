package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/leadwheel/leadwheel/internal/ingest"
)

// shownRejects is how many rejected rows a dry run prints; --json has more.
const shownRejects = 20

// dryRun reports what an import would find in the file.
func (c *importCmd) dryRun(p *progress, s streams) error {
	check, err := ingest.CheckFile(p)
	p.finish()
	if err != nil {
		return fmt.Errorf("reading %s: %w", c.File, err)
	}
	if c.JSON {
		return printJSON(s.out, check)
	}
	fmt.Fprintf(s.out, "%d rows: %d to import, %d repeated, %d rejected; nothing was sent\n\n", check.Rows, check.New, check.Duplicates, check.Rejected)
	var rows [][]string
	for _, column := range check.Columns {
		becomes := "a field"
		if column.Role != "" {
			becomes = column.Role
		}
		rows = append(rows, []string{column.Header, becomes})
	}
	if err := printTable(s.out, "COLUMN BECOMES", rows); err != nil {
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
