package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Event is a delivery to an integration and what became of it.
type Event struct {
	ID      uuid.UUID         `json:"id" format:"uuid"`
	At      time.Time         `json:"at" doc:"When it came in."`
	Outcome lead.EventOutcome `json:"outcome"`
	Detail  *string           `json:"detail" doc:"Why, where there is something to say."`
	LeadIDs []uuid.UUID       `json:"lead_ids" format:"uuid" doc:"Its leads, made by it or there before."`
	Made    int               `json:"made" doc:"How many leads it has made that were not there."`
	NotMade int               `json:"not_made" doc:"Of how many of its entries no lead could be made. They are kept: a replay makes those that can be read by then."`
	Reasons []NotMade         `json:"reasons" doc:"Why no lead could be made of some of its entries."`
}

// NotMade is why no lead could be made of some of a delivery's entries.
type NotMade struct {
	Reason  string `json:"reason"`
	Count   int    `json:"count" doc:"How many entries it is true of."`
	Entries []int  `json:"entries" doc:"Their places in the delivery, from 1; the first hundred. Of entries that have no place there are none."`
}

func (e Event) itemID() uuid.UUID { return e.ID }

// EventBody is a delivery with what came in.
type EventBody struct {
	Event
	ContentType *string `json:"content_type"`
	Query       *string `json:"query"`
	Body        string  `json:"body" doc:"As text. A key in it is blotted out."`
}

type eventOutput struct{ Body EventBody }

type eventsInput struct {
	Paging
	ItemID
	Outcome    lead.EventOutcome `query:"outcome" doc:"Only those of which this became."`
	Incomplete bool              `query:"incomplete" doc:"Only deliveries with entries of which no lead could be made."`
}

type eventInput struct {
	ItemID
	EventID uuid.UUID `path:"event_id"`
}

func (a *API) registerEvents() {
	const collection = "/v1/integrations/{id}/events"
	registerList(a, huma.Operation{
		OperationID: "list-events", Path: collection, Summary: "List what was delivered to an integration",
	}, nil, a.listEvents)
	register(a, huma.Operation{
		OperationID: "get-event", Method: http.MethodGet, Path: collection + "/{event_id}", Summary: "Look at a delivery",
	}, func(ctx context.Context, c *call, in *eventInput) (*eventOutput, error) {
		i, err := a.Store.Integration(ctx, c.Workspace, in.ID)
		if err != nil {
			return nil, err
		}
		e, err := a.Store.Event(ctx, c.Workspace, in.ID, in.EventID)
		return &eventOutput{EventBody{
			Event: eventBody(e), ContentType: textOrNull(e.Headers["Content-Type"]), Query: textOrNull(e.Query),
			Body: strings.ToValidUTF8(string(ingest.Redacted(i.Kind, e.Body)), "\uFFFD"),
		}}, err
	})
	register(a, huma.Operation{
		OperationID: "replay-event", Method: http.MethodPost, Path: collection + "/{event_id}/replay", Summary: "Read a delivery again",
		Description:   "By the settings and the secret that the integration has now. One event never makes a second lead: what it has made before is not made again.",
		DefaultStatus: http.StatusOK,
	}, a.replayEvent)
	register(a, huma.Operation{
		OperationID: "try-integration", Method: http.MethodPost, Path: "/v1/integrations/{id}/test", Summary: "Take in a test lead as if the platform had delivered it",
		Description: "Signed with the integration's secret, verified, read by its settings and stored: the answer is what became of it. The lead is a test, " +
			"which is not distributed. Where a platform only tells of leads, what it would give is made up too: its access token is not tried.",
		DefaultStatus: http.StatusOK, Errors: []int{http.StatusConflict},
	}, a.tryIntegration)
}

func (a *API) tryIntegration(ctx context.Context, c *call, in *itemInput) (*posted[Event], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Event], error) {
		e, err := a.Receiver.Try(ctx, tx, c.Workspace, in.ID)
		if errors.Is(err, ingest.ErrPaused) {
			err = problem.New(http.StatusConflict, err.Error())
		}
		return effect[Event]{status: http.StatusOK, body: eventBody(e)}, err
	})
}

func (a *API) listEvents(ctx context.Context, c *call, in *eventsInput, p store.Page) ([]Event, error) {
	if _, err := a.Store.Integration(ctx, c.Workspace, in.ID); err != nil {
		return nil, err
	}
	list := a.Store.Events
	if in.Incomplete {
		list = a.Store.IncompleteEvents
	}
	all, err := list(ctx, c.Workspace, in.ID, in.Outcome, p)
	return each(all, eventBody), err
}

func (a *API) replayEvent(ctx context.Context, c *call, in *eventInput) (*posted[Event], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Event], error) {
		e, err := a.Receiver.Replay(ctx, tx, c.Workspace, in.ID, in.EventID)
		return effect[Event]{status: http.StatusOK, body: eventBody(e)}, err
	})
}

func eventBody(e store.Event) Event {
	leads := []uuid.UUID{}
	for _, id := range e.LeadIDs {
		if id != uuid.Nil {
			leads = append(leads, id)
		}
	}
	reasons := []NotMade{}
	for _, n := range e.NotMade {
		reasons = append(reasons, NotMade{n.Reason, n.Count, append([]int{}, n.Entries...)})
	}
	return Event{
		ID: e.ID, At: e.ReceivedAt, Outcome: e.Outcome, Detail: textOrNull(e.Detail), LeadIDs: leads, Made: e.Made,
		NotMade: e.CountNotMade(), Reasons: reasons,
	}
}
