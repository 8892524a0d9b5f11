package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A ledgerTurn is a turn as the ledger has it, with what becomes of it when it goes back.
type ledgerTurn struct {
	turnOf
	// Owed says that it was kept for somebody, and made good by the lead.
	Owed bool `db:"owed"`
	// Current says that its version is its group's, Slot is whose it is, and Place where that stands among Size.
	Current bool                   `db:"current"`
	Place   int                    `db:"place"`
	Size    int                    `db:"size"`
	Slot    objects[lead.Receiver] `db:"slot"`
}

// returnTurns gives turns back to their rings. Those of a group's present version are taken out of the ledger, by which they are free and
// handed out first; a turn that had been kept for somebody is kept for them again. Those of earlier versions, which are closed, are counted
// by slot: see returnOldTurns. passed are decisions for which turns may have been passed over; these go back too.
func (p undoing) returnTurns(ctx context.Context, turns []turnOf, passed []uuid.UUID) error {
	if _, err := p.q.ExecContext(ctx, `
		UPDATE turns SET passed_for = NULL WHERE workspace_id = $1 AND passed_for = ANY($2::uuid[]) AND lead_id IS NOT NULL`,
		p.workspace, uuids(passed)); err != nil {
		return fmt.Errorf("noting what the run was not to pass over: %w", translate(err))
	}
	found, err := p.ledger(ctx, turns, passed)
	if err != nil || len(found) == 0 {
		return err
	}
	var free, closed, owed []ledgerTurn
	for _, t := range found {
		switch {
		case t.Owed:
			owed = append(owed, t)
		case t.Current:
			free = append(free, t)
		default:
			closed = append(closed, t)
		}
	}
	if err := p.freeTurns(ctx, free); err != nil {
		return err
	}
	if err := p.closeLanes(ctx, free); err != nil {
		return err
	}
	if err := p.closeTurns(ctx, append(closed, owed...)); err != nil {
		return err
	}
	if err := p.countOldTurns(ctx, closed); err != nil {
		return err
	}
	return p.keepAgain(ctx, owed)
}

// ledger reads the turns that are to go back. One that another lead has by now is left to it.
func (p undoing) ledger(ctx context.Context, turns []turnOf, passed []uuid.UUID) (found []ledgerTurn, err error) {
	from, args := unnest("n", []any{p.workspace, uuids(passed)},
		column{"group_id", uuids(pluck(turns, func(t *turnOf) uuid.UUID { return t.Group }))},
		column{"version", ints(pluck(turns, func(t *turnOf) int { return t.Version }))},
		column{"turn", bigints(pluck(turns, func(t *turnOf) int64 { return t.Turn }))},
		column{"lead_id", uuids(pluck(turns, func(t *turnOf) uuid.UUID { return t.Lead }))})
	err = sqlx.SelectContext(ctx, p.q, &found, `
		WITH back AS (
			SELECT t.group_id, t.version, t.turn, t.lead_id, t.passed_for IS NOT NULL AS owed FROM `+from+`
			JOIN turns t ON t.workspace_id = $1 AND t.group_id = n.group_id AND t.version = n.version AND t.turn = n.turn
				AND t.lead_id = n.lead_id
			UNION ALL
			SELECT t.group_id, t.version, t.turn, '00000000-0000-0000-0000-000000000000', false FROM turns t
			WHERE t.workspace_id = $1 AND t.passed_for = ANY($2::uuid[]) AND t.lead_id IS NULL
		)
		SELECT b.group_id, b.version, b.turn, b.lead_id, b.owed, b.version = g.version AS current,
			(b.turn % jsonb_array_length(r.slots))::int AS place, jsonb_array_length(r.slots) AS size, r.slots -> (b.turn % jsonb_array_length(r.slots))::int AS slot
		FROM back b JOIN groups g ON g.workspace_id = $1 AND g.group_id = b.group_id
		JOIN rings r ON r.workspace_id = $1 AND r.group_id = b.group_id AND r.version = b.version
		ORDER BY b.group_id, b.version, b.turn`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the turns that go back: %w", translate(err))
	}
	return found, nil
}

// lane is whose turn it is.
func (t ledgerTurn) lane() int { return lead.LaneOf(t.Turn, t.Size) }

func ledgerColumns(turns []ledgerTurn) []column {
	return []column{
		{"group_id", uuids(pluck(turns, func(t *ledgerTurn) uuid.UUID { return t.Group }))},
		{"version", ints(pluck(turns, func(t *ledgerTurn) int { return t.Version }))},
		{"turn", bigints(pluck(turns, func(t *ledgerTurn) int64 { return t.Turn }))},
	}
}

