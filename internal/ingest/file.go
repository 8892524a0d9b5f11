package ingest

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxWarnings bounds the warnings about an archive's files.
const maxWarnings = 100

// A File reads leads from a file as somebody sent it: delimited text, an Excel workbook (.xlsx), or a zip archive of
// these. What it is shows by its first bytes, since names and content types are often wrong.
type File struct {
	table    *Table
	archive  *archive    // nil for text
	parts    []*zip.File // of the archive, still to be read
	several  bool        // parts, so that rejects say which
	part     string      // the part being read, where there are several
	before   int64       // lines of the parts that were read
	last     int64       // line of the last row or reject
	refused  error       // why the first part that was left out cannot be read
	warnings []string
	unsaid   int // warnings beyond the limit
	options  FileOptions
	columns  []Column // of the parts that were read
	reading  *reading
	spools   []*spool // of the archive, and of its part that is being read
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

// table is a reader of rows by the options.
func (o FileOptions) table(r records, empty error) *Table {
	return &Table{records: r, empty: empty, mapping: o.Mapping, region: o.Region, ownIDs: o.OwnIDs}
}

// csv is a reader of delimited text by the options.
func (o FileOptions) csv(src io.Reader) *Table {
	text := newTextReader(src)
	t := o.table(newRecordReader(text), errEmpty)
	t.text = text
	return t
}

// Open begins to read a file of any length. Workbooks and archives are first written to a temporary file, since they can
// only be read back to front; what is in memory is bounded for all of them. It returns a *FileError for what cannot hold
// leads, and the source's error where that breaks off. Close the file.
func Open(src io.Reader) (*File, error) { return FileOptions{}.open(src, freely()) }

// open is Open within bounds.
func (o FileOptions) open(src io.Reader, r *reading) (*File, error) {
	in := bufio.NewReaderSize(r.of(src), 16) // small, so that larger reads go past it
	start, _ := in.Peek(4)                   // an error comes again with the next read
	if !isZip(start) {
		return &File{table: r.rows(o.csv(in)), options: o, reading: r}, nil
	}
	f := &File{options: o, reading: r}
	if err := f.openZip(in); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) openZip(src io.Reader) (err error) {
	if f.archive, err = f.unpack(src, nil); err != nil {
		return err
	}
	if f.archive.workbook != "" {
		f.table, err = f.openWorkbook(f.archive)
		return err
	}
	if f.parts = f.archive.leadFiles(); len(f.parts) > maxLeadFiles {
		return errTooManyFiles
	}
	f.several = len(f.parts) > 1
	if others := len(f.archive.files) - len(f.parts); len(f.parts) > 0 && others > 0 {
		f.warn(fmt.Sprintf("%d of the archive's files are neither CSV nor XLSX and were left out.", others))
	}
	return f.nextPart()
}

// unpack writes an archive to a temporary file and reads its directory; left is what one within another may unpack to.
func (f *File) unpack(src io.Reader, left *int64) (*archive, error) {
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	f.spools = append(f.spools, s)
	size, err := s.fill(src, maxArchive)
	if err != nil {
		return nil, err
	}
	if left == nil {
		f.reading.steps = f.reading.free + stepsPerByte*size
	}
	return openArchive(s, size, f.reading, left)
}

func (f *File) openWorkbook(a *archive) (*Table, error) {
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	f.spools = append(f.spools, s)
	sheet, others, err := openWorkbook(a, s)
	if err != nil {
		return nil, err
	}
	if others > 0 {
		f.warn(fmt.Sprintf("Only the first sheet, %q, was read; save the others as files of their own to import them (%d).", sheet.name, others))
	}
	return f.reading.rows(f.options.table(sheet, errNoSheet)), nil
}

// Columns reads the header line, of an archive that of its first file, and returns the columns of what was read so far. It
// returns a *FileError where the file has none that can be used, and the source's error where that breaks off.
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

// Next reads the next row. It returns a *Reject for one that cannot be imported, after which the next can be read; io.EOF
// behind the last; a *FileError for a file that cannot be read on; and the source's error where that breaks off, after
// all rows that came whole. The lines of an archive's files are counted through.
func (f *File) Next() (Row, error) {
	for {
		row, err := f.table.Next()
		var reject *Reject
		if err == nil || errors.As(err, &reject) {
			f.reading.begun()
		}
		switch {
		case errors.As(err, &reject):
			if f.part != "" {
				reject.Reason = fmt.Sprintf("In %q, line %d: %s", f.part, reject.Line, reject.Reason)
			}
			reject.Line += f.before
			f.last = reject.Line
			return row, reject
		case errors.Is(err, io.EOF) && len(f.parts) > 0:
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
func (f *File) Close() { f.closeFrom(0) }

func (f *File) closeFrom(first int) {
	for _, s := range f.spools[min(first, len(f.spools)):] {
		s.Close()
	}
	f.spools = f.spools[:min(first, len(f.spools))]
}

// nextPart opens the archive's next file that holds leads, and leaves out those that don't. Where none does it returns why
// the first does not, or io.EOF behind others that did.
func (f *File) nextPart() error {
	for len(f.parts) > 0 {
		p := f.parts[0]
		f.parts = f.parts[1:]
		f.closeFrom(1) // what the last part held; else an archive of many takes all files that a process may have
		t, err := f.openPart(p)
		if err == nil {
			_, err = t.Columns()
		}
		var unusable *FileError
		switch {
		case err == nil:
			f.warn(f.tableWarnings()...)
			f.table, f.part = t, ""
			if f.several {
				f.part = p.Name
			}
			return nil
		case !errors.As(err, &unusable) || isExcessive(unusable) || unusable == f.reading.tooMany:
			return err
		}
		f.warn(fmt.Sprintf("%q was left out: %s", p.Name, unusable.Message))
		if f.refused == nil {
			f.refused = err
		}
	}
	switch {
	case f.table != nil:
		return io.EOF
	case f.refused != nil:
		return f.refused
	}
	return &FileError{"The archive holds no CSV or XLSX file; put one in, or send the file itself."}
}

// openPart opens a file of the archive.
func (f *File) openPart(p *zip.File) (*Table, error) {
	src, err := f.archive.open(p)
	if err == nil {
		err = f.reading.spend(openFileSteps)
	}
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(src, 16)
	if start, _ := in.Peek(4); !isZip(start) {
		return f.reading.rows(f.options.csv(in)), nil
	}
	inner, err := f.unpack(in, f.archive.left)
	if err != nil {
		return nil, err
	}
	if inner.workbook == "" {
		return nil, &FileError{"It is an archive within an archive; send it by itself."}
	}
	return f.openWorkbook(inner)
}

func isZip(start []byte) bool {
	return bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("PK\x05\x06"))
}
