//go:build unix

package localservices

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxLogSize   = 16 << 20
	tailLines    = 12
	tailReadSize = 8 << 10
)

// A serverLog is the file a server writes to, and where its present run began in it.
type serverLog struct {
	path  string
	file  *os.File
	start int64
}

// openLog appends to the log in dir; one that has grown large is begun anew.
func openLog(dir string) (*serverLog, error) {
	path := filepath.Join(dir, "server.log")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the server's log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	l := &serverLog{path: path, file: f, start: info.Size()}
	if l.start > maxLogSize {
		if err := f.Truncate(0); err != nil {
			return nil, errors.Join(fmt.Errorf("emptying %s: %w", path, err), f.Close())
		}
		l.start = 0
	}
	return l, nil
}

// tail is the last lines of the present run. It opens the file anew because l.file is closed when the server has ended.
func (l *serverLog) tail() string {
	f, err := os.Open(l.path)
	if err != nil {
		return ""
	}
	text, err := readTail(f, l.start)
	if errors.Join(err, f.Close()) != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

func readTail(f *os.File, start int64) (string, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	from := max(start, size-tailReadSize)
	text, err := io.ReadAll(io.NewSectionReader(f, from, size-from))
	return string(text), err
}

func (l *serverLog) close() error { return l.file.Close() }
