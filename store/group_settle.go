package store

import (
	"context"
	"fmt"
)

// settleTurns moves the settled turn of a table's lanes up to the first one that the ledger lacks.
const settleTurns = `
	UPDATE %s r SET settled_turn = found.turn
	FROM (
		SELECT l.workspace_id, l.group_id, l.version, l.lane, l.lane_returns, (
			SELECT max(turn) + 1 FROM (
				SELECT t.turn, l.settled_turn - 1 + row_number() OVER (ORDER BY t.turn) AS expected FROM turns t
				WHERE t.workspace_id = l.workspace_id AND t.group_id = l.group_id AND t.version = l.version
				  AND t.turn >= l.settled_turn AND t.turn < l.end_turn) numbered
			WHERE turn = expected) AS turn
		FROM groups g JOIN ring_lanes l USING (workspace_id, group_id, version) WHERE %s) found
	WHERE (r.workspace_id, r.group_id, r.version) = (found.workspace_id, found.group_id, found.version) AND %s
	  AND found.turn > r.settled_turn AND found.lane_returns = r.returns`

// SettleTurns moves each lane's settled turn up to the first one that the ledger lacks, so that reading a position stays
// cheap however many turns a ring has handed out. Where turns are given back meanwhile, what it has read of the ledger is no more so.
func (s *Store) SettleTurns(ctx context.Context) error {
	for _, table := range [][3]string{{"rings", "l.lane = 0", "true"}, {"lane_rings", "l.lane > 0", "r.lane = found.lane"}} {
		if _, err := s.q.ExecContext(ctx, fmt.Sprintf(settleTurns, table[0], table[1], table[2])); err != nil {
			return translate(err)
		}
	}
	return nil
}
