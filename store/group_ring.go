package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

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
	// LanesSince is the version from which on its lanes are counted, 0 where it has none, and BalanceBy what they are by. What else is
	// said here is of lane 0.
	LanesSince int            `db:"lanes_since"`
	BalanceBy  lead.BalanceBy `db:"balance_by"`
}

// cursor names the ring for its cursor.
func (r ringRow) cursor(workspace uuid.UUID) cursor.Ring {
	return cursor.Ring{Workspace: workspace, Group: r.GroupID, Version: r.Version, Returns: r.Returns, Size: len(r.Slots)}
}

func (r ringRow) ring() lead.Ring {
	return lead.Ring{Version: r.Version, Slots: r.Slots, First: r.First, Owed: r.Owed, OwedTo: r.OwedTo, PutBack: r.PutBack}
}

const ringColumns = `r.group_id, r.version, r.slots, r.first_turn, r.owed_turns, r.owed_to, r.put_back, r.settled_turn, r.returns,
	coalesce(r.lanes_since, 0) AS lanes_since, coalesce(r.balance_by, '') AS balance_by`

// lanesOf says what a ring's lanes are by, and from which version on they are counted, 0 where it has none.
type lanesOf struct {
	by    lead.BalanceBy
	since int
}

// lanesFrom are lanes that begin with a version.
func lanesFrom(by lead.BalanceBy, version int) lanesOf {
	if by == lead.BalanceNothing {
		return lanesOf{}
	}
	return lanesOf{by, version}
}

func (t *Tx) insertRing(ctx context.Context, workspace, group uuid.UUID, r lead.Ring, lanes lanesOf) error {
	insert, args := row{
		{"workspace_id", workspace}, {"group_id", group}, {"version", r.Version}, {"slots", asJSON(r.Slots)},
		{"first_turn", r.First}, {"owed_turns", bigints(r.Owed)}, {"owed_to", asJSON(r.OwedTo)},
		{"put_back", uuids(r.PutBack)}, {"settled_turn", r.First}, {"created_at", t.now()},
		{"balance_by", nullText(string(lanes.by))}, {"lanes_since", sql.NullInt64{Int64: int64(lanes.since), Valid: lanes.since > 0}},
	}.insert("rings")
	_, err := t.q.ExecContext(ctx, insert, args...)
	return translate(err)
}

// A ringEdit is what the next version of a ring is to be.
type ringEdit struct {
	slots []lead.Slot
	by    lead.BalanceBy
	// back are turns of earlier versions that are given back to its lanes.
	back map[int][]lead.Returned
}

// succeedRing ends a ring version and starts the next, with all its lanes: those go on as they are, but where the group balances by something
// else from now on they end, see lead.Anew. Free turns of the old version are closed in its ledger; the new
// version carries them, and before them turns of earlier versions that are given back. Needs the gate closed, so that no turn of the old
// version is in the air. It returns the new version.
func (t *Tx) succeedRing(ctx context.Context, workspace, group uuid.UUID, version int, edit ringEdit) (int, error) {
	row, err := t.ring(ctx, workspace, group, version)
	if err != nil {
		return 0, err
	}
	stands, err := t.stands(ctx, workspace, row)
	if err != nil {
		return 0, err
	}
	var free []int64
	for _, s := range stands {
		free = append(free, s.Position.Free...)
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO turns (workspace_id, group_id, version, turn) SELECT $1, $2, $3, unnest($4::bigint[])`,
		workspace, group, version, bigints(free)); err != nil {
		return 0, translate(err)
	}
	lanes := lanesOf{row.BalanceBy, row.LanesSince}
	if edit.by != row.BalanceBy {
		lanes = lanesFrom(edit.by, version+1)
	}
	rings := lanesAfter(row, stands, edit.slots, edit.by, edit.back)
	if err := t.insertRing(ctx, workspace, group, rings[0], lanes); err != nil {
		return 0, err
	}
	return rings[0].Version, t.insertLanes(ctx, workspace, group, rings[1:])
}

// lanesAfter are the lanes of the next version of a ring whose lanes stand as given: lane 0 alone where it balances by something else then.
func lanesAfter(row ringRow, stands []lead.Stand, slots []lead.Slot, by lead.BalanceBy, back map[int][]lead.Returned) []lead.Ring {
	if by != row.BalanceBy {
		ring, position := lead.Anew(stands)
		stands = []lead.Stand{{Ring: ring, Position: position}}
	}
	rings := make([]lead.Ring, len(stands))
	for i, s := range stands {
		if row.Returns > 0 {
			s.Position = s.Ring.Uneven(s.Position)
		}
		rings[i] = s.Ring.Succeed(s.Ring.With(s.Position, back[s.Ring.Lane]...), slots)
	}
	return rings
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
		SELECT turn FROM turns WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn >= $4 AND turn < $6
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

// position reads from the ledger how far a ring has been handed out, lane 0 of one with lanes. Turns below the settled one are all used except owed
// ones, so a long history costs nothing.
func (q Queries) position(ctx context.Context, workspace uuid.UUID, row ringRow) (lead.Position, error) {
	p, end := lead.Position{Next: row.Settled}, lead.LaneFrom(1, len(row.Slots))
	err := sqlx.GetContext(ctx, q.q, &p.Next, `
		SELECT coalesce(max(turn) + 1, $4) FROM turns
		WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn >= $4 AND turn < $5`,
		workspace, row.GroupID, row.Version, row.Settled, end)
	if err == nil {
		err = sqlx.SelectContext(ctx, q.q, &p.Free, freeTurns,
			workspace, row.GroupID, row.Version, row.Settled, bigints(row.Owed), end)
	}
	if err != nil {
		return p, fmt.Errorf("reading the turns of group %s: %w", row.GroupID, translate(err))
	}
	return p, nil
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
		row, err := t.presentRing(ctx, workspace, group)
		if err != nil {
			return err
		}
		ring := row.cursor(workspace)
		current, err := s.cursors.Epoch(ctx, ring)
		if err != nil || current != epoch {
			return err
		}
		stands, err := t.stands(ctx, workspace, row)
		if err != nil {
			return err
		}
		positions := make([]lead.Position, len(stands))
		for i, one := range stands {
			positions[i] = one.Position
			lost = lost || one.Position.Next > one.Ring.First || len(one.Position.Free) > len(one.Ring.Owed)
		}
		if lost && current != "" && row.Returns > 0 { // it is no loss that turns were given back
			at, err := s.cursors.Nexts(ctx, []cursor.Ring{ring})
			if err != nil {
				return err
			}
			lost = len(at[0]) > 0
		}
		return s.cursors.Load(ctx, ring, positions...)
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
