package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// An Identity is who somebody is to a provider of OpenID Connect, with the address that the provider has seen to be theirs.
type Identity struct{ Issuer, Subject, Email string }

// PeopleWith returns those who came from a provider as this identity before and, where the identity has an address, those who are
// invited at it and never came from there: who did is known by that, whoever has their address by now.
func (q Queries) PeopleWith(ctx context.Context, i Identity) ([]Person, error) {
	var all []Person
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+personColumns+` FROM people p
		WHERE p.removed_at IS NULL AND EXISTS (
				SELECT 1 FROM person_identities i
				WHERE i.workspace_id = p.workspace_id AND i.person_id = p.person_id AND i.issuer = $1 AND i.subject = $2)
			OR p.removed_at IS NULL AND $3 <> '' AND p.email_key = $3 AND NOT EXISTS (
				SELECT 1 FROM person_identities i
				WHERE i.workspace_id = p.workspace_id AND (i.person_id = p.person_id AND i.issuer = $1 OR i.issuer = $1 AND i.subject = $2))
		ORDER BY p.person_id LIMIT 20`, i.Issuer, i.Subject, contact.Email(i.Email))
	return all, translate(err)
}

// KeepIdentity has a person be known by an identity from now on. It returns ErrNotFound where they were removed meanwhile, or are
// another to the same provider by now.
func (t *Tx) KeepIdentity(ctx context.Context, p Person, i Identity) error {
	if _, err := t.person(ctx, p.Workspace, p.ID, "FOR SHARE"); err != nil {
		return err
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO person_identities (workspace_id, person_id, issuer, subject, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, p.Workspace, p.ID, i.Issuer, i.Subject, t.now()); err != nil {
		return translate(err)
	}
	var kept uuid.UUID
	return translate(sqlx.GetContext(ctx, t.q, &kept, `
		SELECT person_id FROM person_identities WHERE workspace_id = $1 AND person_id = $2 AND issuer = $3 AND subject = $4`,
		p.Workspace, p.ID, i.Issuer, i.Subject))
}

// forgetIdentities has a person be known to no provider.
func (t *Tx) forgetIdentities(ctx context.Context, workspace, person uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `DELETE FROM person_identities WHERE workspace_id = $1 AND person_id = $2`, workspace, person)
	return translate(err)
}
