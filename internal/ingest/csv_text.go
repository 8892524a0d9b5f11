package ingest

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decodeText reads a file as its byte order mark says, or as UTF-16 where its first characters look like that. Other
// files are taken for UTF-8; what is not is cleaned cell by cell.
func decodeText(src io.Reader) io.Reader {
	in := bufio.NewReaderSize(src, 16) // small, so that larger reads go past it
	mark, _ := in.Peek(4)              // an error comes again with the next read
	switch {
	case bytes.HasPrefix(mark, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = in.Discard(3) // just peeked
		return in
	case bytes.HasPrefix(mark, []byte{0xFF, 0xFE}), bytes.HasPrefix(mark, []byte{0xFE, 0xFF}):
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder())
	case len(mark) == 4 && mark[0] != 0 && mark[1] == 0 && mark[2] != 0 && mark[3] == 0:
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
	case len(mark) == 4 && mark[0] == 0 && mark[1] != 0 && mark[2] == 0 && mark[3] != 0:
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
	default:
		return in
	}
}

// appendUTF8 appends text to b; bytes that are not UTF-8 are read as Windows-1252, of which Latin-1's printable part is
// a part.
func appendUTF8(b, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			r = charmap.Windows1252.DecodeByte(text[0])
		}
		b = utf8.AppendRune(b, r)
		text = text[size:]
	}
	return b
}

// cleanCell is a cell as UTF-8 text without spaces around it.
func cleanCell(cell []byte) []byte {
	if !utf8.Valid(cell) {
		cell = appendUTF8(nil, cell)
	}
	return bytes.TrimSpace(cell)
}

// maxRecordText is how much of a rejected record is kept to show, in bytes.
const maxRecordText = 4 << 10

// recordText is a rejected record as text to show.
func recordText(raw []byte) string {
	if len(raw) <= maxRecordText {
		return string(appendUTF8(nil, raw))
	}
	return string(appendUTF8(nil, trimPartial(raw[:maxRecordText]))) + " …"
}

// trimPartial takes an unfinished UTF-8 character off the end of b.
func trimPartial(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if tail := b[len(b)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}
