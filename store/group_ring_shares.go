package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// ShareRounds is how many rounds of a ring shares are counted over.
const ShareRounds = 4

// A Share is what a member got of the last rounds of a ring's present version, over all its lanes or in one of them.
type Share struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Group     uuid.UUID `db:"group_id"`
	Version   int       `db:"version"`
	Lane      int       `db:"lane"`
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

// sharesOf counts each member's part of the last turns of the rings' lanes in "ends", which says for each where its turns end.
// Turns say who is to get a lead now or later; history says whose came to nothing. Since when a member is to be as they are is told by the
// group's history, and in a lane by what became of the first lead that is counted.
var sharesOf = `
	, ring AS (
		SELECT r.workspace_id, r.group_id, r.version, r.lane, r.lanes_since, r.slots, jsonb_array_length(r.slots) AS size, ends.turn AS ends,
			ends.turn - r.first_turn AS turns, least(ends.turn - r.first_turn, $1 * jsonb_array_length(r.slots))::int AS counted
		FROM ends JOIN ring_lanes r USING (workspace_id, group_id, version, lane)
	), listed AS (
		SELECT workspace_id, group_id, (m ->> 'member_id')::uuid AS member_id, count(*) AS slots
		FROM (SELECT DISTINCT ON (workspace_id, group_id) workspace_id, group_id, slots FROM ring) one,
			jsonb_array_elements(slots) AS slot, jsonb_array_elements(slot) AS m GROUP BY 1, 2, 3
	), dealt AS (
		SELECT ring.workspace_id, ring.group_id, ring.lane, m.member_id, count(*) AS leads
		FROM ring JOIN turns t ON (t.workspace_id, t.group_id, t.version) = (ring.workspace_id, ring.group_id, ring.version)
			AND t.turn >= ring.ends - ring.counted AND t.turn < ring.ends AND t.lead_id IS NOT NULL
		CROSS JOIN LATERAL (SELECT (m ->> 'member_id')::uuid AS member_id
			FROM jsonb_array_elements(ring.slots -> (t.turn % ring.size)::int) AS m) m
		WHERE NOT EXISTS (SELECT 1 FROM history h
			WHERE h.workspace_id = t.workspace_id AND h.lead_id = t.lead_id AND h.group_id = t.group_id AND h.outcome = 'failed'
				AND h.ring_version = t.version AND h.turn = t.turn
				AND coalesce(h.moved_from, h.member_id, m.member_id) = m.member_id)
		GROUP BY 1, 2, 3, 4
	), counted AS (
		SELECT ring.*, CASE WHEN lanes_since IS NULL
			THEN (SELECT h.at FROM ` + newestOf("ring.workspace_id", "group_id", "ring.group_id", "true", "ring.counted + 1") + ` h
				ORDER BY h.history_id DESC OFFSET ring.counted LIMIT 1)
			ELSE (SELECT min(h.at) FROM turns t
				JOIN LATERAL ` + historyOf("t.workspace_id", "lead_id", "t.lead_id") + ` h ON h.group_id = t.group_id
				WHERE (t.workspace_id, t.group_id, t.version, t.turn)
					= (ring.workspace_id, ring.group_id, ring.version, ring.ends - ring.counted)) END AS since
		FROM ring
	), share AS (
		SELECT ring.workspace_id, ring.group_id, ring.version, ring.lane, ring.turns, ring.counted, ring.size, l.member_id, l.slots,
			coalesce(m.active AND m.removed_at IS NULL, false) AS active,
			coalesce(m.on_duty AND m.working_hours IS NULL AND NOT m.counted AND m.absent_until IS NULL AND m.updated_at < ring.since, false) AS steady,
			coalesce(d.leads, 0) AS leads
		FROM counted ring JOIN listed l USING (workspace_id, group_id)
		LEFT JOIN members m USING (workspace_id, member_id)
		LEFT JOIN dealt d USING (workspace_id, group_id, lane, member_id)
	)`

// sharesNow are the ends of the lanes of a group, up to now.
var sharesNow = `
	WITH ends AS (
		SELECT g.workspace_id, g.group_id, g.version, r.lane, coalesce((SELECT max(t.turn) + 1 FROM turns t
			WHERE t.workspace_id = g.workspace_id AND t.group_id = g.group_id AND t.version = g.version
				AND t.turn >= r.settled_turn AND t.turn < r.end_turn), r.settled_turn) AS turn
		FROM groups g JOIN ring_lanes r USING (workspace_id, group_id, version)
		WHERE g.workspace_id = $2 AND g.group_id = $3 AND g.deleted_at IS NULL
	)` + sharesOf

// Shares lists the shares of a group's receivers up to now, over all its lanes: turns that are being dealt may be missing.
func (q Queries) Shares(ctx context.Context, workspace, group uuid.UUID) ([]Share, error) {
	all := []Share{}
	err := sqlx.SelectContext(ctx, q.q, &all, sharesNow+`
		SELECT workspace_id, group_id, version, sum(turns)::bigint AS turns, sum(counted)::int AS counted, size, member_id, slots, active,
			bool_and(steady) AS steady, sum(leads)::int AS leads
		FROM share GROUP BY workspace_id, group_id, version, size, member_id, slots, active ORDER BY member_id`, ShareRounds, workspace, group)
	return all, translate(err)
}

// sharesSince are the ends of the lanes of all groups that have distributed since a time, and balance by something or by nothing, up to the
// settled turn, so that none is missing.
var sharesSince = `
	WITH ends AS (
		SELECT g.workspace_id, g.group_id, g.version, r.lane, r.settled_turn AS turn
		FROM groups g JOIN ring_lanes r USING (workspace_id, group_id, version)
		WHERE g.deleted_at IS NULL AND (r.lanes_since IS NOT NULL) = $3 AND EXISTS (
			SELECT 1 FROM ` + historyOf("g.workspace_id", "group_id", "g.group_id", "> $2") + ` h)
	)` + sharesOf

// SharesSince lists the shares of the receivers of all groups without lanes that have distributed since a time, all workspaces', group
// by group.
func (q Queries) SharesSince(ctx context.Context, since time.Time) ([]Share, error) {
	var all []Share
	err := sqlx.SelectContext(ctx, q.q, &all, sharesSince+` SELECT * FROM share ORDER BY workspace_id, group_id, member_id`,
		ShareRounds, oldestID(since), false)
	return all, translate(err)
}

// A Mix is how evenly a lane has gone round of late: of its receivers who could have had their full share, if it has turned often enough.
type Mix struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Group     uuid.UUID `db:"group_id"`
	Lane      int       `db:"lane"`
	// Turns is how many turns the lane has handed out in its ring's present version.
	Turns int64 `db:"turns"`
	// Spread is by how many leads a slot whoever got most has more than whoever got least, and Starved how many got none.
	Spread  float64 `db:"spread"`
	Starved int     `db:"starved"`
}

// MixesSince lists the lanes of all groups with lanes that have distributed since a time, all workspaces', group by group.
func (q Queries) MixesSince(ctx context.Context, since time.Time) ([]Mix, error) {
	var all []Mix
	err := sqlx.SelectContext(ctx, q.q, &all, sharesSince+`
		SELECT workspace_id, group_id, lane, max(turns) AS turns, coalesce(max(leads::float8 / slots) FILTER (WHERE compared)
			- min(leads::float8 / slots) FILTER (WHERE compared), 0) AS spread, count(*) FILTER (WHERE compared AND leads = 0) AS starved
		FROM (SELECT *, active AND steady AND counted >= $1 * size AS compared FROM share) s
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, ShareRounds, oldestID(since), true)
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
