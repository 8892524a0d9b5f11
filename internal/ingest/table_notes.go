package ingest

import (
	"fmt"
	"strconv"
	"strings"
)

// notes are what whoever sent a file should know of its rows, beside the rejects.
type notes struct {
	above    []int64 // lines above the header
	headings []int64 // lines of further headers
	totals   []int64 // lines of tables' totals
	errors   lines   // rows with errors of spreadsheets
	unworked lines   // rows with formulas without results
	bytes    lines   // rows in an older encoding among others
}

// lines are how many rows something is about, and the first of them.
type lines struct {
	rows  int64
	first []int64
}

// maxLines is how many lines a warning names.
const maxLines = 5

func (l *lines) add(line int64) {
	if l.rows++; len(l.first) < maxLines {
		l.first = append(l.first, line)
	}
}

// String is as "2 rows (lines 3 and 7)".
func (l *lines) String() string {
	if l.rows == 1 {
		return "1 row (" + lineList(l.first, 1) + ")"
	}
	return fmt.Sprintf("%d rows (%s)", l.rows, lineList(l.first, l.rows))
}

// lineList is as "lines 3, 7 and others", of which all are the number of.
func lineList(first []int64, all int64) string {
	first = first[:min(len(first), maxLines)]
	var b strings.Builder
	b.WriteString("line")
	if all > 1 {
		b.WriteByte('s')
	}
	for i, line := range first {
		switch {
		case i == 0:
			b.WriteByte(' ')
		case i == len(first)-1 && int64(len(first)) == all:
			b.WriteString(" and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.FormatInt(line, 10))
	}
	if int64(len(first)) < all {
		b.WriteString(" and others")
	}
	return b.String()
}

func (n *notes) otherBytes(line int64) { n.bytes.add(line) }

// warnings are sentences about what was left out or guessed in the rows read so far.
func (t *Table) warnings() []string {
	var all []string
	note := func(when bool, format string, args ...any) {
		if when {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	n := &t.notes
	if charset := t.records.Charset(); charset != "" {
		note(true, "The file is not in Unicode; its text was taken for %s. Look at a few names: if they are wrong, save the file as CSV UTF-8 and send it again.", charset)
	}
	note(n.bytes.rows > 0, "Some text is not in UTF-8 like the rest and was taken for Windows-1252, in %s; look at it.", &n.bytes)
	note(len(n.above) > 0, "What stands above the header was left out (%s).", lineList(n.above, int64(len(n.above))))
	note(len(n.headings) > 0, "Other columns are named within the file (%s); the rows below were read by these.", lineList(n.headings, int64(len(n.headings))))
	note(len(n.totals) > 0, "The totals of the sheet's tables were left out (%s).", lineList(n.totals, int64(len(n.totals))))
	note(n.errors.rows > 0, "Cells that hold an error of a spreadsheet, such as #N/A, were taken for empty in %s.", &n.errors)
	note(n.unworked.rows > 0, "Formulas whose results the file does not hold were taken for empty in %s; to have them, open the file in a spreadsheet program, save it, and send it again.", &n.unworked)
	if t.header == nil {
		return all
	}
	return append(all, t.columnWarnings()...)
}
