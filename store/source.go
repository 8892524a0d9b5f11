package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Source is where leads or customers come from.
type Source struct {
	ID uuid.UUID `db:"source_id"`
	Reference
	Name string `db:"name"`
	// Enabled sources are offered for new choices, of leads or of customers.
	Enabled      bool      `db:"enabled"`
	ForLeads     bool      `db:"for_leads"`
	ForCustomers bool      `db:"for_customers"`
	CreatedAt    time.Time `db:"created_at"`
	UpdatedAt    time.Time `db:"updated_at"`
}

// Offer narrows a list of sources to those offered for new choices.
type Offer string

const (
	// OfferAny is no narrowing: sources that are switched off are listed too.
	OfferAny Offer = ""
	// OfferLeads lists what a new lead may name.
	OfferLeads Offer = "lead"
	// OfferCustomers lists what a new customer may name.
	OfferCustomers Offer = "customer"
)

// Offers lists every narrowing.
func Offers() []Offer { return []Offer{OfferLeads, OfferCustomers} }

const sourceColumns = `source_id, name, enabled, for_leads, for_customers, ` + referenceColumns + `, created_at, updated_at`

// row is what can be said of a source.
func (s Source) row() row {
	return append(s.reference(), row{{"name", s.Name}, {"enabled", s.Enabled}, {"for_leads", s.ForLeads}, {"for_customers", s.ForCustomers}}...)
}

// sourceKey is what makes a source's name unique: see contact.NameKey. It returns a *FieldError for a name of which
// nothing can be seen.
func sourceKey(name string) (string, error) {
	key := contact.NameKey(name)
	if key == "" {
		return "", &FieldError{"name", "nothing of this name can be seen; write one"}
	}
	return key, nil
}

// CreateSource makes a source; the id and the times are the store's to give. Names are unique, whatever their case, their
// spaces and what is invisible in them; it returns a *FieldError for one of which nothing can be seen.
func (q Queries) CreateSource(ctx context.Context, workspace uuid.UUID, s Source) (Source, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return s, err
	}
	key, err := sourceKey(s.Name)
	if err != nil {
		return s, err
	}
	if err := s.checkReference(); err != nil {
		return s, err
	}
	now := q.now()
	insert, args := append(s.row(), row{
		{"workspace_id", workspace}, {"source_id", id}, {"name_key", key}, {"created_at", now}, {"updated_at", now},
	}...).insert("sources")
	err = sqlx.GetContext(ctx, q.q, &s, insert+` RETURNING `+sourceColumns, args...)
	return s, translate(err)
}

// Source returns a source, ErrNotFound where there is none, or it was merged into another.
func (q Queries) Source(ctx context.Context, workspace, source uuid.UUID) (Source, error) {
	var s Source
	err := sqlx.GetContext(ctx, q.q, &s, `
		SELECT `+sourceColumns+` FROM sources
		WHERE workspace_id = $1 AND source_id = $2 AND merged_into IS NULL AND deleted_at IS NULL`, workspace, source)
	return s, translate(err)
}

// A SourceFilter narrows a list of sources; zero fields don't.
type SourceFilter struct {
	Offer      Offer
	ExternalID string
}

// Sources lists a page of sources, newest first.
func (q Queries) Sources(ctx context.Context, workspace uuid.UUID, f SourceFilter, p Page) ([]Source, error) {
	var all []Source
	l := listOf("sources", "source_id", workspace, p, uuid.Nil, uuid.Nil)
	l.withReference(f.ExternalID)
	l.others = append(l.others, "merged_into IS NULL", "deleted_at IS NULL")
	if f.Offer != OfferAny {
		l.others = append(l.others, "enabled", map[bool]string{true: "for_leads", false: "for_customers"}[f.Offer == OfferLeads])
	}
	err := l.read(ctx, q, &all, "SELECT "+sourceColumns+" FROM", "sources", "")
	return all, err
}

// OfferedForLeads says what to write for each of the sources that a new lead may name: the source itself, or the one that
// it was merged into. Those that a new lead may not name are left out.
func (q Queries) OfferedForLeads(ctx context.Context, workspace uuid.UUID, sources []uuid.UUID) (map[uuid.UUID]uuid.UUID, error) {
	return q.offered(ctx, workspace, sources, OfferLeads)
}

func (q Queries) offered(ctx context.Context, workspace uuid.UUID, sources []uuid.UUID, offer Offer) (map[uuid.UUID]uuid.UUID, error) {
	var rows []struct {
		Named  uuid.UUID `db:"named"`
		Actual uuid.UUID `db:"actual"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT n.source_id AS named, s.source_id AS actual
		FROM sources n JOIN sources s ON s.workspace_id = $1 AND s.source_id = coalesce(n.merged_into, n.source_id)
		WHERE n.workspace_id = $1 AND n.source_id = ANY($2::uuid[]) AND s.enabled AND s.deleted_at IS NULL
			AND CASE WHEN $3 = 'lead' THEN s.for_leads ELSE s.for_customers END`,
		workspace, uuids(sources), string(offer)); err != nil {
		return nil, translate(err)
	}
	actual := make(map[uuid.UUID]uuid.UUID, len(rows))
	for _, r := range rows {
		actual[r.Named] = r.Actual
	}
	return actual, nil
}

// checkPick returns a *ReasonError where a save picks a source that is not offered. One that leaves the source alone
// keeps it, whatever became of that since.
func (t *Tx) checkPick(ctx context.Context, workspace uuid.UUID, had, picked *uuid.UUID, offer Offer) error {
	if picked == nil || had != nil && *had == *picked {
		return nil
	}
	offered, err := t.offered(ctx, workspace, []uuid.UUID{*picked}, offer)
	if err != nil {
		return err
	}
	actual, is := offered[*picked]
	if !is {
		return &ReasonError{Reason: lead.SourceNotEligible, Field: "source_id"}
	}
	*picked = actual
	return nil
}

// EditSource changes a source in place; edit sees the current state. Leads that have the source keep it.
func (t *Tx) EditSource(ctx context.Context, workspace, source uuid.UUID, edit func(*Source) error) (Source, error) {
	s, err := t.lockSource(ctx, workspace, source)
	if err != nil {
		return s, err
	}
	before := s.Name
	if err := edit(&s); err != nil {
		return s, err
	}
	if err := s.checkReference(); err != nil {
		return s, err
	}
	key := "" // stays, as of a source whose name another had before names were compared as they are now
	if contact.NameKey(s.Name) != contact.NameKey(before) {
		if key, err = sourceKey(s.Name); err != nil {
			return s, err
		}
	}
	s.UpdatedAt = t.after(s.UpdatedAt)
	update, args := append(s.row(), row{
		{"updated_at", s.UpdatedAt}, {"name_key", expr{"coalesce(nullif(?, ''), name_key)", key}},
	}...).update("sources", "workspace_id = $1 AND source_id = $2", workspace, source)
	_, err = t.q.ExecContext(ctx, update, args...)
	return s, translate(err)
}

// lockSource returns a source and keeps others from changing it until the transaction ends.
func (t *Tx) lockSource(ctx context.Context, workspace, source uuid.UUID) (Source, error) {
	var s Source
	err := sqlx.GetContext(ctx, t.q, &s, `
		SELECT `+sourceColumns+` FROM sources
		WHERE workspace_id = $1 AND source_id = $2 AND merged_into IS NULL AND deleted_at IS NULL FOR NO KEY UPDATE`,
		workspace, source)
	return s, translate(err)
}
