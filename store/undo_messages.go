package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// toldSlack is how much earlier than a copy the messages about it are looked for: ids and times are by different clocks.
const toldSlack = time.Hour

// dropMessages takes copies that go back out of messages that were not sent. Members who were told of them, or may have been, are owed that
// they were taken back.
func (b *takingBack) dropMessages(ctx context.Context) error {
	var copies, members []uuid.UUID
	told := make(map[uuid.UUID]bool)
	first := b.now()
	for _, c := range b.gone {
		if c.Told == 0 {
			continue
		}
		copies, members = append(copies, c.ID), append(members, c.Member)
		if c.AssignedAt.Before(first) {
			first = c.AssignedAt
		}
	}
	if len(copies) == 0 {
		return nil
	}
	var rows []struct {
		ID uuid.UUID `db:"notification_id"`
		// Sent says that it may have been, and Held that a worker has it in hand: it is not to be changed then.
		Sent   bool `db:"sent"`
		Held   bool `db:"held"`
		Copies IDs  `db:"copies"`
	}
	if err := sqlx.SelectContext(ctx, b.q, &rows, `
		SELECT n.notification_id, n.state = 'sent' OR n.attempts > 0 AND n.state = 'owed' AS sent,
			n.state <> 'owed' OR coalesce(n.leased_until > $4, false) AS held,
			ARRAY(SELECT c FROM unnest(n.assigned_lead_ids) AS c WHERE c IN (SELECT unnest($3::uuid[]))) AS copies
		FROM notifications n
		WHERE n.workspace_id = $1 AND n.member_id = ANY($2::uuid[]) AND n.kind = 'leads' AND n.notification_id >= $5
		ORDER BY n.notification_id FOR UPDATE OF n`,
		b.workspace, uuids(distinct(members)), uuids(copies), b.now(), oldestID(first.Add(-toldSlack))); err != nil {
		return fmt.Errorf("finding who was told of %d copies: %w", len(copies), translate(err))
	}
	var unsent []uuid.UUID
	for _, r := range rows {
		for _, id := range r.Copies {
			told[id] = told[id] || r.Sent
		}
		if len(r.Copies) > 0 && !r.Held {
			unsent = append(unsent, r.ID)
		}
	}
	if err := b.leaveOut(ctx, unsent, copies); err != nil {
		return err
	}
	return b.tellTakenBack(ctx, told)
}

// leaveOut takes copies out of messages. Those that have nothing else to tell are dropped.
func (b *takingBack) leaveOut(ctx context.Context, messages, copies []uuid.UUID) error {
	if len(messages) == 0 {
		return nil
	}
	for _, statement := range []string{`
		UPDATE assigned_leads a SET messages = a.messages - d.n
		FROM (SELECT c AS assigned_lead_id, count(*) AS n FROM notifications n CROSS JOIN LATERAL unnest(n.assigned_lead_ids) AS c
			WHERE n.workspace_id = $1 AND n.notification_id = ANY($2::uuid[]) AND c IN (SELECT unnest($3::uuid[])) GROUP BY 1) d
		WHERE a.workspace_id = $1 AND a.assigned_lead_id = d.assigned_lead_id`, `
		UPDATE notifications n SET assigned_lead_ids = ARRAY(
			SELECT c FROM unnest(n.assigned_lead_ids) WITH ORDINALITY AS c (c, place) WHERE c NOT IN (SELECT unnest($3::uuid[])) ORDER BY place)
		WHERE n.workspace_id = $1 AND n.notification_id = ANY($2::uuid[])`, `
		DELETE FROM notifications n WHERE n.workspace_id = $1 AND n.notification_id = ANY($2::uuid[]) AND n.assigned_lead_ids = '{}'
			AND $3::uuid[] IS NOT NULL`,
	} {
		if _, err := b.q.ExecContext(ctx, statement, b.workspace, uuids(messages), uuids(copies)); err != nil {
			return fmt.Errorf("taking copies out of %d messages: %w", len(messages), translate(err))
		}
	}
	return nil
}

// tellTakenBack owes those who were told of copies that they were taken back, by the channels that they have now.
func (b *takingBack) tellTakenBack(ctx context.Context, told map[uuid.UUID]bool) error {
	var decisions []decision
	for _, c := range b.gone {
		if told[c.ID] {
			decisions = append(decisions, decision{member: c.Member, copy: c.ID})
		}
	}
	by, err := b.told(ctx, b.workspace, decisions)
	if err != nil {
		return err
	}
	for i := range decisions {
		decisions[i].tell = by[decisions[i].member]
	}
	return b.oweAs(ctx, b.workspace, NotifyUndone, decisions)
}

// distinct are the ids, each once.
func distinct(ids []uuid.UUID) (each []uuid.UUID) {
	seen := make(map[uuid.UUID]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			each = append(each, id)
		}
	}
	return each
}