// freeTurns takes turns out of the ledger: the next draws find their cursors to be from before that.
func (p undoing) freeTurns(ctx context.Context, turns []ledgerTurn) error {
	if len(turns) == 0 {
		return nil
	}
	from, args := unnest("n", []any{p.workspace}, append(ledgerColumns(turns), laneColumn(turns))...)
	_, err := p.q.ExecContext(ctx, `
		WITH d AS (
			DELETE FROM turns t USING `+from+`
			WHERE t.workspace_id = $1 AND t.group_id = n.group_id AND t.version = n.version AND t.turn = n.turn
			RETURNING t.group_id, t.version, t.turn, n.lane
		), forgotten AS (
			DELETE FROM debts o USING d
			WHERE o.workspace_id = $1 AND o.group_id = d.group_id AND o.version = d.version AND o.turn = d.turn
		), back AS (
			SELECT group_id, version, lane, min(turn) AS lowest FROM d GROUP BY 1, 2, 3
		), lanes AS (
			UPDATE lane_rings l SET returns = l.returns + 1, settled_turn = greatest(l.first_turn, least(l.settled_turn, back.lowest))
			FROM back WHERE l.workspace_id = $1 AND l.group_id = back.group_id AND l.version = back.version AND l.lane = back.lane
		)
		UPDATE rings r SET returns = r.returns + 1, settled_turn = greatest(r.first_turn, least(r.settled_turn, back.lowest))
		FROM (SELECT group_id, version, min(lowest) AS lowest FROM back GROUP BY 1, 2 ORDER BY 1) back
		WHERE r.workspace_id = $1 AND r.group_id = back.group_id AND r.version = back.version`, args...)
	if err != nil {
		return fmt.Errorf("giving %d turns back: %w", len(turns), translate(err))
	}
	return nil
}

func laneColumn(turns []ledgerTurn) column {
	return column{"lane", ints(pluck(turns, func(t *ledgerTurn) int { return t.lane() }))}
}

// closeLanes closes the lanes whose turns have all gone back, that began with the present version of their ring: they are opened anew for the
// next lead of their value, as if they had never been.
func (p undoing) closeLanes(ctx context.Context, turns []ledgerTurn) error {
	turns = slices.DeleteFunc(slices.Clone(turns), func(t ledgerTurn) bool { return t.lane() == 0 })
	if len(turns) == 0 {
		return nil
	}
	from, args := unnest("n", []any{p.workspace}, append(ledgerColumns(turns), laneColumn(turns))...)
	_, err := p.q.ExecContext(ctx, `
		WITH closed AS (
			DELETE FROM lane_rings l USING (SELECT DISTINCT group_id, version, lane FROM `+from+`) back, ring_lanes r
			WHERE l.workspace_id = $1 AND l.group_id = back.group_id AND l.version = back.version AND l.lane = back.lane AND l.opened
				AND (r.workspace_id, r.group_id, r.version, r.lane) = (l.workspace_id, l.group_id, l.version, l.lane)
				AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.workspace_id = $1 AND t.group_id = l.group_id AND t.version = l.version
					AND t.turn >= l.first_turn AND t.turn < r.end_turn)
			RETURNING l.group_id, l.lane, r.lanes_since
		)
		DELETE FROM lanes n USING closed
		WHERE n.workspace_id = $1 AND n.group_id = closed.group_id AND n.since = closed.lanes_since AND n.lane = closed.lane`, args...)
	if err != nil {
		return fmt.Errorf("closing lanes: %w", translate(err))
	}
	return nil
}

// closeTurns leaves turns in the ledger as passed over.
func (p undoing) closeTurns(ctx context.Context, turns []ledgerTurn) error {
	if len(turns) == 0 {
		return nil
	}
	from, args := unnest("n", []any{p.workspace}, ledgerColumns(turns)...)
	_, err := p.q.ExecContext(ctx, `
		WITH forgotten AS (
			DELETE FROM debts o USING `+from+`
			WHERE o.workspace_id = $1 AND o.group_id = n.group_id AND o.version = n.version AND o.turn = n.turn
		)
		UPDATE turns t SET lead_id = NULL, passed_for = NULL FROM `+from+`
		WHERE t.workspace_id = $1 AND t.group_id = n.group_id AND t.version = n.version AND t.turn = n.turn`, args...)
	if err != nil {
		return fmt.Errorf("taking %d turns from their leads: %w", len(turns), translate(err))
	}
	return nil
}

