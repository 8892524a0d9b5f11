package tasks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/tracing"
)

// payloadVersion is the version of the payloads that this program writes and reads.
const payloadVersion = 1

// ErrPayload means that a payload is not of this program's form. Trying again does not help.
var ErrPayload = errors.New("the task's payload cannot be read; was it written by another version of leadwheel?")

// A Payload is what tasks of one kind carry. Its text names what it points at, by ids.
type Payload interface {
	fmt.Stringer
	// check says what is wrong with it, nil where nothing is.
	check() error
}

// Distribute is the payload of KindDistribute.
type Distribute struct {
	Version   int       `json:"v"`
	Workspace uuid.UUID `json:"workspace_id"`
	Batch     uuid.UUID `json:"batch_id"`
}

// Fetch is the payload of KindFetch: an integration, which knows what it has to fetch.
type Fetch struct {
	Version     int       `json:"v"`
	Workspace   uuid.UUID `json:"workspace_id"`
	Integration uuid.UUID `json:"integration_id"`
}

// Ingest is the payload of KindIngest: leads that share where they came from and who gets them.
type Ingest struct {
	Version   int          `json:"v"`
	Workspace uuid.UUID    `json:"workspace_id"`
	Channel   string       `json:"channel"`
	SourceID  uuid.UUID    `json:"source_id,omitzero"`
	GroupID   uuid.UUID    `json:"group_id,omitzero"`
	MemberIDs []uuid.UUID  `json:"member_ids,omitempty"`
	Route     bool         `json:"route,omitempty"`
	Leads     []PushedLead `json:"leads"`
}

// Notify is the payload of KindNotify: to whom something is owed, and how.
type Notify struct {
	Version   int          `json:"v"`
	Workspace uuid.UUID    `json:"workspace_id"`
	Member    uuid.UUID    `json:"member_id"`
	Channel   lead.Channel `json:"channel"`
}

// Webhook is the payload of KindWebhook: to whom something is owed.
type Webhook struct {
	Version   int       `json:"v"`
	Workspace uuid.UUID `json:"workspace_id"`
	Webhook   uuid.UUID `json:"webhook_id"`
}

// Simulate is the payload of KindSimulate.
type Simulate struct {
	Version    int       `json:"v"`
	Workspace  uuid.UUID `json:"workspace_id"`
	Simulation uuid.UUID `json:"simulation_id"`
}

// A PushedLead is a lead as it travels. Fields is a JSON object, kept to the letter, so that long numbers stay exact.
type PushedLead struct {
	ExternalID string          `json:"external_id"`
	Name       string          `json:"name,omitempty"`
	Email      string          `json:"email,omitempty"`
	Phone      string          `json:"phone,omitempty"`
	Fields     json.RawMessage `json:"fields,omitempty"`
}

// Decode reads a payload. It refuses what it does not know, with ErrPayload.
func Decode[P Payload](payload []byte) (P, error) {
	var p P
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return p, fmt.Errorf("%w: something follows it", ErrPayload)
	}
	if err := p.check(); err != nil {
		return p, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	return p, nil
}

