package store

import (
	"context"
	"encoding/base64"

	"github.com/google/uuid"
)

// UnsubscribeToken is what the unsubscribe link in an e-mail carries.
func (m *Message) UnsubscribeToken() string {
	text := make([]byte, 0, 3*len(uuid.Nil))
	for _, id := range []uuid.UUID{m.Workspace, m.Recipient.MemberID, m.Recipient.MailToken} {
		text = append(text, id[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// Unsubscribe has nothing more sent to the e-mail address of the member who got a message with the token, until they, or
// an admin for them, choose e-mail again. It returns ErrNotFound where the token is no good.
func (q Queries) Unsubscribe(ctx context.Context, token string) error {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(data) != 3*len(uuid.Nil) {
		return ErrNotFound
	}
	const id = len(uuid.Nil)
	result, err := q.q.ExecContext(ctx, `
		UPDATE members SET email_off = $4, updated_at = $5
		WHERE workspace_id = $1 AND member_id = $2 AND mail_token = $3 AND removed_at IS NULL`,
		uuid.UUID(data[:id]), uuid.UUID(data[id:2*id]), uuid.UUID(data[2*id:]), EmailUnsubscribed, q.now())
	return oneRow(result, err)
}
