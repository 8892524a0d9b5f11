package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// ErrBadKey means that an API key is malformed, unknown, expired or revoked; which of them is nobody's business.
var ErrBadKey = errors.New("the API key is not valid")

// An APIKey is a key to one workspace as the store knows it: of the key itself it has only a hash.
type APIKey struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"api_key_id"`
	Role      lead.Role `db:"role"`
	// MemberID is whose copies a member's key sees. GroupID and SourceID are where an integration's leads go.
	MemberID *uuid.UUID `db:"member_id"`
	GroupID  *uuid.UUID `db:"group_id"`
	SourceID *uuid.UUID `db:"source_id"`
	// IntegrationID is the one integration whose external ids an integration's imports may share.
	IntegrationID *uuid.UUID `db:"integration_id"`
	// FirstID is the key at which the chain of rotations began that has led to this one; a key that took no other's place is its
	// own. What a program has brought, and may see again, goes by it.
	FirstID uuid.UUID `db:"first_key_id"`
	// Name says what the key is for, in the words of whoever made it; it may be empty.
	Name       string     `db:"name"`
	CreatedAt  time.Time  `db:"created_at"`
	ExpiresAt  *time.Time `db:"expires_at"`
	RevokedAt  *time.Time `db:"revoked_at"`
	LastUsedAt *time.Time `db:"last_used_at"`
	// Addresses are those from which it was used last, newest first.
	Addresses objects[KeyUse] `db:"addresses"`
}

// A KeyUse is an address from which a key was used, and when that was last, to the minute.
type KeyUse struct {
	Address string    `json:"address"`
	At      time.Time `json:"at"`
}

// keptAddresses bounds the addresses of one key.
const keptAddresses = 10

// A Caller is a valid key's holder or a person who is signed in, and what must be known of their workspace to serve them.
type Caller struct {
	// APIKey is the key. A person has none: then it has their id, name and member, and what their role lets them do.
	APIKey
	// PersonID is who is signed in, nil where a key is used.
	PersonID *uuid.UUID `db:"person_id"`
	// SessionID is that of somebody who is signed in, nil for a program that sends the key itself. SeenAt is when it was last
	// used.
	SessionID *uuid.UUID `db:"session_id"`
	SeenAt    *time.Time `db:"seen_at"`
	// AssignedLeadID is the one copy that is all that somebody may see who opened it by a message's link; nil for others.
	AssignedLeadID *uuid.UUID `db:"assigned_lead_id"`
	// Shut out are the keys of members who are deactivated or removed.
	ShutOut bool `db:"shut_out"`
	// LeadsDistribution and ScheduledDistribution are the workspace's feature switches.
	LeadsDistribution     bool `db:"leads_distribution"`
	ScheduledDistribution bool `db:"scheduled_distribution"`
}

const keyColumns = `k.workspace_id, k.api_key_id, k.role, k.member_id, k.group_id, k.source_id, k.integration_id,
	coalesce(k.first_key_id, k.api_key_id) AS first_key_id, coalesce(k.name, '') AS name, k.created_at, k.expires_at, k.revoked_at, k.last_used_at`

// apiKeyColumns are what is shown of a key; a caller's need no addresses.
const apiKeyColumns = keyColumns + `, k.addresses`

// What is read of a caller c beside their key: the workspace, and whether they are a member who was shut out.
const (
	callerJoins = `JOIN workspaces w ON w.workspace_id = c.workspace_id
		LEFT JOIN members m ON m.workspace_id = c.workspace_id AND m.member_id = c.member_id`
	shutOut = `c.role = 'member' AND (m.active IS NOT TRUE OR m.removed_at IS NOT NULL) AS shut_out`
)

// A token is a prefix that says whether it is a key or a session's, then the workspace's id and randomness in base32. The
// id makes its lookup a query within one workspace, as every other.
const (
	keyPrefix     = "lw_"
	sessionPrefix = "lws_"
	keyRandomness = 24
)

var keyEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// newCredential makes a key or a session's token of a workspace.
func newCredential(prefix string, workspace uuid.UUID) string {
	random := make([]byte, keyRandomness)
	rand.Read(random) // never fails
	return prefix + strings.ToLower(keyEncoding.EncodeToString(append(workspace[:], random...)))
}

// CreateAPIKey makes a key with the role and bindings of k, and returns it with its text, which can not be had again. Where
// the workspace bounds how long keys last, one that names no end gets that, and one that asks for more is refused with a
// *FieldError.
func (q Queries) CreateAPIKey(ctx context.Context, workspace uuid.UUID, k APIKey) (APIKey, string, error) {
	if (k.Role == lead.RoleMember) != (k.MemberID != nil) {
		return k, "", &FieldError{"member_id", "a member's key needs a member, and no other key has one"}
	}
	if k.Role != lead.RoleIntegration && (k.GroupID != nil || k.SourceID != nil) {
		return k, "", &FieldError{"group_id", "only an integration's key is bound to a group or a source"}
	}
	if k.Role != lead.RoleIntegration && k.IntegrationID != nil {
		return k, "", &FieldError{"integration_id", "only an integration's key is bound to an integration"}
	}
	if err := q.checkBindings(ctx, workspace, k); err != nil {
		return k, "", err
	}
	if err := q.boundKey(ctx, workspace, &k); err != nil {
		return k, "", err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return k, "", err
	}
	text := newCredential(keyPrefix, workspace)
	hash := sha256.Sum256([]byte(text))
	insert, args := row{
		{"workspace_id", workspace}, {"api_key_id", id}, {"key_hash", hash[:]}, {"role", string(k.Role)},
		{"member_id", k.MemberID}, {"group_id", k.GroupID}, {"source_id", k.SourceID}, {"name", nullText(k.Name)},
		{"created_at", q.now()}, {"expires_at", k.ExpiresAt}, {"integration_id", k.IntegrationID},
		{"first_key_id", nullID(k.FirstID)},
	}.insert("api_keys AS k")
	err = sqlx.GetContext(ctx, q.q, &k, insert+` RETURNING `+apiKeyColumns, args...)
	return k, text, translate(err)
}

// Origin is whose external ids those are that the key's holder brings. A program's are its own, however often its key was rotated;
// what people bring with other keys is of one origin, by the channel through which it came.
func (k APIKey) Origin(channel string) string {
	if k.Role == lead.RoleIntegration {
		return "key:" + k.FirstID.String()
	}
	return channel
}

// boundKey gives a key the end that its workspace wants keys to have.
func (q Queries) boundKey(ctx context.Context, workspace uuid.UUID, k *APIKey) error {
	w, err := q.Workspace(ctx, workspace)
	if err != nil || w.APIKeyMaxDays == nil {
		return err
	}
	last := q.now().AddDate(0, 0, *w.APIKeyMaxDays)
	if k.ExpiresAt == nil {
		k.ExpiresAt = &last
	} else if k.ExpiresAt.After(last) {
		return &FieldError{"expires_at", fmt.Sprintf("keys of this workspace last %d days at the most; give an earlier time, or none", *w.APIKeyMaxDays)}
	}
	return nil
}

// RotateAPIKey makes a key like one that is good, and has that end at the given time, if it does not end before. It
// returns ErrNotFound where there is no such key, or where it is over.
func (t *Tx) RotateAPIKey(ctx context.Context, workspace, id uuid.UUID, end time.Time) (APIKey, string, error) {
	var old APIKey
	now := t.now()
	if err := sqlx.GetContext(ctx, t.q, &old, `
		SELECT `+apiKeyColumns+` FROM api_keys k
		WHERE k.workspace_id = $1 AND k.api_key_id = $2 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $3)
		FOR UPDATE`, workspace, id, now); err != nil {
		return old, "", translate(err)
	}
	successor := APIKey{
		Role: old.Role, Name: old.Name, MemberID: old.MemberID, GroupID: old.GroupID, SourceID: old.SourceID,
		IntegrationID: old.IntegrationID, FirstID: old.FirstID,
	}
	if old.ExpiresAt != nil { // it lasts as long as the old one was meant to
		expires := now.Add(old.ExpiresAt.Sub(old.CreatedAt))
		successor.ExpiresAt = &expires
	}
	made, text, err := t.CreateAPIKey(ctx, workspace, successor)
	if err != nil {
		return made, "", err
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE api_keys SET expires_at = least(expires_at, $3) WHERE workspace_id = $1 AND api_key_id = $2`, workspace, id, end)
	return made, text, translate(err)
}