// countOldTurns counts turns of earlier versions by slot. The slots of a ring's lanes stand one lane behind the other.
func (p undoing) countOldTurns(ctx context.Context, turns []ledgerTurn) error {
	if len(turns) == 0 {
		return nil
	}
	from, args := unnest("n", []any{p.workspace, p.Run}, append(ledgerColumns(turns),
		column{"place", ints(pluck(turns, func(t *ledgerTurn) int { return t.lane()*t.Size + t.Place }))})...)
	_, err := p.q.ExecContext(ctx, `
		INSERT INTO undo_turns AS u (workspace_id, run_id, group_id, version, place, turns)
		SELECT $1, $2, group_id, version, place, count(*) FROM `+from+` GROUP BY 3, 4, 5
		ON CONFLICT (workspace_id, run_id, group_id, version, place) DO UPDATE SET turns = u.turns + excluded.turns`, args...)
	return translate(err)
}

// An oldTurn is how many turns of a slot of a lane, of an earlier version of a ring, are given back.
type oldTurn struct {
	Group   uuid.UUID          `db:"group_id"`
	Present int                `db:"present"`
	Slots   objects[lead.Slot] `db:"slots"`
	Place   int                `db:"place"`
	Turns   int                `db:"turns"`
	Version int                `db:"version"`
	// Same says that the group still has the lanes that it had then.
	Same bool `db:"same"`
}

// lane is the lane of the present ring to which the turns are given: lane 0 where the group has other lanes by now.
func (o oldTurn) lane() int {
	if !o.Same {
		return 0
	}
	return o.Place / len(o.Slots)
}

// returnOldTurns gives to the present versions of rings the turns of earlier ones that the run had. Whole rounds of a lane are no matter:
// everybody in it goes without as many. What is left are turns that are owed, as after an edit, which makes one more version.
func (p undoing) returnOldTurns(ctx context.Context) error {
	var rows []oldTurn
	if err := sqlx.SelectContext(ctx, p.q, &rows, `
		WITH back AS (DELETE FROM undo_turns WHERE workspace_id = $1 AND run_id = $2 RETURNING group_id, version, place, turns)
		SELECT b.group_id, g.version AS present, b.version, r.slots, b.place, b.turns, r.lanes_since IS NOT DISTINCT FROM now.lanes_since AS same
		FROM back b JOIN groups g ON g.workspace_id = $1 AND g.group_id = b.group_id AND g.deleted_at IS NULL
		JOIN rings r ON r.workspace_id = $1 AND r.group_id = b.group_id AND r.version = b.version
		JOIN rings now ON now.workspace_id = $1 AND now.group_id = b.group_id AND now.version = g.version
		ORDER BY b.group_id, b.version, b.place`, p.workspace, p.Run); err != nil {
		return fmt.Errorf("reading the turns of earlier versions: %w", translate(err))
	}
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Group == rows[0].Group {
			n++
		}
		if err := p.returnTo(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// returnTo gives old turns to the present ring of their group.
func (p undoing) returnTo(ctx context.Context, rows []oldTurn) error {
	group, present := rows[0].Group, rows[0].Present
	type ringLane struct{ version, lane int }
	back, last := make(map[int][]lead.Returned), make(map[int]ringLane)
	for _, r := range rows { // those of one lane of a version stand together
		lane, of := r.lane(), ringLane{r.Version, r.Place / len(r.Slots)}
		if last[lane] != of || len(back[lane]) == 0 {
			last[lane] = of
			back[lane] = append(back[lane], lead.Returned{Version: r.Version, Slots: r.Slots, Turns: make([]int, len(r.Slots))})
		}
		back[lane][len(back[lane])-1].Turns[r.Place%len(r.Slots)] = r.Turns
	}
	for lane := range back {
		if back[lane] = slices.DeleteFunc(back[lane], lead.Returned.Even); len(back[lane]) == 0 {
			delete(back, lane)
		}
	}
	if len(back) == 0 {
		return nil
	}
	ring, err := p.ring(ctx, p.workspace, group, present)
	if err != nil {
		return err
	}
	version, err := p.succeedRing(ctx, p.workspace, group, present, ringEdit{slots: ring.Slots, by: ring.BalanceBy, back: back})
	if err != nil {
		return err
	}
	_, err = p.q.ExecContext(ctx, `
		UPDATE groups SET version = $3, updated_at = `+afterSQL("$4", "groups")+` WHERE workspace_id = $1 AND group_id = $2`, p.workspace, group, version, p.now())
	return translate(err)
}
