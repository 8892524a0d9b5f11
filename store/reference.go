package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A Reference is what another system calls a member, a group or a source, and what it keeps with it.
type Reference struct {
	// ExternalID is unique among what there is of the kind; empty where there is none.
	ExternalID string `db:"external_id"`
	// Metadata are texts by their names.
	Metadata object[string] `db:"metadata"`
}

// How much other systems may keep with a thing.
const (
	MaxMetadata      = 50
	MaxMetadataName  = 100
	MaxMetadataValue = 500
)

const referenceColumns = `coalesce(external_id, '') AS external_id, metadata`

// reference is what a row has of it.
func (r Reference) reference() row {
	metadata := r.Metadata
	if metadata == nil {
		metadata = object[string]{}
	}
	return row{{"external_id", nullText(r.ExternalID)}, {"metadata", asJSON(metadata)}}
}

// checkReference returns a *FieldError where there is too much of it.
func (r Reference) checkReference() error {
	if len(r.Metadata) > MaxMetadata {
		return &FieldError{"metadata", fmt.Sprintf("this would have %d members; it has %d at the most", len(r.Metadata), MaxMetadata)}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		if name == "" || utf8.RuneCountInString(name) > MaxMetadataName {
			return &FieldError{"metadata", fmt.Sprintf("a name in it has 1 to %d characters", MaxMetadataName)}
		}
		if utf8.RuneCountInString(r.Metadata[name]) > MaxMetadataValue {
			return &FieldError{"metadata", fmt.Sprintf("a text in it has %d characters at the most", MaxMetadataValue)}
		}
	}
	return nil
}

// withReference narrows a list to what has an external id, where one is given.
func (l *list) withReference(externalID string) {
	if externalID != "" {
		l.others = append(l.others, "external_id = "+l.arg(externalID))
	}
}

// A Referenced is a kind of things that other systems have ids for.
type Referenced string

// The kinds, by their tables.
const (
	ReferencedMember Referenced = "members"
	ReferencedGroup  Referenced = "groups"
	ReferencedSource Referenced = "sources"
)

// referenced says of each kind which column has its ids and which of its things are there.
var referenced = map[Referenced]struct{ id, there string }{
	ReferencedMember: {"member_id", "removed_at IS NULL"},
	ReferencedGroup:  {"group_id", "deleted_at IS NULL"},
	ReferencedSource: {"source_id", "merged_into IS NULL AND deleted_at IS NULL"},
}

// Holder is what has an external id, ErrNotFound where nothing of the kind has it.
func (q Queries) Holder(ctx context.Context, workspace uuid.UUID, kind Referenced, externalID string) (uuid.UUID, error) {
	var id uuid.UUID
	k := referenced[kind]
	err := sqlx.GetContext(ctx, q.q, &id, `SELECT `+k.id+` FROM `+string(kind)+`
		WHERE workspace_id = $1 AND external_id = $2 AND `+k.there, workspace, externalID)
	return id, translate(err)
}
