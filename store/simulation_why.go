package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/simulation"
)

// A DifferenceReason is why a lead differs that the setting as it is does not give to whom it went.
type DifferenceReason string

// The reasons.
const (
	WhyUndone  DifferenceReason = "undone"
	WhyMoved   DifferenceReason = "moved"
	WhyRules   DifferenceReason = "rules_changed"
	WhyGroup   DifferenceReason = "group_changed"
	WhyMember  DifferenceReason = "member_changed"
	WhyClosed  DifferenceReason = "copies_closed"
	WhyUnknown DifferenceReason = "unknown"
)

// DifferenceReasons are all of them.
func DifferenceReasons() []DifferenceReason {
	return []DifferenceReason{WhyUndone, WhyMoved, WhyRules, WhyGroup, WhyMember, WhyClosed, WhyUnknown}
}

// A SimulationWhy is why a lead differs, as far as can be told: which group or member was changed since, and when last.
type SimulationWhy struct {
	Why           DifferenceReason
	Group, Member uuid.UUID
	At            time.Time
}

// why finds the likeliest reason why a lead differs.
func (s *simulating) why(ctx context.Context, q Queries, d simulation.Difference) (SimulationWhy, error) {
	group := d.Was.Group
	if group == uuid.Nil {
		group = d.Would.Group
	}
	switch {
	case d.Undone:
		return SimulationWhy{Why: WhyUndone, Group: group}, nil
	case s.moved[d.Pending]:
		return SimulationWhy{Why: WhyMoved, Group: group}, nil
	case d.Routed:
		return SimulationWhy{Why: WhyRules}, nil
	}
	for _, of := range [2]uuid.UUID{group, d.Would.Group} {
		if found, err := s.groupChanged(ctx, q, of); err != nil || found.Why != "" {
			return found, err
		}
	}
	return s.memberChanged(ctx, q, group, d)
}

// groupChanged tells whether a group was edited since the first lead came in.
func (s *simulating) groupChanged(ctx context.Context, q Queries, group uuid.UUID) (SimulationWhy, error) {
	var at []time.Time
	err := sqlx.SelectContext(ctx, q.q, &at, `
		SELECT updated_at FROM groups WHERE workspace_id = $1 AND group_id = $2 AND updated_at >= $3 AND updated_at > created_at`,
		s.workspace, group, s.window.from)
	if err != nil || len(at) == 0 {
		return SimulationWhy{}, translate(err)
	}
	return SimulationWhy{Why: WhyGroup, Group: group, At: at[0]}, nil
}

// memberChanged tells whether a receiver of the group, or whoever got the lead, was edited since the first lead came in.
func (s *simulating) memberChanged(ctx context.Context, q Queries, group uuid.UUID, d simulation.Difference) (SimulationWhy, error) {
	about := slices.Concat(d.Was.Members, d.Would.Members)
	ids := slices.Clone(about)
	open, capped := false, false
	if g, known := s.groups[group]; known {
		for _, slot := range g.Slots {
			for _, m := range slot {
				ids = append(ids, m.MemberID)
				capped = capped || m.Caps != nil
				open = open || m.Caps != nil && m.Caps.Open != nil
			}
		}
	}
	var rows []struct {
		ID     uuid.UUID `db:"member_id"`
		At     time.Time `db:"updated_at"`
		Open   bool      `db:"open"`
		Capped bool      `db:"capped"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT member_id, greatest(updated_at, removed_at) AS updated_at, coalesce(caps ? 'open', false) AS open,
			caps IS NOT NULL AS capped
		FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[])
		ORDER BY NOT (active AND removed_at IS NULL) DESC, member_id = ANY($3::uuid[]) DESC, updated_at DESC, member_id`,
		s.workspace, uuids(ids), uuids(about)); err != nil {
		return SimulationWhy{}, fmt.Errorf("reading which members were edited: %w", translate(err))
	}
	for _, m := range rows {
		capped = capped || m.Capped
		if open = open || m.Open; !m.At.Before(s.window.from) {
			return SimulationWhy{Why: WhyMember, Group: group, Member: m.ID, At: m.At}, nil
		}
	}
	if open {
		return SimulationWhy{Why: WhyClosed, Group: group}, nil
	}
	if capped {
		return s.changedElsewhere(ctx, q, group)
	}
	return SimulationWhy{Why: WhyUnknown, Group: group}, nil
}

// changedElsewhere tells what was changed last in other groups since the first lead came in: whoever has caps had then got more or less there.
func (s *simulating) changedElsewhere(ctx context.Context, q Queries, group uuid.UUID) (SimulationWhy, error) {
	var found struct {
		Why    DifferenceReason `db:"why"`
		Group  uuid.NullUUID    `db:"group_id"`
		Member uuid.NullUUID    `db:"member_id"`
		At     time.Time        `db:"at"`
	}
	err := translate(sqlx.GetContext(ctx, q.q, &found, `
		SELECT 'group_changed' AS why, group_id, NULL::uuid AS member_id, updated_at AS at FROM groups
		WHERE workspace_id = $1 AND updated_at >= $2 AND updated_at > created_at
		UNION ALL
		SELECT 'member_changed', NULL, member_id, greatest(updated_at, removed_at) FROM members
		WHERE workspace_id = $1 AND greatest(updated_at, removed_at) >= $2
		UNION ALL
		(SELECT 'undone', group_id, NULL, at FROM history
		WHERE workspace_id = $1 AND history_id >= $3 AND at >= $2 AND outcome = 'undone' ORDER BY history_id DESC LIMIT 1)
		ORDER BY at DESC LIMIT 1`, s.workspace, s.window.from, s.window.low))
	switch {
	case errors.Is(err, ErrNotFound):
		return SimulationWhy{Why: WhyUnknown, Group: group}, nil
	case err != nil:
		return SimulationWhy{}, fmt.Errorf("reading what was changed elsewhere: %w", err)
	}
	return SimulationWhy{Why: found.Why, Group: found.Group.UUID, Member: found.Member.UUID, At: found.At}, nil
}
