package leadfile

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
)

const (
	// maxDirectory bounds the list of an archive's members, in bytes, and maxMembers how many of them are looked at.
	maxDirectory = 4 << 20
	maxMembers   = 20_000
	// maxLeadFiles is how many files of leads an archive may have.
	maxLeadFiles = 5000
	// An archive may unpack to maxRatio times its size, or to freelyUnpacked bytes where that is more.
	maxRatio       = 100
	freelyUnpacked = 256 << 20
)

var (
	errDamaged = &Error{Message: "The file is damaged, or a part of it is missing; make it anew and send that."}
	errBomb    = &Error{Final: true, Message: "The file unpacks to far more than its own size, as files that are made to do harm do; send it as CSV."}
)

var errTooManyFiles = &Error{Final: true, Message: fmt.Sprintf("The archive holds too many files; put up to %d in one, or their rows into one file.", maxLeadFiles)}

// An archive is a zip file, of which a workbook is one too.
type archive struct {
	files    []*zip.File // but for folders and what is hidden
	named    map[string]*zip.File
	left     *int64 // bytes that may still be unpacked
	reading  *reading
	workbook string // the part of an Excel file that lists its sheets, empty in other archives
}

// openArchive reads an archive's directory. One within another shares the other's allowance, from the first byte on; else left is
// nil.
func openArchive(src io.ReaderAt, size int64, r *reading, left *int64) (*archive, error) {
	directory := &boundedReaderAt{src, maxDirectory}
	z, err := zip.NewReader(directory, size)
	if err != nil {
		return nil, blame(err)
	}
	directory.left = math.MaxInt64 // from here on, what is unpacked counts
	if left == nil {
		own := max(size*maxRatio, r.unpacked)
		left = &own
	}
	if len(z.File) > maxMembers {
		return nil, errTooManyFiles
	}
	a := &archive{left: left, reading: r, named: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		f.Name = strings.ReplaceAll(f.Name, `\`, "/")
		if base := path.Base(f.Name); !strings.HasSuffix(f.Name, "/") && (!strings.HasPrefix(base, ".") || f.Name == rootRelations) && !strings.HasPrefix(f.Name, "__MACOSX/") {
			a.files = append(a.files, f)
			if name := strings.ToLower(f.Name); a.named[name] == nil {
				a.named[name] = f
			}
		}
	}
	return a, a.tell()
}

// blame makes a *Error of what is wrong with an archive, unless it is wrong with our disk.
func blame(err error) error {
	var local *fs.PathError
	var known *Error
	switch {
	case errors.As(err, &local):
		return &DiskError{err}
	case errors.As(err, &known):
		return known
	}
	return errDamaged
}

// rootRelations is the part of a file of Office that says which of the others comes first.
const rootRelations = "_rels/.rels"

// find is the member of the name, nil where there is none.
func (a *archive) find(name string) *zip.File { return a.named[strings.ToLower(name)] }

// leadFiles are the members that may hold leads, by their names.
func (a *archive) leadFiles() []*zip.File {
	return slices.DeleteFunc(slices.Clone(a.files), func(z *zip.File) bool {
		return !slices.Contains([]string{".csv", ".tsv", ".tab", ".txt", ".xlsx", ""}, strings.ToLower(path.Ext(z.Name)))
	})
}

// open unpacks a member as it is read.
func (a *archive) open(z *zip.File) (io.Reader, error) {
	const encrypted = 0x1
	if z.Flags&encrypted != 0 {
		return nil, &Error{Message: "The archive is protected by a password; send it without."}
	}
	src, err := z.Open()
	if err != nil {
		return nil, blame(err)
	}
	return a.reading.of(&member{src, a.left}), nil
}

// A member of an archive unpacks as it is read. Its errors are *Errors or our disk's; it needs no closing, since it holds nothing
// but memory.
type member struct {
	src  io.Reader
	left *int64
}

// Read implements io.Reader.
func (m *member) Read(b []byte) (int, error) {
	n, err := m.src.Read(b)
	if *m.left -= int64(n); *m.left < 0 {
		return 0, errBomb
	}
	if err != nil && err != io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
		err = blame(err)
	}
	return n, err
}

// A boundedReaderAt fails once more than left bytes were read.
type boundedReaderAt struct {
	io.ReaderAt
	left int64
}

// ReadAt implements io.ReaderAt.
func (r *boundedReaderAt) ReadAt(b []byte, at int64) (int, error) {
	if r.left -= int64(len(b)); r.left < 0 {
		return 0, errTooManyFiles
	}
	return r.ReaderAt.ReadAt(b, at)
}
