package main

import (
	"bytes"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// A progress is a file being read, shown on a terminal by bytes and, of text, lines.
type progress struct {
	file  io.Reader
	bar   *progressbar.ProgressBar
	lines int64
	text  bool
	begun bool
	done  atomic.Bool // an upload may be read on for a moment after it was answered
}

// newProgress shows nothing where visible is unset. size is -1 where it is not known.
func newProgress(file io.Reader, size int64, w io.Writer, visible bool) *progress {
	return &progress{file: file, bar: progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(visible),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(),
	)}
}

// Read implements io.Reader.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	if n > 0 && !p.done.Load() {
		if !p.begun {
			p.begun, p.text = true, !bytes.HasPrefix(b[:n], []byte("PK\x03\x04")) // as workbooks and archives begin
		}
		if p.text {
			p.lines += int64(bytes.Count(b[:n], []byte{'\n'}))
			p.bar.Describe(fmt.Sprintf("%d rows", p.lines))
		}
		_ = p.bar.Add64(int64(n)) // a file that grows while it is read is no reason to stop
	}
	return n, err
}

// finish takes the bar away, once.
func (p *progress) finish() {
	if p.done.CompareAndSwap(false, true) {
		_ = p.bar.Finish() // only for the eye
	}
}
