package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/simulation"
)

// startTurns tells of rings how far their lanes had been handed out at a time: which turns of the ledger were spent before it. That is what
// the ledger has, without what history spent from then on, and with what it undid from then on. Turns of a ring that has ended, which were
// closed with it, had been free.
const startTurns = `
	WITH g AS (
		SELECT g.*, (1::bigint << 40) - (1::bigint << 40) % jsonb_array_length(r.slots) AS size
		FROM unnest($2::uuid[], $3::int[], $4::int[]) AS g (group_id, version, ended)
		JOIN rings r ON r.workspace_id = $1 AND r.group_id = g.group_id AND r.version = g.version
	), h AS MATERIALIZED (
		SELECT pending_id, group_id, ring_version, turn, outcome, accepted_at FROM history
		WHERE workspace_id = $1 AND history_id >= $5
			AND CASE WHEN trigger IN ('scheduled', 'distribute_now') AND turn IS NOT NULL AND outcome <> 'undone' THEN accepted_at ELSE at END >= $6
	), deciders AS MATERIALIZED (
		SELECT pending_id FROM h WHERE outcome <> 'undone'
		UNION SELECT pending_id FROM pending_leads WHERE workspace_id = $1 AND turn IS NOT NULL AND accepted_at >= $6
	), undone AS MATERIALIZED (
		SELECT h.group_id, h.turn FROM h JOIN g ON g.group_id = h.group_id AND g.version = h.ring_version
		WHERE h.outcome = 'undone' AND h.turn IS NOT NULL AND h.accepted_at < $6
	), later AS MATERIALIZED (
		SELECT h.group_id, h.turn FROM h JOIN g ON g.group_id = h.group_id AND g.version = h.ring_version
		WHERE h.turn IS NOT NULL AND h.outcome <> 'undone' AND NOT EXISTS (SELECT 1 FROM turns t
			WHERE t.workspace_id = $1 AND t.group_id = h.group_id AND t.version = h.ring_version AND t.turn = h.turn AND t.lead_id IS NOT NULL
				AND t.passed_for IS NOT NULL AND t.passed_for NOT IN (SELECT pending_id FROM deciders))
		UNION
		SELECT p.group_id, p.turn FROM pending_leads p JOIN g ON g.group_id = p.group_id AND g.version = p.ring_version
		WHERE p.workspace_id = $1 AND p.accepted_at >= $6
		UNION
		SELECT t.group_id, t.turn FROM turns t JOIN g ON g.group_id = t.group_id AND g.version = t.version
		WHERE t.workspace_id = $1 AND t.passed_for IN (SELECT pending_id FROM deciders)
	), ledger AS MATERIALIZED (
		SELECT t.group_id, t.turn, g.ended = 1 AND t.lead_id IS NULL AND t.passed_for IS NULL AS closed
		FROM turns t JOIN g ON g.group_id = t.group_id AND g.version = t.version WHERE t.workspace_id = $1
	), used AS MATERIALIZED (
		SELECT l.group_id, l.turn FROM ledger l
		WHERE NOT l.closed AND NOT EXISTS (SELECT 1 FROM later WHERE later.group_id = l.group_id AND later.turn = l.turn)
		UNION SELECT group_id, turn FROM undone
	), nexts AS MATERIALIZED (
		SELECT l.group_id, l.lane, l.first_turn, l.owed_turns,
			greatest(l.first_turn, coalesce((SELECT max(u.turn) + 1 FROM used u WHERE u.group_id = l.group_id AND u.turn / g.size = l.lane), 0)) AS next
		FROM ring_lanes l JOIN g USING (group_id, version) WHERE l.workspace_id = $1
	), free AS (
		SELECT n.group_id, n.lane, n.next, f.turn FROM nexts n JOIN g USING (group_id) CROSS JOIN LATERAL (
			SELECT unnest(n.owed_turns) AS turn
			UNION SELECT l.turn FROM later l WHERE l.group_id = n.group_id AND l.turn / g.size = n.lane AND l.turn < n.next
			UNION SELECT l.turn FROM ledger l WHERE l.closed AND l.group_id = n.group_id AND l.turn / g.size = n.lane AND l.turn < n.next
			UNION SELECT generate_series(pairs.turn + 1, pairs.next - 1) FROM (
				SELECT turn, lead(turn) OVER (ORDER BY turn) AS next FROM (
					SELECT l.turn FROM ledger l WHERE l.group_id = n.group_id AND l.turn >= n.first_turn AND l.turn < n.next
					UNION ALL SELECT n.first_turn - 1 UNION ALL SELECT n.next) known) pairs
			WHERE pairs.next > pairs.turn + 1) f
		WHERE NOT EXISTS (SELECT 1 FROM used u WHERE u.group_id = n.group_id AND u.turn = f.turn)
	)
	SELECT group_id, lane, next, NULL::bigint AS turn FROM nexts
	UNION ALL SELECT group_id, lane, next, turn FROM free ORDER BY group_id, lane, turn NULLS FIRST`

