package ingest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// When a person filled a form in is no answer of theirs: it belongs to what brought the lead in. Members see what people
// answered, and no time from before they had the lead.
const (
	submittedAt = "submitted_at"
	landedAt    = "landed_at"
	updatedAt   = "updated_at"
)

// momentSlots are what attribution calls the times that headings tell of.
var momentSlots = map[headings.Meaning]string{headings.Submitted: submittedAt, headings.Started: landedAt, headings.Changed: updatedAt}

// elementorTimes are the names, in their plain form (see plainHeader), of the two in which Elementor sends one time.
var elementorTimes = map[string]string{"meta[date][value]": submittedAt, "meta[time][value]": "submitted_time"}

// momentSlot is what attribution calls the time under a name, empty where a form may ask for it. A vague name is one that counts
// only over the clock of a program.
func momentSlot(name string) (slot string, vague bool) {
	if slot, is := elementorTimes[plainHeader(name)]; is {
		return slot, false
	}
	m := headings.MomentOf(name)
	return momentSlots[m.Meaning], m.Vague
}

// momentText is how a time is written: a date, the name of a month or a day before one, an hour, how long ago it was, or seconds
// and their parts since 1970.
var momentText = regexp.MustCompile(`^(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d[ ,T]+\d\d?:\d\d)|\d{4}\s?[年년]\s?\d\d?\s?[月월]` +
	`|(?:\p{L}+[.,]*\s+)?\d\d?(?:\.|st|nd|rd|th|\s+de)?[\s-]+\p{L}{3,12}\.?(?:\s+de)?,?[\s-]+\d{4}|\p{Lu}\p{L}{2,9}[.,]* \d|\d\d?:\d\d` +
	`|\d+ (?:second|minute|hour|day|week|month|year)s? ago$|(?:[Tt]oday|[Yy]esterday),?(?: at)? \d` +
	`|\d{8}T\d{4}|(?:19|20)\d{12}$|1\d{9}(?:\.\d+)?$|1\d{12}(?:\.\d+)?$|1\d{15}$|1\d{18}$)`)

// clockText is a time as programs write it: to the second, or with its zone.
var clockText = regexp.MustCompile(`\d\d?:\d\d:\d\d|T\d\d:?\d\d[^ ]*(?:Z|[+-]\d\d:?(?:\d\d)?)$|\d:\d\d.*(?:UTC|GMT|[+-]\d\d:?\d\d$)|\d\d?\s?[分분]\s?\d\d?\s?[秒초]|^\d{8}T\d{6}|^\d{10}(?:\.\d+)?$|^\d{13,}(?:\.\d+)?$`)

// maxMoment is how long a time is at the most.
const maxMoment = 100

// moment is a value as a time, seconds since 1970 among them, empty where it is none. By the clock means that a program wrote it.
func moment(value any) (text string, byClock bool) {
	switch v := value.(type) {
	case string:
		text = strings.TrimSpace(v)
	case json.Number:
		text = v.String()
	case []any:
		if len(v) != 1 {
			return "", false
		}
		return moment(v[0])
	case map[string]any:
		return objectMoment(v)
	}
	if len(text) > maxMoment || !momentText.MatchString(text) {
		return "", false
	}
	byClock = clockText.MatchString(text)
	if len(text) == len("20060102150405") && strings.Trim(text, "0123456789") == "" {
		return text, byClock
	}
	whole, _, _ := strings.Cut(text, ".")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
		for n > 1e14 { // smaller parts of a second
			n /= 1000
		}
		return unixTime(n).Format(time.RFC3339), true
	}
	return text, byClock
}

// objectMoments are the members by which programs write a time as an object, in their plain form.
var objectMoments = wordSet(`date $date datetime iso time timestamp value seconds $numberlong`)

// objectMoment is a time that an object is: it has one, and nothing beside it but small things such as a zone.
func objectMoment(object map[string]any) (text string, byClock bool) {
	if len(object) > 4 {
		return "", false
	}
	for _, name := range sortedKeys(object) {
		if text, _ := moment(object[name]); text != "" && objectMoments[plainHeader(name)] {
			return text, true
		}
	}
	return "", false
}

// takeMoment takes a time out of a value that stands under a name, and reports whether that is all of it.
func (a Attribution) takeMoment(name string, value any) bool {
	at, byClock := moment(value)
	if at == "" {
		return false
	}
	slot, vague := momentSlot(name)
	if slot == "" || vague && !byClock {
		return false
	}
	if other := snake(name); a[slot] != "" && a[slot] != at && len(a) < maxMoments {
		for n := 2; a[slot] != "" && a[slot] != at; n++ {
			slot, other = other, snake(name)+"_"+strconv.Itoa(n)
		}
	}
	if a[slot] == "" {
		a.Set(slot, flexible(at))
	}
	return true
}

// maxMoments bounds what attribution has for times to be added under names of their own, where another has theirs.
const maxMoments = 40

// snake is a name as attribution has them.
func snake(name string) string {
	words := strings.FieldsFunc(strings.ToLower(Clean(name)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return shorten(strings.Join(words, "_"), maxLineName)
}

// withoutMoments takes the times out of a value that is kept as it is. What was asked in it stays: that has a name and a value
// each.
func (a Attribution) withoutMoments(value any) any {
	switch v := value.(type) {
	case []any:
		kept := make([]any, len(v))
		for i, one := range v {
			kept[i] = a.withoutMoments(one)
		}
		return kept
	case map[string]any:
		return a.withoutTimes(v)
	}
	return value
}

func (a Attribution) withoutTimes(object map[string]any) map[string]any {
	kept := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		if inner, is := object[name].(map[string]any); is && (name == "date" || name == "time") {
			if at, _ := moment(inner["value"]); at != "" {
				slot := elementorTimes["meta["+name+"][value]"] // as Elementor writes them
				if a[slot] == "" {
					a.Set(slot, flexible(at))
				}
				continue
			}
		}
		if !a.takeMoment(name, object[name]) {
			kept[name] = a.withoutMoments(object[name])
		}
	}
	return kept
}

// holdsTime finds in JSON what momentText may find in a text of it: most fields have none.
var holdsTime = regexp.MustCompile(`\d\s?[-/.:,T年년]\s?\d|\d{10}|\d (?:ago"|\p{L})|\p{L}[.,]* \d`)

// TakeMoments takes out of the fields of a lead, a JSON object, what says when its entry was made, and returns that as attribution.
// Fields without such times, and what is no object, come back as they are.
func TakeMoments(fields json.RawMessage) (kept, attribution json.RawMessage, err error) {
	if !holdsTime.Match(fields) {
		return fields, nil, nil
	}
	tree, err := decodeAny(fields)
	object, is := tree.(map[string]any)
	if err != nil || !is {
		return fields, nil, nil //nolint:nilerr // whoever stores them says so
	}
	a := make(Attribution)
	without := a.withoutTimes(object)
	if len(a) == 0 {
		return fields, nil, nil
	}
	if kept, err = plainJSON(without); err == nil {
		attribution, err = plainJSON(a)
	}
	return kept, attribution, err
}
