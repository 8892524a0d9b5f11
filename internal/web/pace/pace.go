// Package pace cuts off clients that neither send nor take what they asked for, and lets those go on that are slow but steady. The
// public listener and the hooks wrap what they read and write in it. It looks at how many bytes pass, never at which.
package pace

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// A Pace is how slow a client may be.
type Pace struct {
	// Grace is how long it may take to begin with, and at the most without a byte.
	Grace time.Duration
	// Rate is how many bytes a second it must move after that, on average. Time in which it was not waited for does not count.
	Rate int64
}

// The paces of bodies and of answers.
var (
	Uploads   = Pace{Grace: time.Minute, Rate: 1 << 10}
	Downloads = Pace{Grace: 30 * time.Second, Rate: 1 << 10}
)

// allowed is how long the next step may take, after so many bytes were moved and so long was waited for them.
func (p Pace) allowed(moved int64, waited time.Duration) time.Duration {
	earned := p.Grace + time.Duration(float64(moved)/float64(p.Rate)*float64(time.Second)) - waited
	return max(0, min(p.Grace, earned))
}

// ErrInterrupted is for a body that is read no further, because who reads it has no more use for it.
var ErrInterrupted = errors.New("the body is read no further")

// A Body is a request's body that must keep its pace. Reading it fails where it does not.
type Body struct {
	io.ReadCloser
	pace      Pace
	deadlines *http.ResponseController
	moved     int64
	waited    time.Duration

	ended, interrupted atomic.Bool
}

// Keep gives a request's body a pace, in the place of one that it has.
func Keep(w http.ResponseWriter, r *http.Request, p Pace) {
	body := r.Body
	if body == nil || body == http.NoBody {
		return
	}
	if kept, is := body.(*Body); is {
		body = kept.ReadCloser
	}
	r.Body = &Body{ReadCloser: body, pace: p, deadlines: http.NewResponseController(w)}
}

// Read implements io.Reader. Not every writer has deadlines: a test's recorder hasn't. The last deadline stays for what the server
// itself reads of a body that is given up; behind a body's end there is none.
func (b *Body) Read(data []byte) (int, error) {
	began := time.Now()
	_ = b.deadlines.SetReadDeadline(began.Add(b.pace.allowed(b.moved, b.waited)))
	if b.interrupted.Load() {
		return 0, ErrInterrupted
	}
	n, err := b.ReadCloser.Read(data)
	b.moved, b.waited = b.moved+int64(n), b.waited+time.Since(began)
	if errors.Is(err, io.EOF) {
		b.ended.Store(true)
		_ = b.deadlines.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Interrupt ends a read that is under way, and lets none begin any more. It may be called while the body is read.
func (b *Body) Interrupt() {
	if b.ended.Load() {
		return
	}
	b.interrupted.Store(true)
	_ = b.deadlines.SetReadDeadline(time.Unix(1, 0))
	if b.ended.Load() { // meanwhile: what the server reads next is another request
		_ = b.deadlines.SetReadDeadline(time.Time{})
	}
}

// piece is how much of an answer is written under one deadline.
const piece = 16 << 10

// A Writer is an answer that must be taken at a pace. Writing it fails where it is not.
type Writer struct {
	http.ResponseWriter
	pace      Pace
	deadlines *http.ResponseController
	moved     int64
	waited    time.Duration
}

// NewWriter gives an answer a pace.
func NewWriter(w http.ResponseWriter, p Pace) *Writer {
	return &Writer{ResponseWriter: w, pace: p, deadlines: http.NewResponseController(w)}
}

// Write implements io.Writer. The last deadline stays for what the server still holds when the handler has ended.
func (w *Writer) Write(data []byte) (written int, err error) {
	for {
		part := data[written:min(len(data), written+piece)]
		began := time.Now()
		_ = w.deadlines.SetWriteDeadline(began.Add(w.pace.allowed(w.moved, w.waited)))
		n, err := w.ResponseWriter.Write(part)
		w.moved, w.waited = w.moved+int64(n), w.waited+time.Since(began)
		if written += n; err != nil || written == len(data) {
			return written, err
		}
	}
}

// Unwrap is for http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
