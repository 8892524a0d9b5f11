package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

// importPatience is how long an import waits for a database that is in trouble before it gives up.
const importPatience = 30 * time.Second

// sendAgain tells whoever sent a file that broke off what to do.
const sendAgain = "Send the file again: rows already here are recognised."

// An Importer stores the leads of files. It is idempotent by content: a row that was imported before, in this file
// or another, is a duplicate and has no effect.
type Importer struct {
	store    *store.Store
	metrics  *metrics.Metrics
	log      *slog.Logger
	patience time.Duration
	limits   ImportLimits
	// blankRows is how many rows of nothing a file may have.
	blankRows int64
}

// NewImporter returns an importer into s, without limits: see Within.
func NewImporter(s *store.Store, m *metrics.Metrics, log *slog.Logger) *Importer {
	return &Importer{store: s, metrics: m, log: log, patience: importPatience, blankRows: maxBlankRows}
}

// Run reads a file of any length into an import that was just created, and returns the import as it ended. Every row
// that it counts is committed. Leads go to the import's group, if it has one, and have its source where they name none;
// the warnings that it has are kept.
//
// An import that waits is read when its turn comes. One that is cancelled meanwhile, wherever that is done, is read no further
// and returned as it was ended.
//
// A file that cannot be read to its end, or is more than an import may be, makes a failed import, not an error. Trouble on our
// side makes both, and what was committed before it stays. The end of ctx, which is that of whoever sends the file, stops nothing but
// what it stops the file from giving, and waiting: a file that came whole is stored whole, once its turn has come.
func (i *Importer) Run(ctx context.Context, workspace uuid.UUID, imp store.Import, file io.Reader) (store.Import, error) {
	sender := ctx.Done()
	ctx = context.WithoutCancel(ctx)
	r := &importRun{Importer: i, workspace: workspace, imp: imp}
	failure, trouble := r.all(ctx, sender, file)
	if trouble != nil {
		failure = r.explain(trouble)
	}
	finished, err := r.finish(ctx, failure)
	if err != nil {
		finished = imp
		err = fmt.Errorf("finishing the import: %w", err)
	} else {
		i.metrics.Imports.WithLabelValues(string(finished.Status)).Inc()
	}
	if finished.Status == store.ImportCancelled {
		trouble = nil // whatever was done when it was
	}
	if trouble = errors.Join(trouble, err); trouble != nil {
		trouble = fmt.Errorf("import %s: %w", imp.ID, trouble)
	}
	i.log.InfoContext(ctx, "import ended", "import_id", imp.ID, "workspace_id", workspace, "status", string(finished.Status),
		"rows", finished.Rows, "imported", finished.Imported, "duplicates", finished.Duplicates, "rejected", finished.Rejected)
	return finished, trouble
}

// all imports the whole file once its turn has come, or says why that cannot be. sender is closed when whoever sends the file has
// gone.
func (r *importRun) all(ctx context.Context, sender <-chan struct{}, file io.Reader) (failure string, err error) {
	if r.imp.Status == store.ImportWaiting {
		ahead := readAhead(file)
		defer ahead.Close()
		file = ahead
		if failure, err := r.await(ctx, sender, ahead.broke); err != nil || failure != "" {
			return failure, err
		}
	}
	if err := r.persist(ctx, r.learn); err != nil {
		return "", fmt.Errorf("reading the sources, the region and the key: %w", err)
	}
	reading, end := r.begin(ctx, file)
	defer end()
	return r.read(ctx, reading, file)
}

// learn reads what must be known to make leads of rows.
func (r *importRun) learn(ctx context.Context) (err error) {
	if r.sources, err = r.store.LeadSources(ctx, r.workspace); err != nil {
		return err
	}
	w, err := r.store.Workspace(ctx, r.workspace)
	if err != nil {
		return err
	}
	key, err := r.store.APIKey(ctx, r.workspace, r.imp.APIKeyID)
	if errors.Is(err, store.ErrNotFound) {
		key, err = store.APIKey{}, nil // nobody's: an operator's own program
	}
	r.space, r.origin, r.ownSource = w, key.Origin(importChannel), key.SourceID != nil
	return err
}

// explain is trouble on our side in words for whoever sent the file.
func (r *importRun) explain(trouble error) string {
	what := "Something went wrong on our side"
	if store.Unavailable(trouble) {
		what = "The database could not be reached"
	}
	return fmt.Sprintf("%s after row %d. %s", what, r.counts.Rows, sendAgain)
}

// An importRun is one import on its way.
type importRun struct {
	*Importer
	workspace uuid.UUID
	imp       store.Import
	sources   map[string]uuid.UUID // offered for leads, by the key of their name
	space     store.Workspace
	origin    string   // whose external ids the rows have, unless they are an integration's
	ownSource bool     // rows name no source: that is bound to the key
	foreign   int64    // rows that named one all the same
	columns   []Column // as the import has them
	unknown   unknownSources
	shared    sharedIDs
	leftOut   []string           // warnings about parts of the file
	rows      int64              // read, the last chunk of which may be on its way to the store
	counts    store.ImportCounts // committed
	storing   storing
	// kept is how much is kept of rejects, in bytes, and unkept how many are not.
	kept, unkept int64
	attempt      atomic.Pointer[context.CancelCauseFunc] // ends what is being stored
	stop         context.CancelCauseFunc                 // ends the reading of the file
}

