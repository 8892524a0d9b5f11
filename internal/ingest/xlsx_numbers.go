package ingest

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// exactDigits is how many digits of a number spreadsheets keep.
const exactDigits = 1e15

// dateFormats are the built-in number formats that show dates or times; see part 18.8.30 of the standard.
var dateFormats = []int{14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 45, 46, 47, 50, 51, 52, 53, 54, 55, 56, 57, 58}

// readDateStyles reads which of a workbook's cell styles show dates.
func readDateStyles(a *archive, name string) ([]bool, error) {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := a.readXML(name, &styles); err != nil {
		return nil, err
	}
	own := make(map[int]bool)
	for _, f := range styles.Formats {
		own[f.ID] = isDateFormat(f.Code)
	}
	dates := make([]bool, len(styles.Cells))
	for i, c := range styles.Cells {
		date, known := own[c.Format]
		dates[i] = date || !known && slices.Contains(dateFormats, c.Format)
	}
	return dates, nil
}

// isDateFormat reports whether a number format such as "d mmm yyyy" or "[$-409]h:mm" has a part of a date outside of
// quotation marks, brackets and escapes.
func isDateFormat(code string) bool {
	var until byte
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case until != 0:
			if c == until {
				until = 0
			}
		case c == '"':
			until = '"'
		case c == '[':
			until = ']'
		case c == '\\' || c == '_' || c == '*':
			i++
		case strings.IndexByte("ymdhsYMDHS", c) >= 0:
			return !strings.EqualFold(code, "general")
		}
	}
	return false
}

// numberText is a number as people read it: whole, where the file has 6.0123456789E10. One that is longer than what
// spreadsheets keep exactly stays in that form, which tells that its end is gone.
func numberText(raw string) string {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
		return raw
	}
	if math.Abs(n) >= exactDigits {
		return strconv.FormatFloat(n, 'E', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// dateText is the day, time or both that a spreadsheet keeps as days since 1900, or 1904.
func dateText(raw string, date1904 bool) string {
	days, err := strconv.ParseFloat(raw, 64)
	if err != nil || days < 0 || days >= 2958466 { // the year 10000
		return raw
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if date1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	whole, part := math.Modf(days)
	at := epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	switch {
	case whole == 0 && part > 0:
		return at.Format(time.TimeOnly)
	case part == 0:
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}
