package language

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Heard are sentences that arrive made, in English, from where nobody knows who reads them. Each is found again by the text that it was
// made of, and said by it with what stood in it.
type Heard struct {
	whole   map[string]Text
	formats []heardFormat
}

// A heardFormat is a text with verbs, and what it makes.
type heardFormat struct {
	said Text
	// reworded is set where it is said otherwise than it arrives, in English too.
	reworded bool
	// before and after are its letters in front of the first verb and behind the last, by which most of what does not fit is told.
	before, after string
	letters       int
	// fits is made when something may fit for the first time: few processes hear all that there is to hear.
	fits  func() *regexp.Regexp
	verbs []byte
	// takes is how many of what stands in it the text is said with.
	takes int
}

// These bound what is looked at: longer sentences, more of them, and sentences within sentences within others are nobody's of ours.
const (
	maxHeard  = 4000
	maxParts  = 16
	maxWithin = 3
	// maxWork is how many characters formats are tried on for one who says something: some hundredths of a second's worth.
	maxWork = 500_000
)

// A hearing is one sentence, or several, on the way into a language.
type hearing struct {
	*Heard
	p *Printer
	// work is how many characters may still be looked at.
	work int
}

// NewHeard hears the texts. What arrives as a key of as, a format too, is said by that one's text, with as many of the arguments as that
// takes. It panics where a text cannot be found again.
func NewHeard(as map[string]Text, lists ...[]Text) *Heard {
	h := &Heard{whole: map[string]Text{}}
	for arrives, said := range as {
		h.add(arrives, said)
	}
	for _, list := range lists {
		for _, text := range list {
			if _, reworded := as[string(text)]; reworded {
				panic(fmt.Sprintf("%q is said by itself, and by another text", text))
			}
			h.add(string(text), text)
		}
	}
	slices.SortFunc(h.formats, func(a, b heardFormat) int {
		if a.letters != b.letters {
			return b.letters - a.letters // the one that says most itself
		}
		return strings.Compare(string(a.said), string(b.said))
	})
	return h
}

func (h *Heard) add(arrives string, said Text) {
	f := heardFormat{said: said, reworded: arrives != string(said)}
	verbs := heardVerb.FindAllStringIndex(arrives, -1)
	if !slices.ContainsFunc(verbs, func(at []int) bool { return arrives[at[1]-1] != '%' }) {
		h.whole[arrives] = said
		return
	}
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	end, first := 0, true
	for _, at := range verbs {
		literal := arrives[end:at[0]]
		kind := arrives[at[1]-1]
		end = at[1]
		if kind == '%' {
			literal += "%"
		}
		f.letters += len(literal)
		pattern.WriteString(regexp.QuoteMeta(literal))
		if first {
			f.before += literal
		}
		if kind != '%' {
			first = false
			f.verbs = append(f.verbs, kind)
			pattern.WriteString(made(kind, arrives))
		}
	}
	for _, verb := range heardVerb.FindAllString(string(said), -1) {
		if verb != "%%" {
			f.takes++
		}
	}
	if f.takes > len(f.verbs) {
		panic(fmt.Sprintf("%q is said with more than stands in %q", said, arrives))
	}
	f.after = arrives[end:]
	f.letters += len(f.after)
	pattern.WriteString(regexp.QuoteMeta(f.after) + `\z`)
	f.fits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern.String()) })
	h.formats = append(h.formats, f)
}

// heardVerb is a verb of a format; one with an index is not found again.
var heardVerb = regexp.MustCompile(`%[.0-9]*[a-zA-Z%]`)

// made is what a verb makes.
func made(verb byte, format string) string {
	switch verb {
	case 'd':
		return `(-?[0-9]+)`
	case 'q':
		return `("(?:[^"\\]|\\.)*")`
	case 's':
		return `(.*?)`
	}
	panic(fmt.Sprintf("the verb %c of %q cannot be found again: use %%s, %%d and %%q", verb, format))
}

// Say says a sentence that arrived in English, or several; what is not known of it stays English.
func (h *Heard) Say(p *Printer, english string) string {
	said, _ := (&hearing{h, p, maxWork}).say(english, 0)
	return said
}

// say says what stands in so many other sentences, and whether any of it is known.
func (h *hearing) say(english string, within int) (string, bool) {
	if len(english) > maxHeard || english == "" {
		return english, false
	}
	if said, fits := h.one(english, within); fits {
		return said, true
	}
	return h.several(english, within)
}

// one says what is one sentence of those that are known.
func (h *hearing) one(english string, within int) (string, bool) {
	if text, known := h.whole[english]; known {
		return h.p.Say(text), true
	}
	for _, f := range h.formats {
		if !f.mayFit(english) {
			continue
		}
		if h.work -= len(english) + 1; h.work < 0 {
			break
		}
		if args := f.arguments(english); args != nil {
			if h.p.texts == nil && h.p.tag != Brackets && !f.reworded {
				return english, true // numbers stand in it as they arrived
			}
			for i, arg := range args {
				if text, is := arg.(string); is && f.verbs[i] == 's' && within < maxWithin {
					args[i], _ = h.say(text, within+1)
				}
			}
			return h.p.Say(f.said, args[:f.takes]...), true
		}
	}
	return english, false
}

// mayFit says whether a sentence has what the format has around its verbs.
func (f *heardFormat) mayFit(english string) bool {
	return len(english) >= f.letters && strings.HasPrefix(english, f.before) && strings.HasSuffix(english, f.after)
}

// arguments are those of which a format makes a sentence, nil where it does not.
func (f *heardFormat) arguments(english string) (args []any) {
	found := f.fits().FindStringSubmatch(english)
	if found == nil {
		return nil
	}
	for i, verb := range f.verbs {
		var arg any = found[i+1]
		var err error
		switch verb {
		case 'd':
			arg, err = strconv.Atoi(found[i+1])
		case 'q':
			arg, err = strconv.Unquote(found[i+1])
		}
		if err != nil {
			return nil
		}
		args = append(args, arg)
	}
	return args
}

// between is what stands between sentences that are said one after the other.
var between = regexp.MustCompile(`[.;:] `)

// several says sentences that stand one behind the other, of which each is known alone or with those behind it.
func (h *hearing) several(english string, within int) (string, bool) {
	ends := between.FindAllStringIndex(english, maxParts)
	if len(ends) == 0 || len(ends) == maxParts {
		return english, false
	}
	ends = append(ends, []int{len(english), len(english)})
	var out strings.Builder
	known := false
	for at, begin := 0, 0; at < len(ends); at++ {
		said, fits := english[begin:ends[at][0]], false
		for last := len(ends) - 1; last >= at && !fits; last-- {
			if begin == 0 && last == len(ends)-1 {
				continue // all of it is none
			}
			one, is := h.sentence(english[begin:ends[last][0]], english[ends[last][0]:ends[last][1]], within)
			if is {
				said, fits, at = one, true, last
			}
		}
		known = known || fits
		out.WriteString(said + english[ends[at][0]:ends[at][1]])
		begin = ends[at][1]
	}
	return out.String(), known
}

// sentence says one of several, which may end with the full stop that is in what stands behind it.
func (h *hearing) sentence(english, behind string, within int) (string, bool) {
	if said, fits := h.one(english, within); fits {
		return said, true
	}
	if strings.HasPrefix(behind, ".") {
		if said, fits := h.one(english+".", within); fits {
			return strings.TrimSuffix(said, "."), true
		}
	}
	return english, false
}
