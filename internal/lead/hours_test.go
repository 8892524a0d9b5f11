package lead

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// defaultHours are 09:00 to 21:00.
func defaultHours() Hours { return Hours{From: 9 * 60, To: 21 * 60} }

// parseHours reads and validates hours given as two "HH:MM".
func parseHours(from, to string) (Hours, error) {
	opens, errFrom := ParseClock(from)
	closes, errTo := ParseClock(to)
	if errFrom != nil {
		errFrom = fmt.Errorf("from: %w", errFrom)
	}
	if errTo != nil {
		errTo = fmt.Errorf("to: %w", errTo)
	}
	if err := errors.Join(errFrom, errTo); err != nil {
		return Hours{}, err
	}
	h := Hours{From: opens, To: closes}
	return h, h.Validate()
}

func TestParseHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		err      string // what the error says, empty for none
	}{
		{"09:00", "21:00", ""},
		{"22:30", "06:15", ""},
		{"00:00", "23:59", ""},
		{"09:00", "00:00", ""},
		{"09:00", "09:00", "hold no time"},
		{"9:00", "21:00", `from: "9:00" is not a time of day`},
		{"09:00", "24:00", `to: "24:00" is not a time of day`},
		{"09:60", "21:00", "from 00:00 to 23:59"},
		{"", "21:00", "from: "},
		{"0900", "-1:00", "to: "},
		{"09:0\x00", "21:00", "from: "},
		{strings.Repeat("9", 1000), "21:00", "write HH:MM"},
	} {
		h, err := parseHours(c.from, c.to)
		switch {
		case c.err == "" && (err != nil || h.From.String() != c.from || h.To.String() != c.to):
			t.Errorf("hours %s–%s become %v, %v", c.from, c.to, h, err)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || len(err.Error()) > 200):
			t.Errorf("hours %.10q–%.10q give error %v, want a short one with %q", c.from, c.to, err, c.err)
		}
	}
}

func TestHoursValidate(t *testing.T) {
	t.Parallel()
	for _, h := range []Hours{{}, {From: -1, To: 60}, {From: 60, To: 1440}} {
		if h.Validate() == nil {
			t.Errorf("hours %d–%d are valid", h.From, h.To)
		}
	}
	if err := defaultHours().Validate(); err != nil {
		t.Errorf("the default hours are not valid: %v", err)
	}
}

func TestHoursJSON(t *testing.T) {
	t.Parallel()
	const text = `{"from":"09:00","to":"21:00"}`
	var h Hours
	if err := json.Unmarshal([]byte(text), &h); err != nil || h != defaultHours() {
		t.Errorf("%s is read as %v, %v", text, h, err)
	}
	if out, err := json.Marshal(h); err != nil || string(out) != text {
		t.Errorf("hours are written as %s, %v, want %s", out, err, text)
	}
	if err := json.Unmarshal([]byte(`{"from":"25:00","to":"21:00"}`), &h); err == nil {
		t.Error("25:00 is read without an error")
	}
}

func FuzzParseHours(f *testing.F) {
	for _, seed := range []string{"09:00", "23:59", "24:00", "9:00", "::::", "é9:0", ""} {
		f.Add(seed, "21:00")
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		h, err := parseHours(from, to)
		if err != nil {
			return
		}
		if h.From.String() != from || h.To.String() != to || h.Validate() != nil {
			t.Errorf("%q–%q is read as %v", from, to, h)
		}
	})
}

func TestHoursDay(t *testing.T) {
	t.Parallel()
	overnight := Hours{From: 20 * 60, To: 4 * 60}
	for _, c := range []struct {
		hours      Hours
		zone, time string
		want       string
	}{
		{defaultHours(), "UTC", "2026-03-01T00:00:00Z", "2026-03-01"},
		{defaultHours(), "Asia/Kathmandu", "2026-03-01T18:14:59Z", "2026-03-01"},
		{defaultHours(), "Asia/Kathmandu", "2026-03-01T18:15:00Z", "2026-03-02"},
		{defaultHours(), "America/New_York", "2026-03-01T03:00:00Z", "2026-02-28"},
		{defaultHours(), "UTC", "1969-12-31T23:59:59Z", "1969-12-31"},
		{overnight, "UTC", "2026-03-01T19:59:59Z", "2026-02-28"},
		{overnight, "UTC", "2026-03-01T20:00:00Z", "2026-03-01"},
		{overnight, "UTC", "2026-03-02T03:59:59Z", "2026-03-01"},
	} {
		got := c.hours.Day(instant(t, c.time), location(t, c.zone)).Format(time.DateOnly)
		if got != c.want {
			t.Errorf("%s in %s, hours from %s, is of day %s, want %s", c.time, c.zone, c.hours.From, got, c.want)
		}
	}
}

