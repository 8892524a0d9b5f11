// Package compress sends answers smaller to clients that take them so. The public listener wraps everything in it. It imports nothing of
// ours.
package compress

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	// enough is from how many bytes on it is worth while: what fits into a packet takes no less time when it is smaller.
	enough = 1 << 10
	// packed is added to the tag of an answer that is compressed: by RFC 9110, 8.8.1, it is another than that of the same answer as it is.
	// Our own tags have no plus sign.
	packed = `+gzip"`
)

// A packer makes compressors of one level.
type packer struct{ sync.Pool }

func packerOf(level int) *packer {
	return &packer{sync.Pool{New: func() any {
		z, err := gzip.NewWriterLevel(io.Discard, level)
		if err != nil {
			panic(err) // there is no such level
		}
		return z
	}}}
}

// Pages are small and read by people, and what programs read may be long.
var small, fast = packerOf(gzip.DefaultCompression), packerOf(gzip.BestSpeed)

// packers are the kinds of answers that get smaller.
var packers = map[string]*packer{
	"text/html": small, "text/css": small, "text/javascript": small,
	"application/json": fast, "application/problem+json": fast, "text/csv": fast,
}

// Handler compresses what next answers, and gives the versions that requests name the names that next knows. Whoever flushes an answer has what was written sent, whether it is enough or not.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &writer{ResponseWriter: rw, asked: r.Header.Values("If-None-Match"), head: r.Method == http.MethodHead, takes: takesGzip(r.Header.Values("Accept-Encoding"))}
		for _, name := range []string{"If-Match", "If-None-Match"} {
			if values := r.Header.Values(name); strings.Contains(strings.Join(values, ","), packed) {
				r.Header.Set(name, strings.ReplaceAll(strings.Join(values, ","), packed, `"`))
			}
		}
		next.ServeHTTP(w, r)
		w.close() // where next panics the answer is to look broken off
	})
}

// takesGzip says whether Accept-Encoding headers list gzip, and do not rule it out.
func takesGzip(headers []string) bool {
	for one := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameter, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		_, weight, weighted := strings.Cut(parameter, "=")
		q, err := strconv.ParseFloat(strings.TrimSpace(weight), 64)
		return !weighted || err == nil && q > 0
	}
	return false
}

// A writer keeps the beginning of an answer until it is known whether there is enough of it.
type writer struct {
	http.ResponseWriter
	asked       []string // for what not to send again
	head, takes bool

	status  int
	packer  *packer // of the answer's kind; nil where it goes as it is
	begun   []byte
	zip     *gzip.Writer
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
	switch p := packers[kind]; {
	case status == http.StatusNotModified:
		w.packer = nil
		if tag := tagPacked(h.Get("ETag")); w.takes && strings.Contains(strings.Join(w.asked, ","), tag) {
			setTag(h, tag)
		}
	case p != nil && h.Get("Content-Encoding") == "" && h.Get("Content-Range") == "":
		h.Add("Vary", "Accept-Encoding")
		if w.takes {
			w.packer = p
		}
	}
	if w.packer == nil {
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
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	setTag(h, tagPacked(h.Get("ETag")))
	w.ResponseWriter.WriteHeader(w.status)
	w.zip = w.packer.Get().(*gzip.Writer)
	w.zip.Reset(w.ResponseWriter)
	_, err := w.zip.Write(w.begun)
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
	if w.zip == nil {
		return w.ResponseWriter.Write(data)
	}
	return w.zip.Write(data)
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
	if w.zip != nil {
		if err := w.zip.Flush(); err != nil {
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
	if w.zip != nil {
		_ = w.zip.Close() // the client is gone where this fails
		w.zip.Reset(io.Discard)
		w.packer.Put(w.zip)
	}
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// tagPacked is what a tag is once its answer is compressed. One that is weak says of both that they mean the same.
func tagPacked(tag string) string {
	if text, is := strings.CutSuffix(tag, `"`); is && strings.HasPrefix(tag, `"`) {
		return text + packed
	}
	return tag
}

func setTag(h http.Header, tag string) {
	if tag != "" {
		h.Set("ETag", tag)
	}
}
