package contact

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers/v2"
)

const (
	// maxPhone is longer than any number, with an extension and the words around it.
	maxPhone = 100
	// minWhole is how many digits stand before a decimal point in a number that a program wrote as one with decimals.
	// Behind fewer it may part the number as a space does.
	minWhole = 7
)

// Phone is a phone number in E.164, as in +60123456789, without its extension. Numbers without a country's prefix are
// the region's, a two-letter country code. It is empty where the text is no valid number, is more than one, or may be
// another: a number that is not certain would be somebody else's.
func Phone(text, region string) string {
	if text == "" || len(text) > maxPhone {
		return ""
	}
	text = whole(plainPhone(text))
	text, plain := withoutWords(text)
	if !plain || several(text, region) {
		return ""
	}
	number, err := phonenumbers.ParseAndKeepRawInput(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return ""
	}
	if number.GetCountryCodeSource() == phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD && !dialsAbroad(text, region) {
		return ""
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}

// plainPhone is a number in the characters of a plain text: digits, dashes and spaces of all scripts are ASCII's, and what
// stands around a text to guard it is gone.
func plainPhone(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r <= '~':
			return r
		case 0xFF01 <= r && r <= 0xFF5E: // full width
			return r - 0xFF01 + '!'
		case unicode.IsDigit(r):
			return '0' + digitValue(r)
		case unicode.Is(unicode.Pd, r), r == '−', r == 'ー':
			return '-'
		case unicode.IsSpace(r):
			return ' '
		case r == '·', r == '•', r == '．':
			return '.'
		}
		return r
	}, Unguard(text))
	return strings.TrimLeftFunc(text, func(r rune) bool { return unicode.Is(unicode.So, r) || r == '\ufe0f' || r == ' ' })
}

// digitValue is what a decimal digit of any script stands for. Digits stand in tens, in order.
func digitValue(r rune) rune {
	value := rune(0)
	for value < 9 && unicode.IsDigit(r-value-1) {
		value++
	}
	return value
}

var (
	// grouped is a number with commas between its thousands, decimals a number with nothing behind its decimal point.
	grouped  = regexp.MustCompile(`^\+?\d{1,3}(,\d{3}){2,}(\.0+)?$`)
	decimals = regexp.MustCompile(`^\+?\d+[.,]\d+$`)
	exponent = regexp.MustCompile(`^(\+?)(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})$`)
)

// whole is a number as it was before a spreadsheet or a program wrote it as one to reckon with: 60123456781.0,
// 6.0123456781E+10 and 60,123,456,781 are 60123456781. It is empty where digits were lost on the way.
func whole(text string) string {
	if e := exponent.FindStringSubmatch(text); e != nil {
		return unrounded(e[1], e[2]+e[3], e[4])
	}
	if grouped.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	if !decimals.MatchString(text) {
		return text
	}
	at := strings.IndexAny(text, ".,")
	switch digits, behind := strings.TrimPrefix(text[:at], "+"), text[at+1:]; {
	case len(digits) < minWhole && text[at] == '.':
		return text
	case strings.Trim(behind, "0") != "":
		return ""
	}
	return text[:at]
}

// unrounded writes a number out whose exponent loses none of its digits.
func unrounded(sign, digits, exponent string) string {
	places := 0
	for _, d := range exponent {
		places = places*10 + int(d-'0')
	}
	if rest := strings.TrimRight(digits, "0"); len(rest) <= places && len(digits) <= places {
		return ""
	}
	if len(digits) > places+1 {
		if strings.Trim(digits[places+1:], "0") != "" {
			return ""
		}
		digits = digits[:places+1]
	}
	return sign + digits
}

// phoneWords stand before or behind numbers and change nothing about them.
var phoneWords = wordSet(`
	a c cell cellphone cellular contact direct fax h handphone hp home m main mob mobile n no nr number num o off office p ph phone t tel
	telephone telp tlp w wa wapp whatsapp work call text sms line viber telegram wechat signal
	nombor nomor telefon telepon bimbit rumah pejabat kantor kerja hotline
	celular cel movil móvil teléfono telefono numero número casa trabajo oficina fijo telemóvel telemovel fixo
	téléphone telephone portable mobil mobile numéro fixe bureau handy nummer dienstlich privat büro tél
	cellulare ufficio điện thoại di động đt sđt dt
	手机 手機 电话 電話 移动 移動 号码 號碼 携帯 携帯電話 自宅 会社 微信 โทร เบอร์ มือถือ رقم هاتف جوال موبايل فون
	தொலைபேசி கைபேசி`)

func wordSet(list string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}

