package tasks

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// A Wake names work that the scheduler looks for now and then, and at once where it is told that there is some. Like all that goes
// through Redis it may be lost: the work is then found a moment later.
type Wake string

// The scheduler is woken for bulk work that waits to be fed, and for deliveries that are owed to webhooks.
const (
	WakeBulk     Wake = "bulk"
	WakeWebhooks Wake = "webhooks"
)

// wakeChannel is where wakes are published.
const wakeChannel = "leadwheel:wake"

// Wake wakes the scheduler, if it listens.
func (c *Client) Wake(ctx context.Context, w Wake) error {
	return c.rdb.Publish(ctx, wakeChannel, string(w)).Err()
}

// Wakes calls heard with each wake that is published, until ctx ends.
func Wakes(ctx context.Context, rdb redis.UniversalClient, heard func(Wake)) {
	published := rdb.Subscribe(ctx, wakeChannel)
	// It only ends the connection, and waits for seconds where one is just being made anew, as after an outage.
	defer func() { go func() { _ = published.Close() }() }()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-published.Channel():
			if !open {
				return
			}
			heard(Wake(m.Payload))
		}
	}
}
