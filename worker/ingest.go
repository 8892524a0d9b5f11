package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// ingestion stores leads that a program pushed through the queue.
type ingestion struct {
	store   *store.Store
	feeder  ingest.Feeder
	metrics *metrics.Metrics
	log     *slog.Logger
}

func (i *ingestion) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.DecodeIngest(task.Payload())
	if err != nil {
		return err
	}
	leads := pushedLeads(p)
	var added []store.AddedLead
	var batches []store.Batch
	err = i.store.WithTx(ctx, func(t *store.Tx) error {
		if err := t.CheckDistribution(ctx, p.Workspace, leads[0].Distribute); err != nil {
			return err
		}
		added, batches, err = t.AddLeads(ctx, p.Workspace, lead.QueueFresh, leads)
		return err
	})
	if err != nil {
		err = fmt.Errorf("storing %d pushed leads of workspace %s, channel %s: %w", len(leads), p.Workspace, p.Channel, err)
		if hopeless(err) {
			err = fmt.Errorf("%w: %w", err, asynq.SkipRetry)
		}
		return err
	}
	i.feeder.Feed(batches...)
	for n, a := range added {
		if !a.Existing {
			i.metrics.LeadsReceived.WithLabelValues(leads[n].Channel).Inc()
			i.log.Debug("lead received", "lead_id", a.ID, "channel", p.Channel)
		}
	}
	return nil
}

// hopeless reports whether trying again would end the same: the push names what is not there, or the database refuses it.
func hopeless(err error) bool {
	var field *store.FieldError
	return errors.As(err, &field) || errors.Is(err, store.ErrNotFound) || store.Refused(err)
}

// pushedLeads are a payload's leads as the store takes them, cleaned of what Postgres cannot hold: a lead is never
// refused for its spelling.
func pushedLeads(p tasks.Ingest) []store.NewLead {
	leads := make([]store.NewLead, len(p.Leads))
	for n, l := range p.Leads {
		leads[n] = store.NewLead{
			Name: ingest.Clean(l.Name), Email: ingest.Clean(l.Email), Phone: ingest.Clean(l.Phone),
			Fields: ingest.CleanJSON(l.Fields), SourceID: p.SourceID,
			Channel: "queue", Origin: "queue:" + ingest.Clean(p.Channel), ExternalID: ingest.Clean(l.ExternalID),
			Distribute: store.Distribution{GroupID: p.GroupID, MemberIDs: p.MemberIDs},
		}
	}
	return leads
}
