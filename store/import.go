package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// ImportStatus is how far an import is.
type ImportStatus string

const (
	// ImportWaiting is an import whose file is not read yet, because others of its workspace are.
	ImportWaiting ImportStatus = "waiting"
	// ImportRunning is an import whose file is being read.
	ImportRunning ImportStatus = "running"
	// ImportCompleted is an import whose file was read to its end.
	ImportCompleted ImportStatus = "completed"
	// ImportFailed is an import that ended before its file did. What it had committed stays.
	ImportFailed ImportStatus = "failed"
	// ImportCancelled is an import that somebody ended before its file did. What it had committed stays.
	ImportCancelled ImportStatus = "cancelled"
)

// ImportStatuses lists every status.
func ImportStatuses() []ImportStatus {
	return []ImportStatus{ImportWaiting, ImportRunning, ImportCompleted, ImportFailed, ImportCancelled}
}

// ErrImportEnded means that an import was ended by someone else while its file was still being read.
var ErrImportEnded = errors.New("the import has ended already; send the file again")

// An Import is a file of leads that was sent, and what became of its rows.
type Import struct {
	ID uuid.UUID `db:"import_id"`
	// APIKeyID is the key with which it was sent.
	APIKeyID uuid.UUID  `db:"api_key_id"`
	GroupID  *uuid.UUID `db:"group_id"`
	// Route has its leads go by the rules; then it has no group.
	Route    bool       `db:"route"`
	SourceID *uuid.UUID `db:"source_id"`
	// IntegrationID is the integration whose external ids its leads share, nil where they have their own.
	IntegrationID *uuid.UUID `db:"integration_id"`
	// Pace is how its leads are spread over days, empty where they go out at once.
	Pace   lead.Pace    `db:"pace"`
	Status ImportStatus `db:"status"`
	// FileName is what the file was called where it came from, empty where its sender does not say.
	FileName string `db:"file_name"`
	ImportCounts
	// Mapping says which columns hold the name, the email, the phone and the external id, where whoever sent the file says so.
	Mapping object[[]string] `db:"mapping"`
	// Columns are the file's, as soon as they are known.
	Columns objects[ImportColumn] `db:"columns"`
	// Warnings are sentences about the file as a whole.
	Warnings objects[string] `db:"warnings"`
	// Error is a sentence about why it failed, empty where it did not.
	Error      string     `db:"error"`
	CreatedAt  time.Time  `db:"created_at"`
	UpdatedAt  time.Time  `db:"updated_at"`
	FinishedAt *time.Time `db:"finished_at"`
	Undoable
}

// An ImportColumn is a column of an import's file and what its cells become.
type ImportColumn struct {
	Heading string `json:"heading"`
	// Becomes is name, email, phone and so on, or field.
	Becomes string `json:"becomes"`
	// By is how that is known where the heading does not tell: by the mapping, or by the content.
	By string `json:"by,omitempty"`
}

// ImportCounts are the rows of an import so far. Rows is the sum of the others.
type ImportCounts struct {
	Rows       int64 `db:"rows"`
	Imported   int64 `db:"imported"`
	Duplicates int64 `db:"duplicates"`
	Rejected   int64 `db:"rejected"`
}

// An ImportReject is a row that was not imported: the line on which it starts, a sentence why, and the row.
type ImportReject struct {
	Line   int64  `db:"line"`
	Reason string `db:"reason"`
	Record string `db:"record"`
}

var importColumns = `import_id, api_key_id, group_id, route, source_id, integration_id, coalesce(pace, '') AS pace, status, rows, imported, duplicates, rejected,
	file_name, mapping, columns, warnings, coalesce(error, '') AS error, created_at, updated_at, finished_at, ` + undoableColumns("imports", "import_id")

// A NewImport is a file that is about to be read: who sends it, and what becomes of its leads. Group, source and
// integration may be nil, and the pace empty.
type NewImport struct {
	APIKeyID                         uuid.UUID
	GroupID, SourceID, IntegrationID *uuid.UUID
	// Route has its leads go by the rules, instead of to a group.
	Route    bool
	Pace     lead.Pace
	FileName string
	// Mapping may be nil.
	Mapping map[string][]string
}

// CreateImport writes an import that is about to read its file, however many others do. See QueueImport.
func (q Queries) CreateImport(ctx context.Context, workspace uuid.UUID, n NewImport) (Import, error) {
	return q.createImport(ctx, workspace, n, ImportRunning)
}

func (q Queries) createImport(ctx context.Context, workspace uuid.UUID, n NewImport, status ImportStatus) (Import, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Import{}, err
	}
	mapping := n.Mapping
	if mapping == nil {
		mapping = map[string][]string{}
	}
	now := q.now()
	insert, args := row{
		{"workspace_id", workspace}, {"import_id", id}, {"api_key_id", n.APIKeyID}, {"group_id", n.GroupID}, {"route", n.Route},
		{"source_id", n.SourceID}, {"integration_id", n.IntegrationID}, {"pace", nullText(string(n.Pace))},
		{"status", string(status)}, {"mapping", asJSON(mapping)}, {"file_name", n.FileName}, {"created_at", now}, {"updated_at", now},
	}.insert("imports")
	return q.oneImport(ctx, insert+` RETURNING `+importColumns, args...)
}

