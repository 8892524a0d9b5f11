package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An object is a JSON object whose fields keep their order. Values are nil, bool, string, json.Number, []any and object.
type object []field

type field struct {
	Name  string
	Value any
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	value, err := decode(d)
	if err != nil {
		return err
	}
	read, is := value.(object)
	if !is {
		return errors.New("this is not a JSON object")
	}
	*o = read
	return nil
}

// decode reads one value.
func decode(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	switch token {
	case json.Delim('{'):
		all := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, fmt.Errorf("reading JSON: %w", err)
			}
			value, err := decode(d)
			if err != nil {
				return nil, err
			}
			all = append(all, field{fmt.Sprint(name), value})
		}
		_, err = d.Token()
		return all, err
	case json.Delim('['):
		all := []any{}
		for d.More() {
			value, err := decode(d)
			if err != nil {
				return nil, err
			}
			all = append(all, value)
		}
		_, err = d.Token()
		return all, err
	}
	return token, nil
}

// get is the value at a path of names with dots between, nil where there is none.
func (o object) get(path string) any {
	name, rest, more := strings.Cut(path, ".")
	for _, f := range o {
		if f.Name != name {
			continue
		}
		if inner, is := f.Value.(object); is && more {
			return inner.get(rest)
		}
		return f.Value
	}
	return nil
}

// text is the value at a path as text, empty where it is null or not there.
func (o object) text(path string) string {
	if value := o.get(path); value != nil {
		return fmt.Sprint(value)
	}
	return ""
}

// has says whether there is a field of this name, whatever it holds.
func (o object) has(name string) bool {
	return slices.ContainsFunc(o, func(f field) bool { return f.Name == name })
}

// is says whether the value at a path is true.
func (o object) is(path string) bool { return o.get(path) == true }

// A list is a page of a collection, as the API answers it.
type list struct {
	Items      []object `json:"items"`
	NextCursor string   `json:"next_cursor"`
}