// checkBindings returns a *FieldError for a key to a member who was removed, or a group or an integration that was deleted. What
// never was there is the database's to refuse.
func (q Queries) checkBindings(ctx context.Context, workspace uuid.UUID, k APIKey) error {
	if k.MemberID == nil && k.GroupID == nil && k.IntegrationID == nil {
		return nil
	}
	var gone struct {
		Member      bool `db:"member"`
		Group       bool `db:"group"`
		Integration bool `db:"integration"`
	}
	if err := sqlx.GetContext(ctx, q.q, &gone, `
		SELECT EXISTS (SELECT FROM members WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NOT NULL) AS member,
			EXISTS (SELECT FROM groups WHERE workspace_id = $1 AND group_id = $3 AND deleted_at IS NOT NULL) AS "group",
			EXISTS (SELECT FROM integrations WHERE workspace_id = $1 AND integration_id = $4 AND deleted_at IS NOT NULL) AS integration`,
		workspace, k.MemberID, k.GroupID, k.IntegrationID); err != nil {
		return translate(err)
	}
	switch {
	case gone.Member:
		return &FieldError{"member_id", "this member was removed; add them again first"}
	case gone.Group:
		return &FieldError{"group_id", "this group was deleted; choose another"}
	case gone.Integration:
		return &FieldError{"integration_id", "this integration was deleted; choose another"}
	}
	return nil
}

