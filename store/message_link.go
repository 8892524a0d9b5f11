package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// MessageLinkAge is how long the link in a message opens the copy that it tells of.
const MessageLinkAge = 24 * time.Hour

// messageLinkPrefix begins what stands in such a link.
const messageLinkPrefix = "lwm_"

// A MessageLink opens one copy for its member.
type MessageLink struct {
	Workspace      uuid.UUID `db:"workspace_id"`
	Hash           []byte    `db:"token_hash"`
	MemberID       uuid.UUID `db:"member_id"`
	AssignedLeadID uuid.UUID `db:"assigned_lead_id"`
	ExpiresAt      time.Time `db:"expires_at"`
}

// IsMessageLink says whether a link's token is that of a message's and not a person's.
func IsMessageLink(token string) bool { return strings.HasPrefix(token, messageLinkPrefix) }

// addMessageLinks makes the links to the copies that a message shows, unless the workspace wants none. Of what is in them the database
// has a hash, so that each attempt to send the message makes new ones.
func (t *Tx) addMessageLinks(ctx context.Context, m *Message) error {
	if !m.Recipient.Links || len(m.Leads) == 0 || m.Kind.OfOffers() || m.Kind == NotifyUnanswered || m.Kind == NotifyUndone {
		return nil
	}
	var hashes [][]byte
	var copies []uuid.UUID
	for i := range m.Leads {
		m.Leads[i].LinkToken = newCredential(messageLinkPrefix, m.Workspace)
		hash := sha256.Sum256([]byte(m.Leads[i].LinkToken))
		hashes, copies = append(hashes, hash[:]), append(copies, m.Leads[i].ID)
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO message_links (workspace_id, token_hash, member_id, assigned_lead_id, created_at, expires_at)
		SELECT $1, hash, $2, copy, $3, $4 FROM unnest($5::bytea[], $6::uuid[]) AS l (hash, copy)`,
		m.Workspace, m.Recipient.MemberID, t.now(), t.now().Add(MessageLinkAge), hashes, uuids(copies))
	if err != nil {
		return fmt.Errorf("making the links of a message: %w", translate(err))
	}
	return nil
}

// OpenMessageLink returns what a message's link opens, as often as it is opened. It returns ErrBadLink where that is nothing, or not any
// more: it is a day old, the workspace wants no such links, the member is not active, or the copy is not theirs or was erased.
func (t *Tx) OpenMessageLink(ctx context.Context, token string) (l MessageLink, err error) {
	workspace, is := workspaceOf(messageLinkPrefix, token)
	if !is {
		return l, ErrBadLink
	}
	hash := sha256.Sum256([]byte(token))
	err = translate(sqlx.GetContext(ctx, t.q, &l, `
		SELECT l.workspace_id, l.token_hash, l.member_id, l.assigned_lead_id, l.expires_at
		FROM message_links l JOIN workspaces w ON w.workspace_id = l.workspace_id AND w.message_links
		JOIN members m ON m.workspace_id = l.workspace_id AND m.member_id = l.member_id AND m.active AND m.removed_at IS NULL
		JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.assigned_lead_id = l.assigned_lead_id
			AND a.member_id = l.member_id AND a.erased_at IS NULL
		WHERE l.workspace_id = $1 AND l.token_hash = $2 AND l.expires_at > $3 FOR SHARE OF l`, workspace, hash[:], t.now()))
	if errors.Is(err, ErrNotFound) {
		err = ErrBadLink
	}
	return l, err
}

// endMessageLinks ends the links of a member, or of all, and with them the sessions that they began.
func (t *Tx) endMessageLinks(ctx context.Context, workspace, member uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		DELETE FROM message_links WHERE workspace_id = $1 AND ($2::uuid IS NULL OR member_id = $2)`, workspace, nullID(member))
	return translate(err)
}

// DeleteOldMessageLinks deletes links that were no good any more at a time.
func (q Queries) DeleteOldMessageLinks(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM message_links WHERE expires_at < $1`, before)
	return translate(err)
}