var (
	// inParts are a number, what stands before it, and what stands behind it.
	inParts = regexp.MustCompile(`^([^0-9+]*)([+(]*[0-9][-0-9 ().+/]*?)((?:[^-0-9 ().+/]|[ ([,.-]+[^-0-9 ().+/]).*)?$`)
	// extension is one as phones have them, short enough to be no second number.
	extension = regexp.MustCompile(`(?i)^[ ,;]*(?:ext(?:n|ension)?|x|#|samb|anexo|ramal|int|poste|nst)[ .:=#]*\d{1,6}[ .]*$`)
	// A single letter at a number may stand in the place of a digit, as in O12 and 12l.
	lastLetters, firstLetters = regexp.MustCompile(`[A-Za-z]+$`), regexp.MustCompile(`^[A-Za-z]+`)
	// dated is a day, not a number.
	dated = regexp.MustCompile(`^\d{4}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])$`)
)

// withoutWords is a number without its label and its extension, and whether that is all there was about it.
func withoutWords(text string) (number string, plain bool) {
	if rest := strings.TrimPrefix(text, "+"); strings.Trim(rest, "0123456789 -()") == "" && !dated.MatchString(rest) {
		return text, rest != "" // as most are
	}
	parts := inParts.FindStringSubmatch(text)
	if parts == nil || !wordsOnly(parts[1]) || len(lastLetters.FindString(parts[1])) == 1 {
		return "", false
	}
	if extended := extension.MatchString(parts[3]); !extended && (!wordsOnly(parts[3]) || len(firstLetters.FindString(parts[3])) == 1) {
		return "", false
	}
	number = strings.TrimRight(parts[2], " .-(/")
	if strings.Contains(number[strings.IndexAny(number, "0123456789"):], "+") || dated.MatchString(number) {
		return "", false
	}
	return number, true
}

// wordsOnly reports whether a text holds nothing but words that stand about numbers.
func wordsOnly(text string) bool {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.Is(unicode.M, r)
	}) {
		if !phoneWords[word] {
			return false
		}
	}
	return !strings.ContainsAny(text, "*#;=%@<>{}?") && !strings.ContainsFunc(text, unicode.IsNumber)
}

var (
	// apart is what stands between two numbers, and may stand between the parts of one.
	apart = regexp.MustCompile(` *[-/] *| {1,}`)
	// area is a number as Germans write it, its area before a slash.
	area = regexp.MustCompile(`^(?:\+?\d{1,3}[ .-]?)?\(?0?\d{1,5}\)?/[\d .-]{5,}$`)
)

// several reports whether digits may be more than one number: 012-345 6789 / 019-888 7777, 03-12345678/9, or two numbers
// with a space between them.
func several(number, region string) bool {
	if slash := strings.IndexByte(number, '/'); slash >= 0 && (!area.MatchString(number) || strings.Count(number, "/") > 1) {
		return true
	}
	if len(digitsOf(number)) < 2*minWhole {
		return false
	}
	for _, gap := range apart.FindAllStringIndex(number, -1) {
		if isNumber(number[:gap[0]], region) && isNumber(number[gap[1]:], region) {
			return true
		}
	}
	return false
}

func isNumber(text, region string) bool {
	number, err := phonenumbers.Parse(text, region)
	return err == nil && phonenumbers.IsValidNumber(number)
}

// dialsAbroad reports whether a number can only mean another country's: it begins with what the region dials to go
// abroad, and none of the region's own numbers begins like that. Elsewhere 0123 456 789 is 012 and a number of Spain.
func dialsAbroad(number, region string) bool {
	digits := digitsOf(number)
	if phonenumbers.GetCountryCodeForRegion(region) == 1 {
		return strings.HasPrefix(digits, "011")
	}
	switch region {
	case "AU":
		return strings.HasPrefix(digits, "0011")
	case "JP":
		return strings.HasPrefix(digits, "010")
	}
	return strings.HasPrefix(digits, "00") && metadataDialsDoubleZero(region)
}

// metadataDialsDoubleZero reports whether a region dials 00 to go abroad, and nothing behind it.
func metadataDialsDoubleZero(region string) bool {
	const probe = "0060123456789" // a number of Malaysia's
	number, err := phonenumbers.Parse(probe, region)
	return err == nil && phonenumbers.Format(number, phonenumbers.E164) == "+"+probe[2:]
}

// phoneDigits are the digits of a number that may be no valid one.
func phoneDigits(text string) string { return digitsOf(whole(plainPhone(text))) }

// RegionOf is the region of a number in E.164, empty where it has none.
func RegionOf(e164 string) string {
	number, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(number)
}
