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

// A Session is a person who is signed in, or somebody with an API key. They may do what the person or the key may, for as long
// as that and the session are good.
type Session struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"session_id"`
	// PersonID or APIKeyID is whose it is, or Link what began it, with which it ends; the others are nil.
	PersonID *uuid.UUID `db:"person_id"`
	APIKeyID *uuid.UUID `db:"api_key_id"`
	Link     []byte     `db:"link_hash"`
	// Address is where they signed in from, Browser what their browser calls itself. Either may be empty.
	Address string `db:"address"`
	Browser string `db:"browser"`
	// SeenAt is when it was last used, to the minute.
	CreatedAt time.Time `db:"created_at"`
	SeenAt    time.Time `db:"seen_at"`
	ExpiresAt time.Time `db:"expires_at"`
}

const sessionColumns = `s.workspace_id, s.session_id, s.person_id, s.api_key_id, s.link_hash, s.address, s.browser, s.created_at, s.seen_at, s.expires_at`

// A session's holders are a person p, a key k or who was sent a link l. liveSession is the condition under which it can be used at time $2; $3 is when
// one must have been seen to be not idle.
const (
	sessionHolders = `LEFT JOIN people p ON p.workspace_id = s.workspace_id AND p.person_id = s.person_id
		LEFT JOIN api_keys k ON k.workspace_id = s.workspace_id AND k.api_key_id = s.api_key_id
		LEFT JOIN message_links l ON l.workspace_id = s.workspace_id AND l.token_hash = s.link_hash`
	liveSession = `s.expires_at > $2 AND s.seen_at > $3 AND (p.person_id IS NOT NULL AND p.removed_at IS NULL OR l.expires_at > $2
		OR k.api_key_id IS NOT NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2))`
)

// BeginSession signs somebody in, a person or who holds a key. It returns the session with its token, which can not be had again.
func (q Queries) BeginSession(ctx context.Context, s Session) (Session, string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return s, "", err
	}
	now, token := q.now(), newCredential(sessionPrefix, s.Workspace)
	hash := sha256.Sum256([]byte(token))
	err = sqlx.GetContext(ctx, q.q, &s, `
		INSERT INTO sessions AS s (workspace_id, session_id, token_hash, person_id, api_key_id, address, browser, created_at, seen_at, expires_at, link_hash)
		VALUES ($1, $2, $3, $9, $4, $5, $6, $7, $7, $8, $10)
		RETURNING `+sessionColumns, s.Workspace, id, hash[:], s.APIKeyID, s.Address, s.Browser, now, now.Add(SessionAge), s.PersonID, s.Link)
	return s, token, translate(err)
}

// callerBySession finds who is signed in with a token, ErrBadKey where it is no good.
func (q Queries) callerBySession(ctx context.Context, workspace uuid.UUID, token string) (Caller, error) {
	hash, now := sha256.Sum256([]byte(token)), q.now()
	var c Caller
	err := sqlx.GetContext(often(ctx), q.q, &c, `
		SELECT c.*, w.leads_distribution, w.scheduled_distribution, `+shutOut+`
		FROM (
			SELECT s.workspace_id, s.session_id, s.seen_at, s.person_id, coalesce(p.person_id, k.api_key_id, l.member_id) AS api_key_id,
				coalesce(p.person_id, k.first_key_id, k.api_key_id, l.member_id) AS first_key_id,
				CASE p.role WHEN 'agent' THEN 'member' ELSE coalesce(p.role, k.role, 'member') END AS role,
				CASE p.role WHEN 'agent' THEN p.member_id ELSE coalesce(k.member_id, l.member_id) END AS member_id, l.assigned_lead_id, k.group_id, k.source_id, k.integration_id,
				coalesce(p.name, k.name, '') AS name, coalesce(p.created_at, k.created_at, l.created_at) AS created_at, k.expires_at, k.revoked_at, k.last_used_at
			FROM sessions s `+sessionHolders+`
			WHERE s.workspace_id = $1 AND s.token_hash = $4 AND `+liveSession+`
		) c `+callerJoins,
		workspace, now, now.Add(-SessionIdle), hash[:])
	if err := translate(err); errors.Is(err, ErrNotFound) {
		return c, ErrBadKey
	} else if err != nil {
		return c, fmt.Errorf("looking up a session: %w", err)
	}
	return c, nil
}

// Sessions lists a page of those who are signed in, newest first; with a person or a key, theirs only.
func (q Queries) Sessions(ctx context.Context, workspace, person uuid.UUID, p Page) ([]Session, error) {
	var all []Session
	now := q.now()
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+sessionColumns+`
		FROM sessions s `+sessionHolders+`
		WHERE s.workspace_id = $1 AND `+liveSession+` AND ($4::uuid IS NULL OR s.session_id < $4) AND ($6::uuid IS NULL OR s.person_id = $6 OR s.api_key_id = $6)
		ORDER BY s.session_id DESC LIMIT $5`, workspace, now, now.Add(-SessionIdle), nullID(p.After), p.Limit, nullID(person))
	return all, translate(err)
}

// EndSession signs somebody out. It returns ErrNotFound where there is no such session or, with a person or a key,
// none of theirs.
func (q Queries) EndSession(ctx context.Context, workspace, person, id uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		DELETE FROM sessions WHERE workspace_id = $1 AND session_id = $2 AND ($3::uuid IS NULL OR person_id = $3 OR api_key_id = $3)`, workspace, id, nullID(person))
	return oneRow(result, err)
}

// EndSessions ends all sessions, or with a person or a key theirs, but the given one, which may be uuid.Nil, and returns how many it
// ended.
func (q Queries) EndSessions(ctx context.Context, workspace, person, except uuid.UUID) (int, error) {
	result, err := q.q.ExecContext(ctx, `
		DELETE FROM sessions WHERE workspace_id = $1 AND session_id <> $2 AND ($3::uuid IS NULL OR person_id = $3 OR api_key_id = $3)`, workspace, except, nullID(person))
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
