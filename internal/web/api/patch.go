package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/store"
)

// mergePatch is the media type of JSON Merge Patch, RFC 7396.
const mergePatch = "application/merge-patch+json"

// A Patch is a field of a JSON Merge Patch: absent, null, or a new value.
type Patch[T any] struct {
	set, null bool
	value     T
}

// UnmarshalJSON implements json.Unmarshaler; it is called for fields that are there, null or not.
func (p *Patch[T]) UnmarshalJSON(data []byte) error {
	p.set = true
	if p.null = bytes.Equal(data, []byte("null")); p.null {
		return nil
	}
	return json.Unmarshal(data, &p.value)
}

// Schema implements huma.SchemaProvider.
func (Patch[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "") // a reference could not be null
	if len(s.OneOf) > 0 {
		s.OneOf[0].Nullable = true
		return &s
	}
	s.Nullable = true
	return &s
}

// over changes a field that may be cleared; null is its zero value.
func (p Patch[T]) over(field *T) {
	switch {
	case p.null:
		*field = *new(T)
	case p.set:
		*field = p.value
	}
}

// overNeeded changes a field that must have a value.
func (p Patch[T]) overNeeded(name string, field *T) error {
	if p.null {
		return &store.FieldError{Field: name, Message: "this cannot be cleared; leave it out or give a value"}
	}
	p.over(field)
	return nil
}

// overPointer changes a field that is nil where there is none.
func (p Patch[T]) overPointer(field **T) {
	switch {
	case p.null:
		*field = nil
	case p.set:
		*field = &p.value
	}
}

// overName changes a name, which must have something to read.
func overName(p Patch[string], field *string) error {
	if err := p.overNeeded("name", field); err != nil {
		return err
	}
	return needName(field)
}

// needName trims a name and returns a *store.FieldError where nothing is left that can be seen.
func needName(name *string) error {
	if *name = strings.TrimSpace(*name); contact.Unguard(*name) == "" {
		return &store.FieldError{Field: "name", Message: "a name needs at least one character that can be seen"}
	}
	return nil
}
