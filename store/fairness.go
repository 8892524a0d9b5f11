package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A FairnessSpec says of what and when fairness is told: of a group's distributions from one time to another, and by source too.
type FairnessSpec struct {
	Group    uuid.UUID
	From, To time.Time
	BySource bool
}

// Fairness is what a receiver of a group was due and got, of leads of a source where it is told by source.
type Fairness struct {
	Member uuid.UUID
	Source string
	// Due counts turns of slots that list them, those included that were passed over; Share is how many of all turns that were spent
	// their places in the ring come to.
	Due   int
	Share float64
	// Received counts copies, Passed those for which they were passed over, by reason.
	Received int
	Passed   map[string]int
	// Debt is how many turns are kept for them now.
	Debt int
	// Withdrawn counts copies that were taken back since they were not answered.
	Withdrawn int
	// Answered counts copies that they took up, InTime those of them that were in time, and Median is after how long they did, nil for none.
	Answered, InTime int
	Median           *time.Duration
}

type fairnessKey struct {
	Member uuid.UUID `db:"member_id"`
	Source string    `db:"source"`
}

// fairHistory are the group's distributions of the time that were not undone, with the sources of their leads.
var fairHistory = `
	WITH h AS (
		SELECT history.*, CASE WHEN $7 THEN coalesce(s.name, '') ELSE '' END AS source
		FROM ` + historyOf("$1", "group_id", "$2", ">= $3", "< $4") + ` AS history
		LEFT JOIN leads l ON $7 AND l.workspace_id = history.workspace_id AND l.lead_id = history.lead_id
		LEFT JOIN sources s ON $7 AND s.workspace_id = l.workspace_id AND s.source_id = l.source_id
		WHERE history.at >= $5 AND history.at < $6 AND history.outcome <> 'undone' AND ` + stands + `
	)`

// Fairness tells what each receiver of a group was due and got. Nobody is left out who is listed now, or was when something was given.
func (q Queries) Fairness(ctx context.Context, workspace uuid.UUID, f FairnessSpec) ([]Fairness, error) {
	if _, err := q.Group(ctx, workspace, f.Group); err != nil {
		return nil, err
	}
	found := make(map[fairnessKey]*Fairness)
	of := func(k fairnessKey) *Fairness {
		if found[k] == nil {
			found[k] = &Fairness{Member: k.Member, Source: k.Source, Passed: make(map[string]int)}
		}
		return found[k]
	}
	for _, read := range []func(context.Context, uuid.UUID, FairnessSpec, func(fairnessKey) *Fairness) error{
		q.fairTurns, q.fairPassed, q.fairGiven, q.fairDebts,
	} {
		if err := read(ctx, workspace, f, of); err != nil {
			return nil, err
		}
	}
	all := make([]Fairness, 0, len(found))
	for _, one := range found {
		all = append(all, *one)
	}
	slices.SortFunc(all, func(a, b Fairness) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), slices.Compare(a.Member[:], b.Member[:]))
	})
	return all, nil
}

func (f FairnessSpec) args(workspace uuid.UUID) []any {
	low, high := idSpan(f.From, f.To, idSlack)
	return []any{workspace, f.Group, low, high, f.From, f.To, f.BySource}
}

