package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// An UpcomingTurn is a turn that has not been handed out yet and the active members who would receive its lead.
type UpcomingTurn struct {
	Turn      int64       `json:"turn"`
	MemberIDs []uuid.UUID `json:"member_ids"`
}

// ringRow is a ring as stored. Its settled turn says from where on the ledger must be read to find its position.
type ringRow struct {
	GroupID uuid.UUID            `db:"group_id"`
	Version int                  `db:"version"`
	Slots   objects[lead.Slot]   `db:"slots"`
	First   int64                `db:"first_turn"`
	Owed    pq.Int64Array        `db:"owed_turns"`
	OwedTo  objects[[]uuid.UUID] `db:"owed_to"`
	PutBack IDs                  `db:"put_back"`
	Settled int64                `db:"settled_turn"`
	// Returns is how often turns of it were given back.
	Returns int `db:"returns"`
}

// cursor names the ring for its cursor.
func (r ringRow) cursor(workspace uuid.UUID) cursor.Ring {
	return cursor.Ring{Workspace: workspace, Group: r.GroupID, Version: r.Version, Returns: r.Returns}
}

func (r ringRow) ring() lead.Ring {
	return lead.Ring{Version: r.Version, Slots: r.Slots, First: r.First, Owed: r.Owed, OwedTo: r.OwedTo, PutBack: r.PutBack}
}

const ringColumns = `r.group_id, r.version, r.slots, r.first_turn, r.owed_turns, r.owed_to, r.put_back, r.settled_turn, r.returns`

func (t *Tx) insertRing(ctx context.Context, workspace, group uuid.UUID, r lead.Ring) error {
	insert, args := row{
		{"workspace_id", workspace}, {"group_id", group}, {"version", r.Version}, {"slots", asJSON(r.Slots)},
		{"first_turn", r.First}, {"owed_turns", bigints(r.Owed)}, {"owed_to", asJSON(r.OwedTo)},
		{"put_back", uuids(r.PutBack)}, {"settled_turn", r.First}, {"created_at", t.now()},
	}.insert("rings")
	_, err := t.q.ExecContext(ctx, insert, args...)
	return translate(err)
}

