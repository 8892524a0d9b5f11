package discreet

import (
	"context"
	"fmt"
	"log/slog"
)

// wordy are the keys whose values are sentences that somebody else wrote.
var wordy = map[string]bool{"error": true, "message": true, "panic": true, "marking": true}

// Handler hands on to h what is logged, with errors that are discreet.
func Handler(h slog.Handler) slog.Handler {
	if already, is := h.(handler); is {
		return already
	}
	return handler{h}
}

type handler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(attr(a))
		return true
	})
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = attr(a)
	}
	return handler{h.Handler.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

func attr(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		members := v.Group()
		clean := make([]slog.Attr, len(members))
		for i, m := range members {
			clean[i] = attr(m)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	}
	if err, is := v.Any().(error); is {
		return slog.String(a.Key, Text(err))
	}
	if wordy[a.Key] && v.Kind() != slog.KindBool && !v.Equal(slog.AnyValue(nil)) {
		return slog.String(a.Key, Clean(fmt.Sprint(v.Any())))
	}
	return slog.Attr{Key: a.Key, Value: v}
}
