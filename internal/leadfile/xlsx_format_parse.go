package leadfile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// parseSection reads one section of a number format.
func parseSection(code string) section {
	s := section{kind: showsNumber}
	if strings.EqualFold(strings.TrimSpace(code), "general") {
		return section{kind: showsGeneral}
	}
	for i := 0; i < len(code); {
		i += s.take(code[i:])
	}
	s.settle()
	return s
}

// words are pieces of a section that say nothing here, in lower case, but for the number as it is.
var words = []string{"am/pm", "a/p", "general"}

// take reads the next piece of a section, and returns its length.
func (s *section) take(code string) int {
	for _, word := range words {
		if len(code) >= len(word) && strings.EqualFold(code[:len(word)], word) {
			if word == "general" {
				s.parts = append(s.parts, formatPart{letter: 'g'})
			}
			return len(word)
		}
	}
	switch c := code[0]; {
	case c == '"':
		text, _, _ := strings.Cut(code[1:], `"`)
		s.literal(text)
		return min(len(text)+2, len(code))
	case c == '[':
		inner, _, closed := strings.Cut(code[1:], "]")
		if closed {
			s.bracket(inner)
		}
		return min(len(inner)+2, len(code))
	case strings.IndexByte(`\_*`, c) >= 0:
		_, size := utf8.DecodeRuneInString(code[1:])
		if c == '\\' { // the others make room as wide as a character
			s.literal(code[1 : 1+size])
		}
		return 1 + size
	default:
		return s.takeLetter(code)
	}
}

// takeLetter reads a piece that stands for a part of the number, or one character as it stands.
func (s *section) takeLetter(code string) int {
	switch c := code[0]; {
	case strings.IndexByte("0#?.@/,%", c) >= 0:
		s.parts = append(s.parts, formatPart{letter: c})
		return 1
	case strings.HasPrefix(code, "E+"), strings.HasPrefix(code, "E-"), strings.HasPrefix(code, "e+"), strings.HasPrefix(code, "e-"):
		s.parts = append(s.parts, formatPart{letter: 'E'})
		return 2
	case strings.IndexByte("ymdhsYMDHS", c) >= 0:
		n := len(code) - len(strings.TrimLeft(code, string(c)))
		s.parts = append(s.parts, formatPart{letter: c | 0x20, text: code[:n]})
		return n
	}
	_, size := utf8.DecodeRuneInString(code)
	s.literal(code[:size])
	return size
}

func (s *section) literal(text string) {
	if n := len(s.parts); n > 0 && s.parts[n-1].letter == 0 {
		s.parts[n-1].text += text
		return
	}
	s.parts = append(s.parts, formatPart{text: text})
}

// bracket reads a currency, a condition, or the unit of a duration; colours and languages say nothing.
func (s *section) bracket(inner string) {
	if inner == "" {
		return
	}
	if sign, found := strings.CutPrefix(inner, "$"); found {
		sign, _, _ = strings.Cut(sign, "-")
		s.literal(sign)
		return
	}
	if operator := inner[:len(inner)-len(strings.TrimLeft(inner, "<>="))]; operator != "" {
		if operand, err := strconv.ParseFloat(inner[len(operator):], 64); err == nil {
			s.operator, s.operand = operator, operand
		}
		return
	}
	if unit := strings.ToLower(inner); strings.Trim(unit, "h") == "" || strings.Trim(unit, "m") == "" || strings.Trim(unit, "s") == "" {
		s.kind = showsDuration
		s.parts = append(s.parts, formatPart{letter: unit[0] - 0x20, text: unit})
	}
}

// settle finds out of what kind a section is.
func (s *section) settle() {
	if s.kind == showsDuration {
		return
	}
	digits, last := 0, 0
	for i, p := range s.parts {
		if p.isPlace() {
			digits++
			last = i
		}
	}
	time := s.shows('h') || s.shows('s')
	switch {
	case s.shows('y'), s.shows('d'), s.shows('m') && !time: // a month may stand by itself
		s.kind = showsDate
	case time:
		s.kind = showsTime
	case s.shows('E'), s.shows('/'), s.shows('g'), s.shows('@') && digits == 0:
		s.kind = showsGeneral
	default:
		s.settleNumber(last)
	}
}

// settleNumber notes what a section does to the digits, the last of whose places is given.
func (s *section) settleNumber(last int) {
	var parts []formatPart
	for i, p := range s.parts {
		switch {
		case p.letter == ',' && i > last:
			s.kind = showsGeneral // in thousands: the others would be lost
		case p.letter == ',':
			s.thousands = true
			continue
		case p.letter == '%':
			s.percents++
			p = formatPart{text: "%"}
		}
		parts = append(parts, p)
	}
	s.parts = parts
}

// isPlace reports whether a digit stands here.
func (p formatPart) isPlace() bool { return p.letter == '0' || p.letter == '#' || p.letter == '?' }
