package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxNesting is how deep a delivery may nest.
const maxNesting = 64

// decode reads a delivery that is one JSON value. It returns an *UnmappedError where it is not, and an *ExcessError where it holds
// too much.
func decode(body []byte, into any) error {
	values, err := jsonValues(body)
	if err == nil && len(values) != 1 {
		err = &UnmappedError{fmt.Sprintf("the body holds %d JSON values and should hold one", len(values))}
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(values[0], into); err != nil {
		return &UnmappedError{"the body is JSON of another shape than this kind of integration takes"}
	}
	return nil
}

// jsonValues reads the JSON values that stand in a body, one behind the other. A byte order mark and NUL characters are
// left out, and bytes that are not UTF-8 are replaced: no lead is lost for its spelling.
func jsonValues(body []byte) ([]json.RawMessage, error) { return newDecoding().raw(body) }

// holdsJSON reports whether text begins as an object, a list or a string of JSON does.
func holdsJSON(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.IndexByte(`{["`, text[0]) >= 0
}

// errNoJSON is why a body is not read that may be JSON put together from text.
var errNoJSON = &UnmappedError{"the body is not JSON"}

// strictJSON reads the JSON values that stand in a text.
func strictJSON(text []byte) ([]json.RawMessage, error) {
	if tooDeep(text) {
		return nil, &UnmappedError{fmt.Sprintf("the body nests more than %d levels deep", maxNesting)}
	}
	if err := checkBounds(text); err != nil {
		return nil, err
	}
	var values []json.RawMessage
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		switch {
		case errors.Is(err, io.EOF) && len(values) == 0:
			return nil, &UnmappedError{"the body is empty"}
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			return nil, errNoJSON
		}
		values = append(values, value)
	}
}

// tooDeep reports whether JSON nests deeper than it may, before anything is built of it.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// decodeAny reads JSON with its numbers as they are written.
func decodeAny(value json.RawMessage) (any, error) {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	err := decoder.Decode(&v)
	return v, err
}

// flexible is text that a platform may write as a string, a number or a bool: ids above all, which a float would spoil.
type flexible string

// UnmarshalJSON implements json.Unmarshaler. It takes any JSON; of lists and objects it keeps the text.
func (f *flexible) UnmarshalJSON(data []byte) error {
	switch {
	case bytes.Equal(data, []byte("null")):
		*f = ""
	case data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*f = flexible(text)
	default:
		*f = flexible(data)
	}
	return nil
}

// yes reports whether the text says so: true, 1 or yes.
func (f flexible) yes() bool {
	switch strings.ToLower(strings.TrimSpace(string(f))) {
	case "true", "1", "yes":
		return true
	}
	return false
}
