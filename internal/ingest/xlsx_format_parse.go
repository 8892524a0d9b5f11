package ingest

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

// take reads the next piece of a section, and returns its length.
func (s *section) take(code string) int {
	switch c := code[0]; {
	case c == '"':
		text, _, found := strings.Cut(code[1:], `"`)
		s.literal(text)
		if !found {
			return len(code)
		}
		return len(text) + 2
	case c == '[':
		inner, _, found := strings.Cut(code[1:], "]")
		if !found {
			return len(code)
		}
		s.bracket(inner)
		return len(inner) + 2
	case c == '\\':
		_, size := utf8.DecodeRuneInString(code[1:])
		s.literal(code[1 : 1+size])
		return 1 + size
	case c == '_' || c == '*': // room as wide as a character, or filled with it
		_, size := utf8.DecodeRuneInString(code[1:])
		return 1 + size
	case strings.IndexByte("0#?.@/,%", c) >= 0:
		s.parts = append(s.parts, formatPart{letter: c})
		return 1
	case (c == 'E' || c == 'e') && len(code) > 1 && (code[1] == '+' || code[1] == '-'):
		s.parts = append(s.parts, formatPart{letter: 'E'})
		return 2
	case strings.IndexByte("ymdhsYMDHS", c) >= 0:
		n := len(code) - len(strings.TrimLeft(code, string(c)))
		s.parts = append(s.parts, formatPart{letter: c | 0x20, text: code[:n]})
		return n
	case len(code) >= 5 && strings.EqualFold(code[:5], "AM/PM"):
		return 5
	case len(code) >= 3 && strings.EqualFold(code[:3], "A/P"):
		return 3
	case len(code) >= 7 && strings.EqualFold(code[:7], "general"):
		s.parts = append(s.parts, formatPart{letter: 'g'})
		return 7
	default:
		_, size := utf8.DecodeRuneInString(code)
		s.literal(code[:size])
		return size
	}
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
	digits, last := 0, 0
	for i, p := range s.parts {
		switch p.letter {
		case '0', '#', '?':
			digits++
			last = i
		case '%':
			s.percents++
		case 'y', 'd':
			s.kind = showsDate
		case 'h', 's':
			if s.kind == showsNumber {
				s.kind = showsTime
			}
		}
	}
	switch {
	case s.kind == showsDuration:
		return
	case s.kind == showsNumber && s.shows('m'):
		s.kind = showsDate // a month by itself
	case s.kind != showsNumber:
		return
	case s.shows('E'), s.shows('/'), s.shows('g'), s.shows('@') && digits == 0:
		s.kind = showsGeneral
		return
	}
	var parts []formatPart
	for i, p := range s.parts {
		switch {
		case p.letter == ',' && i > last:
			s.kind = showsGeneral // in thousands: the others would be lost
		case p.letter == ',':
			s.thousands = true
			continue
		case p.letter == '%':
			p = formatPart{text: "%"}
		}
		parts = append(parts, p)
	}
	s.parts = parts
}
