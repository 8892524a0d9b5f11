package store

import (
	"database/sql"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// channelArray passes channels as text[], nil as NULL.
func channelArray(channels []lead.Channel) any {
	if channels == nil {
		return nil
	}
	return texts(channels)
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
