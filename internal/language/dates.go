package language

import (
	"regexp"
	"strings"
	"time"
)

// What days and months are called. "May" is both, long and short.
var (
	weekdays      = [...]Text{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	shortWeekdays = [...]Text{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	months        = [...]Text{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	shortMonths   = [...]Text{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
)

// named are the words of a layout that stand for names.
var named = regexp.MustCompile(`January|Jan|Monday|Mon`)

// Date is a moment in a layout of package time, with the names of days and months in the language.
func (p *Printer) Date(at time.Time, layout string) string {
	if p.texts == nil {
		return at.Format(layout)
	}
	var out strings.Builder
	for layout != "" {
		next := named.FindStringIndex(layout)
		if next == nil {
			break
		}
		out.WriteString(at.Format(layout[:next[0]]))
		out.WriteString(p.Say(nameIn(at, layout[next[0]:next[1]])))
		layout = layout[next[1]:]
	}
	return out.String() + at.Format(layout)
}

// nameIn is the name of a moment's day or month that a word of a layout stands for.
func nameIn(at time.Time, word string) Text {
	switch word {
	case "Monday":
		return weekdays[at.Weekday()]
	case "Mon":
		return shortWeekdays[at.Weekday()]
	case "January":
		return months[at.Month()-1]
	}
	return shortMonths[at.Month()-1]
}
