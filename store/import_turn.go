package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

const (
	// ImportAlive is how long ago an import that is under way may have moved. One that has not since is taken for one whose server died: it keeps
	// no other waiting, and is ended. It is longer than an import waits for a database that is in trouble.
	ImportAlive = 45 * time.Second
	// importMoves is after what time an import shows again that it is alive.
	importMoves = 10 * time.Second
)

// An ImportQueue says how many of a workspace's imports read their files at once, and how many more may wait for that. 0 is
// no limit.
type ImportQueue struct{ AtOnce, Waiting int }

// A TooManyImportsError means that a workspace has as many imports waiting as it may, or a key as many of them.
type TooManyImportsError struct {
	Waiting int
	// OfKey is set where the key has its share, and others could wait still.
	OfKey bool
}

func (e *TooManyImportsError) Error() string {
	if e.OfKey {
		return fmt.Sprintf("as many imports of this API key as may are waiting for their turn already (%d); wait for one to end, or cancel one", e.Waiting)
	}
	return fmt.Sprintf("as many imports of this workspace as may are waiting for their turn already (%d); wait for one to end, or cancel one", e.Waiting)
}

// QueueImport writes an import that reads its file at once where few enough others of its workspace do, and else waits for
// its turn: see BeginImport. It returns a *TooManyImportsError where as many wait already as may. A key, with those that took its place
// by rotation, takes no more of the places to wait than it leaves free, so that none takes all of them.
func (t *Tx) QueueImport(ctx context.Context, workspace uuid.UUID, n NewImport, queue ImportQueue) (Import, error) {
	if queue.AtOnce == 0 {
		return t.createImport(ctx, workspace, n, ImportRunning)
	}
	open, err := t.openImports(ctx, workspace, uuid.Max, n.APIKeyID)
	switch {
	case err != nil:
		return Import{}, err
	case open.Running < queue.AtOnce && open.Waiting == 0:
		return t.createImport(ctx, workspace, n, ImportRunning)
	case queue.Waiting > 0 && open.Waiting >= queue.Waiting:
		return Import{}, &TooManyImportsError{Waiting: open.Waiting}
	case queue.Waiting > 0 && open.Own >= queue.Waiting-open.Waiting:
		return Import{}, &TooManyImportsError{Waiting: open.Own, OfKey: true}
	}
	return t.createImport(ctx, workspace, n, ImportWaiting)
}

// BeginImport lets a waiting import run where it is its turn: fewer than atOnce others of its workspace run, and none waits
// whose turn is before. Keys take turns: whoever has fewer imports under way is next, and of one key, or of keys that have as
// many, the import that came first. Else it shows now and then that the import is alive. It returns how the import stands, and ErrImportEnded
// where it has been ended.
func (t *Tx) BeginImport(ctx context.Context, workspace, id uuid.UUID, atOnce int) (ImportStatus, error) {
	open, err := t.openImports(ctx, workspace, id, uuid.Nil)
	if err != nil {
		return "", err
	}
	status := ImportWaiting
	if atOnce == 0 || open.Running < atOnce && open.Waiting == 0 {
		status = ImportRunning
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE imports SET status = $3, updated_at = $4
		WHERE workspace_id = $1 AND import_id = $2 AND status = 'waiting' AND ($3 = 'running' OR updated_at < $5)`,
		workspace, id, string(status), t.now(), t.now().Add(-importMoves))
	if err != nil {
		return "", translate(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return status, err
	}
	i, err := t.Import(ctx, workspace, uuid.Nil, id)
	if err == nil && i.Status != ImportWaiting {
		err = ErrImportEnded
	}
	return i.Status, err
}

type openImports struct {
	Running int `db:"running"`
	Waiting int `db:"waiting"`
	Own     int `db:"own"`
}

// openImports counts the workspace's imports that run, those that wait and whose turn is before one, all for uuid.Max, and those that a
// key has waiting. No other begins or queues one until the transaction ends.
func (t *Tx) openImports(ctx context.Context, workspace, before, key uuid.UUID) (openImports, error) {
	var open openImports
	if err := t.take(ctx, lockImports, workspace); err != nil {
		return open, fmt.Errorf("waiting for the other imports of the workspace: %w", err)
	}
	err := sqlx.GetContext(ctx, t.q, &open, `
		WITH open AS (
			SELECT i.import_id, i.status, coalesce(k.first_key_id, i.api_key_id) AS key,
				row_number() OVER (PARTITION BY coalesce(k.first_key_id, i.api_key_id) ORDER BY i.status = 'waiting', i.import_id) AS place
			FROM imports i
			LEFT JOIN api_keys k ON k.workspace_id = $1 AND k.api_key_id = i.api_key_id
			WHERE i.workspace_id = $1 AND i.status IN ('running', 'waiting') AND (i.updated_at > $3 OR i.import_id = $2)
		)
		SELECT count(*) FILTER (WHERE status = 'running') AS running,
			count(*) FILTER (WHERE status = 'waiting'
				AND ($2 = $5 OR (place, import_id) < (SELECT o.place, o.import_id FROM open o WHERE o.import_id = $2))) AS waiting,
			count(*) FILTER (WHERE status = 'waiting' AND key = coalesce(
				(SELECT k.first_key_id FROM api_keys k WHERE k.workspace_id = $1 AND k.api_key_id = $4), $4)) AS own
		FROM open`, workspace, before, t.now().Add(-ImportAlive), key, uuid.Max)
	return open, translate(err)
}

// OpenImports counts the imports of all workspaces that run and that wait.
func (q Queries) OpenImports(ctx context.Context) (running, waiting int, err error) {
	var open openImports
	err = sqlx.GetContext(ctx, q.q, &open, `
		SELECT count(*) FILTER (WHERE status = 'running') AS running, count(*) FILTER (WHERE status = 'waiting') AS waiting
		FROM imports WHERE status IN ('running', 'waiting')`)
	return open.Running, open.Waiting, translate(err)
}
