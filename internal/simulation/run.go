package simulation

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	// together is within how long batches that were dealt at once may have been recorded in another order than that in which they drew.
	together = 2 * time.Second
	// mostHeld bounds the batches that are held back to be put in order.
	mostHeld = 64
)

// A Run replays leads through the setting as it is and, beside it, through the one that might be, and reports.
type Run struct {
	base, draft *Replay // draft is nil where nothing is to be tried
	report      tally
	known       map[uuid.UUID]*ends // by pending id, of leads of which one of the two is not known yet
	held        []*bunch
	end         time.Time
}

// ends is what became of a lead in both replays.
type ends struct {
	base, draft *Outcome
}

// A bunch is what was decided together.
type bunch struct {
	at     time.Time
	ahead  bool
	leads  []*Lead
	lowest map[laneKey]int64
}

type laneKey struct {
	group   uuid.UUID
	version int
	lane    int
}

// NewRun replays through base and, unless it is nil, through draft. Both are changed. Leads that wait are let go when they were let go then,
// and before that where only the draft has somebody who can take them: what else waited before them, and for how long nobody looked, is not
// known. Those that still wait are so at the end if nobody can take them by then.
func NewRun(base Setting, draft *Setting) *Run {
	r := &Run{base: New(base), known: make(map[uuid.UUID]*ends), report: newTally()}
	r.base.Done = func(l *Lead, o Outcome) { r.done(l, o, false) }
	if draft != nil {
		r.draft = New(*draft)
		r.draft.Done = func(l *Lead, o Outcome) { r.done(l, o, true) }
		r.draft.Hold = func(l *Lead, at time.Time) bool {
			return (l.Was.State == Waiting || at.Before(l.At)) && r.base.Reaches(l, at)
		}
	}
	r.base.Hold = func(l *Lead, _ time.Time) bool { return l.Was.State == Waiting } // it has not been released either
	return r
}

// Accepted is told of a lead that was decided later than it was accepted, in the order of these moments.
func (r *Run) Accepted(l *Lead) {
	if r.draft == nil || !l.early() {
		return
	}
	r.flush()
	if r.base.Advance(l.Accepted); !r.base.Reaches(l, l.Accepted) {
		r.draft.Try(l)
	}
}

// Decided is told of a lead in the order in which they were decided, and of the lane of its turn.
func (r *Run) Decided(l *Lead, lane int) {
	at := l.At
	if l.Ahead {
		at = l.Accepted
	}
	n := len(r.held)
	if n == 0 || !r.held[n-1].at.Equal(at) || r.held[n-1].ahead != l.Ahead {
		r.held = append(r.held, &bunch{at: at, ahead: l.Ahead, lowest: make(map[laneKey]int64)})
		n++
	}
	b := r.held[n-1]
	b.leads = append(b.leads, l)
	if l.Version != 0 && !l.Owed {
		key := laneKey{l.Was.Group, l.Version, lane}
		if low, known := b.lowest[key]; !known || l.Turn < low {
			b.lowest[key] = l.Turn
		}
	}
	for len(r.held) > mostHeld || len(r.held) > 1 && r.held[len(r.held)-1].at.Sub(r.held[0].at) > together {
		r.next()
	}
}

// Back is told of a decision that was taken back.
func (r *Run) Back(b Back) {
	r.flush()
	r.end = later(r.end, b.At)
	r.base.Back(b)
	if r.draft != nil {
		r.draft.Back(b)
	}
	if b.Undone {
		r.report.undone(b)
	}
}

func (r *Run) flush() {
	for len(r.held) > 0 {
		r.next()
	}
}

// next deals the batch that drew first.
func (r *Run) next() {
	first := 0
	for i := 1; i < len(r.held); i++ {
		if r.held[i].before(r.held[first]) {
			first = i
		}
	}
	b := r.held[first]
	r.held = slices.Delete(r.held, first, first+1)
	r.end = later(r.end, b.at)
	r.base.Deal(b.at, b.leads)
	if r.draft != nil {
		r.draft.Deal(b.at, b.leads)
	}
}

// before says that a batch drew its turns of a lane before the other.
func (b *bunch) before(other *bunch) bool {
	for key, turn := range b.lowest {
		if low, both := other.lowest[key]; both && turn < low {
			return true
		}
	}
	return false
}

// Finish ends the run at a moment and reports.
func (r *Run) Finish(at time.Time) Report {
	r.flush()
	at = later(at, r.end)
	r.base.Finish(at)
	if r.draft != nil {
		r.draft.Finish(at)
	}
	return r.report.report()
}

// done is told what becomes of a lead in one of the replays.
func (r *Run) done(l *Lead, o Outcome, draft bool) {
	if r.draft == nil {
		r.report.add(l, o, o)
		return
	}
	e := r.known[l.Pending]
	if e == nil {
		e = &ends{}
		r.known[l.Pending] = e
	}
	if draft {
		e.draft = &o
	} else {
		e.base = &o
	}
	if e.base != nil && e.draft != nil {
		delete(r.known, l.Pending)
		r.report.add(l, *e.base, *e.draft)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
