package ingest

import (
	"sync"
	"time"
)

// forgetAfter is how long a sender who is not heard of is remembered. Its allowance has long been full again by then.
const forgetAfter = 10 * time.Minute

// Limits are how many requests a second each of many senders may make, by a name each.
type Limits struct {
	perSecond float64
	burst     int

	mu      sync.Mutex
	senders map[string]*sender
	swept   time.Time
}

// A sender may make as many requests as are left. They grow by perSecond, up to what may come at once.
type sender struct {
	perSecond, left float64
	seen            time.Time
}

// NewLimits allows perSecond requests to each sender, and burst at once; 0 requests a second are as many as it likes.
func NewLimits(perSecond float64, burst int) *Limits {
	return &Limits{perSecond: perSecond, burst: burst, senders: make(map[string]*sender), swept: time.Now()}
}

// Allow reports whether a sender may make a request now. own is a rate of its own, 0 for that of all.
func (l *Limits) Allow(name string, own float64) bool { return l.allow(name, own, 1, 0) }

// AllowMore reports whether a request that was allowed may count for n more. With these it counts for no more than may come at once.
func (l *Limits) AllowMore(name string, own float64, n int) bool { return l.allow(name, own, n, 1) }

func (l *Limits) allow(name string, own float64, n, counted int) bool {
	perSecond, burst := l.perSecond, l.burst
	if own > 0 {
		perSecond, burst = own, max(1, int(own))
	}
	if perSecond <= 0 {
		return true
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	s := l.senders[name]
	if s == nil || s.perSecond != perSecond {
		s = &sender{perSecond: perSecond, left: float64(burst), seen: now}
		l.senders[name] = s
	}
	s.left = min(float64(burst), s.left+now.Sub(s.seen).Seconds()*perSecond)
	s.seen = now
	take := float64(min(n, burst-counted))
	if s.left < take {
		return false
	}
	s.left -= take
	return true
}

// sweep forgets senders, now and then.
func (l *Limits) sweep(now time.Time) {
	if now.Sub(l.swept) < forgetAfter {
		return
	}
	l.swept = now
	for name, s := range l.senders {
		if now.Sub(s.seen) > forgetAfter {
			delete(l.senders, name)
		}
	}
}