// TestHoursWindow has every kind of clock change: windows are the instants, not the clock's readings.
func TestHoursWindow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone, day, from, to string
		want                      string // spans in UTC
	}{
		{"plain", "Asia/Kuala_Lumpur", "2026-07-01", "09:00", "21:00", "01T01:00–01T13:00"},
		{"half an hour", "Asia/Kolkata", "2026-07-01", "09:00", "21:00", "01T03:30–01T15:30"},
		{"overnight", "Asia/Kathmandu", "2026-07-01", "21:00", "05:00", "01T15:15–01T23:15"},
		{"an hour is skipped", "America/New_York", "2026-03-08", "01:00", "05:00", "08T06:00–08T07:00 08T07:00–08T09:00"},
		{"opens in the gap", "America/New_York", "2026-03-08", "02:30", "05:00", "08T07:00–08T09:00"},
		{"closes in the gap", "America/New_York", "2026-03-08", "01:00", "02:30", "08T06:00–08T07:00"},
		{"lies in the gap", "America/New_York", "2026-03-08", "02:10", "02:50", ""},
		{"an hour is repeated", "America/New_York", "2026-11-01", "00:30", "03:00", "01T04:30–01T06:00 01T06:00–01T08:00"},
		{"lies in the repeated hour", "America/New_York", "2026-11-01", "01:15", "01:45", "01T05:15–01T05:45 01T06:15–01T06:45"},
		{"closes in the repeated hour", "America/New_York", "2026-11-01", "00:00", "01:30", "01T04:00–01T05:30 01T06:00–01T06:30"},
		{"overnight, hour repeated", "Europe/London", "2026-10-24", "22:00", "04:00", "24T21:00–25T01:00 25T01:00–25T04:00"},
		{"half an hour repeated", "Australia/Lord_Howe", "2026-04-05", "01:00", "03:00", "04T14:00–04T15:00 04T15:00–04T16:30"},
		{"half an hour skipped", "Australia/Lord_Howe", "2026-10-04", "01:00", "03:00", "03T14:30–03T15:30 03T15:30–03T16:00"},
		{"midnight is repeated", "America/Havana", "2026-11-01", "00:00", "02:00", "01T04:00–01T05:00 01T05:00–01T07:00"},
		{"midnight is skipped", "America/Havana", "2026-03-08", "00:00", "02:00", "08T05:00–08T06:00"},
		{"after the listed changes", "Australia/Lord_Howe", "2040-04-01", "01:00", "03:00", "31T14:00–31T15:00 31T15:00–31T16:30"},
		{"a day is skipped", "Pacific/Apia", "2011-12-30", "09:00", "21:00", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, err := parseHours(c.from, c.to)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range h.window(instant(t, c.day+"T00:00:00Z").Unix()/secondsPerDay, location(t, c.zone)) {
				const layout = "02T15:04"
				got = append(got, fmt.Sprintf("%s–%s", time.Unix(s.from, 0).UTC().Format(layout), time.Unix(s.to, 0).UTC().Format(layout)))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("open are %v, want %s", got, c.want)
			}
		})
	}
}

// TestHoursWindowAtTheEndOfLeapYears has days for which the zone's rules are not listed but computed.
func TestHoursWindowAtTheEndOfLeapYears(t *testing.T) {
	t.Parallel()
	zone := location(t, "Europe/London")
	for _, date := range []string{"2040-12-30", "2040-12-31", "2041-01-01"} {
		day := instant(t, date+"T00:00:00Z").Unix() / secondsPerDay
		got := defaultHours().window(day, zone)
		if got.length() != 12*60*60 || got[0].from != day*secondsPerDay+9*60*60 || got.at(12*60*60-1) != got[0].from+12*60*60-1 {
			t.Errorf("on %s these are open: %v", date, got)
		}
	}
}
