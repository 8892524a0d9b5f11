package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/store"
)

// ImportLimits are what one import may cost, and one workspace's. 0 is no limit.
type ImportLimits struct {
	// Rows is how many rows one import may have.
	Rows int64
	// Time is how long it may take, and how long it may wait for its turn before.
	Time time.Duration
	// RejectBytes is how much is kept of the rows that it rejects.
	RejectBytes int64
	// Queue is how many of a workspace's imports run at once, and how many wait.
	Queue store.ImportQueue
}

// maxBlankRows is how many rows a file may have beyond those that may be imported, since spreadsheets keep rows of nothing.
const maxBlankRows = 20_000_000

// rejectCost is about what a kept reject takes beside its text.
const rejectCost = 128

// Within gives the importer limits.
func (i *Importer) Within(l ImportLimits) *Importer {
	i.limits = l
	return i
}

// bounds are those of reading the import's file.
func (r *importRun) bounds(whileReading context.Context) leadfile.Options {
	o := leadfile.Options{Halted: func() error { return context.Cause(whileReading) }}
	if r.limits.Rows > 0 {
		o.Rows = r.limits.Rows + r.blankRows
	}
	return o
}

// errOverTime is why an import is not read on that has had its time.
var errOverTime = errors.New("the import took longer than it may")

// An Interrupter is a file of which a read that is pending can be ended, so that an import need not wait for its sender to end.
// Reads then return an error.
type Interrupter interface{ Interrupt() }

// begin makes a context for reading the file, which ends with the import's time, or when somebody else ends the import. Call end
// when the file has been read.
func (r *importRun) begin(ctx context.Context, file io.Reader) (reading context.Context, end func()) {
	reading, stop := context.WithCancelCause(ctx)
	r.stop = stop
	cancel := context.CancelFunc(func() {})
	if r.limits.Time > 0 {
		reading, cancel = context.WithTimeoutCause(reading, r.limits.Time, errOverTime)
	}
	unhook := func() bool { return true }
	if i, is := file.(Interrupter); is {
		unhook = context.AfterFunc(reading, i.Interrupt)
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.watch(reading, stop)
	}()
	return reading, func() {
		unhook()
		stop(nil)
		cancel()
		<-watched
	}
}

// stopped says why an import that was not read to the end of its file ended, or returns the cause where that is not for the
// file's sender to hear.
func (r *importRun) stopped(cause error) (failure string, err error) {
	if !errors.Is(cause, errOverTime) {
		return "", cause
	}
	return fmt.Sprintf("The import took longer than %s, which is as long as one may. %s", r.limits.Time, r.sendRest()), nil
}

// errOverRows is why an import is not read on that has as many rows as it may.
var errOverRows = errors.New("the import has more rows than it may")

// overRows reports whether the import has as many rows as it may.
func (r *importRun) overRows() bool { return r.limits.Rows > 0 && r.rows >= r.limits.Rows }

// tooManyRows says that the file has more rows than the import may have.
func (r *importRun) tooManyRows() string {
	return fmt.Sprintf("The file has more than %d rows, which is as many as one import takes. %s", r.limits.Rows, r.sendRest())
}

// sendRest tells whoever sent a file of which not all is read what to do.
func (r *importRun) sendRest() string {
	return fmt.Sprintf("It was read up to row %d; send the rest in files of their own: rows already here are recognised.", r.counts.Rows)
}

// keeps reports whether there is room to keep a reject, and takes it.
func (r *importRun) keeps(reject leadfile.Reject) bool {
	if r.limits.RejectBytes == 0 {
		return true
	}
	cost := int64(rejectCost + len(reject.Record) + len(reject.Reason))
	if r.unkept > 0 || r.kept+cost > r.limits.RejectBytes {
		r.unkept++
		return false
	}
	r.kept += cost
	return true
}

// unkeptRejects says how many rejects are not to be had.
func (r *importRun) unkeptRejects() []string {
	if r.unkept == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Of the rejected rows the first are kept, as far as there is room for them; the other %d are counted only.", r.unkept)}
}
