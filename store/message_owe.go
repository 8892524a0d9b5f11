package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// gatherFor is how long a message waits for more to say, counted from the last lead it tells of: a burst becomes one
// message. gatherMost is how long it waits at the most, counted from the first.
const (
	gatherFor  = 2 * time.Second
	gatherMost = 15 * time.Second
)

// reachRow is how a member can be told of their leads.
type reachRow struct {
	Chat     bool                    `db:"has_chat"`
	Mail     bool                    `db:"has_mail"`
	NotifyBy textArray[lead.Channel] `db:"notify_by"`
}

const reachColumns = `telegram_chat_id IS NOT NULL AS has_chat, email IS NOT NULL AND email_off IS NULL AS has_mail, notify_by`

// channels are those by which the member is to be told, of those that the installation has.
func (r reachRow) channels(installed []lead.Channel) []lead.Channel {
	return lead.ChooseChannels(r.NotifyBy, r.reach(installed))
}

// reach lists the channels that reach the member, of those that the installation has.
func (r reachRow) reach(installed []lead.Channel) []lead.Channel {
	if len(installed) == 0 {
		return nil
	}
	var reach []lead.Channel
	for _, c := range lead.Channels() {
		if (c == lead.Telegram && r.Chat || c == lead.Email && r.Mail) && slices.Contains(installed, c) {
			reach = append(reach, c)
		}
	}
	return reach
}

// ringID names one version of a group's ring.
type ringID struct {
	group   uuid.UUID
	version int
}

// chooseTold decides which members are told of the copies that they get, and by which channels. It is part of the
// transaction that gives them, and asks nothing where the installation sends no messages.
func (t *Tx) chooseTold(ctx context.Context, workspace uuid.UUID, decisions []decision) error {
	told, err := t.told(ctx, workspace, decisions)
	if err != nil || len(told) == 0 {
		return err
	}
	rings, err := t.ringsOf(ctx, workspace, decisions, told)
	if err != nil {
		return err
	}
	for i, one := range decisions {
		if one.reason == "" && !muted(one, rings) {
			decisions[i].tell = told[one.member]
		}
	}
	return nil
}

// owe writes the messages that tell members of the copies that were recorded: one a member and channel.
func (t *Tx) owe(ctx context.Context, workspace uuid.UUID, decisions []decision) error {
	return t.oweAs(ctx, workspace, NotifyLeads, decisions)
}

// oweAs writes messages of a kind about copies.
func (t *Tx) oweAs(ctx context.Context, workspace uuid.UUID, kind NotificationKind, decisions []decision) (err error) {
	type recipient struct {
		member  uuid.UUID
		channel lead.Channel
	}
	messages := make(map[recipient]uuid.UUID)
	var ids, members, copies []uuid.UUID
	var channels []string
	for _, one := range decisions {
		for _, channel := range one.tell {
			to := recipient{one.member, channel}
			if _, has := messages[to]; !has {
				if messages[to], err = uuid.NewV7(); err != nil {
					return err
				}
			}
			ids, members, copies = append(ids, messages[to]), append(members, one.member), append(copies, one.copy)
			channels = append(channels, string(channel))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err = t.q.ExecContext(ctx, `
		INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, send_at, created_at)
		SELECT $1, id, member_id, $8, channel, array_agg(copy_id), $2, $3
		FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::uuid[]) AS m (id, member_id, channel, copy_id)
		GROUP BY id, member_id, channel`,
		workspace, t.now().Add(gatherFor), t.now(), uuids(ids), uuids(members), texts(channels), uuids(copies), string(kind))
	if err != nil {
		return fmt.Errorf("noting who is to be told: %w", translate(err))
	}
	return nil
}

// told finds the members with new copies who can be told of them, and by which channels they are to be.
func (t *Tx) told(ctx context.Context, workspace uuid.UUID, decisions []decision) (map[uuid.UUID][]lead.Channel, error) {
	if len(t.channels) == 0 {
		return nil, nil
	}
	seen := make(map[uuid.UUID]bool)
	var members []uuid.UUID
	for _, one := range decisions {
		if one.reason == "" && !seen[one.member] {
			seen[one.member] = true
			members = append(members, one.member)
		}
	}
	if len(members) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID uuid.UUID `db:"member_id"`
		reachRow
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT member_id, `+reachColumns+` FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND (telegram_chat_id IS NOT NULL OR email IS NOT NULL)`,
		workspace, uuids(members)); err != nil {
		return nil, fmt.Errorf("reading who is to be told: %w", translate(err))
	}
	told := make(map[uuid.UUID][]lead.Channel, len(rows))
	for _, m := range rows {
		if by := m.channels(t.channels); len(by) > 0 {
			told[m.ID] = by
		}
	}
	return told, nil
}

// ringsOf reads the rings that chose the members who can be told, for what they say about whether they are to be.
func (t *Tx) ringsOf(ctx context.Context, workspace uuid.UUID, decisions []decision, told map[uuid.UUID][]lead.Channel) (map[ringID]lead.Ring, error) {
	rings := make(map[ringID]lead.Ring)
	var groups []uuid.UUID
	var versions []int
	for _, one := range decisions {
		id := ringID{one.GroupID.UUID, one.version}
		if _, known := rings[id]; !known && one.version > 0 && told[one.member] != nil {
			rings[id] = lead.Ring{}
			groups, versions = append(groups, id.group), append(versions, id.version)
		}
	}
	if len(groups) == 0 {
		return rings, nil
	}
	var rows []ringRow
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT `+ringColumns+` FROM rings r
		JOIN unnest($2::uuid[], $3::int[]) AS wanted (group_id, version) USING (group_id, version)
		WHERE r.workspace_id = $1`, workspace, uuids(groups), ints(versions)); err != nil {
		return nil, fmt.Errorf("reading who is to be told: %w", translate(err))
	}
	for _, r := range rows {
		rings[ringID{r.GroupID, r.Version}] = r.ring()
	}
	return rings, nil
}

// muted reports whether the slot whose turn it was says that the member is not to be told. Whoever was chosen in the
// place of another is.
func muted(one decision, rings map[ringID]lead.Ring) bool {
	ring := rings[ringID{one.GroupID.UUID, one.version}]
	if len(ring.Slots) == 0 || one.MovedFrom.Valid {
		return false
	}
	return slices.ContainsFunc(ring.SlotOf(one.turn), func(r lead.Receiver) bool {
		return r.MemberID == one.member && !r.Notify
	})
}
