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
	// Since leaves out what did not change since, where it is set. Only lists of what can change know it and the following.
	Since time.Time
	// ByChange has what changed longest ago first, instead. AfterChange is when After changed.
	ByChange    bool
	AfterChange time.Time
}

// nullTime passes the zero time as NULL.
func nullTime(at time.Time) sql.NullTime { return sql.NullTime{Time: at, Valid: !at.IsZero()} }
