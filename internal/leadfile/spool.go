package leadfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxArchive bounds a workbook or an archive as it is sent, in bytes. Text may be of any length.
const maxArchive = 1 << 30

// A DiskError is trouble with our own temporary files.
type DiskError struct{ cause error }

func (e *DiskError) Error() string {
	return fmt.Sprintf("keeping a file on disk while it is read: %v; is %s full, or not writable?", e.cause, os.TempDir())
}
func (e *DiskError) Unwrap() error { return e.cause }

// A spool is a temporary file that nobody else sees.
type spool struct{ *os.File }

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "leadwheel-")
	if err != nil {
		return nil, &DiskError{err}
	}
	_ = os.Remove(f.Name()) // where the system allows that, so that not even a crash leaves people's data behind
	return &spool{f}, nil
}

// Close deletes the file.
func (s *spool) Close() {
	_ = s.File.Close() // nothing is left to lose
	_ = os.Remove(s.Name())
}

// fill writes all of src, limit bytes at the most, and returns how many there were.
func (s *spool) fill(src io.Reader, limit int64) (int64, error) {
	size, err := io.Copy(s.File, io.LimitReader(src, limit+1))
	var local *fs.PathError
	switch {
	case errors.As(err, &local):
		return 0, &DiskError{err}
	case err != nil:
		return 0, endOf(err)
	case size > limit:
		return 0, &Error{Message: fmt.Sprintf("The file is larger than %d MiB; send it in parts, or as CSV, which may be of any size.", limit>>20)}
	}
	return size, nil
}
