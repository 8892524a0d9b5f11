package store

import (
	"database/sql"
	"time"

	"github.com/google/uuid"
)

// A Page is a stretch of a list, newest first: Limit rows whose ids are below After, or the newest where After is nil.
// Ids are UUIDv7, so a page stays what it was however many rows come in above it.
type Page struct {
	Limit int
	After uuid.UUID
}

// nullTime passes the zero time as NULL.
func nullTime(at time.Time) sql.NullTime { return sql.NullTime{Time: at, Valid: !at.IsZero()} }
