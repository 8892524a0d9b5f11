package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// lockDebts locks what groups keep for who is away, those that keep something and somebody may be away, and reads it. Batches of such a
// group are dealt one after the other.
func (t *Tx) lockDebts(ctx context.Context, workspace uuid.UUID, groups map[uuid.UUID]groupRing) error {
	var owing []uuid.UUID
	for id, g := range groups {
		if g.WhenAway == AwayOwe && !g.Deleted && (g.Indebted || len(g.Restricted) > 0) {
			owing = append(owing, id)
		}
	}
	if len(owing) == 0 {
		return nil
	}
	var paid []struct {
		Group uuid.UUID `db:"group_id"`
		Paid  bool      `db:"debt_paid"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &paid, `
		SELECT group_id, debt_paid FROM groups WHERE workspace_id = $1 AND group_id = ANY($2::uuid[])
		ORDER BY group_id FOR NO KEY UPDATE`, workspace, uuids(owing)); err != nil {
		return fmt.Errorf("locking what %d groups owe: %w", len(owing), translate(err))
	}
	for _, p := range paid {
		g := groups[p.Group]
		g.debts = &lead.Debts{Most: g.OweAtMost, Paid: p.Paid}
		groups[p.Group] = g
	}
	rows, err := t.debts(ctx, workspace, owing)
	for _, r := range rows {
		g := groups[r.Group]
		g.debts.Kept = append(g.debts.Kept, lead.Debt{Version: r.Version, Turn: r.Turn, Slot: slotOf(r.Members, g.Slots), Lane: r.laneIn(g.ringRow)})
	}
	return err
}

type debtRow struct {
	Group   uuid.UUID `db:"group_id"`
	Version int       `db:"version"`
	Turn    int64     `db:"turn"`
	Members IDs       `db:"member_ids"`
	// Size and LanesSince are of the ring by which it was their turn.
	Size       int `db:"size"`
	LanesSince int `db:"lanes_since"`
}

// laneIn is the lane of a group's present ring whose leads make it good.
func (d debtRow) laneIn(present ringRow) int {
	if d.LanesSince != present.LanesSince {
		return lead.AnyLane
	}
	return lead.LaneOf(d.Turn, d.Size)
}

// debts lists what groups keep, oldest first.
func (q Queries) debts(ctx context.Context, workspace uuid.UUID, groups []uuid.UUID) (rows []debtRow, err error) {
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT d.group_id, d.version, d.turn, d.member_ids, jsonb_array_length(r.slots) AS size, coalesce(r.lanes_since, 0) AS lanes_since
		FROM debts d JOIN rings r USING (workspace_id, group_id, version) WHERE d.workspace_id = $1 AND d.group_id = ANY($2::uuid[])
		ORDER BY d.version, d.turn`, workspace, uuids(groups)); err != nil {
		return nil, fmt.Errorf("reading what %d groups owe: %w", len(groups), translate(err))
	}
	return rows, nil
}

// slotOf is the ring's slot of just these members, or one of them as they were when it was their turn.
func slotOf(ids []uuid.UUID, slots []lead.Slot) lead.Slot {
	for _, s := range slots {
		if slices.EqualFunc(s, ids, func(r lead.Receiver, id uuid.UUID) bool { return r.MemberID == id }) {
			return s
		}
	}
	slot := make(lead.Slot, len(ids))
	for i, id := range ids {
		slot[i] = lead.Receiver{MemberID: id, Notify: true}
	}
	return slot
}

// writeDebts writes what dealing a group's leads has changed of what it owes. The turns that were kept are in the ledger without a lead;
// those that were made good get theirs.
func (t *Tx) writeDebts(ctx context.Context, workspace, group uuid.UUID, d *lead.Debts, settled []spentTurn) error {
	for _, one := range d.New {
		ids := make([]uuid.UUID, len(one.Slot))
		for i, r := range one.Slot {
			ids[i] = r.MemberID
		}
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO debts (workspace_id, group_id, version, turn, member_ids, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			workspace, group, one.Version, one.Turn, uuids(ids), t.now()); err != nil {
			return fmt.Errorf("storing what group %s owes: %w", group, translate(err))
		}
	}
	for _, s := range settled {
		result, err := t.q.ExecContext(ctx, `
			WITH d AS (DELETE FROM debts WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn = $4 RETURNING 1)
			UPDATE turns SET lead_id = $5
			WHERE workspace_id = $1 AND group_id = $2 AND version = $3 AND turn = $4 AND lead_id IS NULL AND EXISTS (SELECT 1 FROM d)`,
			workspace, group, s.version, s.turn, s.lead)
		if err := oneRow(result, err); err != nil {
			return fmt.Errorf("making good turn %d of group %s: %w", s.turn, group, err)
		}
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE groups SET debt_paid = $3 WHERE workspace_id = $1 AND group_id = $2 AND debt_paid <> $3`, workspace, group, d.Paid)
	return translate(err)
}

// forgetDebts ends what a group keeps for slots of which somebody is listed no more, and all that it keeps where it owes nothing.
func (t *Tx) forgetDebts(ctx context.Context, workspace, group uuid.UUID, spec GroupSpec) error {
	var listed []uuid.UUID
	if spec.WhenAway == AwayOwe {
		listed = members(spec.Listed)
	}
	_, err := t.q.ExecContext(ctx, `
		DELETE FROM debts WHERE workspace_id = $1 AND group_id = $2 AND NOT member_ids <@ $3::uuid[]`, workspace, group, uuids(listed))
	return translate(err)
}

// forgetDebtsTo ends what groups keep for a member alone, who is deactivated or removed.
func (t *Tx) forgetDebtsTo(ctx context.Context, workspace, member uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		DELETE FROM debts WHERE workspace_id = $1 AND member_ids = $2::uuid[]`, workspace, uuids([]uuid.UUID{member}))
	return translate(err)
}
