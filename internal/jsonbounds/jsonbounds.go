// Package jsonbounds tells what JSON would cost to read, before anything is made of it. It goes through a text once, keeps
// nothing of it, and takes what is no JSON as well: whoever decodes it may be lenient. Whatever reads a stranger's JSON calls it. It may
// allocate nothing that grows with the text.
package jsonbounds

import "fmt"

// MaxDepth is the deepest nesting that Limits may allow.
const MaxDepth = 64

// Limits are how large a text may be in each way. A limit of 0 is none, but for Depth, which is MaxDepth then.
type Limits struct {
	// Depth is how many objects and arrays may stand in one another.
	Depth int
	// Name is how many bytes a member's name may have, and Text how many any text, escaped as they are.
	Name, Text int
	// Members is how many members one object may have, and Items how many items one array.
	Members, Items int
	// Names is how many names there may be that differ and are no numbers, and NameBytes how many bytes these may have together.
	Names, NameBytes int
	// Values is how many names, texts, numbers, objects and arrays there may be in all, and Roots how many of them may stand
	// behind one another with nothing around them.
	Values, Roots int
}

// A Way is one in which a text can be too large.
type Way int

// The ways.
const (
	TooDeep Way = iota
	LongName
	LongText
	ManyMembers
	ManyItems
	ManyValues
	ManyNames
)

// An Excess is where a text goes beyond a limit.
type Excess struct {
	Way   Way
	Limit int
	// Path is where, as in leads[2].fields, empty for the whole.
	Path string
}

// Error says it in words that name no value.
func (e *Excess) Error() string {
	switch e.Way {
	case TooDeep:
		return fmt.Sprintf("nests more than %d levels deep", e.Limit)
	case LongName:
		return fmt.Sprintf("has a name of more than %d bytes", e.Limit)
	case LongText:
		return fmt.Sprintf("has a text of more than %d bytes", e.Limit)
	case ManyMembers:
		return fmt.Sprintf("has more than %d members in one object", e.Limit)
	case ManyItems:
		return fmt.Sprintf("has more than %d items in one array", e.Limit)
	case ManyNames:
		return fmt.Sprintf("has names that differ of more than %d bytes together, or too many of them", e.Limit)
	}
	return fmt.Sprintf("holds more than %d values", e.Limit)
}

// Count is how many names, texts, numbers, objects and arrays there are in a text.
func Count(text []byte) int {
	s, n := scanner{text: text}, 0
	for s.next() {
		if s.starts() {
			n++
		}
	}
	return n
}

// Check returns an *Excess where a text goes beyond a limit, else nil.
func Check(text []byte, l Limits) error {
	if l.Depth <= 0 || l.Depth > MaxDepth {
		l.Depth = MaxDepth
	}
	s := scanner{text: text}
	values, roots := 0, 0
	names := NewNames(l.Names, l.NameBytes)
	for s.next() {
		if s.starts() {
			values++
			if s.depth == 0 || s.depth == 1 && s.opened() {
				roots++
			}
		}
		if e := s.excess(l); e != nil {
			return e
		}
		if name, is := s.name(); is && !names.Add(name) {
			return &Excess{ManyNames, l.NameBytes, ""}
		}
		if l.Values > 0 && values > l.Values {
			return &Excess{ManyValues, l.Values, ""}
		}
		if l.Roots > 0 && roots > l.Roots {
			return &Excess{ManyValues, l.Roots, ""}
		}
	}
	return nil
}

// excess is how the last token went beyond a limit of its own place, nil where it did not.
func (s *scanner) excess(l Limits) *Excess {
	if s.depth > l.Depth {
		return &Excess{TooDeep, l.Depth, ""}
	}
	if s.token == '"' && l.Text > 0 && s.end-s.start > l.Text {
		return &Excess{LongText, l.Text, s.path(s.depth)}
	}
	if s.depth == 0 {
		return nil
	}
	f := &s.frames[s.depth-1]
	switch s.token {
	case ':':
		if l.Name > 0 && f.nameEnd-f.nameStart > l.Name {
			return &Excess{LongName, l.Name, s.path(s.depth - 1)}
		}
	case ',':
		return s.crowd(f, l)
	}
	return nil
}

// crowd is how what is open went beyond the limit of what it may have in it, nil where it did not.
func (s *scanner) crowd(f *frame, l Limits) *Excess {
	switch {
	case f.array && l.Items > 0 && f.commas >= l.Items:
		return &Excess{ManyItems, l.Items, s.path(s.depth - 1)}
	case !f.array && l.Members > 0 && f.commas >= l.Members:
		return &Excess{ManyMembers, l.Members, s.path(s.depth - 1)}
	}
	return nil
}

// Path names the place in a text of the byte at an offset, as in leads[2].name, as far as the text is JSON.
func Path(text []byte, offset int) string {
	s := scanner{text: text}
	for s.next() && s.depth <= MaxDepth {
		if s.at > offset {
			return s.path(s.depth)
		}
	}
	return s.path(s.depth)
}
