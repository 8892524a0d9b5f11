package scheduler

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

// TestRingsOf sums up shares of rings of four slots, sixteen turns of which are counted.
func TestRingsOf(t *testing.T) {
	t.Parallel()
	group := func(n byte) uuid.UUID { return uuid.UUID{15: n} }
	share := func(n byte, slots, leads int, change ...func(*store.Share)) store.Share {
		s := store.Share{Group: group(n), Turns: 40, Counted: 16, Size: 4, Slots: slots, Leads: leads, Active: true, Steady: true}
		for _, c := range change {
			c(&s)
		}
		return s
	}
	inactive := func(s *store.Share) { s.Active = false }
	changed := func(s *store.Share) { s.Steady = false }
	young := func(s *store.Share) { s.Counted = 15 }
	got := ringsOf([]store.Share{
		share(1, 2, 8), share(1, 1, 4), share(1, 1, 4), // even, by slots
		share(2, 1, 4), share(2, 1, 0), share(2, 2, 4), // one starved
		share(3, 1, 4), share(3, 1, 0, inactive), share(3, 2, 0, changed), // two who could not have had more
		share(4, 1, 4, young), share(4, 1, 0, young), // too early to tell
	})
	want := []metrics.Ring{
		{Group: group(1), Turn: 40}, {Group: group(2), Turn: 40, Spread: 4, Starved: 1}, {Group: group(3), Turn: 40}, {Group: group(4), Turn: 40},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rings (-want +got):\n%s", diff)
	}
	var many []store.Share
	const shown = 10
	for i := range shown + 1 {
		s := share(0, 1, 4)
		s.Group = uuid.UUID{14: byte(i >> 8), 15: byte(i)}
		many = append(many, s, s)
		if i == shown {
			many[len(many)-1].Leads = 1
		}
	}
	if got := mostUneven(ringsOf(many), shown); len(got) != shown || got[0].Spread != 3 {
		t.Errorf("of %d rings %d are shown, the first with spread %v", shown+1, len(got), got[0].Spread)
	}
}
