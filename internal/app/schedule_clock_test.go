package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestTheClockDoesNotTellWhatWasScheduled schedules 120 leads one by one, for whole seconds, and looks at the part of a second
// in which they were given out, by their time and by the time in their ids: it is any, as that of a lead that has just come in,
// and none is early. Of numbers drawn at random, a quarter would be left with fewer than 8 once in a hundred million times.
func TestTheClockDoesNotTellWhatWasScheduled(t *testing.T) {
	t.Parallel()
	const leads, least = 120, 8
	s := newScene(t, testenv.New(t), 1)
	s.start(app.Roles()...)
	for i := range leads {
		s.schedule(1, time.Duration(8+i%3)*time.Second)
	}
	s.untilCopies(leads, 40*time.Second)
	s.untilIdle(20 * time.Second)
	s.onTime(leads, 10*time.Second)
	var copies []struct {
		ID uuid.UUID `db:"assigned_lead_id"`
		At time.Time `db:"assigned_at"`
	}
	s.must(s.DB.Select(&copies, `SELECT assigned_lead_id, assigned_at FROM assigned_leads`))
	var times, ids [4]int
	for _, c := range copies {
		seconds, nanos := c.ID.Time().UnixTime()
		times[4*c.At.Nanosecond()/int(time.Second)]++
		ids[4*nanos/int64(time.Second)]++
		if late := time.Unix(seconds, nanos).Sub(c.At); late < -10*time.Millisecond || late > 5*time.Second {
			t.Errorf("the id's time is %s after that of the copy", late)
		}
	}
	for quarter := range times {
		if times[quarter] < least || ids[quarter] < least {
			t.Errorf("by quarters of a second %v copies were given out, and %v by their ids", times, ids)
			break
		}
	}
	t.Logf("by quarters of a second: %v, by ids %v", times, ids)
	s.even(leads)
}
