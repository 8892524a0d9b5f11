package api

import (
	"encoding/json"
	"errors"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/store"
)

// Mapping says where the lead's texts are.
type Mapping struct {
	Name       Places `json:"name,omitempty" doc:"The heading, question, key or dotted path under which the name is, or several whose texts are joined."`
	Email      Places `json:"email,omitempty" doc:"Where the address is; of several the first that is filled in."`
	Phone      Places `json:"phone,omitempty" doc:"Where the number is; several are joined until they are a number, as a country's code and the rest are."`
	ExternalID Places `json:"external_id,omitempty" doc:"The sender's own id, by which repeats are known."`
}

// Places are where a text of a lead is: a heading, question or path, or several.
type Places []string

// UnmarshalJSON implements json.Unmarshaler: it takes a text and a list of texts.
func (p *Places) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*p = Places{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(p))
}

// MarshalJSON implements json.Marshaler: a single one is a text.
func (p Places) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]string(p))
}

// Schema implements huma.SchemaProvider.
func (Places) Schema(r huma.Registry) *huma.Schema {
	text := func() *huma.Schema {
		one := r.Schema(reflect.TypeFor[string](), false, "")
		least, most := 1, 1000
		one.MinLength, one.MaxLength = &least, &most
		return one
	}
	least, most := 1, 10
	return &huma.Schema{
		OneOf:    []*huma.Schema{text(), {Type: huma.TypeArray, Items: text(), MinItems: &least, MaxItems: &most}},
		Examples: []any{"data.contact.full_name", []any{"First name", "Last name"}},
	}
}

// MappingPatch changes a mapping target by target.
type MappingPatch struct {
	Name       Patch[Places] `json:"name,omitempty"`
	Email      Patch[Places] `json:"email,omitempty"`
	Phone      Patch[Places] `json:"phone,omitempty"`
	ExternalID Patch[Places] `json:"external_id,omitempty"`
}

// targets are a mapping's places by what they are of.
func (m *Mapping) targets() map[string]*Places {
	return map[string]*Places{"name": &m.Name, "email": &m.Email, "phone": &m.Phone, "external_id": &m.ExternalID}
}

// over is the mapping of an integration, kept as its store keeps it.
func (m Mapping) over(s *store.IntegrationSettings) {
	s.Mapping, s.Joined = nil, nil
	for target, places := range m.targets() {
		switch {
		case len(*places) == 1:
			if s.Mapping == nil {
				s.Mapping = make(map[string]string)
			}
			s.Mapping[target] = (*places)[0]
		case len(*places) > 1:
			if s.Joined == nil {
				s.Joined = make(map[string][]string)
			}
			s.Joined[target] = *places
		}
	}
}

func mappingBody(all map[string][]string) (m Mapping) {
	for target, places := range m.targets() {
		*places = all[target]
	}
	return m
}

// overMapping changes an integration's mapping.
func (p IntegrationPatch) overMapping(s *store.IntegrationSettings) {
	switch {
	case p.Mapping.null:
		s.Mapping, s.Joined = nil, nil
	case p.Mapping.set:
		m, change := mappingBody(s.MappedTo()), p.Mapping.value
		change.Name.over(&m.Name)
		change.Email.over(&m.Email)
		change.Phone.over(&m.Phone)
		change.ExternalID.over(&m.ExternalID)
		m.over(s)
	}
}

// importMapping reads the mapping of an import's query, nil where there is none.
func importMapping(text string) (ingest.Mapping, error) {
	if text == "" {
		return nil, nil
	}
	m, err := ingest.ParseMapping(text)
	var field *store.FieldError
	if errors.As(err, &field) {
		return nil, badQuery("query."+field.Field, field.Message)
	}
	return m, err
}
