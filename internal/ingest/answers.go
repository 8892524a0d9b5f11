package ingest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// leftOut is the field that names those which together are larger than fields may be.
const leftOut = "left_out"

// An answer is one thing that the person filled in, or that came with it.
type answer struct {
	name string
	// role is what the answer is known to be; otherwise its name tells. mapped is set where a mapping says so.
	role   role
	mapped bool
	// also are other names by which a mapping may know it.
	also []string
	// value is a string, a json.Number, a bool, a []any or a map[string]any.
	value any
	// asked means that it answers a question, whatever its name.
	asked bool
}

// Answers are named values in the order in which they came. Names may come twice.
type Answers []answer

// Add adds an answer. Text is cleaned; what is empty is left out.
func (a *Answers) Add(name string, value any) { a.addAs(roleNone, name, value) }

// addAs adds an answer of which it is known what it is.
func (a *Answers) addAs(r role, name string, value any) {
	if value = storable(value); value != nil {
		name = cmp.Or(shorten(Clean(name), maxText), "field "+strconv.Itoa(len(*a)+1))
		*a = append(*a, answer{name: name, role: r, value: value})
	}
}

// known gives the answers from a place on other names, by which a mapping may know them.
func (a Answers) known(from int, names ...string) {
	for i := from; i < len(a); i++ {
		for _, name := range names {
			if name = Clean(name); name != "" && name != a[i].name {
				a[i].also = append(a[i].also, name)
			}
		}
	}
}

// AddAll adds an answer with as many values as are not empty.
func (a *Answers) AddAll(name string, values []string) {
	var all []any
	for _, v := range values {
		if v = Clean(v); v != "" {
			all = append(all, v)
		}
	}
	if len(all) == 1 {
		a.Add(name, all[0])
		return
	}
	a.Add(name, all)
}

// storable cleans a value of what Postgres cannot hold; nil means that nothing is left.
func storable(value any) any {
	switch v := value.(type) {
	case string:
		if v = Clean(v); v == "" {
			return nil
		}
		return v
	case json.Number:
		if len(v) > 40 || strings.ContainsAny(string(v), "eE") { // beyond what jsonb takes, or what people write
			return string(v)
		}
		return v
	case bool:
		return v
	case []any:
		kept := make([]any, 0, len(v))
		for _, one := range v {
			if one = storable(one); one != nil {
				kept = append(kept, one)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	case map[string]any:
		kept := make(map[string]any, len(v))
		for name, one := range v {
			if one = storable(one); one != nil {
				kept[Clean(name)] = one
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return nil
}

// text is an answer's first value as text, empty for what has none.
func (a answer) text() string { return firstText(a.value) }

// firstText is a value as text, of a list the first that is one, empty for what has none.
func firstText(value any) string {
	switch v := value.(type) {
	case string:
		return Clean(v)
	case json.Number:
		return v.String()
	case []any:
		for _, one := range v {
			if text := firstText(one); text != "" {
				return text
			}
		}
	}
	return ""
}

// simple reports whether text says all there is to an answer.
func (a answer) simple() bool {
	switch a.value.(type) {
	case string, json.Number:
		return true
	}
	return false
}

// fields are the answers that were not used, as a JSON object that the store takes. Of one name that comes again all
// values are kept.
func (a Answers) fields(used map[int]bool, fit fitter) (json.RawMessage, error) {
	all := make(map[string]any)
	lists := make(map[string][]any) // of names that came again: copies, since the answers keep theirs
	for i, one := range a {
		if used[i] {
			continue
		}
		before, again := all[one.name]
		if !again {
			all[one.name] = one.value
			continue
		}
		list, made := lists[one.name]
		if !made {
			list = appendValue(nil, before)
		}
		lists[one.name] = appendValue(list, one.value)
		all[one.name] = lists[one.name]
	}
	if len(all) == 0 {
		return nil, nil
	}
	return fit(all)
}

// appendValue appends a value, or the values of a list.
func appendValue(list []any, value any) []any {
	if more, is := value.([]any); is {
		return append(list, more...)
	}
	return append(list, value)
}

// A fitter writes fields as JSON that is small enough.
type fitter func(all map[string]any) (json.RawMessage, error)

// fitting writes fields as JSON, without the largest of them where they are too large. The delivery itself is kept.
func fitting(all map[string]any) (json.RawMessage, error) {
	text, err := plainJSON(all)
	if err != nil || len(text) <= maxFields {
		return text, err
	}
	size := make(map[string]int, len(all))
	var names []string
	for name, value := range all {
		one, err := plainJSON(value)
		if err != nil {
			return nil, err
		}
		names, size[name] = append(names, name), len(one)+len(name)*2+10
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(size[x], size[y]), cmp.Compare(x, y)) })
	room, kept := maxFields-1000, make(map[string]any)
	for _, name := range names {
		if room -= size[name]; room < 0 {
			break
		}
		kept[name] = all[name]
	}
	kept[leftOut] = strconv.Itoa(len(all)-len(kept)) + " fields that are too large; they are in the integration's events"
	return plainJSON(kept)
}

// plainJSON writes JSON without escaping what HTML would need escaped.
func plainJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// shorten cuts text to so many characters.
func shorten(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	n := 0
	for i := range text {
		if n == characters {
			return strings.TrimSpace(text[:i])
		}
		n++
	}
	return text
}
