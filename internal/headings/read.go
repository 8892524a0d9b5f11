package headings

import (
	"slices"
	"unicode"
)

// free is how many letters a phrase has at least that may begin or end within a word, as in "clientmobile". Shorter ones
// would be found in words that are others: "Möbel" is no "mob".
const free = 4

// A match is a phrase that is found in a text.
type match struct {
	from, to int
	entry    *entry
}

// exact is the meaning of a text that is a phrase of one.
func (t text) exact() Reading {
	best := Reading{}
	t.phrases(0, func(to int, e *entry) {
		if to == len(t.letters) && slices.Contains(meanings, e.is.meaning) && (best.Meaning == None || e.rank < best.Rank || e.rank == best.Rank && before(e.is.meaning, best.Meaning)) {
			best = e.reading(e.rank)
		}
	})
	return best
}

// phrases calls do with all phrases that begin at a place.
func (t text) phrases(from int, do func(to int, e *entry)) {
	at := known()
	for to := from; to < len(t.letters); to++ {
		if at = at.next[t.letters[to]]; at == nil {
			return
		}
		for i := range at.entries {
			do(to+1, &at.entries[i])
		}
	}
}

// before reports whether the first meaning is the one of two that fit as well.
func before(a, b Meaning) bool {
	for _, m := range meanings {
		if m == a || m == b {
			return m == a && a != b
		}
	}
	return false
}

// matches are the phrases in a text, by where they begin, as far as it can be read from its beginning on; nil where that is not to
// its end. means are the meanings of those that ask for something by themselves.
func (t text) matches() (found [][]match, means []Meaning) {
	found = make([][]match, len(t.letters))
	reached := make([]bool, len(t.letters)+1)
	reached[0] = true
	for from, furthest := 0, 0; from < len(t.letters); from++ {
		if from > furthest {
			return nil, nil // as most texts end, at the first word that is not known
		}
		if !reached[from] {
			continue
		}
		add := func(m match) {
			found[from] = append(found[from], m)
			reached[m.to], furthest = true, max(furthest, m.to)
			if is := m.entry.is.meaning; is != None && !m.entry.weak && !slices.Contains(means, is) {
				means = append(means, is)
			}
		}
		t.phrases(from, func(to int, e *entry) {
			if t.stands(from, to) {
				add(match{from, to, e})
			}
		})
		if to := t.number(from); to > from {
			add(match{from, to, &ordinals[t.ordinal(from, to)]})
		}
	}
	if !reached[len(t.letters)] {
		return nil, nil
	}
	return found, means
}

// stands reports whether a phrase may be where it is found: short ones between the edges of words.
func (t text) stands(from, to int) bool {
	switch {
	case isSpaceless(t.letters[from:to]):
		return true
	case to-from < free:
		return t.edges[from] && t.edges[to]
	}
	return t.edges[from] || t.edges[to]
}

// number is where the digits end that begin at a place.
func (t text) number(from int) int {
	to := from
	if t.edges[from] {
		for to < len(t.letters) && unicode.IsDigit(t.letters[to]) {
			to++
		}
	}
	return to
}

// ordinals are numbers as they may stand around names, addresses and numbers, by what they add to the rank.
var ordinals = func() (all [10]entry) {
	for i := range all {
		all[i] = entry{is: is{role: besidePeople}, rank: i}
	}
	return all
}()

// ordinal is what a number adds to the rank: the second phone comes behind the first.
func (t text) ordinal(from, to int) int {
	if to-from == 1 && t.letters[from] > '1' && t.letters[from] <= '9' {
		return int(t.letters[from] - '0')
	}
	return 0
}

// read is the meaning of a text that holds nothing but phrases of one meaning, and what may stand around it.
func (t text) read() Reading {
	if len(t.letters) == 0 {
		return Reading{}
	}
	found, means := t.matches()
	best, all := Reading{}, make([]ways, len(found)+1)
	for _, m := range meanings {
		if !slices.Contains(means, m) {
			continue
		}
		if r, fits := cover(found, m, all); fits && (best.Meaning == None || r.Rank < best.Rank) {
			best = r
		}
	}
	return best
}

// A way is how the letters up to a place can be read.
type way struct {
	core *entry // of the meaning, nil where only what stands around it came so far
	rank int32
	open bool // whether there is one
}

// ways are those without and with a phrase of the meaning.
type ways [2]way

// cover finds the surest way to read all letters as phrases of one meaning and what may stand around those.
// all has room for one letter more than there are.
func cover(found [][]match, m Meaning, all []ways) (Reading, bool) {
	clear(all)
	all[0][0].open = true
	furthest := 0
	for from, matches := range found {
		if from > furthest {
			return Reading{}, false
		}
		for with, w := range all[from] {
			if !w.open {
				continue
			}
			for _, f := range matches {
				next, to := way{w.core, w.rank + int32(f.entry.rank), true}, with
				switch {
				case f.entry.is.meaning == m && !f.entry.weak:
					if next.core == nil || next.core.rank > f.entry.rank {
						next.core = f.entry
					}
					to = 1
				case f.entry.goesWith(m):
					next.rank++
				default:
					continue
				}
				if old := all[f.to][to]; !old.open || next.rank < old.rank {
					all[f.to][to], furthest = next, max(furthest, f.to)
				}
			}
		}
	}
	end := all[len(found)][1]
	if !end.open {
		return Reading{}, false
	}
	return end.core.reading(int(end.rank)), true
}

// holds reports whether one of the phrases of a role is in the text as words of their own.
func (t text) holds(r role) bool { return t.has(func(e *entry) bool { return e.is.role == r }) }

// ofCompany reports whether a text is about a company or a place, of which people have numbers and addresses but not names.
func (t text) ofCompany() bool {
	return t.has(func(e *entry) bool { return e.is.role == besideContacts && e.rank > 0 })
}

func (t text) has(such func(*entry) bool) (found bool) {
	for from := range t.letters {
		t.phrases(from, func(to int, e *entry) {
			found = found || such(e) && (isSpaceless(t.letters[from:to]) || t.edges[from] && t.edges[to])
		})
	}
	return found
}
