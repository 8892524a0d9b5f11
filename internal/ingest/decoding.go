package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
)

// A decoding reads the JSON of one delivery, and what is written as a string in it and is JSON too. What all of it holds
// together is bounded: else each string could hold as much as a delivery may.
type decoding struct {
	left int // values that may still be read
	// excess is why some of it was not read, nil where all was.
	excess error
}

func newDecoding() *decoding { return &decoding{left: deliveryLimits.Values} }

// maxQuoted is how often JSON may be written as a string in JSON.
const maxQuoted = 3

// raw is the JSON values in a body, one behind the other, as jsonValues has them.
func (d *decoding) raw(body []byte) ([]json.RawMessage, error) {
	clean := bytes.TrimPrefix(body, []byte("\ufeff"))
	clean = bytes.ToValidUTF8(bytes.ReplaceAll(clean, []byte{0}, nil), []byte("\uFFFD"))
	return d.read(CleanJSON(clean), maxQuoted)
}

// read reads JSON as it should be written, and otherwise as it was put together; see lenientJSON. What is a string that
// holds JSON is read as that.
func (d *decoding) read(text []byte, quoted int) ([]json.RawMessage, error) {
	if d.left -= jsonbounds.Count(text); d.left < 0 {
		d.excess = &ExcessError{fmt.Sprintf("the body holds more than %d values, those in texts of JSON included, which is more than is read of one delivery; send less at once, or a file as an import", deliveryLimits.Values)}
		return nil, d.excess
	}
	values, err := strictJSON(text)
	if errors.Is(err, errNoJSON) {
		values, err = strictJSON(lenientJSON(text))
	}
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	for _, value := range values {
		var inner string
		if quoted > 0 && value[0] == '"' && json.Unmarshal(value, &inner) == nil && holdsJSON(inner) {
			if within, err := d.read(CleanJSON([]byte(strings.ReplaceAll(inner, "\x00", ""))), quoted-1); err == nil {
				all = append(all, within...)
				continue
			} else if isExcess(err) {
				return nil, err
			}
		}
		all = append(all, value)
	}
	return all, nil
}

// values are the values in a body.
func (d *decoding) values(body []byte) ([]any, error) {
	raw, err := d.raw(body)
	if err != nil {
		return nil, err
	}
	all := make([]any, len(raw))
	for i, one := range raw {
		if all[i], err = decodeAny(one); err != nil {
			return nil, errNoJSON
		}
	}
	return all, nil
}

// inner are the values in a text that is JSON. One that holds too much is none, and excess says so.
func (d *decoding) inner(text string) (values []any, is bool) {
	if d.excess != nil || !holdsJSON(text) {
		return nil, false
	}
	values, err := d.values([]byte(text))
	if err != nil && isExcess(err) {
		d.excess = err
	}
	return values, err == nil
}

// unfold is an object in which texts of JSON are what they hold, where they have the names of what leads stand in; found means
// that there are any.
func (d *decoding) unfold(object map[string]any) (unfolded map[string]any, found bool) {
	unfolded = make(map[string]any, len(object))
	for name, value := range object {
		unfolded[name] = value
		switch v := value.(type) {
		case map[string]any:
			if inner, is := d.unfold(v); is {
				unfolded[name], found = inner, true
			}
		case string:
			plain := plainHeader(name)
			if !containers[plain] && rankOfList(name) == anyList {
				continue
			}
			if values, is := d.inner(v); is && isComposite(values[0]) {
				unfolded[name], found = values, true
				if len(values) == 1 {
					unfolded[name] = values[0]
				}
			}
		}
	}
	return unfolded, found
}

// unfoldList is a list with what its texts hold, where all of them are JSON.
func (d *decoding) unfoldList(list []any) []any {
	if len(list) == 0 || slices.ContainsFunc(list, func(one any) bool { text, is := one.(string); return !is || !holdsJSON(text) }) {
		return list
	}
	var all []any
	for _, one := range list {
		values, is := d.inner(one.(string))
		if !is {
			return list
		}
		all = append(all, values...)
	}
	return all
}
