package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// ShareRounds is how many rounds of a ring shares are counted over.
const ShareRounds = 4

// A Share is what a member got of the last rounds of a ring's present version.
type Share struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Group     uuid.UUID `db:"group_id"`
	Version   int       `db:"version"`
	// Turns is how many turns the version has handed out, Counted over how many of them the member's share is counted.
	Turns   int64 `db:"turns"`
	Counted int   `db:"counted"`
	// Size is how many slots the ring has, Slots how many of them are the member's.
	Size     int       `db:"size"`
	MemberID uuid.UUID `db:"member_id"`
	Slots    int       `db:"slots"`
	Active   bool      `db:"active"`
	// Steady members have not been changed since the counted turns began, and have neither hours, absences nor caps.
	Steady bool `db:"steady"`
	// Leads is how many leads went, or will go at their time, to the member.
	Leads int `db:"leads"`
}

// sharesOf counts each member's part of the last turns of the rings in "ends", which says for each where its turns end.
// Turns say who is to get a lead now or later; history says whose came to nothing.
const sharesOf = `
	, ring AS (
		SELECT r.workspace_id, r.group_id, r.version, r.slots, jsonb_array_length(r.slots) AS size, ends.turn AS ends,
			ends.turn - r.first_turn AS turns, least(ends.turn - r.first_turn, $1 * jsonb_array_length(r.slots))::int AS counted
		FROM ends JOIN rings r USING (workspace_id, group_id, version)
	), listed AS (
		SELECT workspace_id, group_id, (m ->> 'member_id')::uuid AS member_id, count(*) AS slots
		FROM ring, jsonb_array_elements(slots) AS slot, jsonb_array_elements(slot) AS m GROUP BY 1, 2, 3
	), dealt AS (
		SELECT ring.workspace_id, ring.group_id, m.member_id, count(*) AS leads
		FROM ring JOIN turns t ON (t.workspace_id, t.group_id, t.version) = (ring.workspace_id, ring.group_id, ring.version)
			AND t.turn >= ring.ends - ring.counted AND t.turn < ring.ends AND t.lead_id IS NOT NULL
		CROSS JOIN LATERAL (SELECT (m ->> 'member_id')::uuid AS member_id
			FROM jsonb_array_elements(ring.slots -> (t.turn % ring.size)::int) AS m) m
		WHERE NOT EXISTS (SELECT 1 FROM history h
			WHERE h.workspace_id = t.workspace_id AND h.lead_id = t.lead_id AND h.group_id = t.group_id AND h.outcome = 'failed'
				AND h.ring_version = t.version AND h.turn = t.turn
				AND coalesce(h.moved_from, h.member_id, m.member_id) = m.member_id)
		GROUP BY 1, 2, 3
	)
	SELECT ring.workspace_id, ring.group_id, ring.version, ring.turns, ring.counted, ring.size, l.member_id, l.slots,
		coalesce(m.active AND m.removed_at IS NULL, false) AS active,
		coalesce(m.on_duty AND m.working_hours IS NULL AND NOT m.counted AND m.absent_until IS NULL AND m.updated_at < (SELECT h.at FROM history h
			WHERE h.workspace_id = ring.workspace_id AND h.group_id = ring.group_id
			ORDER BY h.history_id DESC OFFSET ring.counted LIMIT 1), false) AS steady,
		coalesce(d.leads, 0) AS leads
	FROM ring JOIN listed l USING (workspace_id, group_id)
	LEFT JOIN members m USING (workspace_id, member_id)
	LEFT JOIN dealt d USING (workspace_id, group_id, member_id)
	ORDER BY ring.workspace_id, ring.group_id, l.member_id`

// Shares lists the shares of a group's receivers up to now: turns that are being dealt may be missing.
func (q Queries) Shares(ctx context.Context, workspace, group uuid.UUID) ([]Share, error) {
	all := []Share{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		WITH ends AS (
			SELECT g.workspace_id, g.group_id, g.version, coalesce((SELECT max(t.turn) + 1 FROM turns t
				WHERE t.workspace_id = g.workspace_id AND t.group_id = g.group_id AND t.version = g.version
					AND t.turn >= r.settled_turn), r.settled_turn) AS turn
			FROM groups g JOIN rings r USING (workspace_id, group_id, version)
			WHERE g.workspace_id = $2 AND g.group_id = $3 AND g.deleted_at IS NULL
		)`+sharesOf, ShareRounds, workspace, group)
	return all, translate(err)
}

// SharesSince lists the shares of the receivers of all groups that have distributed since a time, all workspaces', group
// by group, up to the settled turn, so that none is missing.
func (q Queries) SharesSince(ctx context.Context, since time.Time) ([]Share, error) {
	var all []Share
	err := sqlx.SelectContext(ctx, q.q, &all, `
		WITH ends AS (
			SELECT g.workspace_id, g.group_id, g.version, r.settled_turn AS turn
			FROM groups g JOIN rings r USING (workspace_id, group_id, version)
			WHERE g.deleted_at IS NULL AND EXISTS (SELECT 1 FROM history h
				WHERE h.workspace_id = g.workspace_id AND h.group_id = g.group_id AND h.history_id > $2)
		)`+sharesOf, ShareRounds, oldestID(since))
	return all, translate(err)
}

// oldestID is below every UUIDv7 made at or after a time, which such ids tell in milliseconds.
func oldestID(at time.Time) (id uuid.UUID) {
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id
}