// A started ring is the one that a group had when the first lead came in, and where it stood.
type started struct {
	row    ringRow
	stands []lead.Stand
	values map[string]int
	opened map[string]lead.Ring // lanes that were opened since, by their values
	debts  []lead.Debt
	paid   bool
}

// starts reads which rings groups had at the time and where they stood.
func (s *simulating) starts(ctx context.Context, q Queries, groups map[uuid.UUID]groupRing) (map[uuid.UUID]*started, error) {
	var rows []struct {
		ringRow
		Ended bool `db:"ended"`
	}
	ids := make([]uuid.UUID, 0, len(groups))
	for id := range groups {
		ids = append(ids, id)
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT DISTINCT ON (r.group_id) `+ringColumns+`, r.version < g.version AS ended FROM rings r JOIN groups g USING (workspace_id, group_id)
		WHERE r.workspace_id = $1 AND r.group_id = ANY($2::uuid[])
		ORDER BY r.group_id, r.created_at <= $3 DESC, CASE WHEN r.created_at <= $3 THEN -r.version ELSE r.version END`,
		s.workspace, uuids(ids), s.window.from); err != nil {
		return nil, fmt.Errorf("reading the rings of that time: %w", translate(err))
	}
	all := make(map[uuid.UUID]*started, len(rows))
	var of, versions, ended = make([]uuid.UUID, len(rows)), make([]int, len(rows)), make([]int, len(rows))
	for i, r := range rows {
		of[i], versions[i], ended[i] = r.GroupID, r.Version, oneIf(r.Ended)
		st := &started{row: r.ringRow, values: make(map[string]int), opened: make(map[string]lead.Ring)}
		if err := s.startLanes(ctx, q, st); err != nil {
			return nil, err
		}
		all[r.GroupID] = st
	}
	var turns []struct {
		Group uuid.UUID     `db:"group_id"`
		Lane  int           `db:"lane"`
		Next  int64         `db:"next"`
		Turn  sql.NullInt64 `db:"turn"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &turns, startTurns, s.workspace, uuids(of), ints(versions), ints(ended), s.window.low, s.window.from); err != nil {
		return nil, fmt.Errorf("reading where the rings stood: %w", translate(err))
	}
	for _, t := range turns {
		stands := all[t.Group].stands
		at := slices.IndexFunc(stands, func(one lead.Stand) bool { return one.Ring.Lane == t.Lane })
		if at < 0 {
			continue // it was opened later
		}
		if p := &stands[at].Position; t.Turn.Valid {
			p.Free = append(p.Free, t.Turn.Int64)
		} else {
			p.Next = t.Next
		}
	}
	for id, st := range all {
		if groups[id].WhenAway == AwayOwe {
			if err := s.startDebts(ctx, q, st); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// startLanes reads the lanes that a ring had at the time, without where they stood.
func (s *simulating) startLanes(ctx context.Context, q Queries, st *started) error {
	st.stands = []lead.Stand{{Ring: st.row.ring()}}
	if st.row.LanesSince == 0 {
		return nil
	}
	var lanes []struct {
		laneRow
		Value string `db:"value"`
		Since bool   `db:"since"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &lanes, `
		SELECT l.lane, l.opened, l.first_turn, l.owed_turns, l.owed_to, l.put_back, n.value,
			l.opened AND n.opened_at >= $5 AS since FROM lane_rings l
		JOIN lanes n ON n.workspace_id = $1 AND n.group_id = $2 AND n.since = $4 AND n.lane = l.lane
		WHERE l.workspace_id = $1 AND l.group_id = $2 AND l.version = $3 ORDER BY l.lane`,
		s.workspace, st.row.GroupID, st.row.Version, st.row.LanesSince, s.window.from); err != nil {
		return fmt.Errorf("reading the lanes of that time: %w", translate(err))
	}
	for _, l := range lanes {
		if l.Since {
			st.opened[l.Value] = l.stand(st.row).Ring
			continue
		}
		st.stands = append(st.stands, l.stand(st.row))
		st.values[l.Value] = l.Lane
	}
	return nil
}

// startDebts reads what a group owed at the time.
func (s *simulating) startDebts(ctx context.Context, q Queries, st *started) error {
	var rows []debtRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		WITH deciders AS MATERIALIZED (
			SELECT pending_id FROM history WHERE workspace_id = $1 AND history_id >= $3 AND at >= $4
		)
		SELECT t.group_id, t.version, t.turn, jsonb_array_length(r.slots) AS size, coalesce(r.lanes_since, 0) AS lanes_since,
			ARRAY(SELECT (m ->> 'member_id')::uuid FROM jsonb_array_elements(r.slots -> (t.turn % jsonb_array_length(r.slots))::int) AS m) AS member_ids
		FROM turns t JOIN rings r USING (workspace_id, group_id, version)
		WHERE t.workspace_id = $1 AND t.group_id = $2 AND t.passed_for IS NOT NULL AND t.passed_for NOT IN (SELECT pending_id FROM deciders)
			AND (EXISTS (SELECT 1 FROM debts d WHERE (d.workspace_id, d.group_id, d.version, d.turn) = (t.workspace_id, t.group_id, t.version, t.turn))
				OR EXISTS (SELECT 1 FROM `+historyOf("$1", "lead_id", "t.lead_id")+` h WHERE h.group_id = $2
					AND h.ring_version = t.version AND h.turn = t.turn AND h.at >= $4 AND h.outcome = 'succeeded'))
		ORDER BY t.version, t.turn`, s.workspace, st.row.GroupID, s.window.low, s.window.from); err != nil {
		return fmt.Errorf("reading what was owed then: %w", translate(err))
	}
	for _, r := range rows {
		st.debts = append(st.debts, lead.Debt{Version: r.Version, Turn: r.Turn, Slot: slotOf(r.Members, st.row.Slots), Lane: r.laneIn(st.row)})
	}
	err := translate(sqlx.GetContext(ctx, q.q, &st.paid, `
		SELECT EXISTS (SELECT 1 FROM turns t WHERE t.workspace_id = $1 AND t.group_id = $2 AND t.version = h.ring_version AND t.turn = h.turn
			AND t.passed_for IS NOT NULL AND t.lead_id IS NOT NULL)
		FROM `+newestOf("$1", "group_id", "$2", "e.history_id < $3 AND e.at < $4 AND e.turn IS NOT NULL", "1")+` h
		ORDER BY h.history_id DESC LIMIT 1`, s.workspace, st.row.GroupID, idsAt(s.window.from.Add(time.Hour)), s.window.from))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// group is a group as the replay takes it, with slots and lanes, and where these stood then: those that it had, or else as if it had been
// edited before the first lead.
func (st *started) group(g groupRing, same bool, slots []lead.Slot, by lead.BalanceBy) *simulation.Group {
	made := &simulation.Group{
		Gone: g.Deleted, Offers: g.Method == lead.FirstToAccept, Version: st.row.Version, By: by, Values: make(map[string]int),
		Fails: g.Overflow.Then == OverflowFail, Owes: g.WhenAway == AwayOwe, OweAtMost: g.OweAtMost, Kept: slices.Clone(st.debts), Paid: st.paid,
	}
	if g.Overflow.Then == OverflowGroup {
		made.Next, made.After = g.Overflow.GroupID, g.Overflow.after()
	}
	if by == st.row.BalanceBy {
		for value, lane := range st.values {
			made.Values[value] = lane
		}
	}
	if same {
		made.Opened = st.opened
		for _, one := range st.stands {
			one.Position.Free = slices.Clone(one.Position.Free)
			made.Stands = append(made.Stands, one)
		}
		return made
	}
	made.Version = 0
	for _, r := range lanesAfter(st.row, st.stands, slots, by, nil) {
		made.Stands = append(made.Stands, lead.Stand{Ring: r, Position: lead.Position{Next: r.First, Free: slices.Clone(r.Owed)}})
	}
	return made
}
