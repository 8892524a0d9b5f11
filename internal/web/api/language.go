package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/language"
)

// Language is a language in which people read what is not written by people.
type Language string

// Schema implements huma.SchemaProvider.
func (Language) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "ms is Bahasa Malaysia. Answers of the API are in English in any case."}
	for _, tag := range language.Offered() {
		s.Enum = append(s.Enum, tag)
	}
	s.PrecomputeMessages()
	return s
}
