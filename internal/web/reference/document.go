package reference

import "encoding/json"

// A documented is what the page shows of a document.
type documented struct {
	Info struct {
		Title, Version, Description string
	}
	Tags            []struct{ Name, Description string }
	Paths, Webhooks map[string]map[string]operation
	Components      struct{ Schemas map[string]*schema }
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Parameters                        []parameter
	RequestBody                       *struct {
		Content map[string]content
	}
	Responses map[string]struct {
		Description string
		Headers     map[string]struct{ Description string }
		Content     map[string]content
	}
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                *schema
}

type content struct {
	Schema  *schema
	Example json.RawMessage
}

// A schema is what may be. Its types and its additional members are one or several things in JSON.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 json.RawMessage
	Format, Pattern      string
	Description          string
	Enum                 []any
	Default              json.RawMessage
	Items                *schema
	OneOf                []*schema
	Properties           map[string]*schema
	AdditionalProperties json.RawMessage
	Required             []string
	Minimum, Maximum     *json.Number
	MinLength, MaxLength *int
	MinItems, MaxItems   *int
}

// types are the names of a schema's types.
func (s *schema) types() (all []string) {
	var one string
	if json.Unmarshal(s.Type, &one) == nil {
		return []string{one}
	}
	_ = json.Unmarshal(s.Type, &all) // what is neither is any type
	return all
}
