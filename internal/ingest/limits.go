package ingest

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
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

type sender struct {
	*rate.Limiter
	seen time.Time
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
	if s == nil || s.Limit() != rate.Limit(perSecond) {
		s = &sender{Limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
		l.senders[name] = s
	}
	s.seen = now
	return s.AllowN(now, min(n, burst-counted))
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
