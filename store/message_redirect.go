package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// redirect has messages that are given up on by a channel go by the next one that reaches the member, and returns how many
// fail: tests, those that came from another channel already, and all where there is no other channel. Of what they are told
// by that channel anyway, because they chose both or chose anew, nothing is told twice.
func (t *Tx) redirect(ctx context.Context, workspace uuid.UUID, owed []owedRow, from lead.Channel, to recipientRow, said string) (failed int, err error) {
	reach := to.reachBeside(from, t.channels)
	var known map[uuid.UUID]bool
	if len(reach) > 0 {
		if known, err = t.toldBy(ctx, workspace, to.MemberID, reach[0], owed); err != nil {
			return 0, err
		}
	}
	for _, o := range owed {
		told, rest := split(o.Copies, known)
		switch {
		case len(reach) == 0 || o.Kind == NotifyTest || o.FallbackFrom != "" || len(rest) == 0:
			failed++
			err = t.failOwed(ctx, workspace, []uuid.UUID{o.ID}, said)
		case len(told) == 0:
			err = t.sendBy(ctx, workspace, o.ID, reach[0], from, said)
		default: // the rest parts from what is told, so that each copy stays in as many messages as before
			if err = t.keep(ctx, workspace, o.ID, told, said); err == nil {
				err = t.oweRest(ctx, workspace, o, rest, reach[0], from, said)
			}
		}
		if err != nil {
			return failed, fmt.Errorf("having a message go by %s: %w", reach, err)
		}
	}
	return failed, nil
}

// reachBeside lists the channels that reach the member but for one, of those that the installation has.
func (r reachRow) reachBeside(channel lead.Channel, installed []lead.Channel) []lead.Channel {
	return slices.DeleteFunc(r.reach(installed), func(c lead.Channel) bool { return c == channel })
}

// toldBy finds which of the copies that messages tell of the member is told by another one, by a channel.
func (t *Tx) toldBy(ctx context.Context, workspace, member uuid.UUID, channel lead.Channel, owed []owedRow) (map[uuid.UUID]bool, error) {
	var copies, ids []uuid.UUID
	for _, o := range owed {
		copies, ids = append(copies, o.Copies...), append(ids, o.ID)
	}
	var found []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &found, `
		SELECT DISTINCT copy FROM notifications, unnest(assigned_lead_ids) AS copy
		WHERE workspace_id = $1 AND member_id = $2 AND channel = $3 AND kind = $6 AND NOT notification_id = ANY($4::uuid[])
			AND assigned_lead_ids && $5::uuid[]`, workspace, member, string(channel), uuids(ids), uuids(copies), string(owed[0].Kind)); err != nil {
		return nil, translate(err)
	}
	known := make(map[uuid.UUID]bool, len(found))
	for _, id := range found {
		known[id] = true
	}
	return known, nil
}

func split(copies []uuid.UUID, known map[uuid.UUID]bool) (told, rest []uuid.UUID) {
	for _, id := range copies {
		if known[id] {
			told = append(told, id)
		} else {
			rest = append(rest, id)
		}
	}
	return told, rest
}

// sendBy has a message go by another channel, whose attempts are its own.
func (t *Tx) sendBy(ctx context.Context, workspace, id uuid.UUID, by, from lead.Channel, said string) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET channel = $3, fallback_from = $4, error = $5, send_at = $6, leased_until = NULL, attempts = 0
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed'`,
		workspace, id, string(by), string(from), fallbackError(by, from, said), t.now())
	return translate(err)
}

func fallbackError(by, from lead.Channel, said string) string {
	return string(from) + ": " + said + "; sent by " + string(by) + " instead"
}

// keep gives up on a message, which tells of these copies only.
func (t *Tx) keep(ctx context.Context, workspace, id uuid.UUID, copies []uuid.UUID, said string) error {
	if _, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET assigned_lead_ids = $3::uuid[] WHERE workspace_id = $1 AND notification_id = $2`,
		workspace, id, uuids(copies)); err != nil {
		return translate(err)
	}
	return t.failOwed(ctx, workspace, []uuid.UUID{id}, said)
}

// oweRest owes the copies of a message that nobody told of yet by another channel.
func (t *Tx) oweRest(ctx context.Context, workspace uuid.UUID, o owedRow, copies []uuid.UUID, by, from lead.Channel, said string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = t.q.ExecContext(ctx, `
		INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, send_at, created_at,
			owed_at, fallback_from, error)
		SELECT workspace_id, $3, member_id, kind, $4, $5::uuid[], $6, created_at, owed_at, $7, $8 FROM notifications
		WHERE workspace_id = $1 AND notification_id = $2`,
		workspace, o.ID, id, string(by), uuids(copies), t.now(), string(from), fallbackError(by, from, said))
	return translate(err)
}
