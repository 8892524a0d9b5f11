package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// TelegramLinkAge is how long a link that connects a chat is good.
const TelegramLinkAge = 24 * time.Hour

// linkRandomness is in bytes. With the workspace's id, which makes the lookup a query within one workspace, a token is
// well within the 64 characters that Telegram passes on.
const linkRandomness = 24

// ErrBadLink means that a link's token is malformed, unknown, expired, or used by another chat.
var ErrBadLink = errors.New("the link is not valid any more")

// CreateTelegramLink makes a token with which a chat is connected to a member, once, within TelegramLinkAge. It returns
// ErrNotFound where there is no such member.
func (q Queries) CreateTelegramLink(ctx context.Context, workspace, member uuid.UUID) (token string, expires time.Time, err error) {
	secret := make([]byte, linkRandomness)
	rand.Read(secret) // never fails
	token = base64.RawURLEncoding.EncodeToString(append(workspace[:], secret...))
	hash := sha256.Sum256([]byte(token))
	expires = q.now().Add(TelegramLinkAge)
	result, err := q.q.ExecContext(ctx, `
		INSERT INTO telegram_links (workspace_id, token_hash, member_id, created_at, expires_at)
		SELECT workspace_id, $3, member_id, $4, $5 FROM members
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member, hash[:], q.now(), expires)
	return token, expires, oneRow(result, err)
}

// LinkTelegram connects a chat to the member for whom a token was made, and returns who that is. Telegram may tell of the
// same message twice, so the chat may use it again for as long as it is the member's; once it was taken from them, it
// needs a new one. It returns ErrBadLink where the token is no good.
func (t *Tx) LinkTelegram(ctx context.Context, token, chat string) (Member, error) {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) != len(uuid.Nil)+linkRandomness {
		return Member{}, ErrBadLink
	}
	workspace := uuid.UUID(data[:len(uuid.Nil)])
	hash := sha256.Sum256([]byte(token))
	var member uuid.UUID
	err = translate(sqlx.GetContext(ctx, t.q, &member, `
		UPDATE telegram_links l SET used_by = $3
		WHERE l.workspace_id = $1 AND l.token_hash = $2 AND l.expires_at > $4 AND (l.used_by IS NULL OR l.used_by = $3 AND EXISTS (
			SELECT 1 FROM members m WHERE m.workspace_id = l.workspace_id AND m.member_id = l.member_id AND m.telegram_chat_id = $3))
		RETURNING l.member_id`, workspace, hash[:], chat, t.now()))
	if errors.Is(err, ErrNotFound) {
		return Member{}, ErrBadLink
	}
	if err != nil {
		return Member{}, fmt.Errorf("using a link: %w", err)
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE members SET telegram_chat_id = $3, updated_at = `+afterSQL("$4", "members")+`
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member, chat, t.now()); err != nil {
		return Member{}, translate(err)
	}
	m, err := t.Member(ctx, workspace, member)
	if errors.Is(err, ErrNotFound) {
		return m, ErrBadLink
	}
	return m, err
}

// DeleteOldTelegramLinks deletes links that have expired before a time.
func (q Queries) DeleteOldTelegramLinks(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM telegram_links WHERE expires_at < $1`, before)
	return translate(err)
}
