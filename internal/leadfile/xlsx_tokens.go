package leadfile

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
)

// maxXMLDepth is how deep the elements of a workbook's parts may be nested; they never are by half.
const maxXMLDepth = 32

// tokens reads XML of any length in bounded memory. Its errors are those of a part.
type tokens struct {
	in      boundedBytes
	decoder *xml.Decoder
	depth   int
	// metered is whose steps of work the tokens are, nil where they are those of rows.
	metered *reading
}

// A boundedBytes gives the decoder its bytes, and no more than left of them.
type boundedBytes struct {
	*bufio.Reader
	left int
}

// ReadByte implements io.ByteReader.
func (b *boundedBytes) ReadByte() (byte, error) {
	if b.left--; b.left < 0 {
		return 0, errDamaged
	}
	return b.Reader.ReadByte()
}

// openXML opens a part of a workbook.
func (a *archive) openXML(name string) (*tokens, error) {
	z := a.find(name)
	if z == nil {
		return nil, errDamaged
	}
	src, err := a.open(z)
	if err != nil {
		return nil, err
	}
	if err := a.reading.spend(openFileSteps); err != nil {
		return nil, err
	}
	t := &tokens{in: boundedBytes{Reader: bufio.NewReaderSize(src, window)}, metered: a.reading}
	t.decoder = xml.NewDecoder(&t.in)
	return t, nil
}

// next is the next token, good until it is called again. Behind the last it returns io.EOF.
func (t *tokens) next() (xml.Token, error) {
	t.in.left = maxRecord
	token, err := t.decoder.Token()
	steps, size := 0, maxRecord-t.in.left
	if size > 0 { // which the end of an element is not that ends as it begins
		steps = 1 + size/bytesPerStep
	}
	switch e := token.(type) {
	case xml.StartElement:
		steps += len(e.Attr)
		if t.depth++; t.depth > maxXMLDepth {
			return nil, errDamaged
		}
	case xml.EndElement:
		t.depth--
	}
	if t.metered != nil {
		if err := t.metered.spend(steps); err != nil {
			return nil, err
		}
	}
	var local *DiskError
	var halted *haltError
	if err == nil || err == io.EOF || errors.As(err, &local) || errors.As(err, &halted) || errors.Is(err, errBomb) { //nolint:errorlint // one that wraps io.EOF is not the end
		return token, err
	}
	return nil, errDamaged
}

// text appends what the element that was just opened says, without the phonetic hints that texts may have, and goes on
// behind its end.
func (t *tokens) text(b []byte, isText func(element string) bool) ([]byte, error) {
	within, hints, texts, start := t.depth, 0, 0, len(b)
	for {
		token, err := t.next()
		if err != nil {
			return b, unexpected(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rPh" {
				hints++
			}
			if isText(token.Name.Local) {
				texts++
			}
		case xml.CharData:
			if hints == 0 && texts > 0 {
				b = append(b, token...)
			}
			if len(b)-start > maxRecord {
				return b, errDamaged
			}
		case xml.EndElement:
			if t.depth < within {
				return b, nil
			}
			if token.Name.Local == "rPh" {
				hints--
			}
			if isText(token.Name.Local) {
				texts--
			}
		}
	}
}

// unexpected makes an end that comes too early an error.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return errDamaged
	}
	return err
}

// attribute is an attribute's value, empty where there is none.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
