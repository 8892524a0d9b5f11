package inflight

import (
	"context"
	"io"
	"time"
)

// A Room is where bodies are received and worked on. What is made of a body costs several times its bytes, so the work has pools of
// its own; that of small bodies does not wait for that of large ones.
type Room struct {
	received, small, large *Pool
}

const (
	// smallFactor and largeFactor are how many bytes a byte of a body comes to while it is worked on. Small bodies come to more
	// for their length: what is made of a few bytes each is bounded in number.
	smallFactor = 32
	largeFactor = 6
	smallSize   = 32 << 20
)

// NewRoom makes room for bodies of at most largest bytes each, several of those at once and one sender's two at the most.
func NewRoom(largest int64, wait time.Duration) *Room {
	return &Room{
		received: NewPool(4*largest, 2*largest, wait),
		small:    NewPool(smallSize, smallSize/2, wait),
		large:    NewPool(2*largest*largeFactor, largest*largeFactor, wait),
	}
}

// Read reads a body to its end, as Pool.Read does.
func (r *Room) Read(ctx context.Context, name string, body io.Reader, length int64) (data []byte, release func(), err error) {
	return r.received.Read(ctx, name, body, length)
}

// Work takes the room that it needs to work on a body of n bytes; see Pool.Take.
func (r *Room) Work(ctx context.Context, name string, n int) (release func(), err error) {
	if n <= Free {
		return r.small.Take(ctx, name, int64(n)*smallFactor)
	}
	return r.large.Take(ctx, name, int64(n)*largeFactor)
}
