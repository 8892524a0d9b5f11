package ingest

import (
	"bytes"
	"fmt"
	"regexp"
	"unicode"
	"unicode/utf8"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// noLead says why there is no lead in the current row, empty where there may be one.
func (t *Table) noLead(p chosen) string {
	switch named, reached := p.name >= 0 || p.first >= 0 || p.last >= 0, p.email >= 0 || p.phone >= 0; {
	case t.own != nil && (named || reached):
		return ""
	case reached && t.nobody(p):
		return "The row's name, email and phone stand for nothing, or are no name, address or number; fill in one of them."
	case reached:
		return t.shifted(p)
	case named && t.isTrailer(p):
		return fmt.Sprintf("The row is no lead, but the end of a list or a sum: it has no email or phone, and its name is %q. If somebody is called that, add one of these.", shown(t.nameOf(p)))
	case named:
		return t.nameless(p)
	case t.record.Unworked > 0:
		return "The row's name, email and phone are formulas whose results the file does not hold; open it in a spreadsheet program, save it, and send it again."
	case t.errors > 0:
		return "The row has errors of a spreadsheet, such as #REF!, and no name, email or phone; mend its formulas."
	}
	return "The row has no name, email or phone; fill in one of them."
}

// nameless says that the row's name, which is all it has, is none.
func (t *Table) nameless(p chosen) string {
	if !t.nobody(p) {
		return ""
	}
	return fmt.Sprintf("The row has no email or phone, and its name, %q, stands for nothing; fill in one of them.", shown(t.nameOf(p)))
}

// nobody reports whether the row tells of no one.
func (t *Table) nobody(p chosen) bool {
	email, phone := t.cell(p.email), t.cell(p.phone)
	if len(phone) > 8 && len(bytes.Trim(phone, "+- 0123456789")) == 0 {
		return false // as most rows
	}
	return !contacts.Somebody(string(t.nameOf(p)), string(email), string(phone))
}

// shifted says that the row's cells stand in others' columns: an address among the phone numbers.
func (t *Table) shifted(p chosen) string {
	phone := t.cell(p.phone)
	if bytes.IndexByte(phone, '@') < 0 || contacts.Email(string(phone)) == "" {
		return ""
	}
	return fmt.Sprintf("An address of e-mail stands under %q; see whether the row's cells stand in others' columns, as they do behind a delimiter or a quotation mark too many.",
		t.header.columns[p.phone].Header)
}

func (t *Table) nameOf(p chosen) []byte {
	for _, place := range []int{p.name, p.first, p.last} {
		if place >= 0 {
			return t.cell(place)
		}
	}
	return nil
}

// shown is a text as far as a sentence has room for it.
func shown(text []byte) string {
	const most = 100
	if len(text) > most {
		text = leadfile.TrimPartial(text[:most])
	}
	return string(text)
}

var (
	// sums are what stands before a sum, in the languages of spreadsheets.
	sums = regexp.MustCompile(`(?i)^[\s\pP\pS]*((grand|sub|overall|net|running|final)[ -]?)?(totals?|jumlah( besar| keseluruhan)?|subtotal|summe|gesamt(summe)?|zwischensumme|somme|totale|итого|всего|tổng( cộng)?|total geral|total général|รวม(ทั้งหมด|ทั้งสิ้น)?|المجموع|الإجمالي|மொத்தம்|合计|总计|小计|总数|共计|合計|總計|小計|總數|共計|합계|총계|소계)` +
		`(\s*(leads?|rows?|records?|contacts?|entries|count|number|no\.?|of (leads|rows|records|contacts|entries)))?\s*([:：=(\[#-].*|[\d.,\s]+)?$`)
	// perhaps are such words that are names too.
	perhaps = regexp.MustCompile(`(?i)^(sum|suma|soma)[\s:=]*$`)
	// ends are what stands at the end of a list, as the only cell of its row.
	ends = regexp.MustCompile(`(?i)^[\s\pP\pS]*(end|eof|fin|ende|tamat|完|结束|結束|終わり|以上)(\s+of\s+(the\s+)?(file|report|list|data|document|export|records?|table|page|sheet))?[\s\pP\pS]*$`)
	// remarks are other sentences of programs about a list, as the only cell of its row.
	remarks = regexp.MustCompile(`(?i)^[\s\pP\pS]*(((count|average|avg|rows?|records?|leads?|results?|contacts?|entries)( count| total)?\s*[:=]\s*\d[\d,.]*)|(\d[\d,.]* (rows?|records?|leads?|results?|contacts?|entries)\b.*)|(page \d+( (of|/) \d+)?)|((report |file |list )?(generated|exported|created|printed|downloaded)( (on|at|by|from|via|with)\b.*|:.*))|((confidential|copyright|©|\(c\)|all rights reserved|end of|no more|showing \d|filters? applied|source: |note: |disclaimer).*))[\s\pP\pS]*$`)
)

// isTrailer reports whether a row without an address or a number is one that programs put below a list.
func (t *Table) isTrailer(p chosen) bool {
	name := t.nameOf(p)
	if !bytes.ContainsFunc(name, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsNumber(r) || r == utf8.RuneError || unicode.Is(unicode.So, r)
	}) {
		return true
	}
	if len(name) > 200 {
		return false
	}
	filled, numbers := 0, 0
	for _, cell := range t.cells {
		if len(cell) > 0 {
			filled++
		}
		if len(cell) > 0 && len(bytes.Trim(cell, "0123456789.,%- ")) == 0 {
			numbers++
		}
	}
	switch {
	case sums.Match(name), perhaps.Match(name) && numbers > 0:
		return true
	case filled > 1:
		return false
	}
	return ends.Match(name) || remarks.Match(name)
}
