package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// maxPush bounds the leads in one ingest task: the queue rewrites a task's payload while it runs, so it stays small.
const maxPush = 100

// A Client enqueues tasks. It is safe for concurrent use.
type Client struct {
	queue  *asynq.Client
	rdb    redis.UniversalClient
	shards Shards
}

// NewClient returns a client on rdb, which stays its owner's and outlives the client.
func NewClient(rdb redis.UniversalClient) *Client {
	return &Client{queue: asynq.NewClientFromRedisClient(rdb), rdb: rdb}
}

// Spread has the client put what Leadwheel itself hands to the queue into so many shards, and returns the client. Where pushed leads go
// does not depend on it.
func (c *Client) Spread(over Shards) *Client {
	c.shards = over
	return c
}

// A Push is leads that a program pushes through the queue, and who gets them.
type Push struct {
	// WorkspaceID is the workspace they are for.
	WorkspaceID uuid.UUID
	// Channel names the pushing program; external ids are unique within it, and leads show it as their push_channel. Empty means "queue".
	Channel string
	// SourceID is the source they come from, if any.
	SourceID uuid.UUID
	// GroupID is the distribution group whose turn it is, or MemberIDs the members who each get a copy. With neither, and no Route,
	// the leads are stored and not distributed.
	GroupID   uuid.UUID
	MemberIDs []uuid.UUID
	// Route has the workspace's rules say which group it is, instead of either.
	Route bool
	Leads []Lead
}

// A Lead is a lead on its way in. It has a name, an email or a phone at least.
type Lead struct {
	// ExternalID is the lead's id where it comes from. It is stored once for each channel, however often it is pushed.
	ExternalID         string
	Name, Email, Phone string
	// Fields are any others, under their own names.
	Fields map[string]any
}

// PushLeads enqueues leads to be stored and distributed, also while no worker runs. When it returns nil Redis has them
// all; from the moment a worker stores them they are in Postgres. A lead without an external id is given a random one,
// so that a task that runs twice stores it once, but pushing it again stores it again. Pushing again after an error is
// safe for leads with external ids.
func (c *Client) PushLeads(ctx context.Context, p Push) error {
	leads, err := p.leads()
	if err != nil {
		return fmt.Errorf("pushing leads: %w", err)
	}
	for start := 0; start < len(leads); start += maxPush {
		task, err := ingestTask(ctx, Ingest{
			Workspace: p.WorkspaceID, Channel: cmp.Or(p.Channel, "queue"), SourceID: p.SourceID, GroupID: p.GroupID,
			MemberIDs: p.MemberIDs, Route: p.Route, Leads: leads[start:min(start+maxPush, len(leads))],
		})
		if err != nil {
			return fmt.Errorf("pushing leads %d and following, those before are pushed: %w", start, err)
		}
		if _, err := c.queue.EnqueueContext(ctx, task); err != nil {
			return fmt.Errorf("pushing leads %d and following, those before are pushed: %w", start, err)
		}
	}
	return nil
}

// PushAgain enqueues the payload of a KindIngest task once more, after the queue gave up on it. Leads that were stored
// already are recognised. It returns ErrPayload where no worker of this version would read the payload.
func (c *Client) PushAgain(ctx context.Context, payload []byte) error {
	p, err := Decode[Ingest](payload)
	if err != nil {
		return err
	}
	task, err := ingestTask(ctx, p)
	if err != nil {
		return fmt.Errorf("pushing leads again: %w", err)
	}
	if _, err := c.queue.EnqueueContext(ctx, task); err != nil {
		return fmt.Errorf("pushing leads again: %w", err)
	}
	return nil
}

// leads checks a push and makes its leads ready to travel.
func (p *Push) leads() ([]PushedLead, error) {
	switch {
	case p.WorkspaceID == uuid.Nil:
		return nil, errors.New("WorkspaceID is missing")
	case p.GroupID != uuid.Nil && len(p.MemberIDs) > 0:
		return nil, errors.New("give GroupID or MemberIDs, not both")
	case p.Route && (p.GroupID != uuid.Nil || len(p.MemberIDs) > 0):
		return nil, errors.New("give Route, or GroupID or MemberIDs, not both")
	}
	leads := make([]PushedLead, len(p.Leads))
	for i, l := range p.Leads {
		if l.Name == "" && l.Email == "" && l.Phone == "" {
			return nil, fmt.Errorf("lead %d has no name, email or phone; give it one of them", i)
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		leads[i] = PushedLead{ExternalID: cmp.Or(l.ExternalID, id.String()), Name: l.Name, Email: l.Email, Phone: l.Phone}
		if len(l.Fields) == 0 {
			continue
		}
		if leads[i].Fields, err = json.Marshal(l.Fields); err != nil {
			return nil, fmt.Errorf("writing the fields of lead %d as JSON: %w", i, err)
		}
	}
	return leads, nil
}

// Distribute hands hints to the queue: at batches that are to be distributed, now or when they are due, and at leads to be
// fetched. One that is there already counts as handed over.
func (c *Client) Distribute(ctx context.Context, hints ...lead.Hint) error {
	for i, h := range hints {
		task, err := hintTask(c.shards, h)
		if err != nil {
			return err
		}
		if _, err := c.queue.EnqueueContext(ctx, task); err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
			return fmt.Errorf("handing %d of %d batches to the queue: %w", len(hints)-i, len(hints), err)
		}
	}
	return nil
}

// Notify hints that something is owed to a member.
func (c *Client) Notify(ctx context.Context, p Notify) error {
	task, err := notifyTask(c.shards, p)
	return c.hint(ctx, task, err)
}

// Webhook hints that something is owed to a webhook.
func (c *Client) Webhook(ctx context.Context, p Webhook) error {
	task, err := webhookTask(c.shards, p)
	return c.hint(ctx, task, err)
}

func (c *Client) hint(ctx context.Context, task *asynq.Task, err error) error {
	if err != nil {
		return err
	}
	if _, err := c.queue.EnqueueContext(ctx, task); err != nil {
		return fmt.Errorf("handing a %s task to the queue: %w", task.Type(), err)
	}
	return nil
}
