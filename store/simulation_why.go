package store

import (
	"context"
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
	open := false
	if g, known := s.groups[group]; known {
		for _, slot := range g.Slots {
			for _, m := range slot {
				ids = append(ids, m.MemberID)
				open = open || m.Caps != nil && m.Caps.Open != nil
			}
		}
	}
	var rows []struct {
		ID   uuid.UUID `db:"member_id"`
		At   time.Time `db:"updated_at"`
		Open bool      `db:"open"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT member_id, greatest(updated_at, removed_at) AS updated_at, coalesce(caps ? 'open', false) AS open FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[])
		ORDER BY NOT (active AND removed_at IS NULL) DESC, member_id = ANY($3::uuid[]) DESC, updated_at DESC, member_id`,
		s.workspace, uuids(ids), uuids(about)); err != nil {
		return SimulationWhy{}, fmt.Errorf("reading which members were edited: %w", translate(err))
	}
	for _, m := range rows {
		if open = open || m.Open; !m.At.Before(s.window.from) {
			return SimulationWhy{Why: WhyMember, Group: group, Member: m.ID, At: m.At}, nil
		}
	}
	if open {
		return SimulationWhy{Why: WhyClosed, Group: group}, nil
	}
	return SimulationWhy{Why: WhyUnknown, Group: group}, nil
}
