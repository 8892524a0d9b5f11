package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// HasViolation reports whether breaking the constraint has a meaning for callers.
func HasViolation(constraint string) bool {
	_, known := violations[constraint]
	return known
}

// PersonalColumns are the columns that change when a person is erased, by their table.
func PersonalColumns() map[string][]string {
	columns := make(map[string][]string)
	for _, table := range personal {
		if table.erased != nil {
			columns[table.name] = slices.Sorted(maps.Keys(table.erased))
		}
	}
	return columns
}

// WordOf is the word by which an address is found.
func WordOf(workspace uuid.UUID, email string) string { return mark(workspace) + contact.Email(email) }

// ReadAgain is the step of the schema of that name, on the database at url.
func ReadAgain(ctx context.Context, url string) error {
	return onDatabase(url, func(db *sqlx.DB) error { return readAgain(ctx, db) })
}

// FillContacts is the step of the schema of that name, on the database at url.
func FillContacts(ctx context.Context, url string) error {
	return onDatabase(url, func(db *sqlx.DB) error { return fillContacts(ctx, db) })
}

// Batches are those that the transaction has made so far, also those that wait for the scheduler.
func (t *Tx) Batches() []lead.Hint { return slices.Clone(t.left.Hints) }

// WorkspaceLocks are all locks of a workspace, and Take takes one.
var WorkspaceLocks = []workspaceLock{lockPeople, lockImports, lockAssigning, lockDuplicates, lockGate, lockPlans, lockFamilies}

// Take exports take.
func (t *Tx) Take(ctx context.Context, l workspaceLock, workspace uuid.UUID) error {
	return t.take(ctx, l, workspace)
}

// OpenDB, Often and MaxPrepared are the connections' own.
var (
	OpenDB = openDB
	Often  = often
)

const MaxPrepared = maxPrepared

// UndoOnce exports undoOnce.
func (s *Store) UndoOnce(ctx context.Context, workspace, run uuid.UUID) (Undo, error) {
	return s.undoOnce(ctx, workspace, run)
}

// AuditWithin makes the checks that queries make, of what a transaction sees and has not committed.
func (s *Store) AuditWithin(ctx context.Context, tx *sqlx.Tx) (AuditReport, error) {
	report := AuditReport{OK: true, At: s.now()}
	for _, c := range auditQueries {
		if err := (Queries{q: tx, now: s.now}).check(ctx, &report, c); err != nil {
			return report, err
		}
	}
	return report, nil
}

// MigrateTo brings a database to an earlier version of the schema.
func MigrateTo(ctx context.Context, url string, version int64) error {
	return withMigrations(url, func(p *goose.Provider, _ *sql.DB) error {
		_, err := p.UpTo(ctx, version)
		return err
	})
}