// Authenticate finds the caller who holds a key, or a session that stands for one. It returns ErrBadKey where that is no
// good.
func (q Queries) Authenticate(ctx context.Context, token string) (Caller, error) {
	if workspace, is := workspaceOf(sessionPrefix, token); is {
		return q.callerBySession(ctx, workspace, token)
	}
	workspace, is := workspaceOf(keyPrefix, token)
	if !is {
		return Caller{}, ErrBadKey
	}
	hash := sha256.Sum256([]byte(token))
	var c Caller
	err := sqlx.GetContext(often(ctx), q.q, &c, `
		SELECT c.*, w.leads_distribution, w.scheduled_distribution, `+shutOut+`
		FROM (
			SELECT `+keyColumns+` FROM api_keys k
			WHERE k.workspace_id = $1 AND k.key_hash = $2 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $3)
		) c `+callerJoins, workspace, hash[:], q.now())
	if err := translate(err); errors.Is(err, ErrNotFound) {
		return c, ErrBadKey
	} else if err != nil {
		return c, fmt.Errorf("looking up an API key: %w", err)
	}
	return c, nil
}

// workspaceOf reads the workspace in a token, if the text is one with that prefix.
func workspaceOf(prefix, token string) (workspace uuid.UUID, is bool) {
	text, found := strings.CutPrefix(token, prefix)
	if !found || text != strings.ToLower(text) {
		return uuid.Nil, false
	}
	data, err := keyEncoding.DecodeString(strings.ToUpper(text))
	if err != nil || len(data) != len(uuid.Nil)+keyRandomness {
		return uuid.Nil, false
	}
	return uuid.UUID(data[:len(uuid.Nil)]), true
}

// APIKeys lists a page of a workspace's keys, newest first, those that are no longer valid too.
func (q Queries) APIKeys(ctx context.Context, workspace uuid.UUID, p Page) ([]APIKey, error) {
	var all []APIKey
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+apiKeyColumns+` FROM api_keys k
		WHERE k.workspace_id = $1 AND ($2::uuid IS NULL OR k.api_key_id < $2)
		ORDER BY k.api_key_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit)
	return all, translate(err)
}

// APIKey returns a key, valid or not, ErrNotFound where there is none.
func (q Queries) APIKey(ctx context.Context, workspace, id uuid.UUID) (APIKey, error) {
	var k APIKey
	err := sqlx.GetContext(ctx, q.q, &k, `
		SELECT `+apiKeyColumns+` FROM api_keys k WHERE k.workspace_id = $1 AND k.api_key_id = $2`, workspace, id)
	return k, translate(err)
}

// RevokeAPIKey ends a key. It returns ErrNotFound where there is none, or where it was revoked before.
func (q Queries) RevokeAPIKey(ctx context.Context, workspace, key uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		UPDATE api_keys SET revoked_at = $3
		WHERE workspace_id = $1 AND api_key_id = $2 AND revoked_at IS NULL`, workspace, key, q.now())
	return oneRow(result, err)
}

// ErrLastAdminKey means that a workspace would have no key by which one more can be made.
var ErrLastAdminKey = errors.New("this is the last admin key of the workspace and cannot revoke itself; make another with POST /v1/api-keys, and revoke this one with it")

// GiveUpAPIKey has a key revoke itself, unless it is the workspace's last valid one for admins: then it returns ErrLastAdminKey. Of two
// that give themselves up at once, one stays.
func (t *Tx) GiveUpAPIKey(ctx context.Context, workspace, key uuid.UUID) error {
	if err := t.take(ctx, lockPeople, workspace); err != nil {
		return err
	}
	var last bool
	if err := sqlx.GetContext(ctx, t.q, &last, `
		SELECT role = $3 AND NOT EXISTS (SELECT 1 FROM api_keys o WHERE o.workspace_id = $1 AND o.api_key_id <> $2 AND o.role = $3
			AND o.revoked_at IS NULL AND (o.expires_at IS NULL OR o.expires_at > $4))
		FROM api_keys WHERE workspace_id = $1 AND api_key_id = $2`, workspace, key, string(lead.RoleAdmin), t.now()); err != nil {
		return translate(err)
	}
	if last {
		return ErrLastAdminKey
	}
	return t.RevokeAPIKey(ctx, workspace, key)
}

// TouchAPIKey records that a key was in use at a time, from an address, which may be empty. It writes nothing where an
// earlier record of that address is younger than the given age, so that servers who notice the same use write it once.
func (q Queries) TouchAPIKey(ctx context.Context, workspace, key uuid.UUID, address string, at time.Time, age time.Duration) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE api_keys SET last_used_at = greatest(last_used_at, $3), addresses = CASE WHEN $5 = '' THEN addresses ELSE (
			SELECT jsonb_agg(u ORDER BY u ->> 'at' DESC) FROM (
				SELECT jsonb_build_object('address', $5::text, 'at', $6::text) AS u
				UNION ALL (
					SELECT e FROM jsonb_array_elements(addresses) e WHERE e ->> 'address' <> $5
					ORDER BY e ->> 'at' DESC LIMIT $7
				)
			) AS uses) END
		WHERE workspace_id = $1 AND api_key_id = $2 AND (last_used_at IS NULL OR last_used_at <= $4
			OR $5 <> '' AND NOT addresses @> jsonb_build_array(jsonb_build_object('address', $5::text)))`,
		workspace, key, at, at.Add(-age), address, at.UTC().Format(time.RFC3339), keptAddresses-1)
	return translate(err)
}
