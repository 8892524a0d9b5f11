package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// shares are things that members are to get, each member's in order.
type shares[T any] struct {
	places  map[uuid.UUID]int
	members []lead.Workload
	of      [][]T
	groups  map[uuid.UUID]uuid.UUID // by member the group that all of theirs come from, nil where they come from several
}

// addFrom adds one that comes from a group.
func (s *shares[T]) addFrom(group, member uuid.UUID, one T) {
	_, known := s.places[member]
	s.add(member, one)
	switch {
	case s.groups == nil:
		s.groups = map[uuid.UUID]uuid.UUID{member: group}
	case !known:
		s.groups[member] = group
	case s.groups[member] != group:
		s.groups[member] = uuid.Nil
	}
}

func (s *shares[T]) add(member uuid.UUID, one T) {
	place, known := s.places[member]
	if !known {
		if s.places == nil {
			s.places = make(map[uuid.UUID]int)
		}
		place = len(s.of)
		s.places[member] = place
		s.members, s.of = append(s.members, lead.Workload{MemberID: member}), append(s.of, nil)
	}
	s.of[place] = append(s.of[place], one)
	s.members[place].Leads++
}

// plan draws when each is due: the k-th of the i-th member at the k-th of the i-th times. What the members have on schedule
// counts, except the pending leads in except.
func (s *shares[T]) plan(ctx context.Context, t *Tx, w Workspace, pace lead.Pace, now time.Time, seed lead.Seed, except []uuid.UUID) ([][]time.Time, error) {
	if err := t.workloads(ctx, w, now, s.members, s.groups, except); err != nil {
		return nil, err
	}
	return lead.Plan(lead.Schedule{Now: now, Seed: seed, Pace: pace, Hours: w.Hours, Members: s.members})
}
