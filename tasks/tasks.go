// Package tasks is what travels through the queue: the task kinds, their payloads, their options, and the client that
// enqueues them. Integrators import it to push leads from their own Go programs. It imports the domain only.
//
// Payloads are strict and versioned: a worker refuses fields and versions that it does not know, so that a program that
// is too new or too old is noticed and its task kept.
package tasks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// The task kinds.
const (
	// KindDistribute acts on one batch of pending leads.
	KindDistribute = "lead:distribute"
	// KindIngest stores leads that a program pushed through the queue.
	KindIngest = "lead:ingest"
	// KindFetch gets leads from a platform that has only told of them.
	KindFetch = "lead:fetch"
	// KindNotify sends what is owed to a member by a channel.
	KindNotify = "member:notify"
	// KindWebhook tells a webhook what is owed to it.
	KindWebhook = "webhook:deliver"
)

// QueueIngest carries pushed leads that are not stored yet, QueueNotify messages to members, and QueueWebhook what webhooks
// are told: in a queue of its own, so that slow webhooks hold up no message. The queues of distribution work are in the
// domain.
const (
	QueueIngest  = "ingest"
	QueueNotify  = "notify"
	QueueWebhook = "webhook"
)

// Queues lists every queue that Leadwheel uses.
func Queues() []string {
	return []string{string(lead.QueueFresh), string(lead.QueueDue), string(lead.QueueBulk), string(lead.QueueFetch), QueueIngest, QueueNotify, QueueWebhook}
}

const (
	// Timeout is what one run of a task may take. A task that runs over is tried again while the first run may still
	// be ending, which the database guards against.
	Timeout = 30 * time.Second
	// HintAhead is how long before a batch is due its task comes: the queue is late by parts of a second, and knows whole
	// seconds only.
	HintAhead = 2 * time.Second
)

const (
	// webhookTimeout leaves one that tells a webhook time for the last, slow attempt.
	webhookTimeout = time.Minute
	// hintRetries are few: the scheduler hands over again whatever is left.
	hintRetries = 3
	// ingestRetries are what pushed leads get before they are set aside as dead. A database that is away costs none.
	ingestRetries = 30
)

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

// A PushedLead is a lead as it travels. Fields is a JSON object, kept to the letter, so that long numbers stay exact.
type PushedLead struct {
	ExternalID string          `json:"external_id"`
	Name       string          `json:"name,omitempty"`
	Email      string          `json:"email,omitempty"`
	Phone      string          `json:"phone,omitempty"`
	Fields     json.RawMessage `json:"fields,omitempty"`
}

// payloadVersion is the version of the payloads that this program writes and reads.
const payloadVersion = 1

// ErrPayload means that a payload is not of this program's form. Trying again does not help.
var ErrPayload = errors.New("the task's payload cannot be read; was it written by another version of leadwheel?")

// DecodeDistribute reads the payload of KindDistribute.
func DecodeDistribute(payload []byte) (Distribute, error) {
	var p Distribute
	return p, decode(payload, &p, func() error {
		return check(p.Version, p.Workspace, p.Batch != uuid.Nil, "batch_id is missing")
	})
}

// DecodeFetch reads the payload of KindFetch.
func DecodeFetch(payload []byte) (Fetch, error) {
	var p Fetch
	return p, decode(payload, &p, func() error {
		return check(p.Version, p.Workspace, p.Integration != uuid.Nil, "integration_id is missing")
	})
}

// DecodeIngest reads the payload of KindIngest.
func DecodeIngest(payload []byte) (Ingest, error) {
	var p Ingest
	return p, decode(payload, &p, func() error {
		if p.GroupID != uuid.Nil && len(p.MemberIDs) > 0 {
			return errors.New("group_id and member_ids exclude each other")
		}
		for i, l := range p.Leads {
			if l.ExternalID == "" || len(l.Fields) > 0 && l.Fields[0] != '{' {
				return fmt.Errorf("lead %d has no external_id, or its fields are not an object", i)
			}
		}
		return check(p.Version, p.Workspace, p.Channel != "" && len(p.Leads) > 0, "channel or leads are missing")
	})
}

// DecodeNotify reads the payload of KindNotify.
func DecodeNotify(payload []byte) (Notify, error) {
	var p Notify
	return p, decode(payload, &p, func() error {
		return check(p.Version, p.Workspace, p.Member != uuid.Nil && p.Channel != "", "member_id or channel is missing")
	})
}

// DecodeWebhook reads the payload of KindWebhook.
func DecodeWebhook(payload []byte) (Webhook, error) {
	var p Webhook
	return p, decode(payload, &p, func() error {
		return check(p.Version, p.Workspace, p.Webhook != uuid.Nil, "webhook_id is missing")
	})
}

// IsHint reports whether tasks of a kind only point at what is in the database, so that one that the queue gives up on
// is no loss.
func IsHint(kind string) bool {
	return kind == KindDistribute || kind == KindFetch || kind == KindNotify || kind == KindWebhook
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

func decode(payload []byte, into any, check func() error) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrPayload, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows it", ErrPayload)
	}
	if err := check(); err != nil {
		return fmt.Errorf("%w: %w", ErrPayload, err)
	}
	return nil
}

// hintTask is a hint that a batch waits, delivered a little before the batch is due. Its id carries queue and
// generation, so that the same hint is enqueued once and a later one is not taken for it.
func hintTask(b lead.Hint) (*asynq.Task, error) {
	kind := KindDistribute
	payload, err := json.Marshal(Distribute{Version: payloadVersion, Workspace: b.Workspace, Batch: b.ID})
	if b.Queue == lead.QueueFetch {
		kind = KindFetch
		payload, err = json.Marshal(Fetch{Version: payloadVersion, Workspace: b.Workspace, Integration: b.ID})
	}
	options := []asynq.Option{
		asynq.TaskID(fmt.Sprintf("%s:%s:%d", b.Queue, b.ID, b.Generation)),
		asynq.Queue(string(b.Queue)), asynq.MaxRetry(hintRetries), asynq.Timeout(Timeout),
	}
	if !b.FeedAt.IsZero() {
		options = append(options, asynq.ProcessAt(b.FeedAt.Add(-HintAhead)))
	}
	return asynq.NewTask(kind, payload, options...), err
}

// notifyTask is a hint that something is owed. A hint too many does no harm, and one that the queue keeps for a worker who
// died is not in the way of the next.
func notifyTask(p Notify) (*asynq.Task, error) {
	p.Version = payloadVersion
	payload, err := json.Marshal(p)
	return asynq.NewTask(KindNotify, payload,
		asynq.Queue(QueueNotify), asynq.MaxRetry(hintRetries), asynq.Timeout(Timeout)), err
}

// webhookTask is a hint as notifyTask is.
func webhookTask(p Webhook) (*asynq.Task, error) {
	p.Version = payloadVersion
	payload, err := json.Marshal(p)
	return asynq.NewTask(KindWebhook, payload,
		asynq.Queue(QueueWebhook), asynq.MaxRetry(hintRetries), asynq.Timeout(webhookTimeout)), err
}

func ingestTask(p Ingest) (*asynq.Task, error) {
	p.Version = payloadVersion
	payload, err := json.Marshal(p)
	return asynq.NewTask(KindIngest, payload,
		asynq.Queue(QueueIngest), asynq.MaxRetry(ingestRetries), asynq.Timeout(Timeout)), err
}
