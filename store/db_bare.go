package store

import (
	"context"

	"github.com/google/uuid"
)

// DistributeBare is the yardstick for Distribute: the same claim, ledger, copy and history statements, and nothing
// else. Turns are counted from first and go to members in order; nobody looks who is active or holds what, and the
// turns must be free.
func (s *Store) DistributeBare(ctx context.Context, workspace, batch uuid.UUID, members []uuid.UUID, first int64) error {
	return s.WithTx(ctx, func(t *Tx) error {
		claims, err := t.claim(ctx, workspace, batch)
		if err != nil {
			return err
		}
		decisions := make([]decision, len(claims))
		turns := make([]spentTurn, len(claims))
		for i, c := range claims {
			turn := first + int64(i)
			turns[i] = spentTurn{c.GroupID.UUID, 1, turn, c.LeadID, uuid.Nil}
			decisions[i] = decision{claim: c, member: members[turn%int64(len(members))], version: 1, turn: turn}
		}
		_, err = t.record(ctx, workspace, decisions, turns)
		return err
	})
}