func describe[P Payload](payload []byte) (string, error) {
	p, err := Decode[P](payload)
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

func check(version int, workspace uuid.UUID, complete bool, what string) error {
	switch {
	case version != payloadVersion:
		return fmt.Errorf("it has version %d, this program reads %d", version, payloadVersion)
	case workspace == uuid.Nil:
		return errors.New("workspace_id is missing")
	case !complete:
		return errors.New(what)
	}
	return nil
}

func (p Distribute) check() error {
	return check(p.Version, p.Workspace, p.Batch != uuid.Nil, "batch_id is missing")
}

func (p Fetch) check() error {
	return check(p.Version, p.Workspace, p.Integration != uuid.Nil, "integration_id is missing")
}

func (p Ingest) check() error {
	if p.GroupID != uuid.Nil && len(p.MemberIDs) > 0 || p.Route && (p.GroupID != uuid.Nil || len(p.MemberIDs) > 0) {
		return errors.New("group_id, member_ids and route exclude each other")
	}
	for i, l := range p.Leads {
		if l.ExternalID == "" || len(l.Fields) > 0 && l.Fields[0] != '{' {
			return fmt.Errorf("lead %d has no external_id, or its fields are not an object", i)
		}
	}
	return check(p.Version, p.Workspace, p.Channel != "" && len(p.Leads) > 0, "channel or leads are missing")
}

func (p Notify) check() error {
	return check(p.Version, p.Workspace, p.Member != uuid.Nil && p.Channel != "", "member_id or channel is missing")
}

func (p Webhook) check() error {
	return check(p.Version, p.Workspace, p.Webhook != uuid.Nil, "webhook_id is missing")
}

func (p Simulate) check() error {
	return check(p.Version, p.Workspace, p.Simulation != uuid.Nil, "simulation_id is missing")
}

// String implements Payload.
func (p Distribute) String() string {
	return fmt.Sprintf("workspace %s, batch %s", p.Workspace, p.Batch)
}

// String implements Payload.
func (p Fetch) String() string {
	return fmt.Sprintf("workspace %s, integration %s", p.Workspace, p.Integration)
}

// String implements Payload.
func (p Ingest) String() string {
	return fmt.Sprintf("workspace %s, leads: %d", p.Workspace, len(p.Leads))
}

// String implements Payload.
func (p Notify) String() string { return fmt.Sprintf("workspace %s, member %s", p.Workspace, p.Member) }

// String implements Payload.
func (p Webhook) String() string {
	return fmt.Sprintf("workspace %s, webhook %s", p.Workspace, p.Webhook)
}

// String implements Payload.
func (p Simulate) String() string {
	return fmt.Sprintf("workspace %s, simulation %s", p.Workspace, p.Simulation)
}

// task is a task of the kind in a queue, which belongs where traceparent says; empty is nowhere.
func task(name, queue, traceparent string, p Payload, more ...asynq.Option) (*asynq.Task, error) {
	payload, err := json.Marshal(p)
	k := kinds[name]
	var headers map[string]string
	if traceparent != "" {
		headers = map[string]string{tracing.Header: traceparent}
	}
	return asynq.NewTaskWithHeaders(name, payload, headers, append(more, asynq.Queue(queue), asynq.MaxRetry(k.retries), asynq.Timeout(k.timeout))...), err
}

// hintTask is a hint that a batch waits, delivered a little before the batch is due. Its id carries queue and
// generation, so that the same hint is enqueued once and a later one is not taken for it.
func hintTask(shards Shards, b lead.Hint) (*asynq.Task, error) {
	options := []asynq.Option{asynq.TaskID(fmt.Sprintf("%s:%s:%d", b.Queue, b.ID, b.Generation))}
	if !b.FeedAt.IsZero() {
		options = append(options, asynq.ProcessAt(b.FeedAt.Add(-HintAhead)))
	}
	shard := shards.Of(string(b.Queue), b.Workspace)
	if b.Queue == lead.QueueSimulate {
		return task(KindSimulate, shard, b.Traceparent, Simulate{Version: payloadVersion, Workspace: b.Workspace, Simulation: b.ID}, options...)
	}
	if b.Queue == lead.QueueFetch {
		return task(KindFetch, shard, b.Traceparent, Fetch{Version: payloadVersion, Workspace: b.Workspace, Integration: b.ID}, options...)
	}
	return task(KindDistribute, shard, b.Traceparent, Distribute{Version: payloadVersion, Workspace: b.Workspace, Batch: b.ID}, options...)
}

// WorkspaceOf is the workspace of what was pushed, nil where the payload cannot be read.
func WorkspaceOf(payload []byte) uuid.UUID {
	p, err := Decode[Ingest](payload)
	if err != nil {
		return uuid.Nil
	}
	return p.Workspace
}

// HandedAgain reports whether a hint, by its task's id, is another than the first at a batch.
func HandedAgain(taskID string) bool {
	return strings.Count(taskID, ":") == 2 && !strings.HasSuffix(taskID, ":0")
}

// notifyTask is a hint that something is owed. A hint too many does no harm, and one that the queue keeps for a worker who
// died is not in the way of the next.
func notifyTask(shards Shards, p Notify) (*asynq.Task, error) {
	p.Version = payloadVersion
	return task(KindNotify, shards.Of(QueueNotify, p.Workspace), "", p)
}

// webhookTask is a hint as notifyTask is.
func webhookTask(shards Shards, p Webhook) (*asynq.Task, error) {
	p.Version = payloadVersion
	return task(KindWebhook, shards.Of(QueueWebhook, p.Workspace), "", p)
}

// ingestTask belongs to the trace of ctx, where it has one.
func ingestTask(ctx context.Context, p Ingest) (*asynq.Task, error) {
	p.Version = payloadVersion
	return task(KindIngest, QueueIngest, tracing.Parent(ctx), p)
}
