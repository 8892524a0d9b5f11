package api

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// Reference is what another system calls a thing, and what it keeps with it.
type Reference struct {
	ExternalID *string  `json:"external_id" doc:"What another system calls it."`
	Metadata   Metadata `json:"metadata" doc:"What other systems keep with it. Leadwheel makes nothing of it."`
}

// NewReference is the reference of a thing to be made.
type NewReference struct {
	ExternalID string   `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"What another system calls it; unique among all of its kind: where another has it the answer is 409, with that one's id as existing_id."`
	Metadata   Metadata `json:"metadata,omitempty"`
}

// ReferencePatch changes a reference.
type ReferencePatch struct {
	ExternalID Patch[string]        `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"What another system calls it; unique among all of its kind."`
	Metadata   Patch[MetadataPatch] `json:"metadata,omitempty" doc:"Texts to set, and names whose texts to take away, which are null. What is not named stays; null takes everything away."`
}

// ReferenceSpec is the reference of a thing that is saved as a whole. What is left out stays as it is.
type ReferenceSpec struct {
	ExternalID Patch[string]   `json:"external_id,omitempty" minLength:"1" maxLength:"200" doc:"What another system calls it; unique among all of its kind. It stays as it is where it is left out; null for none."`
	Metadata   Patch[Metadata] `json:"metadata,omitempty" doc:"What other systems keep with it. It stays as it is where it is left out."`
}

// ByExternalID is the parameter of lists of things that have one.
type ByExternalID struct {
	ExternalID string `query:"external_id" maxLength:"200" doc:"Only the one that another system calls so."`
}

// Metadata are texts by their names.
type Metadata map[string]string

// Schema implements huma.SchemaProvider.
func (Metadata) Schema(huma.Registry) *huma.Schema { return metadataSchema(store.MaxMetadata, false) }

// MetadataPatch changes metadata, as RFC 7396 has it.
type MetadataPatch map[string]*string

// Schema implements huma.SchemaProvider. A change may take as many away as it adds.
func (MetadataPatch) Schema(huma.Registry) *huma.Schema {
	return metadataSchema(2*store.MaxMetadata, true)
}

func metadataSchema(most int, cleared bool) *huma.Schema {
	longest := store.MaxMetadataValue
	s := &huma.Schema{
		Type: huma.TypeObject, MaxProperties: &most, Description: "Up to 50 texts of up to 500 characters, by names of up to 100.",
		AdditionalProperties: &huma.Schema{Type: huma.TypeString, MaxLength: &longest, Nullable: cleared},
	}
	s.PrecomputeMessages()
	return s
}

func (n NewReference) reference() (store.Reference, error) {
	r := store.Reference{Metadata: map[string]string(n.Metadata)}
	return r, overExternalID(Patch[string]{set: n.ExternalID != "", value: n.ExternalID}, &r.ExternalID)
}

func (p ReferencePatch) apply(r *store.Reference) error {
	if p.Metadata.null {
		r.Metadata = nil
	}
	if changes := p.Metadata.value; len(changes) > 0 {
		merged := maps.Clone(r.Metadata)
		if merged == nil {
			merged = make(map[string]string)
		}
		for name, text := range changes {
			if delete(merged, name); text != nil {
				merged[name] = *text
			}
		}
		r.Metadata = merged
	}
	return overExternalID(p.ExternalID, &r.ExternalID)
}

// overReference says it of a group.
func (s ReferenceSpec) overReference(g *store.GroupSpec) error {
	if s.Metadata.set {
		if g.Metadata = s.Metadata.value; g.Metadata == nil {
			g.Metadata = Metadata{}
		}
	}
	if !s.ExternalID.set {
		return nil
	}
	g.ExternalID = new(string)
	return overExternalID(s.ExternalID, g.ExternalID)
}

// overExternalID changes an external id, which is more than spaces.
func overExternalID(p Patch[string], field *string) error {
	p.value = strings.TrimSpace(p.value)
	if p.set && !p.null && p.value == "" {
		return &store.FieldError{Field: "external_id", Message: "this is empty; give an id, or leave it out"}
	}
	p.over(field)
	return nil
}

func referenceBody(r store.Reference) Reference {
	body := Reference{textOrNull(r.ExternalID), Metadata(r.Metadata)}
	if body.Metadata == nil {
		body.Metadata = Metadata{}
	}
	return body
}

// holding says of a refusal, where an external id is another's, whose.
func (a *API) holding(ctx context.Context, c *call, kind store.Referenced, externalID string, err error) error {
	var taken *store.Violation
	if !errors.As(err, &taken) || taken.Field != "external_id" {
		return err
	}
	holder, lost := a.Store.Holder(ctx, c.Workspace, kind, strings.TrimSpace(externalID))
	if lost != nil { // it has another id by now, or none
		return err
	}
	p := problem.From(err)
	p.ExistingID = &holder
	return p
}
