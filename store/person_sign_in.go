package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// SignInLinkAge is how long a link that signs a person in is good.
const SignInLinkAge = 15 * time.Minute

// signInPrefix begins what stands in a link.
const signInPrefix = "lwl_"

// CreateSignInLink makes what a person is signed in with, once, within SignInLinkAge. It returns ErrNotFound where there is no such
// person, or they have another address, role or member by now: the link is sent by what was known of them. Whoever changes these
// meanwhile waits, and ends the link.
func (q Queries) CreateSignInLink(ctx context.Context, p Person) (token string, expires time.Time, err error) {
	token, expires = newCredential(signInPrefix, p.Workspace), q.now().Add(SignInLinkAge)
	hash := sha256.Sum256([]byte(token))
	result, err := q.q.ExecContext(ctx, `
		INSERT INTO sign_in_links (workspace_id, token_hash, person_id, created_at, expires_at)
		SELECT workspace_id, $3, person_id, $4, $5 FROM people
		WHERE workspace_id = $1 AND person_id = $2 AND removed_at IS NULL AND email_key = $6 AND role = $7 AND member_id IS NOT DISTINCT FROM $8
		FOR SHARE`, p.Workspace, p.ID, hash[:], q.now(), expires, contact.Email(p.Email), string(p.Role), p.MemberID)
	return token, expires, oneRow(result, err)
}

// UseSignInLink returns who a link signs in; after that it is no good. It returns ErrBadLink where it was no good before. Until the
// transaction ends the person stays as they are: whoever signs them out waits, and ends the session that is begun with it.
func (t *Tx) UseSignInLink(ctx context.Context, token string) (p Person, err error) {
	workspace, is := workspaceOf(signInPrefix, token)
	if !is {
		return p, ErrBadLink
	}
	hash := sha256.Sum256([]byte(token))
	if _, err := t.q.ExecContext(ctx, `
		SELECT FROM people p JOIN sign_in_links l USING (workspace_id, person_id)
		WHERE l.workspace_id = $1 AND l.token_hash = $2 FOR SHARE OF p`, workspace, hash[:]); err != nil {
		return p, translate(err)
	}
	err = translate(sqlx.GetContext(ctx, t.q, &p, `
		DELETE FROM sign_in_links l USING people p
		WHERE l.workspace_id = $1 AND l.token_hash = $2 AND l.expires_at > $3
			AND p.workspace_id = l.workspace_id AND p.person_id = l.person_id AND p.removed_at IS NULL
		RETURNING `+personColumns, workspace, hash[:], t.now()))
	if errors.Is(err, ErrNotFound) {
		err = ErrBadLink
	}
	return p, err
}

// PeopleAt returns those who have an e-mail address, in all workspaces: whoever signs in does not say in which.
func (q Queries) PeopleAt(ctx context.Context, email string) ([]Person, error) {
	var all []Person
	if email = contact.Email(email); email == "" {
		return nil, nil
	}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+personColumns+` FROM people p WHERE p.email_key = $1 AND p.removed_at IS NULL ORDER BY p.person_id LIMIT 20`, email)
	return all, translate(err)
}

// DeleteOldSignInLinks deletes links that were no good any more at a time.
func (q Queries) DeleteOldSignInLinks(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM sign_in_links WHERE expires_at < $1`, before)
	return translate(err)
}
