package store

import "context"

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
