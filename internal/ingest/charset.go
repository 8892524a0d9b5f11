package ingest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	textunicode "golang.org/x/text/encoding/unicode"
)

// xmlCharset finds the encoding that XML names at its beginning.
var xmlCharset = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// textOf is a body as UTF-8, and whether it was anything else: by its byte order mark, by the zeros of UTF-16, by the
// charset that is declared, or else by what it looks like. Forms are left as they are: what is in them is escaped, and is
// read value by value.
func textOf(kind, charset string, body []byte) (text []byte, changed bool) {
	if wide := utf16Of(body); wide != nil {
		return decoded(wide, body)
	}
	if charset == "" {
		if name := xmlCharset.FindSubmatch(body); name != nil {
			charset = string(name[1])
		}
	}
	begin := bytes.TrimLeft(body, " \t\r\n")
	escaped := kind == "application/x-www-form-urlencoded" && (len(begin) == 0 || bytes.IndexByte([]byte("{[<\""), begin[0]) < 0)
	if escaped || strings.HasPrefix(kind, "multipart/") {
		return body, false
	}
	declared := namedCharset(charset)
	valid := utf8.Valid(body)
	switch {
	case declared == nil && valid, declared != nil && valid && !trusted(declared, body):
		return body, false
	case declared == nil:
		return guessedText(body), true
	}
	return decoded(declared, body)
}

// decoded reads text in an encoding.
func decoded(e encoding.Encoding, body []byte) ([]byte, bool) {
	text, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return body, false
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), true
}

// utf16Of is the UTF-16 in which a body is written, by its mark or by the zeros in its first characters, nil where it is
// not.
func utf16Of(body []byte) encoding.Encoding {
	switch {
	case len(body) < 4:
		return nil
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}), bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		return textunicode.UTF16(textunicode.LittleEndian, textunicode.UseBOM) // the mark decides
	case body[0] != 0 && body[1] == 0 && body[2] != 0 && body[3] == 0:
		return textunicode.UTF16(textunicode.LittleEndian, textunicode.IgnoreBOM)
	case body[0] == 0 && body[1] != 0 && body[2] == 0 && body[3] != 0:
		return textunicode.UTF16(textunicode.BigEndian, textunicode.IgnoreBOM)
	}
	return nil
}

// namedCharset is the encoding of a name as senders write it, nil for UTF-8 and for what nobody knows.
func namedCharset(name string) encoding.Encoding {
	name = strings.Trim(strings.ToLower(strings.TrimSpace(name)), `"'`)
	if name == "" {
		return nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		if page, found := strings.CutPrefix(name, "cp"); found {
			e, err = htmlindex.Get("windows-" + page)
		}
	}
	if err != nil || e == textunicode.UTF8 {
		return nil
	}
	return e
}

// trusted reports whether a declared encoding is believed of text that is UTF-8 too. Many libraries declare ISO-8859-1
// whatever they send, and of text in a single-byte encoding next to none is UTF-8 by chance.
func trusted(declared encoding.Encoding, body []byte) bool {
	if _, single := declared.(*charmap.Charmap); single {
		return false
	}
	if declared == japanese.ISO2022JP {
		return bytes.IndexByte(body, 0x1b) >= 0
	}
	name, err := htmlindex.Name(declared)
	if err != nil || strings.HasPrefix(name, "utf-16") || isASCII(body) {
		return false // of UTF-16 the zeros tell
	}
	text, err := declared.NewDecoder().Bytes(body)
	return err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}

func isASCII(text []byte) bool {
	return bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// guessed is the encoding of text that is not UTF-8 and of which nobody says what it is: one of East Asia's where all of
// it reads as that, else Windows-1252, in which everything can be read.
func guessed(body []byte) encoding.Encoding {
	for _, e := range []encoding.Encoding{simplifiedchinese.GBK, traditionalchinese.Big5, japanese.ShiftJIS, korean.EUCKR, japanese.EUCJP} {
		if text, err := e.NewDecoder().Bytes(body); err == nil && readsAs(e, body, text) {
			return e
		}
	}
	return charmap.Windows1252
}

// guessedText is such text as UTF-8. What of it is UTF-8 stays as it is where the rest is Windows-1252.
func guessedText(text []byte) []byte {
	if e := guessed(text); e != charmap.Windows1252 {
		if plain, err := e.NewDecoder().Bytes(text); err == nil {
			return plain
		}
	}
	return appendUTF8(nil, text)
}

// readsAs reports whether text looks like what people write in an encoding of East Asia: nothing in it that cannot be, its
// characters those of the language, and no lone ones among Latin letters, which is how accents in Windows-1252 come out.
func readsAs(e encoding.Encoding, body, text []byte) bool {
	own, others := 0, 0
	var before rune
	for _, r := range string(text) {
		switch {
		case r == utf8.RuneError:
			return false
		case r < utf8.RuneSelf:
			if unicode.IsLetter(r) && before >= utf8.RuneSelf {
				others++
			}
		case ofLanguage(e, r):
			if unicode.IsLetter(before) && before < utf8.RuneSelf {
				others++
			}
			own++
		default:
			others++
		}
		before = r
	}
	return own >= 2 && own > 4*others && common(e, body)
}

// ofLanguage reports whether a character is one that texts in an encoding have.
func ofLanguage(e encoding.Encoding, r rune) bool {
	switch {
	case r >= 0x3000 && r <= 0x303f, r >= 0xff01 && r <= 0xff5e:
		return true
	case e == simplifiedchinese.GBK:
		return unicode.Is(unicode.Han, r)
	case e == korean.EUCKR:
		return r >= 0xac00 && r <= 0xd7a3 // syllables; single letters are how other text comes out
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// common reports whether most pairs of bytes are those of common characters: in GBK those from B0 to D7, and in Big5 from
// A4 to C6. Korean has its syllables in GBK's from B0 to C8, so that much text of these alone is Korean. What is Japanese
// shows by its kana.
func common(e encoding.Encoding, body []byte) bool {
	if e != simplifiedchinese.GBK && e != traditionalchinese.Big5 {
		return true
	}
	pairs, usual, korean := 0, 0, 0
	for i := 0; i < len(body); i++ {
		if body[i] < utf8.RuneSelf {
			continue
		}
		first, second := body[i], byte(0)
		if i++; i < len(body) {
			second = body[i]
		}
		pairs++
		inBig5 := e == traditionalchinese.Big5 && within(first, 0xa4, 0xc6)
		if inBig5 || within(first, 0xb0, 0xd7) && second >= 0xa1 {
			usual++
		}
		if within(first, 0xb0, 0xc8) && second >= 0xa1 {
			korean++
		}
	}
	return usual*10 >= pairs*7 && (pairs < 8 || korean < pairs)
}

func within(b, from, to byte) bool { return b >= from && b <= to }
