package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// laneRow is a lane of a ring but for lane 0, and how far it was handed out.
type laneRow struct {
	Lane    int                  `db:"lane"`
	Opened  bool                 `db:"opened"`
	First   int64                `db:"first_turn"`
	Owed    pq.Int64Array        `db:"owed_turns"`
	OwedTo  objects[[]uuid.UUID] `db:"owed_to"`
	PutBack IDs                  `db:"put_back"`
	Next    int64                `db:"next"`
	Free    pq.Int64Array        `db:"free"`
}

// stand is the lane of a ring.
func (l laneRow) stand(of ringRow) lead.Stand {
	return lead.Stand{
		Ring: lead.Ring{
			Version: of.Version, Slots: of.Slots, Lane: l.Lane, Opened: l.Opened, First: l.First, Owed: l.Owed, OwedTo: l.OwedTo, PutBack: l.PutBack,
		},
		Position: lead.Position{Next: l.Next, Free: l.Free},
	}
}

// stands reads from the ledger how far the lanes of a ring have been handed out, lane 0 first: see position. They are in the order of
// their numbers.
func (q Queries) stands(ctx context.Context, workspace uuid.UUID, row ringRow) ([]lead.Stand, error) {
	position, err := q.position(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	stands := []lead.Stand{{Ring: row.ring(), Position: position}}
	if row.LanesSince == 0 {
		return stands, nil
	}
	var rows []laneRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT l.lane, l.opened, l.first_turn, l.owed_turns, l.owed_to, l.put_back, last.next, CASE
			WHEN last.next - l.settled_turn = last.used AND cardinality(l.owed_turns) = 0 THEN NULL
			ELSE ARRAY(
				SELECT owed FROM unnest(l.owed_turns) AS owed WHERE NOT EXISTS (SELECT 1 FROM turns t
					WHERE (t.workspace_id, t.group_id, t.version, t.turn) = ($1, $2, $3, owed))
				UNION ALL
				SELECT n FROM generate_series(l.settled_turn, last.next - 1) AS n WHERE NOT EXISTS (SELECT 1 FROM turns t
					WHERE (t.workspace_id, t.group_id, t.version, t.turn) = ($1, $2, $3, n))
				ORDER BY 1) END AS free
		FROM lane_rings l CROSS JOIN LATERAL (
			SELECT coalesce(max(t.turn) + 1, l.settled_turn) AS next, count(*) AS used FROM turns t
			WHERE t.workspace_id = $1 AND t.group_id = $2 AND t.version = $3 AND t.turn >= l.settled_turn AND t.turn < (l.lane + 1) * $4::bigint) last
		WHERE l.workspace_id = $1 AND l.group_id = $2 AND l.version = $3 ORDER BY l.lane`,
		workspace, row.GroupID, row.Version, lead.LaneFrom(1, len(row.Slots))); err != nil {
		return nil, fmt.Errorf("reading the lanes of group %s: %w", row.GroupID, translate(err))
	}
	for _, r := range rows {
		stands = append(stands, r.stand(row))
	}
	return stands, nil
}

// insertLanes writes the rings of lanes, but for lane 0, in one statement.
func (t *Tx) insertLanes(ctx context.Context, workspace, group uuid.UUID, rings []lead.Ring) error {
	if len(rings) == 0 {
		return nil
	}
	from, args := unnest("n", []any{workspace, group, rings[0].Version},
		column{"lane", ints(pluck(rings, func(r *lead.Ring) int { return r.Lane }))},
		column{"opened", ints(pluck(rings, func(r *lead.Ring) int { return oneIf(r.Opened) }))},
		column{"first_turn", bigints(pluck(rings, func(r *lead.Ring) int64 { return r.First }))},
		column{"owed_turns", texts(pluck(rings, func(r *lead.Ring) string { return bigintsText(r.Owed) }))},
		column{"owed_to", jsonbs(pluck(rings, func(r *lead.Ring) string { return textOfJSON(r.OwedTo) }))},
		column{"put_back", texts(pluck(rings, func(r *lead.Ring) string { return IDs(r.PutBack).text() }))})
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO lane_rings (workspace_id, group_id, version, lane, opened, first_turn, owed_turns, owed_to, put_back, settled_turn)
		SELECT $1, $2, $3, lane, opened = 1, first_turn, owed_turns::bigint[], owed_to,
			coalesce(nullif(put_back, ''), '{}')::uuid[], first_turn FROM `+from, args...)
	if err != nil {
		return fmt.Errorf("writing %d lanes of group %s: %w", len(rings), group, translate(err))
	}
	return nil
}

