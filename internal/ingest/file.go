package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// maxWarnings bounds the warnings about an archive's files.
const maxWarnings = 100

// A File reads leads from a file as somebody sent it: delimited text, an Excel workbook (.xlsx), or a zip archive of
// these.
type File struct {
	source   *leadfile.File
	table    *Table
	part     string // the part being read, where there are several
	before   int64  // lines of the parts that were read
	last     int64  // line of the last row or reject
	refused  error  // why the first part that was left out cannot be read
	warnings []string
	unsaid   int // warnings beyond the limit
	options  FileOptions
	columns  []Column // of the parts that were read
}

// maxTold bounds the columns that are told of an archive, whose files may each have others.
const maxTold = 1000

// FileOptions say how a file is to be read, beyond what it says itself.
type FileOptions struct {
	// Mapping says which columns hold the name, the email, the phone and the external id.
	Mapping Mapping
	// Region is the two-letter code of the country whose numbers come without its prefix; empty where that is not known.
	Region string
	// OwnIDs makes the column "id" of any file the lead's own.
	OwnIDs bool
}

// table is a reader of a part's rows by the options.
func (o FileOptions) table(part *leadfile.Part) *Table {
	return &Table{records: part, mapping: o.Mapping, region: o.Region, ownIDs: o.OwnIDs}
}

// Open begins to read a file of any length; what is in memory is bounded. It returns a *leadfile.Error for what cannot hold
// leads, and the source's error where that breaks off. Close the file.
func Open(src io.Reader) (*File, error) { return FileOptions{}.open(src, leadfile.Options{}) }

// open is Open within bounds.
func (o FileOptions) open(src io.Reader, bounds leadfile.Options) (*File, error) {
	bounds.Known = knownColumns
	source, err := leadfile.Open(src, bounds)
	if err != nil {
		return nil, err
	}
	f := &File{source: source, options: o}
	if err := f.begin(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// begin opens the first part that holds leads. What is no archive has one part, of which the first row says whether it does.
func (f *File) begin() error {
	if f.source.IsArchive() {
		if others := f.source.Others(); f.source.Parts() > 0 && others > 0 {
			f.warn(fmt.Sprintf("%d of the archive's files are neither CSV nor XLSX and were left out.", others))
		}
		return f.nextPart()
	}
	part, err := f.source.Next()
	if err != nil {
		return err
	}
	f.table = f.tableOf(part)
	return nil
}

// tableOf is the table of a part. What else a workbook holds is left out.
func (f *File) tableOf(part *leadfile.Part) *Table {
	if part.Others > 0 {
		f.warn(fmt.Sprintf("Only the first sheet, %q, was read; save the others as files of their own to import them (%d).", part.Sheet, part.Others))
	}
	return f.options.table(part)
}

// Columns reads the header line, of an archive that of its first file, and returns the columns of what was read so far. It
// returns a *leadfile.Error where the file has none that can be used, and the source's error where that breaks off.
func (f *File) Columns() ([]Column, error) {
	columns, err := f.table.Columns()
	all := slices.Clone(f.columns)
	for _, c := range columns {
		if len(all) < maxTold && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all, err
}

// Next reads the next row. It returns a *leadfile.Reject for one that cannot be imported, after which the next can be read; io.EOF
// behind the last; a *leadfile.Error for a file that cannot be read on; and the source's error where that breaks off, after
// all rows that came whole. The lines of an archive's files are counted through.
func (f *File) Next() (Row, error) {
	for {
		row, err := f.table.Next()
		var reject *leadfile.Reject
		if err == nil || errors.As(err, &reject) {
			f.source.Begun()
		}
		switch {
		case errors.As(err, &reject):
			if f.part != "" {
				reject.Reason = fmt.Sprintf("In %q, line %d: %s", f.part, reject.Line, reject.Reason)
			}
			reject.Line += f.before
			f.last = reject.Line
			return row, reject
		case errors.Is(err, io.EOF) && f.source.IsArchive():
			f.before = f.last
			if f.columns, err = f.Columns(); err != nil {
				return row, err
			}
			if err := f.nextPart(); err != nil {
				return row, err
			}
			continue
		}
		row.Line += f.before
		f.last = max(f.last, row.Line)
		return row, err
	}
}

// Warnings are sentences about what was left out so far.
func (f *File) Warnings() []string {
	all := slices.Concat(f.warnings, f.tableWarnings())
	if f.unsaid > 0 {
		all = append(all, fmt.Sprintf("There are %d more warnings about the archive's files.", f.unsaid))
	}
	return all
}

// warn adds warnings, as long as there are not too many: an archive may have very many files.
func (f *File) warn(warnings ...string) {
	room := min(maxWarnings-len(f.warnings), len(warnings))
	f.warnings = append(f.warnings, warnings[:room]...)
	f.unsaid += len(warnings) - room
}

// tableWarnings are those about the part being read.
func (f *File) tableWarnings() []string {
	if f.table == nil {
		return nil
	}
	all := f.table.warnings()
	if f.part != "" {
		for i := range all {
			all[i] = fmt.Sprintf("In %q: %s", f.part, all[i])
		}
	}
	return all
}

// Close gives up what the file holds on disk.
func (f *File) Close() { f.source.Close() }

// nextPart opens the archive's next file that holds leads, and leaves out those that don't. Where none does it returns why
// the first does not, or io.EOF behind others that did.
func (f *File) nextPart() error {
	for {
		part, err := f.source.Next()
		if errors.Is(err, io.EOF) && part == nil {
			return f.noMore()
		}
		var table *Table
		if err == nil {
			table = f.tableOf(part)
			_, err = table.Columns()
		}
		var unusable *leadfile.Error
		switch {
		case err == nil:
			f.warn(f.tableWarnings()...)
			f.table, f.part = table, ""
			if f.source.Parts() > 1 {
				f.part = part.Name
			}
			return nil
		case !errors.As(err, &unusable) || unusable.Final:
			return err
		}
		f.warn(fmt.Sprintf("%q was left out: %s", part.Name, unusable.Message))
		if f.refused == nil {
			f.refused = err
		}
	}
}

// noMore is io.EOF where parts were read, or why there are none.
func (f *File) noMore() error {
	switch {
	case f.table != nil:
		return io.EOF
	case f.refused != nil:
		return f.refused
	}
	return &leadfile.Error{Message: "The archive holds no CSV or XLSX file; put one in, or send the file itself."}
}