// succeedRing ends a ring version and starts the next. Free turns of the old version are closed in its ledger; the new
// version carries them, and before them turns of earlier versions that are given back. Needs the gate closed, so that no turn of the old
// version is in the air.
func (t *Tx) succeedRing(ctx context.Context, workspace, group uuid.UUID, version int, slots []lead.Slot, back ...lead.Returned) (lead.Ring, error) {
	row, err := t.ring(ctx, workspace, group, version)
	if err != nil {
		return lead.Ring{}, err
	}
	position, err := t.position(ctx, workspace, row)
	if err != nil {
		return lead.Ring{}, err
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO turns (workspace_id, group_id, version, turn) SELECT $1, $2, $3, unnest($4::bigint[])`,
		workspace, group, version, bigints(position.Free)); err != nil {
		return lead.Ring{}, translate(err)
	}
	old := row.ring()
	if row.Returns > 0 {
		position = old.Uneven(position)
	}
	next := old.Succeed(old.With(position, back...), slots)
	return next, t.insertRing(ctx, workspace, group, next)
}

func (q Queries) ring(ctx context.Context, workspace, group uuid.UUID, version int) (ringRow, error) {
	var row ringRow
	err := sqlx.GetContext(ctx, q.q, &row, `
		SELECT `+ringColumns+` FROM rings r WHERE workspace_id = $1 AND group_id = $2 AND version = $3`,
		workspace, group, version)
	return row, translate(err)
}

// freeTurns lists the owed turns that the ledger lacks, and the gaps from the settled turn on. Only gaps leave the
// database, however many turns are in the ledger.
const freeTurns = `
	WITH used AS (
		SELECT turn FROM turns WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn >= $4
		UNION ALL SELECT $4 - 1
	)
	SELECT free FROM (
		SELECT owed AS free FROM unnest($5::bigint[]) AS owed
		WHERE NOT EXISTS (SELECT 1 FROM turns
			WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn = owed)
		UNION ALL
		SELECT generate_series(turn + 1, next - 1)
		FROM (SELECT turn, lead(turn) OVER (ORDER BY turn) AS next FROM used) pairs WHERE next > turn + 1
	) AS all_free ORDER BY free`

// position reads from the ledger how far a ring has been handed out. Turns below the settled one are all used except owed
// ones, so a long history costs nothing.
func (q Queries) position(ctx context.Context, workspace uuid.UUID, row ringRow) (lead.Position, error) {
	p := lead.Position{Next: row.Settled}
	err := sqlx.GetContext(ctx, q.q, &p.Next, `
		SELECT coalesce(max(turn) + 1, $4) FROM turns
		WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn >= $4`,
		workspace, row.GroupID, row.Version, row.Settled)
	if err == nil {
		err = sqlx.SelectContext(ctx, q.q, &p.Free, freeTurns,
			workspace, row.GroupID, row.Version, row.Settled, bigints(row.Owed))
	}
	if err != nil {
		return p, fmt.Errorf("reading the turns of group %s: %w", row.GroupID, translate(err))
	}
	return p, nil
}

// Upcoming lists a group's next n turns as the ledger stands, those that reach nobody left out.
func (q Queries) Upcoming(ctx context.Context, workspace, group uuid.UUID, n int) ([]UpcomingTurn, error) {
	g, err := q.Group(ctx, workspace, group)
	if err != nil {
		return nil, err
	}
	row, err := q.ring(ctx, workspace, group, g.Version)
	if err != nil {
		return nil, err
	}
	position, err := q.position(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	return q.upcoming(ctx, workspace, group, row.ring(), position, n)
}

// UpcomingOf is Upcoming for several groups, by their ids.
func (q Queries) UpcomingOf(ctx context.Context, workspace uuid.UUID, groups []uuid.UUID, n int) (map[uuid.UUID][]UpcomingTurn, error) {
	var rows []ringRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+ringColumns+` FROM rings r JOIN groups g USING (workspace_id, group_id, version)
		WHERE r.workspace_id = $1 AND r.group_id = ANY($2::uuid[]) AND g.deleted_at IS NULL`, workspace, uuids(groups)); err != nil {
		return nil, fmt.Errorf("reading rings: %w", translate(err))
	}
	rings := make([]lead.Ring, len(rows))
	for i, row := range rows {
		rings[i] = row.ring()
	}
	known := make(map[uuid.UUID]lead.Ring, len(rows))
	for i, row := range rows {
		known[row.GroupID] = rings[i]
	}
	obstacles, err := q.obstacles(ctx, workspace, known, q.now())
	if err != nil {
		return nil, err
	}
	all := make(map[uuid.UUID][]UpcomingTurn, len(rows))
	for i, row := range rows {
		position, err := q.position(ctx, workspace, row)
		if err != nil {
			return nil, err
		}
		all[row.GroupID] = upcomingAt(rings[i], position, n, obstacles.able(row.GroupID))
	}
	return all, nil
}

// upcoming lists the turns of a group's ring that come at a position.
func (q Queries) upcoming(ctx context.Context, workspace, group uuid.UUID, ring lead.Ring, position lead.Position, n int) ([]UpcomingTurn, error) {
	obstacles, err := q.obstacles(ctx, workspace, map[uuid.UUID]lead.Ring{group: ring}, q.now())
	if err != nil {
		return nil, err
	}
	return upcomingAt(ring, position, n, obstacles.able(group)), nil
}

func upcomingAt(ring lead.Ring, position lead.Position, n int, able func(uuid.UUID) bool) []UpcomingTurn {
	turns := []UpcomingTurn{}
	for _, turn := range ring.Upcoming(position, n, able) {
		up := UpcomingTurn{Turn: turn}
		for _, m := range ring.SlotOf(turn) {
			if able(m.MemberID) {
				up.MemberIDs = append(up.MemberIDs, m.MemberID)
			}
		}
		turns = append(turns, up)
	}
	return turns
}

// activeMembers tells which of the members in rings, and of the others named, can receive leads.
func (q Queries) activeMembers(ctx context.Context, workspace uuid.UUID, rings []lead.Ring, others []uuid.UUID) (map[uuid.UUID]bool, error) {
	active := make(map[uuid.UUID]bool)
	for _, id := range others {
		active[id] = false
	}
	for _, r := range rings {
		for _, s := range r.Slots {
			for _, m := range s {
				active[m.MemberID] = false
			}
		}
	}
	ids := make([]uuid.UUID, 0, len(active))
	for id := range active {
		ids = append(ids, id)
	}
	var found []uuid.UUID
	if err := sqlx.SelectContext(ctx, q.q, &found, `
		SELECT member_id FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND active AND removed_at IS NULL`,
		workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading who is active: %w", translate(err))
	}
	for _, id := range found {
		active[id] = true
	}
	return active, nil
}

// RebuildCursor loads a group's turn cursor from the ledger, unless somebody else did so since the cursor named by
// epoch was seen. It closes the gate, so that no draw is in the air. It reports whether the ring had handed out turns,
// so that a cursor was lost, or never right; a new ring's first load is nothing to report.
func (s *Store) RebuildCursor(ctx context.Context, workspace, group uuid.UUID, epoch string) (lost bool, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.closeGate(ctx, workspace); err != nil {
			return err
		}
		var row ringRow
		err := sqlx.GetContext(ctx, t.q, &row, `
			SELECT `+ringColumns+` FROM rings r JOIN groups g USING (workspace_id, group_id, version)
			WHERE g.workspace_id = $1 AND g.group_id = $2`, workspace, group)
		if err != nil {
			return translate(err)
		}
		ring := row.cursor(workspace)
		current, err := s.cursors.Epoch(ctx, ring)
		if err != nil || current != epoch {
			return err
		}
		position, err := t.position(ctx, workspace, row)
		if err != nil {
			return err
		}
		lost = position.Next > row.First || len(position.Free) > len(row.Owed)
		if lost && current != "" && row.Returns > 0 { // it is no loss that turns were given back
			at, err := s.cursors.Nexts(ctx, []cursor.Ring{ring})
			if err != nil {
				return err
			}
			lost = len(at[0]) > 0
		}
		return s.cursors.Load(ctx, ring, position)
	})
	if err != nil {
		return false, fmt.Errorf("rebuilding the turn cursor of group %s: %w", group, err)
	}
	return lost, nil
}

// A GroupRef names a group.
type GroupRef struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Group     uuid.UUID `db:"group_id"`
}

// RebuildAbandoned rebuilds the cursors of groups with draws from before the given time that no transaction came back
// for, so that their turns are handed out again. It returns how many it rebuilt.
func (s *Store) RebuildAbandoned(ctx context.Context, before time.Time) (rebuilt int, err error) {
	var rows []struct {
		GroupRef
		Version int `db:"version"`
	}
	if err := sqlx.SelectContext(ctx, s.q, &rows, `
		SELECT workspace_id, group_id, version FROM groups WHERE deleted_at IS NULL`); err != nil {
		return 0, translate(err)
	}
	rings := make([]cursor.Ring, len(rows))
	for i, r := range rows {
		rings[i] = cursor.Ring{Workspace: r.Workspace, Group: r.Group, Version: r.Version}
	}
	found, err := s.cursors.Abandoned(ctx, rings, before)
	if err != nil {
		return 0, err
	}
	for _, r := range found {
		epoch, failed := s.cursors.Epoch(ctx, r)
		if failed == nil {
			_, failed = s.RebuildCursor(ctx, r.Workspace, r.Group, epoch)
		}
		if failed == nil {
			rebuilt++
		}
		err = errors.Join(err, failed)
	}
	return rebuilt, err
}

// SettleTurns moves each ring's settled turn up to the first one that the ledger lacks, so that reading a position stays
// cheap however many turns a ring has handed out. Where turns are given back meanwhile, what it has read of the ledger is no more so.
func (s *Store) SettleTurns(ctx context.Context) error {
	_, err := s.q.ExecContext(ctx, `
		UPDATE rings SET settled_turn = found.turn
		FROM (
			SELECT r.workspace_id, r.group_id, r.version, r.returns, (
				SELECT max(turn) + 1 FROM (
					SELECT t.turn, r.settled_turn - 1 + row_number() OVER (ORDER BY t.turn) AS expected FROM turns t
					WHERE t.workspace_id = r.workspace_id AND t.group_id = r.group_id AND t.version = r.version
					  AND t.turn >= r.settled_turn) numbered
				WHERE turn = expected) AS turn
			FROM groups g JOIN rings r USING (workspace_id, group_id, version)) found
		WHERE (rings.workspace_id, rings.group_id, rings.version) = (found.workspace_id, found.group_id, found.version)
		  AND found.turn > rings.settled_turn AND found.returns = rings.returns`)
	return translate(err)
}
