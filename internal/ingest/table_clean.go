package ingest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
)

// plainCell is a cell of UTF-8 without what programs put around it to guard it from spreadsheets; see contact.Unguard.
func plainCell(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if len(cell) == 0 || isPlain(cell) {
		return cell
	}
	plain := contacts.Unguard(string(cell))
	if strings.IndexByte(plain, '\r') >= 0 {
		plain = strings.ReplaceAll(strings.ReplaceAll(plain, "\r\n", "\n"), "\r", "\n")
	}
	return []byte(plain)
}

// isPlain reports whether a cell is ASCII that nothing guards, as most are.
func isPlain(cell []byte) bool {
	if strings.IndexByte("='\"`", cell[0]) >= 0 {
		return false
	}
	for _, c := range cell {
		if c < ' ' || c >= utf8.RuneSelf-1 {
			return false
		}
	}
	return true
}

// cellError is what spreadsheets write in place of a value that they cannot work out, in the languages in which they do,
// or that has no room in its column.
var cellError = regexp.MustCompile(`^(?i:#[¡¿]?(REF|N/A|NAME|VALUE|DIV/0|NULL|NUM|SPILL|CALC|FIELD|BLOCKED|UNKNOWN|CONNECT|BUSY|PYTHON|EXTERNAL|GETTING_DATA|ERROR|ERR|` +
	`BEZUG|NV|WERT|ZAHL|ÜBERLAUF|KALK|VALEUR|NOM|NOMBRE|NUL|VALOR|N/D|NOME|NÚM|NULO|RIF|VALORE|NUM|VERW|WAARDE|GETAL|NAAM|LEEG|REFERENZ|ССЫЛКА|ЗНАЧ|ИМЯ|ЧИСЛО|ПУСТО|Н/Д|ДЕЛ/0|ADR|ARG|LICZBA|NAZWA|BŞV|YOK|DEĞER|AD|SAYI|BAŞV|BOŞ|SAYI/0)[!?]?` +
	`|Err:[0-9]{3}|#{3,})$`)

// isCellError reports whether a cell is such an error and no text.
func isCellError(cell []byte) bool {
	return len(cell) > 2 && (cell[0] == '#' || cell[0] == 'E' || cell[0] == 'e') && len(cell) < 255 && cellError.Match(cell)
}

var (
	// exactly is a whole number in scientific spelling: its first digit, the others, and how many those are.
	exactly = regexp.MustCompile(`^([0-9])[.,]([0-9]+)[eE]\+?0*([0-9]{1,2})$`)
	// ofParts is a whole number with its thousands apart, and asFloat one with decimals that are none.
	ofParts = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+(\.0+)?$`)
	asFloat = regexp.MustCompile(`^([0-9]+)[.,]0+$`)
)

// wholeNumber is the digits of a number, or an id, that some program has written as an amount: 6.0123456781E+10,
// 60,123,456,781 and 60123456781.0 are 60123456781. What has lost digits stays as it is, and so does other text.
func wholeNumber(cell []byte) []byte {
	if len(cell) < 3 || cell[0] < '0' || cell[0] > '9' || !bytes.ContainsAny(cell, ".,") {
		return cell
	}
	if m := exactly.FindSubmatch(cell); m != nil {
		return exactDigitsOf(cell, m)
	}
	if ofParts.Match(cell) {
		whole, _, _ := bytes.Cut(cell, []byte("."))
		return bytes.ReplaceAll(whole, []byte(","), nil)
	}
	if m := asFloat.FindSubmatch(cell); m != nil {
		return m[1]
	}
	return cell
}

// exactDigitsOf is a number in scientific spelling whose digits are all there. Beyond 15 spreadsheets make them up.
func exactDigitsOf(cell []byte, m [][]byte) []byte {
	exponent := 0
	for _, c := range m[3] {
		exponent = 10*exponent + int(c-'0')
	}
	if exponent >= spreadsheetDigits || len(m[2]) < exponent || len(bytes.Trim(m[2][exponent:], "0")) > 0 {
		return cell
	}
	return append(bytes.Clone(m[1]), m[2][:exponent]...)
}

// spreadsheetDigits is how many digits of a number spreadsheets keep.
const spreadsheetDigits = 15
