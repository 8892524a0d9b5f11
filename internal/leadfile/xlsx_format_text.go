package leadfile

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// number is what a cell of the format shows of a number, as far as nothing is lost by that: amounts in thousands, fractions
// and scientific spellings stay numbers. Days are as in 2026-01-31, since what a cell shows depends on who looks.
func (f *numberFormat) number(raw string, date1904 bool) string {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return raw
	}
	s, signed := f.sectionFor(n)
	switch s.kind {
	case showsDate:
		return dateText(raw, date1904, false)
	case showsTime:
		return dateText(raw, date1904, true)
	case showsDuration:
		return s.duration(n)
	}
	if s.kind == showsGeneral || math.Abs(n) >= exactDigits {
		return numberText(raw)
	}
	text := strings.TrimSpace(s.digits(raw, n))
	if strings.TrimSpace(strings.Trim(text, "-")) == "" && n != 0 {
		return numberText(raw) // hidden, and yet there
	}
	if signed && n < 0 {
		text = "-" + text
	}
	return text
}

// sectionFor is the section that shows a number, and whether a minus goes before that.
func (f *numberFormat) sectionFor(n float64) (s *section, signed bool) {
	all := f.sections
	for i := range all {
		if all[i].operator != "" && all[i].holds(n) {
			return &all[i], true
		}
	}
	switch {
	case all[0].operator != "" && len(all) > 1:
		for i := range all[1:] {
			if all[i+1].operator == "" {
				return &all[i+1], true
			}
		}
		return &general.sections[0], true
	case all[0].operator != "":
		return &general.sections[0], true
	case n < 0 && len(all) > 1:
		return &all[1], false
	case n == 0 && len(all) > 2:
		return &all[2], false
	}
	return &all[0], true
}

func (s *section) holds(n float64) bool {
	switch s.operator {
	case "<":
		return n < s.operand
	case "<=":
		return n <= s.operand
	case ">":
		return n > s.operand
	case ">=":
		return n >= s.operand
	case "=":
		return n == s.operand
	case "<>":
		return n != s.operand
	}
	return false
}

// digits puts a number's digits in the places of the section, without its sign.
func (s *section) digits(raw string, n float64) string {
	raw = strings.TrimPrefix(strings.TrimSpace(raw), "-")
	if n = math.Abs(n); s.percents > 0 {
		if shifted, err := strconv.ParseFloat(fmt.Sprintf("%se%d", raw, 2*s.percents), 64); err == nil {
			n = shifted // without the error of a multiplication
		} else {
			n *= math.Pow(100, float64(s.percents))
		}
	}
	point := len(s.parts)
	for i, p := range s.parts {
		if p.letter == '.' {
			point = i
			break
		}
	}
	places, needed := countDigits(s.parts[point:])
	whole, decimals, _ := strings.Cut(strconv.FormatFloat(n, 'f', places, 64), ".")
	for len(decimals) > needed && decimals[len(decimals)-1] == '0' {
		decimals = decimals[:len(decimals)-1]
	}
	text := s.whole(s.parts[:point], whole)
	if point < len(s.parts) {
		text += decimalText(s.parts[point+1:], decimals)
	}
	return text
}

// countDigits counts a section's places for digits, and how many of them are always filled.
func countDigits(parts []formatPart) (places, needed int) {
	for _, p := range parts {
		if p.isPlace() {
			places++
		}
		if p.letter == '0' {
			needed = places
		}
	}
	return places, needed
}

// whole puts digits in the places before the point, from the right; the first place takes all that are left.
func (s *section) whole(parts []formatPart, digits string) string {
	if digits == "0" {
		digits = ""
	}
	parts = slices.Clone(parts)
	slices.Reverse(parts)
	places, zeros := countDigits(parts)
	out, seen := "", 0
	put := func() {
		digit := "0"
		if digits != "" {
			digit, digits = digits[len(digits)-1:], digits[:len(digits)-1]
		}
		if s.thousands && seen > 0 && seen%3 == 0 {
			out = "," + out
		}
		out = digit + out
		seen++
	}
	for _, p := range parts {
		if !p.isPlace() {
			out = p.text + out
			continue
		}
		if digits != "" || seen < zeros {
			put()
		}
		for places--; places == 0 && digits != ""; {
			put()
		}
	}
	return out
}

// decimalText puts digits in the places behind the point, and leaves the point out where there are none.
func decimalText(parts []formatPart, digits string) string {
	var b strings.Builder
	if digits != "" {
		b.WriteByte('.')
	}
	for _, p := range parts {
		switch p.letter {
		case 0:
			b.WriteString(p.text)
		default:
			if p.isPlace() && digits != "" {
				b.WriteByte(digits[0])
				digits = digits[1:]
			}
		}
	}
	return b.String()
}

// duration is days as hours, minutes and seconds, of which the first goes on beyond its usual end, as in 25:30.
func (s *section) duration(days float64) string {
	seconds := int64(math.Round(math.Abs(days) * 86400))
	if seconds >= exactDigits {
		return strconv.FormatFloat(days, 'f', -1, 64)
	}
	var b strings.Builder
	if days < 0 {
		b.WriteByte('-')
	}
	for _, p := range s.parts {
		switch p.letter {
		case 0:
			b.WriteString(p.text)
		case 'H':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds/3600)
		case 'M':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds/60)
		case 'S':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds)
		case 'h':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds/3600%24)
		case 'm':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds/60%60)
		case 's':
			fmt.Fprintf(&b, "%0*d", len(p.text), seconds%60)
		}
	}
	return b.String()
}
