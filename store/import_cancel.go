package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// cancelLock is what a transaction holds that cancels an import, by the import's id.
const cancelLock = `hashtextextended('leadwheel cancels import ' || $1::text, 0)`

// ErrImportOver means that an import cannot be cancelled because it has come to its end.
var ErrImportOver = errors.New("the import has ended already; what it brought in stays, and there is nothing left to cancel")

// CancelImport ends an import that runs or waits: once the transaction is committed no row of it comes in any more, whatever
// becomes of the process that reads its file. It waits for the rows that are being stored, unless that process lets them go,
// as it does when it sees that somebody cancels: see WatchImport. Again it changes nothing; changed reports whether it did.
// It returns ErrImportOver where the import has come to its end.
func (t *Tx) CancelImport(ctx context.Context, workspace, id uuid.UUID) (i Import, changed bool, err error) {
	if err := t.waitFor(ctx, `pg_advisory_xact_lock(`+cancelLock+`)`, id.String()); err != nil {
		return i, false, fmt.Errorf("waiting for others who cancel import %s: %w", id, err)
	}
	i, err = t.oneImport(ctx, `
		UPDATE imports SET status = $3, updated_at = $4, finished_at = $4, erased = NULL
		WHERE workspace_id = $1 AND import_id = $2 AND status IN ('running', 'waiting')
		RETURNING `+importColumns, workspace, id, string(ImportCancelled), t.now())
	if !errors.Is(err, ErrNotFound) {
		return i, err == nil, err
	}
	i, err = t.Import(ctx, workspace, uuid.Nil, id)
	if err == nil && i.Status != ImportCancelled {
		err = ErrImportOver
	}
	return i, false, err
}

// WatchImport tells whoever reads an import's file how the import stands, and whether somebody is about to cancel it and waits
// for the rows that are being stored. Now and then it shows that the import is alive, unless rows are being stored, which shows it too.
func (q Queries) WatchImport(ctx context.Context, workspace, id uuid.UUID) (status ImportStatus, cancelling bool, err error) {
	var row struct {
		Status ImportStatus `db:"status"`
		Free   bool         `db:"free"` // the lock is given back with the statement's end
		Still  bool         `db:"still"`
	}
	err = sqlx.GetContext(ctx, q.q, &row, `
		SELECT status, pg_try_advisory_xact_lock_shared(`+cancelLock+`) AS free, updated_at < $3 AS still
		FROM imports WHERE workspace_id = $2 AND import_id = $1::uuid`, id.String(), workspace, q.now().Add(-importMoves))
	if err == nil && row.Still && row.Status == ImportRunning {
		_, err = q.q.ExecContext(ctx, `
			UPDATE imports SET updated_at = $3 WHERE workspace_id = $1 AND import_id = (
				SELECT import_id FROM imports WHERE workspace_id = $1 AND import_id = $2 AND status = 'running' FOR NO KEY UPDATE SKIP LOCKED)`,
			workspace, id, q.now())
	}
	return row.Status, !row.Free, translate(err)
}

// NoteImport keeps the warnings of an import that was ended by someone else.
func (q Queries) NoteImport(ctx context.Context, workspace, id uuid.UUID, warnings []string) (Import, error) {
	if warnings == nil {
		warnings = []string{}
	}
	return q.oneImport(ctx, `UPDATE imports SET warnings = $3 WHERE workspace_id = $1 AND import_id = $2 RETURNING `+importColumns,
		workspace, id, asJSON(warnings))
}
