// Package requestid names requests, so that an answer and what the log says of it are found by one another, and by whoever asked. The
// public and the operators' listener call it. It imports nothing of ours but internal/discreet.
package requestid

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/discreet"
)

// Header is where a request brings its id, and each answer has it.
const Header = "X-Request-Id"

// good is what an id may look like: nothing that a log, a header or a page would have to quote. random is what many proxies make.
var (
	good   = regexp.MustCompile(`^[A-Za-z0-9._-]{8,128}$`)
	random = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// traceparent is W3C's header of version 00, or what comes after it where later versions go on.
var traceparent = regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)

// Of is the id of a request: the one that it brings, else that of the trace that it is part of, else a new one. What could be somebody's
// number or address is no id, since ids are logged.
func Of(r *http.Request) string {
	if values := r.Header.Values(Header); len(values) == 1 && isID(values[0]) {
		return values[0]
	}
	if id := traceOf(r.Header.Values("Traceparent")); id != "" {
		return id
	}
	return uuid.NewString()
}

func isID(text string) bool {
	return random.MatchString(text) || good.MatchString(text) && discreet.Clean(text) == text
}

// traceOf is the id of a trace, empty where the header names none.
func traceOf(values []string) string {
	if len(values) != 1 {
		return ""
	}
	parts := traceparent.FindStringSubmatch(values[0])
	if parts == nil || parts[1] == "ff" || parts[1] == "00" && parts[4] != "" {
		return ""
	}
	if strings.Trim(parts[2], "0") == "" || strings.Trim(parts[3], "0") == "" {
		return ""
	}
	return parts[2]
}

type key struct{}

// With is a context of the request with an id.
func With(ctx context.Context, id string) context.Context { return context.WithValue(ctx, key{}, id) }

// From is the id of the request whose context it is, empty where it is of none.
func From(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

// Handler hands on to h what is logged, with the request's id in each line that is written under its context.
func Handler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if id := From(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
