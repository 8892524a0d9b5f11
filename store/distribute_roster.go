package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A roster answers for one batch who can receive leads and who holds what, including what the batch has just given.
type roster struct {
	active map[uuid.UUID]bool
	held   map[holding]bool
	// unable are members who are active and may be unavailable, with what keeps them, or with none.
	unable map[uuid.UUID]lead.Obstacle
	// caps bound what their counts count; a count without caps is kept for those who were given leads by name.
	caps    map[capKey]lead.Caps
	counts  map[capKey]*capCount
	members map[uuid.UUID]*workingMember // those who may be unavailable, or count what they get
	// unlocked says that the counts are not locked yet, and full that a cap was found reached.
	unlocked, full bool
}

type holding struct {
	Lead   uuid.UUID `db:"source_lead_id"`
	Member uuid.UUID `db:"member_id"`
}

// A groupRoster is the roster for the turns of one group. It implements lead.Roster.
type groupRoster struct {
	*roster
	group uuid.UUID
	// offers says that the group offers its leads: who is offered one has not got it yet.
	offers bool
}

// Unable implements lead.Roster.
func (r groupRoster) Unable(member uuid.UUID) lead.Obstacle {
	if !r.active[member] {
		return lead.ObstacleInactive
	}
	if o := r.unable[member]; o != "" {
		return o
	}
	if len(r.counts) == 0 {
		return ""
	}
	for _, group := range [2]uuid.UUID{uuid.Nil, r.group} {
		key := capKey{member, group}
		if c := r.counts[key]; c != nil {
			if o := r.caps[key].Full(c.count()); o != "" {
				r.full = true
				return o
			}
		}
	}
	return ""
}

// Give implements lead.Roster.
func (r groupRoster) Give(lead, member uuid.UUID) {
	if r.offers {
		r.held[holding{lead, member}] = true
		return
	}
	r.give(lead, member, r.group)
}

// Holds implements lead.Roster.
func (r *roster) Holds(lead, member uuid.UUID) bool { return r.held[holding{lead, member}] }

// give has the member hold the lead, and counts it.
func (r *roster) give(lead, member, group uuid.UUID) {
	r.held[holding{lead, member}] = true
	for _, of := range [2]uuid.UUID{uuid.Nil, group} {
		if c := r.counts[capKey{member, of}]; c != nil {
			c.add(!r.members[member].BornClosed)
		}
		if group == uuid.Nil {
			return
		}
	}
}

// readGroups reads the groups, those to which their leads may go on, and who of their receivers and of the members named can receive
// leads, and of groups that planned for these in what time they want answers. Where nobody has hours, absences or caps it reads no more than who is active.
func (d *distribution) readGroups(ctx context.Context, t *Tx, ids, named []uuid.UUID, planned ...uuid.UUID) error {
	d.roster = roster{active: make(map[uuid.UUID]bool), held: make(map[holding]bool)}
	d.groups = make(map[uuid.UUID]groupRing)
	for chain := 0; len(ids) > 0 && chain <= maxChain; chain++ {
		read, err := t.groupRings(ctx, d.workspace, ids)
		if err != nil {
			return err
		}
		maps.Copy(d.groups, read)
		ids = nil
		for _, g := range read {
			next := g.Overflow.GroupID
			if _, known := d.groups[next]; !known && g.Overflow.Then == OverflowGroup && !slices.Contains(ids, next) {
				ids = append(ids, next)
			}
		}
	}
	if !d.ahead && !d.estimate {
		if err := t.lockDebts(ctx, d.workspace, d.groups); err != nil {
			return err
		}
	}
	var counted []uuid.UUID
	if len(named) > 0 {
		var err error
		if counted, err = d.readNamed(ctx, t, named, planned); err != nil {
			return err
		}
	}
	return d.addToRoster(ctx, t, counted)
}

// readNamed reads who of the members named is active, and returns those of whom is counted what they get, and those who may be
// unavailable where something is planned. Of the groups that planned for them it reads in what time they want answers.
func (d *distribution) readNamed(ctx context.Context, t *Tx, named, planned []uuid.UUID) (counted []uuid.UUID, err error) {
	var rows []struct {
		ID         uuid.UUID `db:"member_id"`
		Counted    bool      `db:"counted"`
		Restricted bool      `db:"restricted"`
		// Answers is the same in each row.
		Answers object[lead.AnswerWithin] `db:"answers"`
	}
	keep := slices.ContainsFunc(d.claims, claim.keepsCalendar)
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT member_id, counted, NOT on_duty OR working_hours IS NOT NULL OR coalesce(absent_until > $3, false) AS restricted,
			CASE WHEN cardinality($4::uuid[]) > 0 THEN (SELECT jsonb_object_agg(group_id, answer_within) FROM groups
				WHERE workspace_id = $1 AND group_id = ANY($4::uuid[]) AND answer_within IS NOT NULL) END AS answers
		FROM members
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND active AND removed_at IS NULL`,
		d.workspace, uuids(named), t.now(), uuids(planned)); err != nil {
		return nil, fmt.Errorf("reading who is active: %w", translate(err))
	}
	for _, m := range rows {
		if d.roster.active[m.ID] = true; m.Counted || keep && m.Restricted {
			counted = append(counted, m.ID)
		}
		if len(planned) > 0 {
			d.answers = m.Answers
		}
	}
	return counted, nil
}

// addToRoster adds the groups' receivers, and others who may be unavailable.
func (d *distribution) addToRoster(ctx context.Context, t *Tx, restricted []uuid.UUID) error {
	ids := make([]uuid.UUID, 0, len(d.groups))
	for id, g := range d.groups {
		ids = append(ids, id)
		for _, m := range g.Active {
			d.roster.active[m] = true
		}
		restricted = append(restricted, g.Restricted...)
	}
	if len(restricted) == 0 || d.ahead {
		return nil
	}
	now := t.now()
	members, err := t.workingMembers(ctx, d.workspace, restricted, now)
	if err != nil {
		return err
	}
	planned, caps, err := d.readPlannedGroups(ctx, t)
	if err != nil {
		return err
	}
	r := &d.roster
	if r.members == nil {
		r.members, r.unable = make(map[uuid.UUID]*workingMember), make(map[uuid.UUID]lead.Obstacle)
		r.caps, r.counts = make(map[capKey]lead.Caps), make(map[capKey]*capCount)
	}
	maps.Copy(r.caps, caps)
	for id, m := range members {
		r.members[id] = m
		if r.unable[id], _ = m.obstacle(now); m.Counted {
			r.caps[capKey{id, uuid.Nil}] = m.Caps.Caps
		}
	}
	for id, g := range d.groups {
		for member, caps := range g.ring().Caps() { // the same again where it was planned for the group
			r.caps[capKey{member, id}] = caps
		}
	}
	counts, err := d.readCounts(ctx, t, members, append(ids, planned...))
	if err != nil {
		return err
	}
	for key, c := range counts {
		if r.counts[key] == nil { // another one has counted already what this batch gave
			r.counts[key] = c
		}
	}
	return nil
}
