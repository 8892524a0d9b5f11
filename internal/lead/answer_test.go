package lead_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestLater holds when a member will have worked for so long against counting minute by minute, over weeks with clock changes.
func TestLater(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		start := time.Date(2026, []time.Month{3, 10, 6}[rng.IntN(3)], 20+rng.IntN(8), rng.IntN(24), rng.IntN(60), 0, 0, berlin)
		c := lead.Calendar{Zone: berlin}
		if rng.IntN(4) > 0 {
			c.Hours = &lead.Week{}
			for day := range c.Hours {
				if rng.IntN(3) > 0 {
					from := rng.IntN(24 * 60)
					c.Hours[day] = []lead.Hours{{From: lead.Clock(from), To: lead.Clock((from + 60 + rng.IntN(600)) % (24 * 60))}}
				}
			}
			c.Hours[time.Monday] = []lead.Hours{{From: 9 * 60, To: 18 * 60}}
		}
		for range rng.IntN(3) {
			from := start.Add(time.Duration(rng.IntN(7*24*60)) * time.Minute)
			c.Absences = append(c.Absences, lead.Absence{From: from, To: from.Add(time.Duration(1+rng.IntN(3000)) * time.Minute)})
		}
		work := 1 + rng.IntN(3000)
		want, left := start, work
		for left > 0 {
			if c.Works(want) {
				left--
			}
			want = want.Add(time.Minute)
		}
		if got := c.Later(start, time.Duration(work)*time.Minute); !got.Equal(want) {
			t.Fatalf("%d minutes after %v: %v, want %v (%+v)", work, start, got, want, c)
		}
	}
	never := lead.Calendar{Zone: berlin, Hours: &lead.Week{}}
	if got := never.Later(mondayNoon, time.Minute); got.Before(mondayNoon.Add(300*24*time.Hour)) || got.After(mondayNoon.Add(500*24*time.Hour)) {
		t.Error(got)
	}
}

var mondayNoon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
