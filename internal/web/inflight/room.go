package inflight

import (
	"context"
	"io"
	"time"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
)

// A Room is where bodies are received and worked on. What is made of a body costs several times its bytes, and many times them where
// those are few for each value, so the work has pools of its own; that of small bodies does not wait for that of large ones.
type Room struct {
	received, small, large *Pool
}

const (
	// perByte and perValue are about how many bytes the work on a body takes for each of its own, and for each value in it.
	perByte  = 6
	perValue = 400
	// smallWork is what work takes at the most that does not wait for large work, and smallRoom how much there is for it.
	smallWork = 1 << 20
	smallRoom = 32 << 20
)

// NewRoom makes room for bodies of at most largest bytes each, some of them at once, and for so many bytes of work; one sender gets a
// half of it at the most.
func NewRoom(largest, work int64, wait time.Duration) *Room {
	return &Room{
		received: NewPool(4*largest, 2*largest, wait),
		small:    NewPool(smallRoom, smallRoom/2, wait),
		large:    NewPool(work, work/2, wait),
	}
}

// Read reads a body to its end, as Pool.Read does.
func (r *Room) Read(ctx context.Context, name string, body io.Reader, length int64) (data []byte, release func(), err error) {
	return r.received.Read(ctx, name, body, length)
}

// Work takes the room that the work on a body needs; see Pool.Take.
func (r *Room) Work(ctx context.Context, name string, body []byte) (release func(), err error) {
	cost := int64(len(body))*perByte + int64(jsonbounds.Count(body))*perValue
	if cost <= smallWork {
		return r.small.Take(ctx, name, cost)
	}
	return r.large.Take(ctx, name, cost)
}
