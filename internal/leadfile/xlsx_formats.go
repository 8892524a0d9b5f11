package leadfile

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// maxFormats bounds the cell styles and the number formats of a workbook that are kept; spreadsheets have fewer.
const maxFormats = 1 << 17

// maxFormatCode is how long a number format may be, in bytes. Spreadsheets take 255 characters.
const maxFormatCode = 1000

// formats are what a workbook's cell styles make of numbers. A format is read when the first cell has it: a workbook may have very
// many, and has few that it uses.
type formats struct {
	styles []int32        // the number of the format, by the style's place
	own    map[int]string // the workbook's formats by their numbers, as they are written
	known  map[int32]*numberFormat
}

// of is the format of a cell's style.
func (f *formats) of(style string) *numberFormat {
	i, err := strconv.Atoi(style)
	if f == nil || err != nil || i < 0 || i >= len(f.styles) {
		return general
	}
	id := f.styles[i]
	if f.known[id] == nil {
		f.known[id] = formatOf(int(id), f.own)
	}
	return f.known[id]
}

// builtin are the formats that workbooks need not spell out, but for those of dates; see part 18.8.30 of the standard.
var builtin = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	20: "h:mm", 21: "h:mm:ss", 18: "h:mm", 19: "h:mm:ss",
	37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	41: "#,##0;(#,##0)", 42: "#,##0;(#,##0)", 43: "#,##0.00;(#,##0.00)", 44: "#,##0.00;(#,##0.00)",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}

// isBuiltinDate reports whether a format that is not spelled out shows dates or times.
func isBuiltinDate(id int) bool {
	return 14 <= id && id <= 22 || 27 <= id && id <= 36 || 45 <= id && id <= 47 || 50 <= id && id <= 58
}

// readFormats reads what a workbook's cell styles make of numbers. Everything else that a style has is passed over, however
// much it is.
func readFormats(a *archive, name string) (*formats, error) {
	f := &formats{own: make(map[int]string), known: make(map[int32]*numberFormat)}
	within := false
	err := a.elements(name, func(e xml.StartElement) {
		switch e.Name.Local {
		case "numFmt":
			id, err := strconv.Atoi(attribute(e, "numFmtId"))
			if code := attribute(e, "formatCode"); err == nil && len(f.own) < maxFormats && f.styles == nil && len(code) <= maxFormatCode {
				f.own[id] = code
			}
		case "cellXfs":
			within = true
		case "cellStyles", "cellStyleXfs", "dxfs", "tableStyles", "extLst":
			within = false
		case "xf":
			if !within || len(f.styles) >= maxFormats {
				return
			}
			id, err := strconv.ParseInt(attribute(e, "numFmtId"), 10, 32)
			if err != nil {
				id = 0
			}
			f.styles = append(f.styles, int32(id))
		}
	})
	return f, err
}

func formatOf(id int, own map[int]string) *numberFormat {
	if code, found := own[id]; found {
		return parseFormat(code)
	}
	if code, found := builtin[id]; found {
		return parseFormat(code)
	}
	if isBuiltinDate(id) {
		return &numberFormat{sections: []section{{kind: showsDate}}}
	}
	return general
}

// A numberFormat is what a style makes of a number, and of text where it adds to that.
type numberFormat struct {
	sections []section
	text     *section
}

var general = &numberFormat{sections: []section{{kind: showsGeneral}}}

// A section is what a format shows of some of the numbers: those of a sign, or for which a condition holds.
type section struct {
	kind      shows
	parts     []formatPart
	operator  string // of the condition, empty where there is none
	operand   float64
	thousands bool
	percents  int
}

type shows int

const (
	showsGeneral  shows = iota // the number as it is
	showsNumber                // digits in places
	showsDate                  // a day, with or without a time
	showsTime                  // a time of the day
	showsDuration              // hours, minutes or seconds that go on beyond a day
)

// A formatPart is a piece of a section: text as it stands, or one that stands for a part of the number, by its letter.
type formatPart struct {
	letter byte // 0 for text; '0', '#', '?', '.', '@'; 'h', 'm', 's' of a duration, the first in capitals
	text   string
}

// parseFormat reads a number format such as "000-00-0000" or "[$RM-43E]#,##0.00;[Red]-0".
func parseFormat(code string) *numberFormat {
	f := &numberFormat{}
	for i, part := range splitSections(code) {
		s := parseSection(part)
		if i == 3 || i > 0 && s.shows('@') || i == 0 && s.shows('@') && !s.shows('0') {
			if s.shows('@') && len(s.parts) > 1 {
				f.text = &s
			}
			if i > 0 {
				break
			}
			s = section{kind: showsGeneral}
		}
		f.sections = append(f.sections, s)
	}
	if len(f.sections) == 0 {
		f.sections = general.sections
	}
	return f
}

func (s *section) shows(letter byte) bool {
	for _, p := range s.parts {
		if p.letter == letter {
			return true
		}
	}
	return false
}

// splitSections cuts a format at its semicolons outside of quotation marks and escapes.
func splitSections(code string) []string {
	var all []string
	start, quoted := 0, false
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\\' || c == '_' || c == '*':
			i++
		case c == ';':
			all = append(all, code[start:i])
			start = i + 1
		}
	}
	return append(all, code[min(start, len(code)):])
}

// around is a text with what the format puts around it.
func (f *numberFormat) around(text string) string {
	if f.text == nil {
		return text
	}
	var b strings.Builder
	for _, p := range f.text.parts {
		switch p.letter {
		case 0:
			b.WriteString(p.text)
		case '@':
			b.WriteString(text)
		}
	}
	return b.String()
}
