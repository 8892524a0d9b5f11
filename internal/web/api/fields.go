package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/store"
)

const (
	maxFields     = 64 << 10
	maxFieldDepth = 32
	// maxSpaced is how many times their size fields may be sent with spaces in.
	maxSpaced = 8
	// maxExponent is well within what jsonb's numbers hold.
	maxExponent = 400
)

// Fields are a lead's custom fields: any JSON object.
type Fields json.RawMessage

// MarshalJSON implements json.Marshaler.
func (f Fields) MarshalJSON() ([]byte, error) {
	if len(f) == 0 {
		return []byte("{}"), nil
	}
	return f, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Fields) UnmarshalJSON(data []byte) error {
	*f = bytes.Clone(data)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Fields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: "Any JSON object up to 64 KiB."}
}

// check returns a *store.FieldError where the fields at a place of the request cannot be stored. null means none.
func (f *Fields) check(at string) error {
	if bytes.Equal(*f, []byte("null")) {
		*f = nil
	}
	tooLarge := &store.FieldError{Field: at, Message: fmt.Sprintf("fields are %d bytes of JSON at the most", maxFields)}
	switch {
	case len(*f) == 0:
		return nil
	case len(*f) > maxSpaced*maxFields:
		return tooLarge
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, *f); err != nil {
		return &store.FieldError{Field: at, Message: "this is not valid JSON"}
	}
	if *f = compact.Bytes(); len(*f) > maxFields {
		return tooLarge
	}
	if message := unstorable(*f); message != "" {
		return &store.FieldError{Field: at, Message: message}
	}
	return nil
}

// unstorable says what is in JSON that jsonb would refuse: bottomless nesting and numbers beyond measure.
func unstorable(data []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return "" // its end: it is valid JSON
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '}' || t == ']' {
				depth--
			} else if depth++; depth > maxFieldDepth {
				return fmt.Sprintf("fields nest %d levels deep at the most", maxFieldDepth)
			}
		case json.Number:
			_, exponent, has := strings.Cut(strings.ToLower(t.String()), "e")
			n, err := strconv.Atoi(exponent)
			if has && (err != nil || n > maxExponent || n < -maxExponent) {
				return fmt.Sprintf("a number's exponent is %d at the most", maxExponent)
			}
		}
	}
}

// over merges a patch into the fields, as RFC 7396 has it: members are replaced one by one, and null removes one.
func (f Fields) over(target *json.RawMessage) error {
	var current, patch any
	if err := decodeExact(f, &patch); err != nil {
		return &store.FieldError{Field: "fields", Message: "this is not valid JSON"}
	}
	if err := decodeExact(*target, &current); err != nil {
		return fmt.Errorf("reading a lead's fields: %w", err)
	}
	merged, err := json.Marshal(merge(current, patch))
	if err != nil {
		return fmt.Errorf("merging a lead's fields: %w", err)
	}
	result := Fields(merged)
	if err := result.check("fields"); err != nil {
		return err
	}
	*target = json.RawMessage(result)
	return nil
}

// decodeExact decodes JSON with its numbers as they are written.
func decodeExact(data []byte, into *any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func merge(target, patch any) any {
	changes, is := patch.(map[string]any)
	if !is {
		return patch
	}
	object, is := target.(map[string]any)
	if !is {
		object = make(map[string]any)
	}
	for name, change := range changes {
		if change == nil {
			delete(object, name)
			continue
		}
		object[name] = merge(object[name], change)
	}
	return object
}
