package leadfile

import (
	"math"
	"strconv"
	"time"
)

// exactDigits is how many digits of a number spreadsheets keep.
const exactDigits = 1e15

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

// dateText is the day, time or both that a spreadsheet keeps as days since 1900, or 1904; timeOnly leaves the day out, as
// the cell does.
func dateText(raw string, date1904, timeOnly bool) string {
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
	case whole == 0 && part > 0, timeOnly:
		return at.Format(time.TimeOnly)
	case part == 0:
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}