// read reads the file until the context for that ends, committing chunk by chunk, and says why it was not read to its end, if it
// was not.
func (r *importRun) read(ctx, reading context.Context, src io.Reader) (failure string, err error) {
	file, err := FileOptions{Mapping: Mapping(r.imp.Mapping), Region: r.space.Region, OwnIDs: r.imp.IntegrationID != nil}.open(src, r.bounds(reading))
	if err != nil {
		return r.broken(ctx, reading, err)
	}
	defer file.Close()
	defer func() { r.leftOut = file.Warnings() }()
	if err := r.tellColumns(ctx, file); err != nil {
		return "", err
	}
	var c chunk
	cause := r.readRows(ctx, reading, file, &c)
	if err := r.commitLast(ctx, &c); err != nil {
		return "", err
	}
	switch {
	case errors.Is(cause, io.EOF):
		return "", r.tellColumns(ctx, file)
	case errors.Is(cause, errOverRows):
		return r.tooManyRows(), nil
	}
	return r.broken(ctx, reading, cause)
}

// readRows reads rows into the chunk, which is committed whenever it is full, and returns what ended that.
func (r *importRun) readRows(ctx, reading context.Context, file *File, c *chunk) error {
	for most := r.chunkRows(); ; {
		row, err := file.Next()
		var reject *leadfile.Reject
		rejected := errors.As(err, &reject)
		switch {
		case err != nil && !rejected:
			return err
		case r.overRows():
			return errOverRows
		case !rejected:
			c.add(row, r.space.Ready(r.lead(row)))
		case r.keeps(*reject):
			c.reject(*reject)
		default:
			c.count()
		}
		r.rows++
		if !c.full(most) {
			continue
		}
		if err := r.commit(ctx, c); err != nil {
			return err
		}
		if cause := context.Cause(reading); cause != nil {
			return cause
		}
	}
}

// tellColumns stores what the file's columns become, where that is not known of the import yet. A header that cannot be read
// is left to whoever reads rows under it.
func (r *importRun) tellColumns(ctx context.Context, file *File) error {
	columns, err := file.Columns()
	if err != nil || slices.Equal(columns, r.columns) {
		return nil //nolint:nilerr // it comes again with the first row
	}
	r.columns = columns
	all := make([]store.ImportColumn, len(columns))
	for i, c := range columns {
		all[i] = store.ImportColumn{Heading: c.Header, Becomes: c.Becomes(), By: c.By}
	}
	return r.persist(ctx, func(ctx context.Context) error {
		return r.store.SetImportColumns(ctx, r.workspace, r.imp.ID, all)
	})
}

// broken says why the file was not read on: it was stopped, or it cannot be read.
func (r *importRun) broken(ctx, reading context.Context, err error) (failure string, trouble error) {
	if cause := context.Cause(reading); cause != nil {
		return r.stopped(cause)
	}
	return r.unreadable(ctx, err)
}

// unreadable says why a file cannot be read on, or returns the error where that is trouble of ours.
func (r *importRun) unreadable(ctx context.Context, err error) (failure string, trouble error) {
	var unusable *leadfile.Error
	var local *leadfile.DiskError
	switch {
	case errors.As(err, &unusable) && r.counts.Rows == 0:
		return unusable.Message, nil
	case errors.As(err, &unusable):
		return fmt.Sprintf("%s It could be read up to row %d; those rows are here, and are recognised when they come again.", unusable.Message, r.counts.Rows), nil
	case errors.As(err, &local):
		return "", err
	}
	r.log.InfoContext(ctx, "upload broke off", "import_id", r.imp.ID, "error", err)
	return fmt.Sprintf("The upload broke off after row %d. %s", r.counts.Rows, sendAgain), nil
}

// lead is a row as the store takes it.
func (r *importRun) lead(row Row) store.NewLead {
	l := store.NewLead{
		Name: row.Name, Email: row.Email, Phone: row.Phone, Fields: row.Fields,
		Channel: importChannel, ImportID: r.imp.ID, Origin: r.origin, ExternalID: row.ExternalID, Test: row.Test, Attribution: row.Attribution, Consent: row.Consent,
	}
	if i := r.imp.IntegrationID; i != nil {
		l.Origin, l.IntegrationID = store.IntegrationOrigin(*i), *i
	}
	switch {
	case r.imp.Route:
		l.Distribute = store.Distribution{Route: true, Pace: r.imp.Pace}
	case r.imp.GroupID != nil && !row.Test:
		l.Distribute = store.Distribution{GroupID: *r.imp.GroupID, Pace: r.imp.Pace}
	}
	if r.imp.SourceID != nil {
		l.SourceID = *r.imp.SourceID
	}
	if contacts.NameKey(row.Source) == "" {
		return l
	}
	if named := r.sourceOf(row.Source); !r.ownSource {
		l.SourceID = named
	} else if named != l.SourceID {
		r.foreign++
	}
	return l
}

// finish ends the import, or returns it where it has ended: somebody cancelled it, the scheduler did that, or an attempt whose
// answer was lost.
func (r *importRun) finish(ctx context.Context, failure string) (imp store.Import, err error) {
	warnings := slices.Concat(r.imp.Warnings, r.unknown.warnings(), r.foreignSources(), r.shared.warnings(), r.unkeptRejects(), r.leftOut)
	err = r.persist(ctx, func(ctx context.Context) error {
		imp, err = r.store.FinishImport(ctx, r.workspace, r.imp.ID, warnings, failure)
		if errors.Is(err, store.ErrImportEnded) {
			imp, err = r.store.Import(ctx, r.workspace, uuid.Nil, r.imp.ID)
		}
		if err == nil && imp.Status == store.ImportCancelled {
			imp, err = r.store.NoteImport(ctx, r.workspace, r.imp.ID, warnings)
		}
		return err
	})
	return imp, err
}
