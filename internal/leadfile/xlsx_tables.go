package leadfile

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// A totalsRow is a row below a table that sums it up, and the columns that it has there.
type totalsRow struct {
	line        int64
	first, last int
}

// readTotals reads which rows of a sheet are totals of its tables.
func readTotals(a *archive, sheet string) ([]totalsRow, error) {
	relations, err := a.relations(sheet)
	if err != nil {
		return nil, err
	}
	var all []totalsRow
	for _, r := range relations {
		if r.kind != "/table" || a.find(r.target) == nil || len(all) >= maxTables {
			continue
		}
		err := a.elements(r.target, func(e xml.StartElement) {
			if e.Name.Local == "table" {
				all = append(all, totalsOf(attribute(e, "ref"), attribute(e, "totalsRowCount"))...)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// totalsOf are the last rows of an area such as A1:C4, as many as are said to be totals.
func totalsOf(area, rows string) []totalsRow {
	count, err := strconv.Atoi(rows)
	from, to, found := strings.Cut(area, ":")
	last, err2 := strconv.ParseInt(strings.TrimLeft(to, "ABCDEFGHIJKLMNOPQRSTUVWXYZ$"), 10, 64)
	if err != nil || err2 != nil || !found || count < 1 || count > maxTables {
		return nil
	}
	var all []totalsRow
	for i := range int64(count) {
		all = append(all, totalsRow{last - i, columnOf(from, 0), columnOf(to, 0)})
	}
	return all
}

// leaveTotals empties the row's cells that are totals of a table, and reports whether there are any.
func (r *sheetReader) leaveTotals() bool {
	left := false
	for _, t := range r.totals {
		if t.line != r.line {
			continue
		}
		for i := t.first; i <= t.last && i < len(r.cells); i++ {
			left = left || len(r.cells[i]) > 0
			r.cells[i] = nil
		}
		r.unworked, left = 0, true
	}
	return left
}
