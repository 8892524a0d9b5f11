package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// fedFor is how long a message that was handed to the queue has before it is handed over again.
const fedFor = 20 * time.Second

// A DueMessage is a member to whom messages are owed by a channel.
type DueMessage struct {
	Workspace uuid.UUID    `db:"workspace_id"`
	Member    uuid.UUID    `db:"member_id"`
	Channel   lead.Channel `db:"channel"`
}

// FeedMessages finds to whom messages are due, of the limit's number that are due the longest, and notes that they are
// handed to the queue: what is still owed a while later is found again. Members for whom more has just come in are left
// for the next round, so that a burst becomes one message.
func (q Queries) FeedMessages(ctx context.Context, limit int) ([]DueMessage, error) {
	now := q.now()
	var due []DueMessage
	err := sqlx.SelectContext(often(ctx), q.q, &due, `
		WITH looked_at AS (
			SELECT workspace_id, member_id, channel, created_at FROM notifications
			WHERE state = 'owed' AND send_at <= $1 ORDER BY send_at LIMIT $2
		), recipients AS (
			SELECT workspace_id, member_id, channel, min(created_at) AS oldest
			FROM looked_at GROUP BY 1, 2, 3
		), ready AS (
			SELECT * FROM recipients r
			WHERE r.oldest <= $4 OR NOT EXISTS (
				SELECT 1 FROM notifications n
				WHERE n.workspace_id = r.workspace_id AND n.member_id = r.member_id AND n.channel = r.channel
					AND n.state = 'owed' AND n.kind = 'leads' AND n.created_at > $3)
		), fed AS (
			UPDATE notifications n SET send_at = $5 FROM ready r
			WHERE n.workspace_id = r.workspace_id AND n.member_id = r.member_id AND n.channel = r.channel
				AND n.state = 'owed' AND n.send_at <= $1
		)
		SELECT workspace_id, member_id, channel FROM ready`,
		now, limit, now.Add(-gatherFor), now.Add(-gatherMost), now.Add(fedFor))
	return due, translate(err)
}

// A MessageBacklog is what is owed by a channel.
type MessageBacklog struct {
	Channel lead.Channel `db:"channel"`
	Owed    int          `db:"owed"`
	// Oldest is since when the oldest is owed that is due, or was tried; those that wait for quiet hours to end are not.
	Oldest *time.Time `db:"oldest"`
}

// MessageBacklogs counts what is owed, over all workspaces.
func (q Queries) MessageBacklogs(ctx context.Context) (map[lead.Channel]MessageBacklog, error) {
	var rows []MessageBacklog
	err := sqlx.SelectContext(often(ctx), q.q, &rows, `
		SELECT channel, count(*) AS owed, min(created_at) FILTER (WHERE attempts > 0 OR send_at <= $1) AS oldest
		FROM notifications WHERE state = 'owed' GROUP BY channel`, q.now().Add(fedFor))
	all := make(map[lead.Channel]MessageBacklog, len(rows))
	for _, r := range rows {
		all[r.Channel] = r
	}
	return all, translate(err)
}
