package worker

import (
	"context"
	"sync"
	"sync/atomic"
)

const (
	// slowAtOnce bounds the webhooks that are told beside the queue's server because they take their time, and slowOfHost
	// those of one host, so that no host takes all the room.
	slowAtOnce = 1000
	slowOfHost = 250
)

// A lane has webhooks told beside the queue's server, whose few places are for those that answer at once: who takes their
// time, or has much to be told, goes on here. The zero lane cannot be used; see newLane.
type lane struct {
	// whole is the context of all that is told. It ends with the worker.
	whole context.Context
	end   context.CancelFunc
	told  sync.WaitGroup

	mu    sync.Mutex
	hosts map[string]int
	slow  int
}

func newLane() *lane {
	l := &lane{hosts: make(map[string]int)}
	l.whole, l.end = context.WithCancel(context.Background())
	return l
}

// close ends what is told, and waits until it is noted how far that got.
func (l *lane) close() {
	l.end()
	l.told.Wait()
}

// enter takes a place for a webhook of a host, if there is one.
func (l *lane) enter(host string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slow == slowAtOnce || l.hosts[host] == slowOfHost {
		return false
	}
	l.slow++
	l.hosts[host]++
	return true
}

func (l *lane) leave(host string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slow--
	if l.hosts[host]--; l.hosts[host] == 0 {
		delete(l.hosts, host)
	}
}

// A telling is a webhook that is being told what is owed to it.
type telling struct {
	host   atomic.Pointer[string] // known once something is claimed
	cancel context.CancelFunc
	done   chan error
}

// hostName is the host of the webhook, empty where it is not known.
func (t *telling) hostName() string {
	if host := t.host.Load(); host != nil {
		return *host
	}
	return ""
}
