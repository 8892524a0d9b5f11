package ingest

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// attemptTimeout bounds one transaction, lest a database that does not answer hold an import for ever.
	attemptTimeout = 15 * time.Second

	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// settle stores a chunk. Where the database refuses its data, it is split until the row at fault stands alone, which
// is then rejected.
func (r *importRun) settle(ctx context.Context, c chunk) error {
	err := r.persist(ctx, func(ctx context.Context) error {
		return r.givingWay(ctx, func(ctx context.Context) error { return r.apply(ctx, c) })
	})
	switch {
	case !store.Refused(err) || len(c.leads) == 0:
		return err
	case len(c.leads) == 1:
		r.log.WarnContext(ctx, "the database refused a row of an import", "import_id", r.imp.ID, "line", c.origins[0].line, "error", err)
		return r.settle(ctx, c.refused())
	}
	first, second := c.halves()
	if err := r.settle(ctx, first); err != nil {
		return err
	}
	return r.settle(ctx, second)
}

// apply stores a chunk and the import's progress over it in one transaction. It may be called again when it is not
// known whether that was committed: progress tells.
func (r *importRun) apply(ctx context.Context, c chunk) error {
	var counts store.ImportCounts
	var beside sharedIDs
	err := r.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		if counts, err = tx.ImportProgress(ctx, r.workspace, r.imp.ID); err != nil || counts.Rows > r.counts.Rows {
			return err
		}
		erased, err := tx.ErasedSince(ctx, r.workspace, r.imp.ID)
		if err != nil {
			return err
		}
		c := c.without(erased)
		// The scheduler feeds bulk batches, workspaces in turn.
		added, err := tx.AddLeads(ctx, r.workspace, lead.QueueBulk, c.leads)
		if err != nil {
			return err
		}
		beside = sharedIDs{}
		for i, a := range added {
			beside.note(a, c.origins[i].line)
			if a.Existing {
				counts.Duplicates++
			} else {
				counts.Imported++
			}
		}
		counts.Rejected += int64(c.rejected())
		counts.Rows += int64(c.rows())
		return tx.AdvanceImport(ctx, r.workspace, r.imp.ID, counts, c.rejects)
	})
	if err != nil {
		return err
	}
	r.counts = counts
	r.shared.add(beside)
	return nil
}

// persist does something with the database, again and again while that is in trouble, up to the importer's patience.
func (i *Importer) persist(ctx context.Context, do func(context.Context) error) error {
	attempt := func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		return do(ctx)
	}
	giveUp := time.Now().Add(i.patience)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := attempt()
		if err == nil || !store.Unavailable(err) || time.Now().Add(pause).After(giveUp) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
