// Package inflight bounds the memory of the requests that are being served: so many bytes of bodies in all, and so many of one
// sender. The API and the hooks call it before they read a body. It lets nobody wait longer than it was told: who finds no room is to come again.
package inflight

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Free is how much of each body needs no room in a pool: what people and platforms mostly send is smaller, and gets through
// when large bodies wait.
const Free = 16 << 10

// ErrBusy is for a body for which there was no room in time.
var ErrBusy = errors.New("too much is being received at once")

// A Pool is room for the bodies of many senders, by a name each.
type Pool struct {
	all  *semaphore.Weighted
	each int64
	wait time.Duration

	mu      sync.Mutex
	senders map[string]*sender
}

// A sender has room of its own, for as long as it wants any.
type sender struct {
	*semaphore.Weighted
	users int
}

// NewPool makes room for size bytes, each of them for one sender at the most, for which nobody waits longer than wait.
func NewPool(size, each int64, wait time.Duration) *Pool {
	return &Pool{all: semaphore.NewWeighted(size), each: min(each, size), wait: wait, senders: make(map[string]*sender)}
}

// Users is how many of a sender there are at once, with those that wait.
func (p *Pool) Users(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.senders[name]; s != nil {
		return s.users
	}
	return 0
}

// Take takes room for n bytes of a sender. It returns ErrBusy where there is none in time, and the context's error where that
// ends first. More than one sender may have is taken for all that it may have. Call release when the room is free again.
func (p *Pool) Take(ctx context.Context, name string, n int64) (release func(), err error) {
	n = min(n, p.each)
	waiting, cancel := context.WithTimeout(ctx, p.wait)
	defer cancel()
	s := p.join(name)
	if !s.TryAcquire(n) && s.Acquire(waiting, n) != nil {
		p.leave(name, s)
		return nil, busy(ctx)
	}
	if !p.all.TryAcquire(n) && p.all.Acquire(waiting, n) != nil {
		s.Release(n)
		p.leave(name, s)
		return nil, busy(ctx)
	}
	return sync.OnceFunc(func() {
		p.all.Release(n)
		s.Release(n)
		p.leave(name, s)
	}), nil
}

func busy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return ErrBusy
}

func (p *Pool) join(name string) *sender {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.senders[name]
	if s == nil {
		s = &sender{Weighted: semaphore.NewWeighted(p.each)}
		p.senders[name] = s
	}
	s.users++
	return s
}

// leave forgets a sender that has nothing here.
func (p *Pool) leave(name string, s *sender) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(p.senders, name)
	}
}

// Read reads a body of length bytes, -1 where that is not known, to its end. It takes room as the bytes come, so that who only
// says that many will come holds none. Call release when the body is no longer needed; it is to be called after errors too.
func (p *Pool) Read(ctx context.Context, name string, body io.Reader, length int64) (data []byte, release func(), err error) {
	var taken []func()
	release = func() {
		for _, r := range taken {
			r()
		}
		taken = nil
	}
	data = make([]byte, 0, first(length))
	for {
		if len(data) == cap(data) {
			size := 2 * cap(data)
			if length >= int64(cap(data)) {
				size = min(size, int(length)+1) // a byte more, to see the end without growing once more
			}
			if size > Free {
				more, err := p.Take(ctx, name, int64(size-cap(data)))
				if err != nil {
					return nil, release, err
				}
				taken = append(taken, more)
			}
			data = append(make([]byte, 0, size), data...)
		}
		n, err := body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF):
			return data, release, nil
		case err != nil:
			return nil, release, err
		}
	}
}

// first is how large a buffer begins.
func first(length int64) int {
	if length < 0 {
		return 4 << 10
	}
	return int(min(length+1, Free))
}
