package main

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]struct{ after, before time.Time }{
		"2026-12-31T18:00:00+08:00": {time.Date(2026, 12, 31, 10, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 10, 0, 0, 0, time.UTC)},
		"90m":                       {now.Add(90 * time.Minute), now.Add(-90 * time.Minute)},
		"30d":                       {now.AddDate(0, 0, 30), now.AddDate(0, 0, -30)},
	} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err != nil || !m.isSet() {
			t.Errorf("%s: %v", text, err)
		}
		if after, before := m.after(now), m.before(now); !after.Equal(want.after) || !before.Equal(want.before) {
			t.Errorf("%s is %s after and %s before, want %+v", text, after, before, want)
		}
	}
	for _, text := range []string{"", "soon", "0s", "-5m", "0d", "-3d", "1.5d", "99999999d", "d", "2026-12-31"} {
		if err := new(moment).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for a moment", text)
		}
	}
}
