package store

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestIDsFollowTheClock(t *testing.T) {
	t.Parallel()
	var made ids
	next := func(at time.Time) uuid.UUID {
		id, err := made.next(at)
		if err != nil {
			t.Fatal(err)
		}
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%s is a UUID of version %d", id, id.Version())
		}
		return id
	}
	noon := time.Date(2026, 3, 2, 12, 0, 0, 123_456_000, time.UTC)
	last := next(noon)
	if sec, nsec := last.Time().UnixTime(); !time.Unix(sec, nsec).Equal(noon.Truncate(time.Millisecond)) {
		t.Errorf("the id of %s is of %s", noon, time.Unix(sec, nsec).UTC())
	}
	for i := range 10_000 { // more than a millisecond has
		id := next(noon.Add(-time.Duration(i) * time.Millisecond))
		if id.String() <= last.String() {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id
	}
	if id := next(noon.Add(-time.Hour)); id.String() >= idsAt(noon.Add(-59*time.Minute)).String() {
		t.Errorf("the clock was set back by an hour, the id is %s", id)
	}
}

func TestSpansOfIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var made ids
	id, err := made.next(at)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		from, to time.Time
		has      bool
	}{
		"none": {has: true}, "from": {from: at, has: true}, "to": {to: at.Add(time.Microsecond), has: true}, "both": {at, at.Add(1), true},
		"later": {from: at.Add(time.Hour)}, "earlier": {to: at.Add(-time.Hour)}, "from long ago": {from: time.Unix(-1, 0), has: true},
		"to long ago": {to: time.Unix(-1e6, 0)}, "to the end of time": {to: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), has: true},
		"from the end of time": {from: time.Date(19999, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		low, high := idSpan(tt.from, tt.to, idSlack)
		if has := id.String() >= low.String() && (high == uuid.Nil || id.String() < high.String()); has != tt.has {
			t.Errorf("%s: %s to %s has %s: %v", name, low, high, id, has)
		}
	}
}
