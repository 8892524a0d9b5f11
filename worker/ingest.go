package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// ingestion stores leads that a program pushed through the queue.
type ingestion struct {
	store *store.Store
	log   *slog.Logger
}

func (i *ingestion) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Ingest](task.Payload())
	if err != nil {
		return err
	}
	if err := i.checkSource(ctx, &p); err != nil {
		return err
	}
	err = i.add(ctx, p.Workspace, pushedLeads(p))
	if err != nil {
		err = fmt.Errorf("storing %d pushed leads of workspace %s, channel %q: %w", len(p.Leads), p.Workspace, p.Channel, err)
		if hopeless(err) {
			err = fmt.Errorf("%w: %w", err, asynq.SkipRetry)
		}
	}
	return err
}

// checkSource leaves out a source that is not offered for new leads: nobody is there to choose another.
func (i *ingestion) checkSource(ctx context.Context, p *tasks.Ingest) error {
	if p.SourceID == uuid.Nil {
		return nil
	}
	offered, err := i.store.OfferedForLeads(ctx, p.Workspace, []uuid.UUID{p.SourceID})
	if err != nil {
		return err
	}
	actual, is := offered[p.SourceID]
	if !is {
		i.log.Warn("pushed leads name a source that is not offered; they are stored without", "source_id", p.SourceID, "channel", p.Channel)
	}
	p.SourceID = actual
	return nil
}

// add stores leads together; where the database refuses them, one by one, so that only the one that it refuses is left.
func (i *ingestion) add(ctx context.Context, workspace uuid.UUID, leads []store.NewLead) error {
	var added []store.AddedLead
	err := i.store.WithTx(ctx, func(t *store.Tx) (err error) {
		if err := t.CheckDistribution(ctx, workspace, leads[0].Distribute); err != nil {
			return err
		}
		added, err = t.AddLeads(ctx, workspace, lead.QueueFresh, leads)
		return err
	})
	if store.Refused(err) && len(leads) > 1 {
		err = nil
		for n := range leads {
			err = errors.Join(err, i.add(ctx, workspace, leads[n:n+1]))
		}
		return err
	}
	if err != nil {
		return err
	}
	for _, a := range added {
		if !a.Existing {
			i.log.Debug("lead received", "lead_id", a.ID)
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
			Channel: string(lead.WayQueue), Origin: store.QueueOrigin(ingest.Clean(p.Channel)), ExternalID: ingest.Clean(l.ExternalID),
			Distribute: store.Distribution{GroupID: p.GroupID, MemberIDs: p.MemberIDs, Route: p.Route},
		}
	}
	return leads
}