// bigintsText is a list of numbers as Postgres writes it.
func bigintsText(numbers []int64) string {
	text, _ := pq.Int64Array(numbers).Value() // which never fails
	if text == nil {
		return "{}"
	}
	return text.(string)
}

// newLanes are values of a group that have no lane yet.
type newLanes struct {
	workspace, group uuid.UUID
	values           []string
}

// openLanes opens lanes for values that have none yet, as far as a group may have more. Each begins at the slot that has had least. It
// closes the gate, so that no draw is in the air.
func (s *Store) openLanes(ctx context.Context, n newLanes) error {
	err := s.tryTx(ctx, func(t *Tx) error {
		if err := t.closeGate(ctx, n.workspace); err != nil {
			return err
		}
		row, err := t.presentRing(ctx, n.workspace, n.group)
		if err != nil || row.LanesSince == 0 {
			return err
		}
		open, err := t.lanes(ctx, n.workspace, row)
		if err != nil {
			return err
		}
		values := slices.DeleteFunc(slices.Clone(n.values), func(v string) bool {
			return slices.ContainsFunc(open, func(l Lane) bool { return l.Value == v })
		})
		numbers := freeLanes(open, len(values))
		if len(numbers) == 0 {
			return nil
		}
		values = values[:len(numbers)]
		stands, err := t.stands(ctx, n.workspace, row)
		if err != nil {
			return err
		}
		tally := lead.NewLaneTally(stands)
		rings := make([]lead.Ring, len(numbers))
		for i, lane := range numbers {
			rings[i] = tally.Open(stands[0].Ring, lane)
		}
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO lanes (workspace_id, group_id, since, lane, value, opened_at)
			SELECT $1, $2, $3, lane, value, $4 FROM unnest($5::int[], $6::text[]) AS n (lane, value)`,
			n.workspace, n.group, row.LanesSince, t.now(), ints(numbers), texts(values)); err != nil {
			return translate(err)
		}
		return t.insertLanes(ctx, n.workspace, n.group, rings)
	})
	if err != nil {
		return fmt.Errorf("opening %d lanes of group %s: %w", len(n.values), n.group, err)
	}
	return nil
}

// freeLanes are the numbers of up to n lanes that a group may have besides those that are open.
func freeLanes(open []Lane, n int) []int {
	return lead.FreeLanes(pluck(open, func(l *Lane) int { return l.Number }), n)
}

// A Lane is a value of what a group balances by that has turns of its own.
type Lane struct {
	Number int    `db:"lane"`
	Value  string `db:"value"`
}

// lanes lists the lanes that are open in a ring, in the order of their numbers, but for lane 0.
func (q Queries) lanes(ctx context.Context, workspace uuid.UUID, row ringRow) (all []Lane, err error) {
	err = sqlx.SelectContext(ctx, q.q, &all, `
		SELECT lane, value FROM lanes WHERE workspace_id = $1 AND group_id = $2 AND since = $3 ORDER BY lane`,
		workspace, row.GroupID, row.LanesSince)
	return all, translate(err)
}

// presentRing is the ring of a group's present version, also of one that was deleted.
func (q Queries) presentRing(ctx context.Context, workspace, group uuid.UUID) (row ringRow, err error) {
	err = sqlx.GetContext(ctx, q.q, &row, `
		SELECT `+ringColumns+` FROM rings r JOIN groups g USING (workspace_id, group_id, version)
		WHERE g.workspace_id = $1 AND g.group_id = $2`, workspace, group)
	return row, translate(err)
}
