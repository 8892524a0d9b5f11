package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A session ends when nothing was done with it for SessionIdle, and SessionAge after it began at the latest.
const (
	SessionIdle = 12 * time.Hour
	SessionAge  = 14 * 24 * time.Hour
)

// A Session is somebody who is signed in with an API key, and may do what the key may for as long as both are good.
type Session struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"session_id"`
	APIKeyID  uuid.UUID `db:"api_key_id"`
	// Address is where they signed in from, Browser what their browser calls itself. Either may be empty.
	Address string `db:"address"`
	Browser string `db:"browser"`
	// SeenAt is when it was last used, to the minute.
	CreatedAt time.Time `db:"created_at"`
	SeenAt    time.Time `db:"seen_at"`
	ExpiresAt time.Time `db:"expires_at"`
}

const sessionColumns = `s.workspace_id, s.session_id, s.api_key_id, s.address, s.browser, s.created_at, s.seen_at, s.expires_at`

// liveSession is the condition under which session s, whose key is k, can be used at time $2. $3 is when one must have been
// seen to be not idle.
const liveSession = `s.expires_at > $2 AND s.seen_at > $3 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)`

// BeginSession signs somebody in who holds a key. It returns the session with its token, which can not be had again.
func (q Queries) BeginSession(ctx context.Context, s Session) (Session, string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return s, "", err
	}
	now, token := q.now(), newCredential(sessionPrefix, s.Workspace)
	hash := sha256.Sum256([]byte(token))
	err = sqlx.GetContext(ctx, q.q, &s, `
		INSERT INTO sessions AS s (workspace_id, session_id, token_hash, api_key_id, address, browser, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
		RETURNING `+sessionColumns, s.Workspace, id, hash[:], s.APIKeyID, s.Address, s.Browser, now, now.Add(SessionAge))
	return s, token, translate(err)
}

// callerBySession finds who is signed in with a token, ErrBadKey where it is no good.
func (q Queries) callerBySession(ctx context.Context, workspace uuid.UUID, token string) (Caller, error) {
	hash, now := sha256.Sum256([]byte(token)), q.now()
	var c Caller
	err := sqlx.GetContext(ctx, q.q, &c, `
		SELECT `+callerColumns+`, s.session_id, s.seen_at
		FROM sessions s
		JOIN api_keys k ON k.workspace_id = s.workspace_id AND k.api_key_id = s.api_key_id
		`+callerJoins+`
		WHERE s.workspace_id = $1 AND s.token_hash = $4 AND `+liveSession,
		workspace, now, now.Add(-SessionIdle), hash[:])
	if err := translate(err); errors.Is(err, ErrNotFound) {
		return c, ErrBadKey
	} else if err != nil {
		return c, fmt.Errorf("looking up a session: %w", err)
	}
	return c, nil
}

// Sessions lists a page of those who are signed in, newest first.
func (q Queries) Sessions(ctx context.Context, workspace uuid.UUID, p Page) ([]Session, error) {
	var all []Session
	now := q.now()
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+sessionColumns+`
		FROM sessions s JOIN api_keys k ON k.workspace_id = s.workspace_id AND k.api_key_id = s.api_key_id
		WHERE s.workspace_id = $1 AND `+liveSession+` AND ($4::uuid IS NULL OR s.session_id < $4)
		ORDER BY s.session_id DESC LIMIT $5`, workspace, now, now.Add(-SessionIdle), nullID(p.After), p.Limit)
	return all, translate(err)
}

// EndSession signs somebody out. It returns ErrNotFound where there is no such session.
func (q Queries) EndSession(ctx context.Context, workspace, id uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `DELETE FROM sessions WHERE workspace_id = $1 AND session_id = $2`, workspace, id)
	return oneRow(result, err)
}

// EndSessions signs everybody out but the one with the given session, which may be uuid.Nil, and returns how many it
// signed out.
func (q Queries) EndSessions(ctx context.Context, workspace, except uuid.UUID) (int, error) {
	result, err := q.q.ExecContext(ctx, `DELETE FROM sessions WHERE workspace_id = $1 AND session_id <> $2`, workspace, except)
	if err != nil {
		return 0, translate(err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// TouchSession records that a session was in use at a time, as TouchAPIKey does.
func (q Queries) TouchSession(ctx context.Context, workspace, id uuid.UUID, at time.Time, age time.Duration) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE sessions SET seen_at = $3 WHERE workspace_id = $1 AND session_id = $2 AND seen_at <= $4`,
		workspace, id, at, at.Add(-age))
	return translate(err)
}

// DeleteOldSessions deletes sessions that ended by themselves before a time.
func (q Queries) DeleteOldSessions(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at < $1 OR seen_at < $2`, before, before.Add(-SessionIdle))
	return translate(err)
}
