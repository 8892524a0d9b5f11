package web

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/web/pace"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/requestid"
)

// logged gives each request an id and writes a line about it at debug level: its route's pattern, never its address or
// anything in it.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestid.Of(r)
		w.Header().Set(requestid.Header, id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		started := time.Now()
		ctx, recorder := requestid.With(r.Context(), id), recording(w)
		named := r.WithContext(ctx)
		defer func() {
			r.Pattern = named.Pattern // for who called this one
			log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("route", r.Pattern), slog.String("method", r.Method),
				slog.Int("status", recorder.status), slog.Duration("duration", time.Since(started)))
		}()
		next.ServeHTTP(recorder, named)
	})
}

// measured counts each request by its route's pattern and times it. What is broken off counts as a server's failure.
func measured(m *metrics.HTTP, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.Begin()
		started, recorder, status := time.Now(), recording(w), http.StatusInternalServerError
		defer func() { m.End(r.Pattern, r.Method, status, time.Since(started)) }()
		next.ServeHTTP(recorder, r)
		status = cmp.Or(recorder.status, http.StatusOK)
	})
}

// recovered turns a panic into a 500, or where the answer has begun, into a connection broken off.
func recovered(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, recorder := r.Context(), recording(w)
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, is := cause.(error); is && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			log.ErrorContext(ctx, "a request's handler panicked", "route", r.Pattern, "panic", cause, "stack", string(debug.Stack()))
			if recorder.status != 0 {
				panic(http.ErrAbortHandler)
			}
			problem.From(errPanic).Write(w)
		}()
		next.ServeHTTP(recorder, r)
	})
}

var errPanic = errors.New("a handler panicked")

// bounded cuts off clients that neither send nor take what they should. A body has a deadline from the start, which its readers
// move on while bytes come: without one the server itself would read on for ever in bodies that are refused before anybody looked
// at them.
func bounded(limit time.Duration, next http.Handler) http.Handler {
	uploads := pace.Pace{Grace: limit, Rate: pace.Uploads.Rate}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(limit)) // not every writer has deadlines
			pace.Keep(w, r, uploads)
		}
		next.ServeHTTP(pace.NewWriter(w, pace.Downloads), r)
	})
}

// unmatched serves mux, with problems in place of its own words for addresses and methods that it does not know.
func unmatched(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if strings.HasPrefix(r.URL.Path, "/v1/") && climbs(r.URL.Path) {
			handler, pattern = http.NotFoundHandler(), ""
		}
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		silent := &statusRecorder{ResponseWriter: mute{w}}
		handler.ServeHTTP(silent, r)
		if silent.status == http.StatusMethodNotAllowed {
			problem.New(silent.status, "this address does not take this method; Allow lists those it takes").Write(w)
			return
		}
		problem.New(http.StatusNotFound, "there is nothing at this address; see /v1/openapi.json").Write(w)
	})
}

// climbs tells whether an address goes up or nowhere, as /v1/leads/.. does: to the API that is an id which nothing has. The mux would
// send whoever asks to another address.
func climbs(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// statusRecorder knows the status that was written, 0 before.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// recording is the recorder of an answer: the one that handlers before have made, if any has.
func recording(w http.ResponseWriter) *statusRecorder {
	if s, is := w.(*statusRecorder); is {
		return s
	}
	return &statusRecorder{ResponseWriter: w}
}

func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusRecorder) Write(data []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// mute lets headers through and nothing else.
type mute struct{ http.ResponseWriter }

func (mute) WriteHeader(int)                {}
func (mute) Write(data []byte) (int, error) { return len(data), nil }
