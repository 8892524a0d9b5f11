package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// maxSourceName is the longest name of a source, in characters.
const maxSourceName = 200

// A SourceRef is how a new lead names its source where nobody is there to choose another: by its id or by its name,
// however that is spelt. The zero value names none.
type SourceRef struct {
	ID   uuid.UUID
	Name string
	// Create makes a source of an unknown name.
	Create bool
}

// LeadSource finds the source that a new lead is to have: the one it names or, where that was merged into another, that
// one. A source that is unknown or not offered for leads is none, uuid.Nil, with a warning that says so in a sentence:
// the lead comes in without.
func (q Queries) LeadSource(ctx context.Context, workspace uuid.UUID, ref SourceRef) (source uuid.UUID, warning string, err error) {
	ref.Name = contact.Unguard(ref.Name)
	switch {
	case ref.ID != uuid.Nil:
		offered, err := q.OfferedForLeads(ctx, workspace, []uuid.UUID{ref.ID})
		if id, is := offered[ref.ID]; is || err != nil {
			return id, "", err
		}
		return uuid.Nil, fmt.Sprintf("The source %s is unknown or not offered for leads; the lead came in without a source.", ref.ID), nil
	case contact.NameKey(ref.Name) == "":
		return uuid.Nil, "", nil
	}
	if ref.Create && len([]rune(ref.Name)) <= maxSourceName {
		if err := q.ensureSource(ctx, workspace, ref.Name); err != nil {
			return uuid.Nil, "", err
		}
	}
	var named []namedSource
	if err := sqlx.SelectContext(ctx, q.q, &named, namedSources+` AND n.name_key = $2`, workspace, contact.NameKey(ref.Name)); err != nil {
		return uuid.Nil, "", translate(err)
	}
	if len(named) > 0 {
		return named[0].ID, "", nil
	}
	return uuid.Nil, fmt.Sprintf("The source %q is unknown or not offered for leads; the lead came in without a source.", clipped(ref.Name)), nil
}

// ensureSource makes a source unless the name is known, be it that of one which is switched off or was merged.
func (q Queries) ensureSource(ctx context.Context, workspace uuid.UUID, name string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = q.q.ExecContext(ctx, `
		INSERT INTO sources (workspace_id, source_id, name, name_key, created_at, updated_at)
		SELECT $1, $2, $3, $5, $4, $4
		WHERE NOT EXISTS (SELECT 1 FROM sources WHERE workspace_id = $1 AND name_key = $5 AND deleted_at IS NULL)
		ON CONFLICT DO NOTHING`, workspace, id, name, q.now(), contact.NameKey(name))
	return translate(err)
}

type namedSource struct {
	ID  uuid.UUID `db:"source_id"`
	Key string    `db:"name_key"`
}

// namedSources lists the sources offered for leads under the names that they have, and that those had which were merged
// into them. A name that a source has now counts for that one, even where it is not offered.
const namedSources = `
	SELECT coalesce(n.name_key, lower(n.name)) AS name_key, s.source_id
	FROM sources n JOIN sources s ON s.workspace_id = $1 AND s.source_id = coalesce(n.merged_into, n.source_id)
	WHERE n.workspace_id = $1 AND n.deleted_at IS NULL AND s.deleted_at IS NULL AND s.enabled AND s.for_leads
		AND (n.merged_into IS NULL OR NOT EXISTS (SELECT 1 FROM sources now
			WHERE now.workspace_id = $1 AND now.name_key = n.name_key AND now.merged_into IS NULL AND now.deleted_at IS NULL))`

// LeadSources are the sources that a new lead may name, by the keys of their names: see contact.NameKey.
func (q Queries) LeadSources(ctx context.Context, workspace uuid.UUID) (map[string]uuid.UUID, error) {
	var rows []namedSource
	if err := sqlx.SelectContext(ctx, q.q, &rows, namedSources, workspace); err != nil {
		return nil, translate(err)
	}
	named := make(map[string]uuid.UUID, len(rows))
	for _, r := range rows {
		named[r.Key] = r.ID
	}
	return named, nil
}

// clipped is text that is short enough to be quoted.
func clipped(text string) string {
	if runes := []rune(text); len(runes) > maxSourceName {
		return string(runes[:maxSourceName]) + "…"
	}
	return text
}
