package chaos_test

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// An ending is what must have become of a lead.
type ending int

const (
	given   ending = iota // every receiver of one slot of its group has it
	nobody                // nobody has it, nor ever had
	back                  // nobody has it any more
	stored                // nobody was to get it
	unknown               // any of these: a request about it was not acknowledged in time to tell
)

// An entry is what the record knows of a lead. Leads are known by their names.
type entry struct {
	name   string
	group  int
	ending ending
	// asked is when the first request with it was sent, and acknowledged when one was answered that it is there; zero is not yet.
	asked, acknowledged time.Time
	// due is when it is to go out; zero is at once.
	due   time.Time
	phone string // what it was changed to, empty where it was not
}

// A record is what the world said, as those who asked it remember.
type record struct {
	mu      sync.Mutex
	entries map[string]*entry
	// answered are the copies whose acceptance was acknowledged.
	answered map[uuid.UUID]time.Time
	// away is when members were known to be deactivated, by number.
	away map[int][]span
	// counts are how many requests of each kind were acknowledged.
	counts map[string]int
	tries  int // requests that were sent again
}

// A span is from when a change was acknowledged until its reverse was asked for.
type span struct{ from, to time.Time }

func newRecord() *record {
	return &record{
		entries: make(map[string]*entry), answered: make(map[uuid.UUID]time.Time), away: make(map[int][]span), counts: make(map[string]int),
	}
}

// ask notes that a request with leads is sent.
func (r *record) ask(entries ...entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range entries {
		e.asked = time.Now()
		r.entries[e.name] = &e
	}
}

// acknowledge notes that leads are there.
func (r *record) acknowledge(names ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		if e := r.entries[name]; e.acknowledged.IsZero() {
			e.acknowledged = time.Now()
		}
	}
}

// change changes what is known of a lead.
func (r *record) change(name string, change func(*entry)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r.entries[name])
}

// count counts an acknowledged request.
func (r *record) count(kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[kind]++
}

func (r *record) triedAgain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
}

// answer notes a copy as accepted.
func (r *record) answer(id uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answered[id] = time.Now()
}

// absent notes since when a member is known to be away, and returned that it will not be from now on.
func (r *record) absent(member int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away[member] = append(r.away[member], span{from: time.Now()})
}

func (r *record) returned(member int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if spans := r.away[member]; len(spans) > 0 {
		spans[len(spans)-1].to = time.Now()
	}
}

// all are the entries as they are now.
func (r *record) all() map[string]entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make(map[string]entry, len(r.entries))
	for name, e := range r.entries {
		all[name] = *e
	}
	return all
}
