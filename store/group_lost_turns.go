package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/store/cursor"
)

// RebuildLost rebuilds the cursors that stand ahead of the ledger, as they do after a database was restored from a
// backup: turns that they take for handed out are in the ledger no more. It returns how many it rebuilt.
func (s *Store) RebuildLost(ctx context.Context) (rebuilt int, err error) {
	rows, err := s.unsettled(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		ring := r.cursor(r.Workspace)
		epoch, lost, failed := s.lostBy(ctx, ring, r.ringRow)
		if failed == nil && len(lost) > 0 {
			_, failed = s.RebuildCursor(ctx, r.Workspace, r.GroupID, epoch)
			rebuilt++
		}
		err = errors.Join(err, failed)
	}
	return rebuilt, err
}

// A workspaceRing is a ring as stored, of any workspace.
type workspaceRing struct {
	ringRow
	Workspace uuid.UUID `db:"workspace_id"`
}

// unsettled lists the rings that may have lost turns: those of which a lane's ledger has gaps, as a busy one has for a moment, and
// those whose cursor is ahead of it.
func (s *Store) unsettled(ctx context.Context) ([]workspaceRing, error) {
	var rows []struct {
		workspaceRing
		Lane int `db:"lane"`
		// Next follows the highest turn in the ledger, Whole says that none below it is missing.
		Next  int64 `db:"next"`
		Whole bool  `db:"whole"`
	}
	if err := sqlx.SelectContext(ctx, s.q, &rows, `
		SELECT g.workspace_id, `+ringColumns+`, l.lane, coalesce(last.turn + 1, l.settled_turn) AS next,
			coalesce(last.turn + 1, l.settled_turn) = l.settled_turn AND NOT EXISTS (
				SELECT 1 FROM unnest(l.owed_turns) AS owed WHERE NOT EXISTS (SELECT 1 FROM turns t
					WHERE (t.workspace_id, t.group_id, t.version, t.turn) = (l.workspace_id, l.group_id, l.version, owed))) AS whole
		FROM groups g JOIN rings r USING (workspace_id, group_id, version) JOIN ring_lanes l USING (workspace_id, group_id, version)
		CROSS JOIN LATERAL (SELECT max(turn) AS turn FROM turns t
			WHERE (t.workspace_id, t.group_id, t.version) = (l.workspace_id, l.group_id, l.version)
				AND t.turn >= l.settled_turn AND t.turn < l.end_turn) last
		WHERE g.deleted_at IS NULL ORDER BY g.workspace_id, g.group_id`); err != nil {
		return nil, translate(err)
	}
	var rings []workspaceRing
	var cursors []cursor.Ring
	of := make([]int, len(rows)) // places in rings
	for i, r := range rows {
		if n := len(rings); n == 0 || rings[n-1].Workspace != r.Workspace || rings[n-1].GroupID != r.GroupID {
			rings, cursors = append(rings, r.workspaceRing), append(cursors, r.cursor(r.Workspace))
		}
		of[i] = len(rings) - 1
	}
	nexts, err := s.cursors.Nexts(ctx, cursors)
	if err != nil {
		return nil, err
	}
	var found []workspaceRing
	last := -1
	for i, r := range rows {
		next, known := nexts[of[i]][r.Lane]
		if known && (!r.Whole || next > r.Next) && of[i] != last {
			last = of[i]
			found = append(found, rings[last])
		}
	}
	return found, nil
}

// maxLost is how many turns one cursor is looked through for.
const maxLost = 10_000

// lostBy lists turns that a cursor will never hand out and that the ledger lacks, the first maxLost of them. The cursor is
// read first: a turn that it neither holds nor has before it was then either in the ledger already, where turns stay, or
// is lost.
func (s *Store) lostBy(ctx context.Context, ring cursor.Ring, row ringRow) (epoch string, lost []int64, err error) {
	state, err := s.cursors.State(ctx, ring)
	if err != nil || !state.Known {
		return "", nil, err
	}
	stands, err := s.stands(ctx, ring.Workspace, row)
	if err != nil {
		return "", nil, err
	}
	held := make(map[int64]bool, len(state.Held))
	for _, turn := range state.Held {
		held[turn] = true
	}
	for _, one := range stands {
		next, known := state.Nexts[one.Ring.Lane]
		if !known { // it was opened since, and no turn of it was drawn
			continue
		}
		below := next
		if len(one.Position.Free) > cursor.MostFree { // those beyond what it was loaded with follow when that is handed out
			below = highestHeld(state.Held, one.Position.Free[0], next)
		}
		for _, turn := range one.Position.Free {
			if turn < below && !held[turn] {
				lost = append(lost, turn)
			}
		}
		for turn := one.Position.Next; turn < next && len(lost) < maxLost; turn++ {
			if !held[turn] {
				lost = append(lost, turn)
			}
		}
	}
	return state.Epoch, lost, nil
}

// highestHeld is the highest turn of those held that is between two turns of its lane, the second where there is none.
func highestHeld(held []int64, from, next int64) int64 {
	highest := int64(-1)
	for _, turn := range held {
		if turn >= from && turn < next {
			highest = max(highest, turn)
		}
	}
	if highest < 0 {
		return next
	}
	return highest
}
