package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// maxStrange is how much is kept of a body of which nothing is made, and of what a visitor of a form sends.
	maxStrange = 64 << 10
	// eventCost is about what a kept delivery takes beside its body.
	eventCost = 512
	// askAgain is how old the count of what is kept gets before the database is asked again: other processes keep things too.
	askAgain = time.Minute
	// cutHeader marks, among a delivery's headers, one of which only the beginning is kept. No sender's header gets there.
	cutHeader = "Leadwheel-Cut"
)

// ErrBudget is for a delivery that would have to be kept, to an integration that keeps so much of strangers already that it keeps no
// more today.
var ErrBudget = errors.New("this integration keeps as much as it may in a day of what nobody signed")

// A budget is how many bytes a day are kept of what strangers send to an integration: of what is refused or ignored, and of all that
// comes to addresses where nothing is signed. The count is Postgres' own.
type budget struct {
	store *store.Store
	bytes int64

	mu   sync.Mutex
	kept map[uuid.UUID]*keptToday
}

func newBudget(s *store.Store, bytes int64) *budget {
	return &budget{store: s, bytes: bytes, kept: make(map[uuid.UUID]*keptToday)}
}

type keptToday struct {
	bytes int64
	asked time.Time
}

// take reports whether there is room for n bytes more, and takes it.
func (b *budget) take(ctx context.Context, h store.Hook, n int) (bool, error) {
	if b.bytes <= 0 {
		return true, nil
	}
	now := b.store.Now().UTC()
	b.mu.Lock()
	k := b.kept[h.ID]
	fresh := k != nil && now.Sub(k.asked) < askAgain && now.Day() == k.asked.Day()
	b.mu.Unlock()
	if !fresh {
		bytes, err := b.store.KeptBytes(ctx, h.Workspace, h.ID, now.Truncate(24*time.Hour), anonymous(h))
		if err != nil {
			return false, fmt.Errorf("counting what integration %s keeps: %w", h.ID, err)
		}
		k = &keptToday{bytes, now}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !fresh {
		b.forget(now)
		b.kept[h.ID] = k
	}
	if k.bytes+int64(n) > b.bytes {
		return false, nil
	}
	k.bytes += int64(n)
	return true, nil
}

// forget drops what is too old to count on.
func (b *budget) forget(now time.Time) {
	for id, k := range b.kept {
		if now.Sub(k.asked) >= askAgain {
			delete(b.kept, id)
		}
	}
}

// anonymous reports whether whoever knows the address of an integration may deliver to it.
func anonymous(h store.Hook) bool { return h.Kind == lead.KindForm || len(h.Sealed) == 0 }

// spare makes an event as small as it may be kept, and reports whether it is kept at all. ErrBudget means that it would have to be
// kept whole, and is not: its sender is to send it again tomorrow.
func (b *budget) spare(ctx context.Context, h store.Hook, e *store.Event, leads int) (keep bool, err error) {
	open := anonymous(h)
	switch nothing := leads == 0; {
	case e.Outcome == lead.EventRefused, e.Outcome == lead.EventIgnored, e.Outcome == lead.EventUnmapped && h.Kind == lead.KindForm:
		keepOnly(e, maxStrange)
		return b.take(ctx, h, len(e.Body)+len(e.Query)+eventCost)
	case open && !nothing: // the lead is taken however much is kept already, and what it came in is not
		size := len(e.Body)
		if h.Kind == lead.KindForm {
			size = min(size, maxStrange)
		}
		room, err := b.take(ctx, h, size+len(e.Query)+eventCost)
		if !room {
			size, e.Query = 0, ""
		}
		keepOnly(e, size)
		return true, err
	case open && nothing:
		if keep, err = b.take(ctx, h, len(e.Body)+len(e.Query)+eventCost); err == nil && !keep {
			err = ErrBudget
		}
		return keep, err
	}
	return true, nil
}

// keepOnly keeps the beginning of a body.
func keepOnly(e *store.Event, size int) {
	if len(e.Body) <= size {
		return
	}
	e.Headers[cutHeader] = fmt.Sprintf("%d of %d bytes", size, len(e.Body))
	note := fmt.Sprintf("%s are kept, so it cannot be read again", e.Headers[cutHeader])
	if e.Detail != "" {
		note = e.Detail + "; " + note
	}
	e.Detail, e.Body = note, e.Body[:size:size]
}
