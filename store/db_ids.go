package store

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/google/uuid"
)

// idSlack is how far the time in the id of a record may be from the time that the record says it was made: no more than
// what a transaction takes between the two, and what many ids of one moment run ahead.
const idSlack = time.Minute

// ids makes UUIDv7s by the store's clock, each above those before, so that a list in the order of its ids is in the order
// of time, and a range of times a range of ids. Where the clock is set back by more than the slack, ids follow it.
type ids struct {
	mu   sync.Mutex
	last int64 // milliseconds and, in the lowest 12 bits, what is below or the place in a row
}

func (i *ids) next(now time.Time) (uuid.UUID, error) {
	id, err := uuid.NewRandom()
	if err != nil {
		return id, err
	}
	micros := now.UnixMicro()
	at := micros/1000<<12 | micros%1000<<12/1000
	i.mu.Lock()
	if at <= i.last && i.last-at < idSlack.Milliseconds()<<12 {
		at = i.last + 1
	}
	i.last = at
	i.mu.Unlock()
	putMillis(&id, at>>12)
	binary.BigEndian.PutUint16(id[6:], 7<<12|uint16(at&0xfff))
	return id, nil
}

func putMillis(id *uuid.UUID, millis int64) {
	binary.BigEndian.PutUint16(id[:], uint16(millis>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(millis))
}

// newID is the id of a record that is listed by time.
func (q Queries) newID() (uuid.UUID, error) { return q.ids.next(q.now()) }

// idsAt is below the ids of all records made at a time or later, uuid.Nil where that is before there were any.
func idsAt(at time.Time) (id uuid.UUID) {
	if millis := at.UnixMilli(); millis > 0 {
		putMillis(&id, min(millis, 1<<48-1))
	}
	return id
}

// idSpan are ids between which all records of a range of times are, from inclusive and to not, nil where the range has no
// such end. Lists of a range far in the past need not read all that came later. The times are still to be compared.
func idSpan(from, to time.Time, slack time.Duration) (low, high uuid.UUID) {
	if !from.IsZero() {
		low = idsAt(from.Add(-slack))
	}
	if !to.IsZero() {
		if high = idsAt(to.Add(slack)); high == uuid.Nil {
			high[15] = 1 // below all ids
		}
	}
	return low, high
}

// newIDs makes n ids.
func (q Queries) newIDs(n int) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, n)
	for i := range ids {
		var err error
		if ids[i], err = q.newID(); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
