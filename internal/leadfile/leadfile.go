// Package leadfile reads files as strangers send them: delimited text in any encoding and with any delimiter, workbooks of
// Excel, and zip archives of these. It gives their rows as cells of text, one row after another, whatever the file's length and
// in bounded memory, and says in a sentence what is wrong with a file or a row that cannot be read.
//
// What a heading means, which rows are leads, and which of an archive's files are taken is for internal/ingest to say, which alone
// calls this. Since everything here comes from outside and may be made to do harm, nothing else is in reach: the package imports
// no other of ours, keeps nothing but temporary files that nobody else sees, and knows of no database and no network.
package leadfile

import (
	"archive/zip"
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// An Error says in a sentence why a file, or one of an archive's files, cannot be read on.
type Error struct {
	// Message is the sentence.
	Message string
	// Final is set where nothing more of the whole file is read, for what that would cost.
	Final bool
}

func (e *Error) Error() string { return e.Message }

// A Reject is a row that cannot be read, or not be used.
type Reject struct {
	// Line is where the row starts in the file, from 1.
	Line int64 `json:"line"`
	// Reason is a sentence for whoever mends the file.
	Reason string `json:"reason"`
	// Record is the row as it stands in the file, or its beginning.
	Record string `json:"record"`
}

func (r *Reject) Error() string { return fmt.Sprintf("line %d: %s", r.Line, r.Reason) }

// A Record is a row as its file has it.
type Record struct {
	// Cells are as they stand in the file, but for what marks them off from each other. What is not UTF-8 is left to CleanCell.
	Cells [][]byte
	// Raw is the whole row as text.
	Raw []byte
	// Line is where it starts in its file, from 1.
	Line int64
	// Unworked is how many of the cells are formulas whose results the file has not.
	Unworked int
	// Total is set where it had totals of a table, which were left out.
	Total bool
}

// Reject is the row as one that cannot be used for a reason.
func (r Record) Reject(reason string) *Reject {
	return &Reject{Line: r.Line, Reason: reason, Record: RecordText(r.Raw)}
}

// Clone is a row that stays when the next is read.
func (r Record) Clone() Record {
	kept := r
	kept.Raw, kept.Cells = bytes.Clone(r.Raw), nil
	for _, c := range r.Cells {
		kept.Cells = append(kept.Cells, bytes.Clone(c))
	}
	return kept
}

// Known counts the cells of a row that name a column as lists of leads have them, and those that hold anything. It tells which
// delimiter a text has.
type Known func(cells [][]byte) (known, filled int)

// Options say how a file is read. What is left out bounds nothing.
type Options struct {
	// Known is always there.
	Known Known
	// Halted says why nothing more is to be read, nil while it may be.
	Halted func() error
	// Rows is how many rows may be read, those included that hold nothing.
	Rows int64
}

// A File is one that somebody sent. Its first bytes say what it is, since names and content types are often wrong. It has one
// part, or as an archive one for each file in it that may hold leads.
type File struct {
	options Options
	reading *reading
	text    io.Reader   // nil for an archive
	archive *archive    // nil for text
	members []*zip.File // of an archive of others, those that may hold leads
	parts   int
	given   int      // of the parts
	spools  []*spool // of the archive, and of its part that is being read
}

// Open begins to read a file of any length. Workbooks and archives are first written to a temporary file, since they can
// only be read back to front. It returns an *Error for what cannot be read, and the source's error where that breaks off. Close
// the file.
func Open(src io.Reader, o Options) (*File, error) {
	f := &File{options: o, reading: newReading(o)}
	in := bufio.NewReaderSize(f.reading.of(src), 16) // small, so that larger reads go past it
	if start, _ := in.Peek(4); !isZip(start) {       // an error comes again with the next read
		f.text, f.parts = in, 1
		return f, nil
	}
	if err := f.openArchive(in); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *File) openArchive(src io.Reader) (err error) {
	if f.archive, err = f.unpack(src, nil); err != nil {
		return err
	}
	if f.archive.workbook != "" {
		f.parts = 1
		return nil
	}
	f.members = f.archive.leadFiles()
	if f.parts = len(f.members); f.parts > maxLeadFiles {
		return errTooManyFiles
	}
	return nil
}

// IsArchive reports whether the file is an archive of others.
func (f *File) IsArchive() bool { return f.archive != nil && f.archive.workbook == "" }

// Parts is how many parts the file has.
func (f *File) Parts() int { return f.parts }

// Others is how many files an archive has that are no parts, by their names.
func (f *File) Others() int {
	if !f.IsArchive() {
		return 0
	}
	return len(f.archive.files) - len(f.members)
}

// unpack writes an archive to a temporary file and reads its directory; left is what one within another may unpack to.
func (f *File) unpack(src io.Reader, left *int64) (*archive, error) {
	s, err := f.newSpool()
	if err != nil {
		return nil, err
	}
	size, err := s.fill(src, maxArchive)
	if err != nil {
		return nil, err
	}
	if left == nil {
		f.reading.steps = f.reading.free + stepsPerByte*size
	}
	return openArchive(s, size, f.reading, left)
}

// newSpool is a temporary file that is there as long as the part, or the file.
func (f *File) newSpool() (*spool, error) {
	s, err := newSpool()
	if err == nil {
		f.spools = append(f.spools, s)
	}
	return s, err
}

// Begun notes that a lead or a reject was there: what is read from then on is counted by rows, and no longer by what it costs.
func (f *File) Begun() { f.reading.begun() }

// Close gives up what the file holds on disk.
func (f *File) Close() { f.closeFrom(0) }

func (f *File) closeFrom(first int) {
	for _, s := range f.spools[min(first, len(f.spools)):] {
		s.Close()
	}
	f.spools = f.spools[:min(first, len(f.spools))]
}

func isZip(start []byte) bool {
	return bytes.HasPrefix(start, []byte("PK\x03\x04")) || bytes.HasPrefix(start, []byte("PK\x05\x06"))
}
