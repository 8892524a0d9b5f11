package headings

import (
	"strings"
	"unicode"
)

// A Part is a text and the heading under which it stands.
type Part struct {
	Text string
	Reading
}

// A Written is a person's name as a file or a form has it; texts are empty where it has none.
type Written struct {
	// Whole is what stands under a heading that asks for a name, or perhaps a part of one.
	Whole                           Part
	First, Middle, Last, SecondLast Part
}

// Full is the whole name, and whether it is put together of parts, all of which it then holds. A whole name is left alone; a
// bare one is a part where another heading asks for the rest and the two don't say the same.
func (w Written) Full() (name string, joined bool) {
	if w.First.Weak && w.Last.Text == "" {
		w.First = Part{}
	}
	if whole := w.Whole; whole.Text != "" {
		switch {
		case whole.Bare && w.First.Text == "" && w.Last.Text != "" && !holdsWord(whole.Text, w.Last.Text):
			w.First = whole
		case whole.Bare && w.Last.Text == "" && w.First.Text != "" && !holdsWord(whole.Text, w.First.Text):
			w.Last = whole
		default:
			return whole.Text, false
		}
	}
	family := between(w.Last, w.SecondLast)
	if w.Last.FamilyFirst && w.First.FamilyFirst {
		return between(between(family, w.Middle), w.First).Text, true
	}
	return between(between(w.First, w.Middle), family).Text, true
}

// Add puts a part where its heading says that it belongs. It reports whether that is a name.
func (w *Written) Add(p Part) bool {
	switch p.Meaning {
	case Name:
		w.Whole = p
	case FirstName:
		w.First = p
	case MiddleName:
		w.Middle = p
	case LastName:
		w.Last = p
	case SecondLastName:
		w.SecondLast = p
	default:
		return false
	}
	return true
}

// between joins two parts: with a space, save between Chinese characters or between Korean ones.
func between(a, b Part) Part {
	space := " "
	if oneScript(a.Text, b.Text, unicode.Han) || oneScript(a.Text, b.Text, unicode.Hangul) {
		space = ""
	}
	switch {
	case a.Text == "":
		return b
	case b.Text == "":
		return a
	}
	return Part{Text: a.Text + space + b.Text, Reading: a.Reading}
}

func oneScript(a, b string, script *unicode.RangeTable) bool {
	return strings.IndexFunc(a+b, func(r rune) bool { return !unicode.Is(script, r) }) < 0
}

// holdsWord reports whether a name holds a part of it, as words of their own or, in a script without spaces, as letters.
func holdsWord(name, part string) bool {
	name, part = strings.ToLower(strings.Join(strings.Fields(name), " ")), strings.ToLower(strings.Join(strings.Fields(part), " "))
	if isSpaceless([]rune(part)) {
		return strings.Contains(name, part)
	}
	return strings.Contains(" "+name+" ", " "+part+" ")
}

// Join puts the parts of a name together in the order in which they come.
func Join(parts ...string) string {
	var all Part
	for _, part := range parts {
		all = between(all, Part{Text: part})
	}
	return all.Text
}

// Parts counts the texts.
func (w Written) Parts() int {
	n := 0
	for _, p := range []Part{w.Whole, w.First, w.Middle, w.Last, w.SecondLast} {
		if p.Text != "" {
			n++
		}
	}
	return n
}
