// Package tasks is what travels through the queue: the task kinds, their payloads, their options, and the client that
// enqueues them. Integrators import it to push leads from their own Go programs, so it may need nothing of ours but the domain's words.
//
// Payloads are strict and versioned: a worker refuses fields and versions that it does not know, so that a program that
// is too new or too old is noticed and its task kept.
package tasks

import (
	"fmt"
	"time"

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
	// KindSimulate works out what leads would have come to.
	KindSimulate = "lead:simulate"
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
	return []string{string(lead.QueueFresh), string(lead.QueueDue), string(lead.QueueBulk), string(lead.QueueFetch), string(lead.QueueSimulate), QueueIngest, QueueNotify, QueueWebhook}
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
	// hintRetries are few: the scheduler hands over again whatever is left.
	hintRetries = 3
	// ingestRetries are what pushed leads get before they are set aside as dead. A database that is away costs none.
	ingestRetries = 30
)

// A kind is what sets the tasks of a kind apart from others.
type kind struct {
	retries int
	timeout time.Duration
	// hint means that they only point at what is in the database.
	hint bool
	// describe names what a payload points at, by ids. It says nothing of people.
	describe func(payload []byte) (string, error)
}

var kinds = map[string]kind{
	KindDistribute: {hintRetries, Timeout, true, describe[Distribute]},
	KindFetch:      {hintRetries, Timeout, true, describe[Fetch]},
	KindNotify:     {hintRetries, Timeout, true, describe[Notify]},
	KindWebhook:    {hintRetries, time.Minute, true, describe[Webhook]}, // there is time for the last, slow attempt
	KindSimulate:   {hintRetries, 2 * time.Minute, true, describe[Simulate]},
	KindIngest:     {ingestRetries, Timeout, false, describe[Ingest]},
}

// IsHint reports whether tasks of a kind only point at what is in the database, so that one that the queue gives up on
// is no loss.
func IsHint(name string) bool { return kinds[name].hint }

// Describe names what a task points at, by ids, or else says how large its payload is: of pushed leads, which are people's
// data, nobody is to see more.
func Describe(name string, payload []byte) string {
	if k, is := kinds[name]; is {
		if text, err := k.describe(payload); err == nil {
			return text
		}
	}
	return fmt.Sprintf("%d bytes", len(payload))
}
