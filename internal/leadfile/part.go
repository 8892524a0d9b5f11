package leadfile

import (
	"archive/zip"
	"bufio"
	"io"
)

// rows are those of a part, one after another.
type rows interface {
	// begin comes before the first row. It returns an *Error where no row of the part can be used.
	begin() error
	// next goes on to the next row. It returns a *Reject for one that cannot be read, and io.EOF behind the last.
	next() error
	// record is the row that next found, good until it is called again.
	record() Record
}

var (
	errEmpty   = &Error{Message: "The file is empty; send a file with a header line and a row for each lead."}
	errNoSheet = &Error{Message: "The workbook has no sheet with rows; save the leads as the first sheet, or as CSV."}
)

// A Part is what has rows: a text, or the first visible sheet of a workbook.
type Part struct {
	// Name is that of the archive's file, empty where the part is the whole file.
	Name string
	// Empty is what is wrong with the part if it has no row.
	Empty *Error
	// Sheet is the sheet's name, and Others how many other visible ones the workbook has.
	Sheet  string
	Others int

	rows    rows
	reading *reading
	text    *textReader // nil for a sheet
}

// Next opens the next part, and gives up what the last one held. It returns io.EOF behind the last, and for one that cannot be
// opened its name and an *Error, after which others may be there unless that is final.
func (f *File) Next() (*Part, error) {
	if f.given == f.parts {
		return nil, io.EOF
	}
	f.given++
	f.closeFrom(1) // else an archive of many takes all files that a process may have
	switch {
	case f.text != nil:
		return f.newText(f.text), nil
	case f.archive.workbook != "":
		return f.openSheet(f.archive)
	}
	member := f.members[f.given-1]
	p, err := f.openMember(member)
	if err != nil {
		p = &Part{}
	}
	p.Name = member.Name
	return p, err
}

// NewText is src, of any length, as delimited text.
func NewText(src io.Reader, o Options) *Part {
	f := &File{options: o, reading: newReading(o)}
	return f.newText(f.reading.of(src))
}

func (f *File) newText(src io.Reader) *Part {
	text := newTextReader(src)
	return &Part{Empty: errEmpty, rows: newRecordReader(text, f.options.Known), reading: f.reading, text: text}
}

// openMember opens a file of the archive.
func (f *File) openMember(z *zip.File) (*Part, error) {
	src, err := f.archive.open(z)
	if err == nil {
		err = f.reading.spend(openFileSteps)
	}
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(src, 16)
	if start, _ := in.Peek(4); !isZip(start) {
		return f.newText(in), nil
	}
	inner, err := f.unpack(in, f.archive.left)
	if err != nil {
		return nil, err
	}
	if inner.workbook == "" {
		return nil, &Error{Message: "It is an archive within an archive; send it by itself."}
	}
	return f.openSheet(inner)
}

// openSheet opens the first visible sheet of a workbook.
func (f *File) openSheet(a *archive) (*Part, error) {
	s, err := f.newSpool()
	if err != nil {
		return nil, err
	}
	sheet, others, err := openWorkbook(a, s)
	if err != nil {
		return nil, err
	}
	return &Part{Empty: errNoSheet, Sheet: sheet.name, Others: others, rows: sheet, reading: f.reading}, nil
}

// Begin comes before the first row. It returns an *Error where no row of the part can be used.
func (p *Part) Begin() error { return p.rows.begin() }

// Next goes on to the next row. It returns a *Reject for one that cannot be read, after which the next can be; io.EOF behind the
// last; an *Error where the part cannot be read on; and the source's error where that breaks off, after all rows that came whole.
func (p *Part) Next() error {
	if err := p.reading.count(); err != nil {
		return err
	}
	return p.rows.next()
}

// Record is the row that Next found, good until that is called again.
func (p *Part) Record() Record { return p.rows.record() }

// Charset is the encoding of a text that is not in Unicode, in words and as far as its content tells; else it is empty.
func (p *Part) Charset() string {
	if p.text == nil {
		return ""
	}
	return p.text.found
}
