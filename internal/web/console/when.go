package console

import (
	"fmt"
	"strings"
	"time"
)

const (
	exactFormat = "Mon 2 Jan 2006, 15:04:05 MST"
	dayFormat   = "Mon 2 Jan"
)

// when shows a moment as people speak of it, with the exact one, by the workspace's clock, in its title.
func (v *visit) when(at time.Time) shown {
	return shown{Text: relative(at, v.now, v.zone), Machine: at.UTC().Format(time.RFC3339), Title: at.In(v.zone).Format(exactFormat)}
}

// relative is how long ago a moment was or how far off it is, and beyond a week its date.
func relative(at, now time.Time, zone *time.Location) string {
	apart, words := now.Sub(at), "%s ago"
	if apart < 0 {
		apart, words = -apart, "in %s"
	}
	switch {
	case apart < 45*time.Second && now.Before(at):
		return "in a moment"
	case apart < 45*time.Second:
		return "just now"
	case apart < time.Hour:
		return fmt.Sprintf(words, fmt.Sprintf("%d min", int((apart+30*time.Second)/time.Minute)))
	case apart < 24*time.Hour:
		return fmt.Sprintf(words, fmt.Sprintf("%d h", int((apart+30*time.Minute)/time.Hour)))
	case apart < 7*24*time.Hour:
		return at.In(zone).Format(dayFormat + ", 15:04")
	case at.In(zone).Year() == now.In(zone).Year():
		return at.In(zone).Format("2 Jan, 15:04")
	}
	return at.In(zone).Format("2 Jan 2006")
}

// counted is a number of things, as in 1 lead and 2 leads.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + one + "s"
}

// grouped is a number with its thousands apart.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// tenths is a number with one place behind the point where it needs one.
func tenths(n float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0") }