// ofKey narrows imports to those that were sent with the key $3, or with one that came after it by rotation; nil is no key.
const ofKey = `($3::uuid IS NULL
			OR api_key_id = ANY (ARRAY(SELECT k.api_key_id FROM api_keys k WHERE k.workspace_id = $1 AND k.first_key_id = $3) || $3::uuid))`

// Import returns an import, ErrNotFound where there is none. With a key that is not nil it finds only that key's, and those of
// keys that came after it by rotation.
func (q Queries) Import(ctx context.Context, workspace, apiKey, id uuid.UUID) (Import, error) {
	return q.oneImport(ctx, `
		SELECT `+importColumns+` FROM imports
		WHERE workspace_id = $1 AND import_id = $2 AND `+ofKey, workspace, id, nullID(apiKey))
}

func (q Queries) oneImport(ctx context.Context, query string, args ...any) (Import, error) {
	var i Import
	err := sqlx.GetContext(ctx, q.q, &i, query, args...)
	return i, translate(err)
}

// Imports lists a page of imports, newest first; with a key that is not nil only those of which Import knows by it.
func (q Queries) Imports(ctx context.Context, workspace, apiKey uuid.UUID, p Page) ([]Import, error) {
	var all []Import
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+importColumns+` FROM imports
		WHERE workspace_id = $1 AND ($2::uuid IS NULL OR import_id < $2) AND `+ofKey+`
		ORDER BY import_id DESC LIMIT $4`, workspace, nullID(p.After), nullID(apiKey), p.Limit)
	return all, translate(err)
}

// ImportProgress returns the counts of a running import and keeps others from moving it until the transaction ends. It
// returns ErrImportEnded where the import does not run any more.
func (t *Tx) ImportProgress(ctx context.Context, workspace, id uuid.UUID) (ImportCounts, error) {
	var c ImportCounts
	err := translate(sqlx.GetContext(ctx, t.q, &c, `
		SELECT rows, imported, duplicates, rejected FROM imports
		WHERE workspace_id = $1 AND import_id = $2 AND status = $3 FOR NO KEY UPDATE`, workspace, id, string(ImportRunning)))
	if errors.Is(err, ErrNotFound) {
		return c, ErrImportEnded
	}
	return c, err
}

// AdvanceImport sets the counts of a running import and adds to its rejects, at most one a line.
func (t *Tx) AdvanceImport(ctx context.Context, workspace, id uuid.UUID, c ImportCounts, rejects []ImportReject) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE imports SET rows = $3, imported = $4, duplicates = $5, rejected = $6, updated_at = $7
		WHERE workspace_id = $1 AND import_id = $2`, workspace, id, c.Rows, c.Imported, c.Duplicates, c.Rejected, t.now())
	if err := oneRow(result, err); err != nil || len(rejects) == 0 {
		return err
	}
	var lines []int64
	var reasons, records []string
	for _, r := range rejects {
		lines, reasons, records = append(lines, r.Line), append(reasons, r.Reason), append(records, r.Record)
	}
	_, err = t.q.ExecContext(ctx, `
		INSERT INTO import_rejects (workspace_id, import_id, line, reason, record)
		SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[])`,
		workspace, id, bigints(lines), texts(reasons), texts(records))
	return translate(err)
}

// SetImportColumns notes what the columns of an import's file become.
func (q Queries) SetImportColumns(ctx context.Context, workspace, id uuid.UUID, columns []ImportColumn) error {
	result, err := q.q.ExecContext(ctx, `
		UPDATE imports SET columns = $3, updated_at = $4 WHERE workspace_id = $1 AND import_id = $2`,
		workspace, id, asJSON(columns), q.now())
	return oneRow(result, err)
}

// FinishImport ends an import that runs or waits: completed where failure is empty. It returns ErrImportEnded where it does
// neither any more.
func (q Queries) FinishImport(ctx context.Context, workspace, id uuid.UUID, warnings []string, failure string) (Import, error) {
	status := ImportCompleted
	if failure != "" {
		status = ImportFailed
	}
	if warnings == nil {
		warnings = []string{}
	}
	i, err := q.oneImport(ctx, `
		UPDATE imports SET status = $3, warnings = $4, error = $5, updated_at = $6, finished_at = $6, erased = NULL
		WHERE workspace_id = $1 AND import_id = $2 AND status IN ('running', 'waiting')
		RETURNING `+importColumns, workspace, id, string(status), asJSON(warnings), nullText(failure), q.now())
	if errors.Is(err, ErrNotFound) {
		return i, ErrImportEnded
	}
	return i, err
}

// FailStaleImports ends the imports, of all workspaces, that run or wait but have not moved since before: their server died.
// A live one moves in less than ImportAlive. It returns how many there were.
func (q Queries) FailStaleImports(ctx context.Context, before time.Time) (int64, error) {
	result, err := q.q.ExecContext(ctx, `
		UPDATE imports SET status = $2, finished_at = $3, updated_at = $3, erased = NULL,
			error = 'The server was stopped after row ' || rows || '; send the file again: rows already here are recognised.'
		WHERE status IN ('running', 'waiting') AND updated_at < $1`, before, string(ImportFailed), q.now())
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// ImportRejects lists up to limit rejected rows behind a line, in the order of the file. The import must be one that
// the caller may see.
func (q Queries) ImportRejects(ctx context.Context, workspace, id uuid.UUID, line int64, limit int) ([]ImportReject, error) {
	var all []ImportReject
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT line, reason, record FROM import_rejects
		WHERE workspace_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4`, workspace, id, line, limit)
	return all, translate(err)
}
