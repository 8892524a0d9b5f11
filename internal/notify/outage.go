package notify

import (
	"errors"
	"net"
	"sync"
	"time"
)

// outageFor is how long nobody tries a provider that was just not reached.
const outageFor = 5 * time.Second

// An Outage remembers that a provider is not reached, so that messages do not each wait for it: they keep busy the workers
// that send by other channels. The zero Outage is none. It is safe for concurrent use.
type Outage struct {
	mu     sync.Mutex
	until  time.Time
	failed Failure
}

// Note begins an outage, with what messages are told of it.
func (o *Outage) Note(f Failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.until, o.failed = time.Now().Add(outageFor), f
}

// Check returns a *Failure while the outage lasts.
func (o *Outage) Check() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !time.Now().Before(o.until) {
		return nil
	}
	f := o.failed
	return &f
}

// Unreached reports whether an error means that a provider was not reached, or does not answer.
func Unreached(err error) bool {
	var op *net.OpError
	var slow net.Error
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &slow) && slow.Timeout()
}
