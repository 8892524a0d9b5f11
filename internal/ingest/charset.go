package ingest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	textunicode "golang.org/x/text/encoding/unicode"

	"github.com/leadwheel/leadwheel/internal/leadfile"
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
		return leadfile.Decoded(body), true
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
	}
	return leadfile.UTF16(body[:min(len(body), 4<<10)])
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
