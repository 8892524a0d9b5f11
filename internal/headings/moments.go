package headings

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What a heading may say of the time that is under it, of which Of knows nothing: such times are no answers.
const (
	// Submitted is when an entry was sent or made.
	Submitted Meaning = "submitted"
	// Started is when whoever made it began to.
	Started Meaning = "started"
	// Changed is when something was done with it.
	Changed Meaning = "changed"
)

var moments = []Meaning{Submitted, Started, Changed}

// vague is the rank of headings that name a time and no more.
const vague = 100

// A Moment is what a heading says of a time.
type Moment struct {
	Meaning Meaning
	// Vague means that people may have been asked for it, as under "Time" or "Start date": what is under it tells.
	Vague bool
}

// MomentOf tells the headings of the times at which programs and platforms made their entries, in all languages, from those for
// which a form asks: birthdays, appointments, the best time to call. The Meaning of those is None.
func MomentOf(heading string) Moment {
	if utf8.RuneCountInString(heading) > longest {
		return Moment{}
	}
	if m, seen := times.get(heading); seen {
		return m
	}
	m := momentOf(heading)
	if m.Meaning == None {
		if last := strings.LastIndexAny(strings.TrimRight(heading, "])} "), ".[/:"); last > 0 { // within what it belongs to
			m = momentOf(heading[last+1:])
		}
	}
	times.put(heading, m)
	return m
}

func momentOf(heading string) (m Moment) {
	t := plain(heading)
	if len(t.letters) == 0 {
		return m
	}
	found, means := t.matches()
	best, all := -1, make([]ways, len(found)+1)
	for _, one := range moments {
		if !slices.Contains(means, one) {
			continue
		}
		if r, fits := cover(found, one, all); fits && (best < 0 || r.Rank < best) {
			m, best = Moment{one, r.Rank >= vague}, r.Rank
		}
	}
	return m
}
