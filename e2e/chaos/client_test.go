package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// patience is how long a request is sent again and again until it is acknowledged.
const patience = 90 * time.Second

// A crowd asks for things until it is told to stop, and then finishes what it has begun.
type crowd struct {
	*world
	*record
	ctx     context.Context // over when it is to stop
	running sync.WaitGroup
	finish  func() // does what is left to do when everybody has stopped
}

// dice are a caller's own, made of the run's seed.
func (c *crowd) dice(number uint64) *rand.Rand {
	return rand.New(rand.NewPCG(c.settings.seed, 1000+number))
}

// A caller is one of a crowd, who asks for one thing after the other.
type caller struct {
	*crowd
	rng *rand.Rand
	n   int // how many things were asked for
}

// call has somebody do a thing again and again, with pauses of about every.
func (c *crowd) call(number uint64, every time.Duration, do func(*caller)) {
	one := &caller{crowd: c, rng: c.dice(1 + number)}
	if !c.settings.brisk {
		every = every * 3 / 2
	}
	c.running.Go(func() {
		for c.ctx.Err() == nil && !c.t.Failed() {
			do(one)
			one.n++
			pause(c.ctx, every/2+upTo(one.rng, every))
		}
	})
}

// An answer is what a request was answered in the end.
type answer struct {
	status int
	body   []byte
}

// id is that of what was made.
func (a answer) id() string {
	var made struct{ ID string }
	_ = json.Unmarshal(a.body, &made) // checked by whoever needs it
	return made.ID
}

// A request is sent to either of the API's processes, and again to the other, until one of them answers that it is done, or why it
// cannot be.
type request struct {
	method, path string
	body         any // JSON, or text as it is
	kind, key    string
	open         bool // without a key of the API
}

// send sends it until it is answered by other than trouble that passes.
func (c *caller) send(q request) (answer, bool) {
	body, kind := encode(q)
	began, first := time.Now(), c.rng.IntN(len(c.apis))
	var last error
	for try := 0; time.Since(began) < patience && !c.t.Failed(); try++ {
		a, err := c.try(q, c.apis[(first+try)%len(c.apis)], body, kind)
		passes := err != nil || a.status == http.StatusServiceUnavailable || a.status == http.StatusTooManyRequests
		if !passes {
			if a.status >= 500 {
				c.t.Errorf("%s %s was answered with %d: %s", q.method, q.path, a.status, a.body)
			}
			if a.status < 300 {
				c.count(q.kind)
			}
			return a, a.status < 300
		}
		if last = err; err == nil {
			last = fmt.Errorf("status %d: %s", a.status, a.body)
		}
		if c.settings.strict && c.t.Context().Err() == nil {
			c.t.Errorf("%s %s failed: %v", q.method, q.path, last)
		}
		c.triedAgain()
		pause(c.t.Context(), 100*time.Millisecond+upTo(c.rng, 200*time.Millisecond))
	}
	if c.t.Context().Err() == nil && !c.t.Failed() {
		c.t.Errorf("%s %s was not answered within %s: %v", q.method, q.path, patience, last)
	}
	return answer{}, false
}

func encode(q request) (body []byte, kind string) {
	switch b := q.body.(type) {
	case nil:
		return nil, ""
	case string:
		return []byte(b), "text/csv"
	default:
		data, err := json.Marshal(b)
		if err != nil {
			panic(err) // the test's own
		}
		return data, "application/json"
	}
}

// try sends it once.
func (c *caller) try(q request, address string, body []byte, kind string) (a answer, err error) {
	r, err := http.NewRequestWithContext(c.t.Context(), q.method, "http://"+address+q.path, bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	if !q.open {
		r.Header.Set("Authorization", "Bearer "+c.apiKey)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if q.key != "" {
		r.Header.Set("Idempotency-Key", q.key)
	}
	response, err := c.client.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.status = response.StatusCode
	a.body, err = io.ReadAll(response.Body)
	return a, err
}

// sendTwice is send, of which some are sent once more: the same key must get the same answer.
func (c *caller) sendTwice(q request) (answer, bool) {
	first, done := c.send(q)
	if !done || c.rng.IntN(5) > 0 {
		return first, done
	}
	repeated := q
	repeated.kind += " repeated"
	if second, done := c.send(repeated); done && (second.status != first.status || !bytes.Equal(second.body, first.body)) {
		c.t.Errorf("%s %s with key %s was answered with %d %s, and again with %d %s", q.method, q.path, q.key, first.status, first.body, second.status, second.body)
	}
	return first, done
}