// fairTurns counts turns that were spent, by whose they were and by whose part of the ring they are.
func (q Queries) fairTurns(ctx context.Context, workspace uuid.UUID, f FairnessSpec, of func(fairnessKey) *Fairness) error {
	var rows []struct {
		fairnessKey
		Due   int     `db:"due"`
		Share float64 `db:"share"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, fairHistory+`, spent AS (
			SELECT DISTINCT ring_version, turn, source FROM h WHERE turn IS NOT NULL
		), by_slot AS (
			SELECT s.source, s.ring_version, (s.turn % jsonb_array_length(r.slots))::int AS place, count(*) AS n
			FROM spent s JOIN rings r ON r.workspace_id = $1 AND r.group_id = $2 AND r.version = s.ring_version GROUP BY 1, 2, 3
		), by_ring AS (
			SELECT source, ring_version, sum(n) AS n FROM by_slot GROUP BY 1, 2
		), listed AS (
			SELECT r.version, jsonb_array_length(r.slots) AS size, slot.place - 1 AS place, (m ->> 'member_id')::uuid AS member_id
			FROM rings r CROSS JOIN LATERAL jsonb_array_elements(r.slots) WITH ORDINALITY AS slot (members, place)
			CROSS JOIN LATERAL jsonb_array_elements(slot.members) AS m
			WHERE r.workspace_id = $1 AND r.group_id = $2 AND r.version IN (SELECT ring_version FROM by_ring)
		)
		SELECT l.member_id, b.source, coalesce(sum(s.n), 0)::int AS due, sum(b.n::float8 / l.size) AS share FROM by_ring b
		JOIN listed l ON l.version = b.ring_version
		LEFT JOIN by_slot s ON s.source = b.source AND s.ring_version = b.ring_version AND s.place = l.place
		GROUP BY 1, 2`, f.args(workspace)...); err != nil {
		return fmt.Errorf("counting the turns of group %s: %w", f.Group, translate(err))
	}
	for _, r := range rows {
		one := of(r.fairnessKey)
		one.Due, one.Share = r.Due, r.Share
	}
	return nil
}

// fairPassed counts who was passed over, once for each lead. A turn that was theirs is due to them all the same.
func (q Queries) fairPassed(ctx context.Context, workspace uuid.UUID, f FairnessSpec, of func(fairnessKey) *Fairness) error {
	var rows []struct {
		fairnessKey
		Reason string `db:"reason"`
		N      int    `db:"n"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, fairHistory+`
		SELECT (s ->> 'member_id')::uuid AS member_id, d.source, s ->> 'reason' AS reason, count(*) AS n
		FROM (SELECT DISTINCT ON (pending_id) source, skipped FROM h WHERE jsonb_typeof(skipped) = 'array' ORDER BY pending_id) d
		CROSS JOIN LATERAL jsonb_array_elements(d.skipped) AS s GROUP BY 1, 2, 3`, f.args(workspace)...); err != nil {
		return fmt.Errorf("counting who was passed over in group %s: %w", f.Group, translate(err))
	}
	for _, r := range rows {
		one := of(r.fairnessKey)
		one.Passed[string(lead.ObstacleOf(r.Reason))] += r.N
		one.Due += r.N
	}
	return nil
}

// fairGiven counts what was given and taken back, and how soon it was answered.
func (q Queries) fairGiven(ctx context.Context, workspace uuid.UUID, f FairnessSpec, of func(fairnessKey) *Fairness) error {
	var rows []struct {
		fairnessKey
		Received  int      `db:"received"`
		Withdrawn int      `db:"withdrawn"`
		Answered  int      `db:"answered"`
		InTime    int      `db:"in_time"`
		Median    *float64 `db:"median"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, fairHistory+`
		SELECT h.member_id, h.source, count(*) FILTER (WHERE h.outcome = 'succeeded') AS received,
			count(*) FILTER (WHERE h.outcome = 'withdrawn') AS withdrawn, count(a.answered_at) AS answered,
			count(*) FILTER (WHERE a.answered_at <= coalesce(a.answer_by, a.answered_at)) AS in_time,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.answered_at - a.assigned_at)::float8)
				FILTER (WHERE a.answered_at IS NOT NULL) AS median
		FROM h LEFT JOIN assigned_leads a ON h.outcome = 'succeeded' AND a.workspace_id = $1 AND a.source_lead_id = h.lead_id
			AND a.member_id = h.member_id AND a.assigned_at = h.at
		WHERE h.member_id IS NOT NULL AND h.outcome IN ('succeeded', 'withdrawn') GROUP BY 1, 2`, f.args(workspace)...); err != nil {
		return fmt.Errorf("counting what the receivers of group %s got: %w", f.Group, translate(err))
	}
	for _, r := range rows {
		one := of(r.fairnessKey)
		one.Received, one.Withdrawn, one.Answered, one.InTime = r.Received, r.Withdrawn, r.Answered, r.InTime
		if r.Median != nil {
			median := time.Duration(*r.Median * float64(time.Second))
			one.Median = &median
		}
	}
	return nil
}

// fairDebts counts the turns that are kept for receivers now. They are of no source.
func (q Queries) fairDebts(ctx context.Context, workspace uuid.UUID, f FairnessSpec, of func(fairnessKey) *Fairness) error {
	g, err := q.Group(ctx, workspace, f.Group)
	if err != nil || f.BySource {
		return err
	}
	for _, member := range members(g.Listed) {
		of(fairnessKey{Member: member})
	}
	rows, err := q.debts(ctx, workspace, []uuid.UUID{f.Group})
	kept := make(map[uuid.UUID]int)
	for _, r := range rows {
		for _, member := range r.Members {
			kept[member]++
		}
	}
	for member := range maps.Keys(kept) {
		of(fairnessKey{Member: member}).Debt = kept[member]
	}
	return err
}
