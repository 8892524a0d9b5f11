package hooks

import (
	"context"
	"sync"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// lookupTimeout bounds a look-up, which goes on for others where who asked for it is gone.
const lookupTimeout = 10 * time.Second

// lookups look up integrations by their addresses. Requests to one address that come while it is being looked up wait for
// the next look-up and share that one: what it finds is never older than the request, so a change counts at once.
type lookups struct {
	find func(ctx context.Context, kind lead.Kind, token string) (store.Hook, error)

	mu      sync.Mutex
	waiting map[address]*lookup // by address, the one that begins when the one under way has ended; nil where none waits
}

type address struct {
	kind  lead.Kind
	token string
}

// A lookup is one question, for all who wait for it.
type lookup struct {
	done chan struct{}
	hook store.Hook
	err  error
}

func newLookups(find func(context.Context, lead.Kind, string) (store.Hook, error)) *lookups {
	return &lookups{find: find, waiting: make(map[address]*lookup)}
}

// hook is the integration at an address; see store.Queries.Hook.
func (l *lookups) hook(ctx context.Context, kind lead.Kind, token string) (store.Hook, error) {
	mine := l.join(ctx, address{kind, token})
	select {
	case <-mine.done:
		return mine.hook, mine.err
	case <-ctx.Done():
		return store.Hook{}, ctx.Err()
	}
}

// join is the next look-up of an address. Where none is under way it begins at once.
func (l *lookups) join(ctx context.Context, a address) *lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	next, running := l.waiting[a]
	if next != nil {
		return next
	}
	next = &lookup{done: make(chan struct{})}
	if running {
		l.waiting[a] = next
		return next
	}
	l.waiting[a] = nil
	go l.run(context.WithoutCancel(ctx), a, next)
	return next
}

// run looks an address up, and then for those who have come meanwhile.
func (l *lookups) run(ctx context.Context, a address, now *lookup) {
	for now != nil {
		now.look(ctx, a, l.find)
		l.mu.Lock()
		if now = l.waiting[a]; now != nil {
			l.waiting[a] = nil
		} else {
			delete(l.waiting, a)
		}
		l.mu.Unlock()
	}
}

func (n *lookup) look(ctx context.Context, a address, find func(context.Context, lead.Kind, string) (store.Hook, error)) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	defer close(n.done)
	n.hook, n.err = find(ctx, a.kind, a.token)
}
