package store

import (
	"database/sql"

	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// channelsOf reads a text[] of channels; NULL is nil.
func channelsOf(names pq.StringArray) []lead.Channel {
	if names == nil {
		return nil
	}
	channels := make([]lead.Channel, len(names))
	for i, name := range names {
		channels[i] = lead.Channel(name)
	}
	return channels
}

// channelArray passes channels as text[], nil as NULL.
func channelArray(channels []lead.Channel) any {
	if channels == nil {
		return nil
	}
	return texts(channelNames(channels))
}

func channelNames(channels []lead.Channel) []string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = string(c)
	}
	return names
}

// sameHours reports whether both are the same hours, or none.
func sameHours(a, b *lead.Hours) bool { return a == b || a != nil && b != nil && *a == *b }

// quietColumns passes hours as minutes after midnight, nil as NULL.
func quietColumns(h *lead.Hours) (from, to sql.NullInt64) {
	if h == nil {
		return from, to
	}
	return sql.NullInt64{Int64: int64(h.From), Valid: true}, sql.NullInt64{Int64: int64(h.To), Valid: true}
}
