package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// maxPasskeys is how many a person may have.
const maxPasskeys = 20

// A Passkey is what a person's device signs them in with.
type Passkey struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"passkey_id"`
	PersonID  uuid.UUID `db:"person_id"`
	// Name is what the person calls it.
	Name string `db:"name"`
	// CredentialID is what the device calls it, Credential all that is known of it, as JSON, and Uses how often the device says that
	// it was used; 0 where it does not count.
	CredentialID []byte     `db:"credential_id"`
	Credential   string     `db:"credential"`
	Uses         int64      `db:"uses"`
	CreatedAt    time.Time  `db:"created_at"`
	LastUsedAt   *time.Time `db:"last_used_at"`
	// CopiedAt is when it looked as if there were two of it, nil for never. It signs nobody in since.
	CopiedAt *time.Time `db:"copied_at"`
}

const passkeyColumns = `workspace_id, passkey_id, person_id, name, credential_id, credential, uses, created_at, last_used_at, copied_at`

// AddPasskey gives a person one more. It returns a *FieldError where they have too many, a *Violation for one that is there already, and
// ErrNotFound where they were removed meanwhile.
func (t *Tx) AddPasskey(ctx context.Context, p Passkey) (Passkey, error) {
	if _, err := t.person(ctx, p.Workspace, p.PersonID, "FOR NO KEY UPDATE"); err != nil { // so that two at once are counted
		return p, err
	}
	var have int
	if err := sqlx.GetContext(ctx, t.q, &have, `SELECT count(*) FROM passkeys WHERE workspace_id = $1 AND person_id = $2`, p.Workspace, p.PersonID); err != nil {
		return p, translate(err)
	}
	if have >= maxPasskeys {
		return p, &FieldError{"credential", "you have 20 passkeys, which is as many as one may have; remove one first"}
	}
	id, err := t.newID()
	if err != nil {
		return p, err
	}
	err = sqlx.GetContext(ctx, t.q, &p, `
		INSERT INTO passkeys (workspace_id, passkey_id, person_id, name, credential_id, credential, uses, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+passkeyColumns,
		p.Workspace, id, p.PersonID, p.Name, p.CredentialID, p.Credential, p.Uses, t.now())
	return p, translate(err)
}

// Passkeys lists a page of a person's, newest first.
func (q Queries) Passkeys(ctx context.Context, workspace, person uuid.UUID, p Page) ([]Passkey, error) {
	var all []Passkey
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+passkeyColumns+` FROM passkeys
		WHERE workspace_id = $1 AND person_id = $2 AND ($3::uuid IS NULL OR passkey_id < $3)
		ORDER BY passkey_id DESC LIMIT $4`, workspace, person, nullID(p.After), p.Limit)
	return all, translate(err)
}

// PasskeyOf returns a person's passkey by what the device calls it.
func (q Queries) PasskeyOf(ctx context.Context, workspace, person uuid.UUID, credential []byte) (p Passkey, err error) {
	err = sqlx.GetContext(ctx, q.q, &p, `
		SELECT `+passkeyColumns+` FROM passkeys WHERE workspace_id = $1 AND person_id = $2 AND credential_id = $3`, workspace, person, credential)
	return p, translate(err)
}

// UsePasskey records that a passkey was used, and returns whose it is, who stays there until the transaction ends. It returns
// ErrNotFound where they or it were removed meanwhile, or it was used meanwhile: of two uses with one count, one is a copy's.
func (t *Tx) UsePasskey(ctx context.Context, had Passkey, credential json.RawMessage, uses int64) (Person, error) {
	p, err := t.person(ctx, had.Workspace, had.PersonID, "FOR SHARE")
	if err != nil {
		return p, err
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE passkeys SET credential = $3, uses = $4, last_used_at = $5
		WHERE workspace_id = $1 AND passkey_id = $2 AND uses = $6 AND copied_at IS NULL`,
		had.Workspace, had.ID, string(credential), uses, t.now(), had.Uses)
	return p, oneRow(result, err)
}

// PasskeyCopied records that there seem to be two of a passkey, which signs nobody in any more.
func (t *Tx) PasskeyCopied(ctx context.Context, p Passkey) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE passkeys SET copied_at = coalesce(copied_at, $3) WHERE workspace_id = $1 AND passkey_id = $2`, p.Workspace, p.ID, t.now())
	return oneRow(result, err)
}

// RenamePasskey changes what a person calls one of theirs.
func (t *Tx) RenamePasskey(ctx context.Context, workspace, person, id uuid.UUID, edit func(name *string) error) (p Passkey, err error) {
	if err = sqlx.GetContext(ctx, t.q, &p, `
		SELECT `+passkeyColumns+` FROM passkeys WHERE workspace_id = $1 AND person_id = $2 AND passkey_id = $3 FOR UPDATE`, workspace, person, id); err != nil {
		return p, translate(err)
	}
	if err := edit(&p.Name); err != nil {
		return p, err
	}
	_, err = t.q.ExecContext(ctx, `UPDATE passkeys SET name = $3 WHERE workspace_id = $1 AND passkey_id = $2`, workspace, id, p.Name)
	return p, translate(err)
}

// RemovePasskey takes one of a person's passkeys away.
func (t *Tx) RemovePasskey(ctx context.Context, workspace, person, id uuid.UUID) error {
	result, err := t.q.ExecContext(ctx, `DELETE FROM passkeys WHERE workspace_id = $1 AND person_id = $2 AND passkey_id = $3`, workspace, person, id)
	return oneRow(result, err)
}

// removePasskeys takes all of a person's passkeys away.
func (t *Tx) removePasskeys(ctx context.Context, workspace, person uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `DELETE FROM passkeys WHERE workspace_id = $1 AND person_id = $2`, workspace, person)
	return translate(err)
}
