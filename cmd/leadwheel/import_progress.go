package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

const (
	// showInterval is how often the display moves, and askInterval how often the server is asked how far it is.
	showInterval = 100 * time.Millisecond
	askInterval  = 500 * time.Millisecond
)

// A progress is a file being read, shown on a terminal: the rows that the server is done with or else, of text, those that
// were read; as a bar where it can be told how many there are about. It moves for as long as that takes.
type progress struct {
	file    io.Reader
	size    int64 // -1 where it is not known
	out     io.Writer
	began   time.Time
	visible bool
	text    bool
	begun   bool
	read    atomic.Int64 // bytes
	lines   atomic.Int64
	worked  atomic.Int64 // rows, -1 where that is not known
	waits   atomic.Bool  // for other imports
	done    atomic.Bool  // an upload may be read on for a moment after it was answered
	stop    chan struct{}
	moving  sync.WaitGroup
}

// newProgress shows nothing where visible is unset. size is -1 where it is not known.
func newProgress(file io.Reader, size int64, w io.Writer, visible bool) *progress {
	p := &progress{file: file, size: size, out: w, began: time.Now(), visible: visible, stop: make(chan struct{})}
	p.worked.Store(-1)
	if visible {
		p.every(showInterval, p.show)
	}
	return p
}

// every does something again and again until the progress is finished.
func (p *progress) every(interval time.Duration, do func()) {
	p.moving.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				do()
			}
		}
	})
}

// Read implements io.Reader.
func (p *progress) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	if n > 0 && !p.done.Load() {
		if !p.begun {
			p.begun, p.text = true, !bytes.HasPrefix(b[:n], []byte("PK\x03\x04")) // as workbooks and archives begin
		}
		if p.text {
			p.lines.Add(int64(bytes.Count(b[:n], []byte{'\n'})))
		}
		p.read.Add(int64(n))
	}
	return n, err
}

// show moves the display on.
func (p *progress) show() {
	fmt.Fprintf(p.out, "\r%s%s  %s%s%s", cut, p.says(), time.Since(p.began).Round(time.Second), restOfLine, uncut)
}

// barWidth is how many columns a bar takes.
const barWidth = 24

// bar is how much of something is done; it is full only at the end.
func bar(done, of int64) string {
	full := int(barWidth * min(done, of-1) / of)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] "
}

// says is the line that is shown.
func (p *progress) says() string {
	worked, lines := p.worked.Load(), p.lines.Load()
	var bars, says string
	switch {
	case p.waits.Load():
		says = "waiting for other imports of the workspace to end"
	case worked >= 0:
		says = fmt.Sprintf("%d rows done", worked)
	case lines > 0:
		says = fmt.Sprintf("%d rows read", lines)
	default:
		says = "reading the file"
	}
	read := p.read.Load()
	if rows := p.rows(lines, read); rows > 0 && !p.waits.Load() {
		done := max(worked, 0)
		if worked < 0 {
			done = lines
		}
		bars, says = bar(done, rows), says+fmt.Sprintf(" of about %d", rows)
	}
	if p.size > 0 {
		says += fmt.Sprintf(", %d%% of the file sent", min(100, 100*read/p.size))
	}
	return bars + says
}

// rows is about how many the whole file has, by what was read of it; none where that cannot be told.
func (p *progress) rows(lines, read int64) int64 {
	if p.size <= 0 || lines == 0 {
		return 0
	}
	return max(2, int64(float64(lines)*float64(p.size)/float64(read)))
}

// watch asks the server how far it is with the import that is about to be sent. Where that cannot be told from others of
// the moment, the rows that were read are shown.
func (p *progress) watch(ctx context.Context, api *client.Client, n client.NewImport) {
	if !p.visible {
		return
	}
	before := make(map[uuid.UUID]bool)
	running, err := api.RunningImports(ctx)
	if err != nil {
		return // the import itself will say what is wrong
	}
	for _, imp := range running {
		before[imp.ID] = true
	}
	p.every(askInterval, func() {
		running, err := api.RunningImports(ctx)
		if err != nil {
			return
		}
		var ours []client.Import
		for _, imp := range running {
			if !before[imp.ID] && n.Is(imp) {
				ours = append(ours, imp)
			}
		}
		if len(ours) == 1 {
			p.worked.Store(ours[0].Rows)
			p.waits.Store(ours[0].Status == "waiting")
		}
	})
}

// finish takes the display away, once.
func (p *progress) finish() {
	if p.done.CompareAndSwap(false, true) {
		close(p.stop)
		p.moving.Wait()
		if p.visible {
			p.show() // what was read in a moment is seen for one
			fmt.Fprint(p.out, "\r", restOfLine)
		}
	}
}
