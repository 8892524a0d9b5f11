package leadfile

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"
)

// A textReader reads a file as UTF-8, as its byte order mark says or else as its content tells. It reads what is ASCII
// without a look ahead, and then looks at as much of the file as it holds.
type textReader struct {
	in      *bufio.Reader
	out     io.Reader // nil while the encoding is not known
	started bool
	found   string // the encoding, where it was guessed
}

// sampleSize is how much of a file tells its encoding, in bytes.
const sampleSize = 64 << 10

func newTextReader(src io.Reader) *textReader {
	return &textReader{in: bufio.NewReaderSize(src, sampleSize)}
}

// Read implements io.Reader.
func (t *textReader) Read(b []byte) (int, error) {
	if !t.started {
		t.started = true
		start, _ := t.in.Peek(16) // an error comes again with the next read
		if says := otherKind(start); says != "" {
			return 0, &Error{Message: says}
		}
		t.out = t.marked()
	}
	if t.out == nil {
		if _, err := t.in.Peek(1); err != nil {
			return 0, err
		}
		ready, _ := t.in.Peek(t.in.Buffered()) // it is there
		if plain := asciiLength(ready); plain > 0 {
			n := copy(b, ready[:plain])
			_, _ = t.in.Discard(n) // just peeked
			return n, nil
		}
		sample, _ := t.in.Peek(sampleSize) // an error comes again with the next read
		t.out = io.Reader(t.in)
		if set := charsetOf(sample); set != nil {
			t.found, t.out = set.name, transform.NewReader(t.in, set.encoding.NewDecoder())
		}
	}
	return t.out.Read(b)
}

// marked is the file as its byte order mark says, or as UTF-16 or UTF-32 where its first characters look like that; nil
// where nothing says so.
func (t *textReader) marked() io.Reader {
	mark, _ := t.in.Peek(4) // an error comes again with the next read
	for bytes.HasPrefix(mark, []byte("\ufeff")) {
		_, _ = t.in.Discard(3) // just peeked
		mark, _ = t.in.Peek(4)
	}
	var is encoding.Encoding
	switch {
	case bytes.Equal(mark, []byte{0xFF, 0xFE, 0, 0}):
		is = utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case bytes.Equal(mark, []byte{0, 0, 0xFE, 0xFF}):
		is = utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case bytes.HasPrefix(mark, []byte{0xFF, 0xFE}), bytes.HasPrefix(mark, []byte{0xFE, 0xFF}):
		is = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)
	case asciiLength(mark) < len(mark) || bytes.IndexByte(mark, 0) >= 0:
		sample, _ := t.in.Peek(4 << 10)
		is = UTF16(sample)
	}
	if is == nil {
		return nil
	}
	return transform.NewReader(t.in, is.NewDecoder())
}

// UTF16 is UTF-16 where text looks like that: every second byte of its commas, spaces and line ends is a NUL, and no byte
// of the others. It is nil for other text.
func UTF16(sample []byte) encoding.Encoding {
	var nuls [2]int
	ends := [2]int{}
	for i, c := range sample {
		if c != 0 {
			continue
		}
		nuls[i%2]++
		if neighbour := i ^ 1; neighbour < len(sample) && bytes.IndexByte([]byte(",;\t|\n\r "), sample[neighbour]) >= 0 {
			ends[i%2]++
		}
	}
	switch {
	case nuls[1] > 1 && nuls[0] == 0 && ends[1] > 0, nuls[1]*4 > len(sample) && nuls[0]*20 < nuls[1]:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case nuls[0] > 1 && nuls[1] == 0 && ends[0] > 0, nuls[0]*4 > len(sample) && nuls[1]*20 < nuls[0]:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// asciiLength is how much of b is ASCII, but for the escapes with which some encodings begin.
func asciiLength(b []byte) int {
	const escape = 0x1B
	for i, c := range b {
		if c >= utf8.RuneSelf || c == escape {
			return i
		}
	}
	return len(b)
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

// Decoded is text of which nobody says what it is as UTF-8, told by what it reads as. What of it is UTF-8 stays as it is where the
// rest is Windows-1252.
func Decoded(text []byte) []byte {
	if set := charsetOf(text[:min(len(text), sampleSize)]); set != nil {
		if plain, err := set.encoding.NewDecoder().Bytes(text); err == nil {
			return plain
		}
	}
	return appendUTF8(nil, text)
}

// CleanCell is a cell as UTF-8 text without spaces around it.
func CleanCell(cell []byte) []byte {
	if !utf8.Valid(cell) {
		cell = appendUTF8(nil, cell)
	}
	return bytes.TrimSpace(cell)
}

// maxRecordText is how much of a rejected record is kept to show, in bytes.
const maxRecordText = 4 << 10

// RecordText is a rejected record as text to show.
func RecordText(raw []byte) string {
	if len(raw) <= maxRecordText {
		return string(appendUTF8(nil, raw))
	}
	return string(appendUTF8(nil, TrimPartial(raw[:maxRecordText]))) + " …"
}

// TrimPartial takes an unfinished UTF-8 character off the end of b.
func TrimPartial(b []byte) []byte {
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
