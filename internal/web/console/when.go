package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
)

const (
	exactFormat = "Mon 2 Jan 2006, 15:04:05 MST"
	dayFormat   = "Mon 2 Jan"
)

// when shows a moment as people speak of it, with the exact one, by the workspace's clock, in its title.
func (v *visit) when(at time.Time) shown {
	return shown{Text: v.relative(at), Machine: at.UTC().Format(time.RFC3339), Title: v.tongue.Date(at.In(v.zone), exactFormat)}
}

// relative is how long ago a moment was or how far off it is, and beyond a week its date.
func (v *visit) relative(moment time.Time) string {
	at, now := moment.In(v.zone), v.now.In(v.zone)
	apart, words := now.Sub(at), language.Text("%s ago")
	if apart < 0 {
		apart, words = -apart, "in %s"
	}
	switch {
	case apart < 45*time.Second && now.Before(at):
		return v.say("in a moment")
	case apart < 45*time.Second:
		return v.say("just now")
	case apart < time.Hour:
		return v.say(words, v.say("%d min", int((apart+30*time.Second)/time.Minute)))
	case apart < 24*time.Hour:
		return v.say(words, v.say("%d h", int((apart+30*time.Minute)/time.Hour)))
	case apart < 7*24*time.Hour:
		return v.tongue.Date(at, dayFormat+", 15:04")
	case at.Year() == now.Year():
		return v.tongue.Date(at, "2 Jan, 15:04")
	}
	return v.tongue.Date(at, "2 Jan 2006")
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
