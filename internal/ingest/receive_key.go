package ingest

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// How long senders' keys hold: those of requests as long as our own API's, and those of Standard Webhooks longer than a
// arrival is tried again.
const (
	requestKeyAge = store.IdempotencyKeyAge
	webhookKeyAge = 7 * 24 * time.Hour
)

// arrivalKey is what the sender says makes its request the same when it comes again, nil where it says nothing. Under one
// Idempotency-Key nothing else is taken; a webhook-id only tells repeats of what is the same.
func arrivalKey(kind lead.Kind, q Request) *store.ArrivalKey {
	request := sha256.Sum256(append([]byte(q.Query+"\x00"), q.Body...))
	for _, name := range []string{idempotencyKey, webhookID} {
		id := Clean(q.Header.Get(name))
		if id == "" || !slices.Contains(providers[kind].Headers(), name) {
			continue
		}
		key, age := name+"\x00"+id, requestKeyAge
		if name == webhookID {
			key, age = key+"\x00"+string(request[:]), webhookKeyAge
		}
		hash := sha256.Sum256([]byte(key))
		return &store.ArrivalKey{Hash: hash[:], Request: request[:], For: age}
	}
	return nil
}
