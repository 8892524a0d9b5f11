package ingest

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// intakeRunners is the number of inserts under way at once. While all are, new leads gather for the next one, so a
	// quiet system is fast and a busy one efficient.
	intakeRunners = 2
	intakeTimeout = 15 * time.Second
	// eventUnit is how many bytes of a kept body count for as much as a lead.
	eventUnit = 8 << 10
)

// An Intake stores single leads and arrivals, gathering those that come in at the same time into one insert and one batch.
type Intake struct {
	store    *store.Store
	requests chan request
	stop     chan struct{}
	done     sync.WaitGroup
}

type request struct {
	workspace uuid.UUID
	arrival   store.Arrival
	span      trace.Span // of whoever waits for the answer
	answer    chan<- answered
}

type answered struct {
	added []store.AddedLead
	err   error
}

// weight is what a request counts for where requests are gathered: leads, and the bytes of its event.
func (r request) weight() int {
	if r.arrival.Event == nil {
		return len(r.arrival.Leads)
	}
	return max(1, len(r.arrival.Leads)) + len(r.arrival.Event.Body)/eventUnit
}

// NewIntake starts an intake. Stop it once nobody adds leads any more.
func NewIntake(s *store.Store) *Intake {
	i := &Intake{
		store:    s,
		requests: make(chan request, lead.MaxBatch), stop: make(chan struct{}),
	}
	for range intakeRunners {
		i.done.Go(i.run)
	}
	return i
}

// Add stores a lead and the decisions to distribute it, and returns once they are committed. Where ctx ends first the
// lead may be stored all the same.
func (i *Intake) Add(ctx context.Context, workspace uuid.UUID, l store.NewLead) (store.AddedLead, error) {
	added, err := i.AddArrival(ctx, workspace, store.Arrival{Leads: []store.NewLead{l}})
	if err != nil {
		return store.AddedLead{}, err
	}
	return added[0], nil
}

// AddArrival stores an arrival, as Add does a lead, and fills in its event's leads and outcome.
func (i *Intake) AddArrival(ctx context.Context, workspace uuid.UUID, d store.Arrival) ([]store.AddedLead, error) {
	answers := make(chan answered, 1)
	select {
	case i.requests <- request{workspace, d, trace.SpanFromContext(ctx), answers}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-answers:
		return a.added, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Stop ends the intake.
func (i *Intake) Stop() {
	close(i.stop)
	i.done.Wait()
}

func (i *Intake) run() {
	for {
		select {
		case first := <-i.requests:
			for workspace, requests := range i.gather(first) {
				i.add(workspace, requests)
			}
		case <-i.stop:
			return
		}
	}
}

// gather takes what else is waiting, up to a batch, by workspace.
func (i *Intake) gather(first request) map[uuid.UUID][]request {
	gathered := map[uuid.UUID][]request{first.workspace: {first}}
	for weight := first.weight(); weight < lead.MaxBatch; {
		select {
		case r := <-i.requests:
			gathered[r.workspace] = append(gathered[r.workspace], r)
			weight += r.weight()
		default:
			return gathered
		}
	}
	return gathered
}

// add stores the arrivals to one workspace together; where the database refuses them, one by one, so that only the one
// that it refuses is turned away.
func (i *Intake) add(workspace uuid.UUID, requests []request) {
	arrivals, spans := make([]store.Arrival, len(requests)), make([]trace.Span, len(requests))
	for n, r := range requests {
		arrivals[n], spans[n] = r.arrival, r.span
	}
	added, err := i.insert(workspace, arrivals, spans)
	if store.Refused(err) && len(requests) > 1 {
		for _, r := range requests {
			i.add(workspace, []request{r})
		}
		return
	}
	for n, r := range requests {
		if err != nil {
			r.answer <- answered{err: err}
			continue
		}
		r.answer <- answered{added: added[n]}
	}
}

func (i *Intake) insert(workspace uuid.UUID, arrivals []store.Arrival, spans []trace.Span) (added [][]store.AddedLead, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), intakeTimeout)
	defer cancel()
	ctx, span := tracing.Gather(ctx, "store leads", spans)
	defer func() { tracing.End(span, discreet.Error(err), attribute.Int("leadwheel.arrivals", len(arrivals))) }()
	err = i.store.WithTx(ctx, func(t *store.Tx) (err error) {
		added, err = t.AddArrivals(ctx, workspace, lead.QueueFresh, arrivals)
		return err
	})
	return added, err
}
