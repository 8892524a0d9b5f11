package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A moment is a time given on the command line: RFC 3339, or a distance from now such as 90m, 720h or 30d. Which way the
// distance goes is the flag's affair.
type moment struct {
	at       time.Time
	distance time.Duration
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *moment) UnmarshalText(text []byte) error {
	s := string(text)
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		m.at = at
		return nil
	}
	d, err := parseDistance(s)
	if err != nil {
		return fmt.Errorf("%q is neither a time such as 2026-12-31T18:00:00+08:00 nor a distance such as 12h or 30d", s)
	}
	m.distance = d
	return nil
}

func (m *moment) isSet() bool { return m != nil && (!m.at.IsZero() || m.distance != 0) }

// after is the moment counted forward from now, before counted back.
func (m *moment) after(now time.Time) time.Time  { return m.from(now, 1) }
func (m *moment) before(now time.Time) time.Time { return m.from(now, -1) }

func (m *moment) from(now time.Time, direction time.Duration) time.Time {
	if m.at.IsZero() {
		return now.Add(direction * m.distance)
	}
	return m.at
}

// maxDays keeps a distance within what a duration holds.
const maxDays = 36500

func parseDistance(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if digits, isDays := strings.CutSuffix(s, "d"); isDays {
		var days int
		if days, err = strconv.Atoi(digits); err == nil && days <= maxDays {
			d = time.Duration(days) * 24 * time.Hour
		}
	}
	if err == nil && d <= 0 {
		err = errors.New("a distance is above nothing")
	}
	return d, err
}
