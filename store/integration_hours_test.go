package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A rhythm is how an integration has delivered up to now, which is a Friday at noon.
type rhythm struct {
	name string
	// deliver tells how many arrivals the hour that began so many hours ago brought, the one that has begun being 0.
	deliver func(ago int, hour time.Time) int
	// outcome of all, and after how many hours of silence it is quiet from and until; 0 is never.
	outcome     lead.EventOutcome
	from, until int
}

func weekday(hour time.Time) bool {
	return hour.Weekday() != time.Saturday && hour.Weekday() != time.Sunday
}

var rhythms = []rhythm{
	{"busy day and night", func(int, time.Time) int { return 20 }, lead.EventLead, 3, 168},
	{"busy by day", func(_ int, hour time.Time) int {
		if hour.Hour() >= 8 && hour.Hour() < 20 {
			return 5
		}
		return 0
	}, lead.EventDuplicate, 3, 168},
	{"on weekdays", func(_ int, hour time.Time) int {
		if weekday(hour) && hour.Hour() >= 8 && hour.Hour() < 20 {
			return 2
		}
		return 0
	}, lead.EventUnmapped, 5, 168},
	{"in lots, once a day", func(_ int, hour time.Time) int {
		if hour.Hour() == 9 {
			return 50
		}
		return 0
	}, lead.EventHeld, 70, 166}, // when those of three days are missing; the last came three hours before
	{"now and then", func(_ int, hour time.Time) int {
		if weekday(hour) && hour.Hour() == 11 {
			return 1
		}
		return 0
	}, lead.EventLead, 0, 0},
	{"since five days", func(ago int, _ time.Time) int { return young(ago, 5*24) }, lead.EventLead, 0, 0},
	{"since eight days", func(ago int, _ time.Time) int { return young(ago, 8*24) }, lead.EventLead, 3, 168},
	{"busy for a week, once a day before", func(ago int, hour time.Time) int {
		if ago > 7*24 && hour.Hour() != 13 {
			return 0
		}
		return 20
	}, lead.EventLead, 50, 168}, // when three of those once a day are missing
	{"tests", func(int, time.Time) int { return 20 }, lead.EventTest, 0, 0},
	{"refused", func(int, time.Time) int { return 20 }, lead.EventRefused, 0, 0},
}

func young(ago, age int) int {
	if ago > age {
		return 0
	}
	return 20
}

// TestQuietIntegrations lets integrations of different rhythms fall silent all at once, and looks at them hour by hour.
func TestQuietIntegrations(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	now := begin
	w := newWorld(t, testenv.WithClock(func() time.Time { return now }))
	ids := make(map[uuid.UUID]rhythm)
	for _, r := range rhythms {
		id := w.integration(r.name)
		ids[id] = r
		w.deliverHourly(id, begin, r.outcome, r.deliver)
	}
	off := w.integration("disabled")
	w.deliverHourly(off, begin, lead.EventHeld, func(int, time.Time) int { return 20 })
	w.DB.MustExec(`UPDATE integrations SET enabled = false WHERE integration_id = $1`, off)

	from, until := make(map[string]int), make(map[string]int)
	for silent := range 8 * 24 {
		now = begin.Add(time.Duration(silent)*time.Hour + 10*time.Minute)
		if err := w.Store.CountEvents(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, err := w.Store.Rhythms(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			r, known := ids[f.Integration]
			if !known || r.outcome == lead.EventTest || r.outcome == lead.EventRefused {
				t.Fatalf("it is told of %s", r.name)
			}
			if f.Quiet && from[r.name] == 0 {
				from[r.name] = silent
			}
			if f.Quiet {
				until[r.name] = silent + 1
			}
		}
		if first, err := w.Store.Rhythms(t.Context(), 1); err != nil || len(first) != 1 || len(from) > len(until) || (silent == 5 && !first[0].Quiet) {
			t.Errorf("after %d hours the first is %+v, %v", silent, first, err)
		}
	}
	for _, r := range rhythms {
		if from[r.name] != r.from || until[r.name] != r.until {
			t.Errorf("%s: quiet from %d to %d hours, want %d to %d", r.name, from[r.name], until[r.name], r.from, r.until)
		}
	}
	// What it was told of again is no news.
	w.deliver(mustFind(ids, "busy day and night"), now, 1, lead.EventLead)
	if err := w.Store.CountEvents(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := w.Store.Rhythms(t.Context(), 100)
	if err != nil || found[0].Quiet || !found[0].LastAt.Equal(now) || found[0].Kind != lead.KindGeneric || found[0].Workspace != w.workspace {
		t.Errorf("it delivers again: %+v, %v", found, err)
	}
}

func mustFind(ids map[uuid.UUID]rhythm, name string) uuid.UUID {
	for id, r := range ids {
		if r.name == name {
			return id
		}
	}
	panic("there is no " + name)
}

func (w *world) integration(name string) uuid.UUID {
	w.t.Helper()
	id, err := store.NewIntegrationID()
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Store.CreateIntegration(w.t.Context(), w.workspace, store.Integration{
		ID: id, Kind: lead.KindGeneric, Name: name, Enabled: true, Token: fmt.Sprint("token of ", name),
	}); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// deliver has n arrivals come in within an hour.
func (w *world) deliver(integration uuid.UUID, hour time.Time, n int, outcome lead.EventOutcome) {
	w.t.Helper()
	w.DB.MustExec(`
		INSERT INTO integration_events (workspace_id, integration_id, event_id, received_at, headers, query, body, outcome, lead_ids)
		SELECT $1, $2, gen_random_uuid(), $3::timestamptz + n * interval '1 second', '{}', '', '', $5, '{}' FROM generate_series(0, $4::int - 1) n`,
		w.workspace, integration, hour, n, string(outcome))
}

// deliverHourly delivers to an integration in each hour of the three weeks before a moment as often as is said.
func (w *world) deliverHourly(integration uuid.UUID, before time.Time, outcome lead.EventOutcome, times func(ago int, hour time.Time) int) {
	w.t.Helper()
	var hours pq.StringArray
	var counts pq.Int64Array
	for ago := 1; ago <= 22*24; ago++ {
		hour := before.Add(-time.Duration(ago) * time.Hour)
		if n := times(ago, hour); n > 0 {
			hours, counts = append(hours, hour.Format(time.RFC3339)), append(counts, int64(n))
		}
	}
	w.DB.MustExec(`
		INSERT INTO integration_events (workspace_id, integration_id, event_id, received_at, headers, query, body, outcome, lead_ids)
		SELECT $1, $2, gen_random_uuid(), hour + n * interval '1 second', '{}', '', '', $5, '{}'
		FROM unnest($3::timestamptz[], $4::int[]) AS of (hour, times), generate_series(0, times - 1) n`,
		w.workspace, integration, hours, counts, string(outcome))
}
