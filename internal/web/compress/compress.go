// Package compress sends answers smaller to clients that take them so. The public listener wraps everything in it. It imports nothing of
// ours.
package compress

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// enough is from how many bytes on it is worth while: what fits into a packet takes no less time when it is smaller.
const enough = 1 << 10

// levels are the kinds of answers that get smaller, and by which compressor of a coding.
var levels = map[string]func(*coding) *sync.Pool{
	"text/html": small, "text/css": small, "text/javascript": small,
	"application/json": fast, "application/problem+json": fast, "text/csv": fast,
}

func small(c *coding) *sync.Pool { return c.small }
func fast(c *coding) *sync.Pool  { return c.fast }

// Handler compresses what next answers, and gives the versions that requests name the names that next knows. Whoever flushes an answer has what was written sent, whether it is enough or not.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &writer{ResponseWriter: rw, asked: r.Header.Values("If-None-Match"), head: r.Method == http.MethodHead, coding: codingFor(r.Header.Values("Accept-Encoding"))}
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if condition := strings.Join(r.Header.Values(name), ","); plainTags(condition) != condition {
				r.Header.Set(name, plainTags(condition))
			}
		}
		next.ServeHTTP(w, r)
		w.close() // where next panics the answer is to look broken off
	})
}

// A writer keeps the beginning of an answer until it is known whether there is enough of it.
type writer struct {
	http.ResponseWriter
	asked  []string // for what not to send again
	head   bool
	coding *coding // that the client takes, nil for none

	status  int
	pool    *sync.Pool // of compressors for the answer's kind; nil where it goes as it is
	begun   []byte
	packed  compressor
	decided bool
}

// WriteHeader implements http.ResponseWriter. The status is sent with the first bytes.
func (w *writer) WriteHeader(status int) {
	if status < http.StatusOK {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.status != 0 {
		return
	}
	w.status = status
	h := w.Header()
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch level := levels[kind]; {
	case status == http.StatusNotModified:
		if w.coding != nil { // the tag is that of what the client has, however it would be sent now
			setTag(h, tagAmong(w.asked, h.Get("ETag")))
		}
	case level != nil && h.Get("Content-Encoding") == "" && h.Get("Content-Range") == "":
		h.Add("Vary", "Accept-Encoding")
		if w.coding != nil {
			w.pool = level(w.coding)
		}
	}
	if w.pool == nil {
		w.plain()
	}
}

// plain sends what there is as it is.
func (w *writer) plain() {
	w.decided = true
	w.ResponseWriter.WriteHeader(w.status)
	if len(w.begun) > 0 {
		_, _ = w.ResponseWriter.Write(w.begun) // the client is gone where this fails
		w.begun = nil
	}
}

// pack begins to compress.
func (w *writer) pack() error {
	w.decided = true
	h := w.Header()
	h.Set("Content-Encoding", w.coding.name)
	h.Del("Content-Length")
	setTag(h, w.coding.tagOf(h.Get("ETag")))
	w.ResponseWriter.WriteHeader(w.status)
	w.packed = w.pool.Get().(compressor)
	w.packed.Reset(w.ResponseWriter)
	_, err := w.packed.Write(w.begun)
	w.begun = nil
	return err
}

// Write implements http.ResponseWriter.
func (w *writer) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.decided {
		if w.begun = append(w.begun, data...); len(w.begun) < enough {
			return len(data), nil
		}
		return len(data), w.pack()
	}
	if w.packed == nil {
		return w.ResponseWriter.Write(data)
	}
	return w.packed.Write(data)
}

// FlushError is for http.ResponseController.
func (w *writer) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.decided {
		if err := w.pack(); err != nil {
			return err
		}
	}
	if w.packed != nil {
		if err := w.packed.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *writer) close() {
	if w.status != 0 && !w.decided {
		// Who asks for the head alone is told what the whole would have, though some handlers write nothing then.
		length, _ := strconv.Atoi(w.Header().Get("Content-Length"))
		if !w.head || length < enough {
			w.plain()
			return
		}
		_ = w.pack() // nothing is sent
	}
	if w.packed != nil {
		_ = w.packed.Close() // the client is gone where this fails
		w.packed.Reset(io.Discard)
		w.pool.Put(w.packed)
	}
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func setTag(h http.Header, tag string) {
	if tag != "" {
		h.Set("ETag", tag)
	}
}
