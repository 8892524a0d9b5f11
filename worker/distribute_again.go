package worker

import (
	"context"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// actAgain is act for a batch that was handed over before: whoever had it may have died of it. It is noted first that it is begun, and
// afterwards that nobody died. Where several did, it is halved, until the lead that they died of is alone and fails.
func (d *distribute) actAgain(ctx context.Context, p tasks.Distribute, distribute acting) error {
	begun, err := d.store.BeginAgain(ctx, p.Workspace, p.Batch)
	switch {
	case err != nil || begun == store.BeginNot:
		return err
	case begun == store.BeginIsolated:
		d.log.ErrorContext(ctx, "processes broke off with a batch; it is halved until what ends them is alone", "workspace_id", p.Workspace, "batch_id", p.Batch)
		distribute = d.store.Isolate
	case begun == store.BeginAlone && !d.alone.TryLock(): // it is handed over again, when nobody else of this process may die
		return d.store.CameBack(ctx, p.Workspace, p.Batch)
	case begun == store.BeginAlone:
		defer d.alone.Unlock()
	}
	err = d.act(ctx, p, distribute)
	if err == nil {
		return nil // it is gone
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // the task's own time may be over
	defer cancel()
	if noting := d.store.CameBack(after, p.Workspace, p.Batch); noting != nil {
		d.log.WarnContext(ctx, "a batch counts as one of which a worker died, and none did", "batch_id", p.Batch, "error", discreet.Error(noting))
	}
	return err
}
