package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// UnsubscribeAge is how long the unsubscribe link of an e-mail is good.
const UnsubscribeAge = 90 * 24 * time.Hour

// UnsubscribeToken is what the unsubscribe link in an e-mail carries. It is random, and says nothing by itself.
func (m *Message) UnsubscribeToken() string {
	return base64.RawURLEncoding.EncodeToString(m.Recipient.MailToken[:])
}

// addUnsubscribeLink makes the token that a message by e-mail to a member carries.
func (t *Tx) addUnsubscribeLink(ctx context.Context, m *Message) (err error) {
	if m.Channel != lead.Email || m.Recipient.InCharge {
		return nil
	}
	if m.Recipient.MailToken, err = uuid.NewRandom(); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(m.UnsubscribeToken()))
	if _, err = t.q.ExecContext(ctx, `
		INSERT INTO unsubscribe_links (workspace_id, token_hash, member_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		m.Workspace, hash[:], m.Recipient.MemberID, t.now(), t.now().Add(UnsubscribeAge)); err != nil {
		return fmt.Errorf("making an unsubscribe link: %w", translate(err))
	}
	return nil
}

// Unsubscribe has nothing more sent to the e-mail address of the member who got a message with the token, until they, or
// an admin for them, choose e-mail again. It returns ErrNotFound where the token is no good, or not any more. The token says
// nothing of the workspace, so this is looked for in all.
func (q Queries) Unsubscribe(ctx context.Context, token string) error {
	hash := sha256.Sum256([]byte(token))
	result, err := q.q.ExecContext(ctx, `
		UPDATE members m SET email_off = $2, updated_at = `+afterSQL("$3", "m")+` FROM unsubscribe_links l
		WHERE l.token_hash = $1 AND l.expires_at > $3 AND m.workspace_id = l.workspace_id AND m.member_id = l.member_id
			AND m.removed_at IS NULL`, hash[:], EmailUnsubscribed, q.now())
	return oneRow(result, err)
}

// DeleteOldUnsubscribeLinks deletes links that have expired before a time.
func (q Queries) DeleteOldUnsubscribeLinks(ctx context.Context, before time.Time) error {
	_, err := q.q.ExecContext(ctx, `DELETE FROM unsubscribe_links WHERE expires_at < $1`, before)
	return translate(err)
}
