package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// usedEvery is how often a key's use is written down at the most.
const usedEvery = time.Minute

// lastUsed writes down when keys and sessions were last used, beside the requests that use them.
type lastUsed struct {
	store *store.Store
	log   *slog.Logger
	wake  chan struct{}
	done  chan struct{}

	mu     sync.Mutex
	queued map[useOf]used
	noted  map[useOf]time.Time
	closed bool
}

// A useOf is what is used and from where.
type useOf struct {
	id      uuid.UUID
	address string
}

type used struct {
	by store.Caller
	at time.Time
}

// maxNoted bounds the uses that are remembered as noted; where there are more, some are written more than once a minute.
const maxNoted = 10_000

func newLastUsed(s *store.Store, log *slog.Logger) *lastUsed {
	l := &lastUsed{store: s, log: log, wake: make(chan struct{}, 1), done: make(chan struct{}), queued: make(map[useOf]used), noted: make(map[useOf]time.Time)}
	go l.run()
	return l
}

// note queues the use of a caller's key, or session, from an address to be written down, unless that was done within the
// last minute.
func (l *lastUsed) note(by store.Caller, address string) {
	now, use := l.store.Now(), useOf{by.ID, address}
	if by.SessionID != nil {
		use.id = *by.SessionID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, known := l.noted[use]; l.closed || known && now.Sub(before) < usedEvery {
		return
	}
	if len(l.noted) >= maxNoted {
		clear(l.noted)
	}
	l.noted[use], l.queued[use] = now, used{by, now}
	select {
	case l.wake <- struct{}{}:
	default: // it is awake already
	}
}

// close writes down what is queued and ends.
func (l *lastUsed) close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.wake)
	}
	l.mu.Unlock()
	<-l.done
}

func (l *lastUsed) run() {
	defer close(l.done)
	for range l.wake {
		l.write()
	}
	l.write()
}

func (l *lastUsed) write() {
	l.mu.Lock()
	queued := l.queued
	l.queued = make(map[useOf]used)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for use, u := range queued {
		var err error
		if u.by.PersonID != nil {
			err = l.store.TouchPerson(ctx, u.by.Workspace, *u.by.PersonID, u.at, usedEvery)
		} else {
			err = l.store.TouchAPIKey(ctx, u.by.Workspace, u.by.ID, use.address, u.at, usedEvery)
		}
		if err == nil && u.by.SessionID != nil {
			err = l.store.TouchSession(ctx, u.by.Workspace, *u.by.SessionID, u.at, usedEvery)
		}
		if err != nil {
			l.log.WarnContext(ctx, "a last use could not be written down", "caller_id", u.by.ID, "error", err)
		}
	}
}
