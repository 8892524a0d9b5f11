package language

import (
	"regexp"
	"strings"
	"time"
)

// What days and months are called, in their order.
const (
	weekdays      Text = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
	shortWeekdays Text = "Sun Mon Tue Wed Thu Fri Sat"
	months        Text = "January February March April May June July August September October November December"
	shortMonths   Text = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
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
		names, i := namesIn(at, layout[next[0]:next[1]])
		out.WriteString(strings.Fields(p.Say(names))[i])
		layout = layout[next[1]:]
	}
	return out.String() + at.Format(layout)
}

// namesIn are the names of which a word of a layout stands for one, and which of them a moment's is.
func namesIn(at time.Time, word string) (names Text, i int) {
	switch word {
	case "Monday":
		return weekdays, int(at.Weekday())
	case "Mon":
		return shortWeekdays, int(at.Weekday())
	case "January":
		return months, int(at.Month()) - 1
	}
	return shortMonths, int(at.Month()) - 1
}
