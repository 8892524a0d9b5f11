package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/internal/simulation"
)

// A simulating reads what one simulation needs, and keeps what it knows.
type simulating struct {
	workspace uuid.UUID
	spec      SimulationSpec
	window    simulationWindow
	zone      *time.Location
	groups    map[uuid.UUID]groupRing
	started   map[uuid.UUID]*started
	// drafted says that something is tried, reask that the rules are asked again, and byField that a lane may depend on a field.
	drafted, reask, byField   bool
	sourceNames, integrations map[uuid.UUID]string
	merged                    map[uuid.UUID]uuid.UUID
	sizes                     map[ringKey]int
	moved                     map[uuid.UUID]bool
}

// setting reads the setting as it is, and the one that is tried, which is nil where there are no drafts.
func (s *simulating) setting(ctx context.Context, q Queries) (base simulation.Setting, draft *simulation.Setting, err error) {
	w, err := q.Workspace(ctx, s.workspace)
	if err != nil {
		return base, nil, err
	}
	if s.zone, err = loadZone(w.Timezone); err != nil {
		return base, nil, fmt.Errorf("reading the workspace's time zone: %w", err)
	}
	s.drafted = len(s.spec.Groups) > 0 || s.spec.Rules != nil || len(s.spec.Members) > 0
	base.BornClosed = len(w.Statuses) > 0 && slices.Contains(w.ClosedStatuses, w.Statuses[0])
	for _, read := range []func(context.Context, Queries) error{s.readNames, s.readGroups, s.readSizes} {
		if err := read(ctx, q); err != nil {
			return base, nil, err
		}
	}
	tried := simulation.Setting{BornClosed: base.BornClosed}
	base.Groups, tried.Groups = s.placeGroups()
	if base.Members, err = s.readMembers(ctx, q, nil); err != nil {
		return base, nil, err
	}
	if tried.Members, err = s.readMembers(ctx, q, s.spec.Members); err != nil {
		return base, nil, err
	}
	if base.Route, tried.Route, err = s.routes(ctx, q, w); err != nil {
		return base, nil, err
	}
	for _, of := range []*simulation.Setting{&base, &tried} {
		if err := s.count(ctx, q, of); err != nil {
			return base, nil, err
		}
	}
	if s.drafted {
		draft = &tried
	}
	return base, draft, nil
}

// placeGroups are the groups as they are and as they are tried, each where its ring stood.
func (s *simulating) placeGroups() (base, tried map[uuid.UUID]*simulation.Group) {
	drafts := make(map[uuid.UUID]GroupSpec)
	for _, d := range s.spec.Groups {
		drafts[d.ID] = d.GroupSpec
		s.byField = s.byField || d.BalanceBy.Field() != ""
	}
	base, tried = make(map[uuid.UUID]*simulation.Group), make(map[uuid.UUID]*simulation.Group)
	for id, g := range s.groups {
		st := s.started[id]
		s.byField = s.byField || g.BalanceBy.Field() != ""
		same := g.Version == st.row.Version
		base[id] = st.group(g, same, g.Slots, g.BalanceBy)
		slots, by := []lead.Slot(g.Slots), g.BalanceBy
		if d, is := drafts[id]; is {
			g.Method, g.WhenAway, g.OweAtMost, g.Overflow = d.Method, d.WhenAway, d.OweAtMost, overflowColumn{d.Overflow}
			slots, by = lead.Spread(d.Listed), *d.BalanceBy
			same = same && by == g.BalanceBy && sameSlots(slots, g.Slots)
		}
		tried[id] = st.group(g, same, slots, by)
		if same { // caps and whether they are told are no matter of turns
			for i := range tried[id].Stands {
				tried[id].Stands[i].Ring.Slots = slots
			}
		}
	}
	return base, tried
}

// sameSlots says that two rings have the same members in the same places.
func sameSlots(a, b []lead.Slot) bool {
	return slices.EqualFunc(a, b, func(x, y lead.Slot) bool {
		return slices.EqualFunc(x, y, func(m, n lead.Receiver) bool { return m.MemberID == n.MemberID })
	})
}

// readGroups reads the groups that leads went through since then, or would go through, and where their rings stood.
func (s *simulating) readGroups(ctx context.Context, q Queries) error {
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, q.q, &ids, `
		SELECT g.group_id FROM groups g WHERE g.workspace_id = $1 AND (
			EXISTS (SELECT 1 FROM `+historyOf("$1", "group_id", "g.group_id", ">= $2")+` h)
			OR EXISTS (SELECT 1 FROM pending_leads p WHERE p.workspace_id = $1 AND p.group_id = g.group_id)
			OR g.group_id = ANY ((SELECT groups FROM rules WHERE workspace_id = $1 ORDER BY version DESC LIMIT 1)::uuid[]))`,
		s.workspace, s.window.low); err != nil {
		return fmt.Errorf("reading which groups leads went through: %w", translate(err))
	}
	for _, d := range s.spec.Groups {
		ids = append(ids, d.ID, d.Overflow.GroupID)
	}
	if s.spec.Rules != nil {
		ids = append(ids, groupsOf(*s.spec.Rules)...)
	}
	s.groups = make(map[uuid.UUID]groupRing)
	t := Tx{Queries: q}
	for range maxChain + 1 {
		read, err := t.groupRings(ctx, s.workspace, ids)
		if err != nil {
			return err
		}
		maps.Copy(s.groups, read)
		ids = nil
		for _, g := range read {
			if next := g.Overflow.GroupID; next != uuid.Nil {
				if _, known := s.groups[next]; !known {
					ids = append(ids, next)
				}
			}
		}
	}
	var err error
	s.started, err = s.starts(ctx, q, s.groups)
	return err
}

// readSizes reads how large the rings are by which leads went since then.
func (s *simulating) readSizes(ctx context.Context, q Queries) error {
	var rows []struct {
		Group   uuid.UUID `db:"group_id"`
		Version int       `db:"version"`
		Size    int       `db:"size"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT group_id, version, jsonb_array_length(slots) AS size FROM rings
		WHERE workspace_id = $1 AND group_id = ANY($2::uuid[]) AND lanes_since IS NOT NULL`,
		s.workspace, uuids(slices.Collect(maps.Keys(s.groups)))); err != nil {
		return fmt.Errorf("reading the sizes of rings: %w", translate(err))
	}
	s.sizes = make(map[ringKey]int)
	for _, r := range rows {
		s.sizes[ringKey{s.workspace, r.Group, r.Version, 0}] = r.Size
	}
	return nil
}

// readMembers reads all members, with what drafts say of them.
func (s *simulating) readMembers(ctx context.Context, q Queries, drafts []MemberDraft) (map[uuid.UUID]*simulation.Member, error) {
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, q.q, &ids, `SELECT member_id FROM members WHERE workspace_id = $1`, s.workspace); err != nil {
		return nil, fmt.Errorf("reading the members: %w", translate(err))
	}
	working, err := q.workingMembers(ctx, s.workspace, ids, s.window.from)
	if err != nil {
		return nil, err
	}
	all := make(map[uuid.UUID]*simulation.Member, len(working))
	for id, m := range working {
		all[id] = &simulation.Member{Active: m.Active, OnDuty: m.OnDuty, Calendar: m.calendar, Caps: m.Caps.Caps}
	}
	for _, d := range drafts {
		m := all[d.ID]
		if m == nil {
			continue
		}
		if d.SetHours {
			m.Calendar.Hours = d.WorkingHours
		}
		if d.SetCaps {
			m.Caps = d.Caps
		}
		if d.SetAbsences {
			m.Calendar.Absences = nil
			for _, a := range d.Absences {
				m.Calendar.Absences = append(m.Calendar.Absences, a.span(m.Calendar.Zone))
			}
		}
	}
	return all, nil
}

// routes are the rules as they are and as they are tried, nil where leads keep the groups to which the rules that there are sent them.
func (s *simulating) routes(ctx context.Context, q Queries, w Workspace) (base, tried func(*simulation.Lead) route.Verdict, err error) {
	r, err := q.router(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	if err := sqlx.GetContext(ctx, q.q, &s.reask, `
		SELECT EXISTS (SELECT 1 FROM leads WHERE workspace_id = $1 AND lead_id >= $2 AND lead_id < $3 AND created_at >= $4 AND created_at < $5
			AND rules_version IS NOT NULL AND rules_version <> $6)`,
		s.workspace, s.window.first, s.window.high, s.window.from, s.window.to, r.list.Version); err != nil {
		return nil, nil, fmt.Errorf("reading by which rules leads went: %w", translate(err))
	}
	if s.reask {
		base = func(l *simulation.Lead) route.Verdict { return r.ask(*l.Asked) }
		tried = base
	}
	if s.spec.Rules == nil {
		return base, tried, nil
	}
	list, err := q.CheckRules(ctx, s.workspace, *s.spec.Rules)
	if err != nil {
		return nil, nil, err
	}
	s.reask = true
	draft := &router{list: list, live: maps.Clone(r.live), zone: r.zone, w: w}
	for _, group := range list.Groups() {
		draft.live[group] = true
	}
	return base, func(l *simulation.Lead) route.Verdict { return draft.ask(*l.Asked) }, nil
}

// count counts what those with caps had got when the first lead came in.
func (s *simulating) count(ctx context.Context, q Queries, of *simulation.Setting) error {
	of.Counts = make(map[simulation.CountKey]*simulation.Count)
	for id, m := range of.Members {
		if !m.Caps.None() {
			of.Counts[simulation.CountKey{Member: id}] = nil
		}
	}
	for id, g := range of.Groups {
		for member := range g.Stands[0].Ring.Caps() {
			of.Counts[simulation.CountKey{Member: member, Group: id}] = nil
		}
	}
	for key := range of.Counts {
		m := of.Members[key.Member]
		if m == nil {
			delete(of.Counts, key)
			continue
		}
		w := lead.WindowsAt(s.window.from, m.Calendar.Zone)
		c := &simulation.Count{Windows: w}
		if err := sqlx.GetContext(ctx, q.q, &c.Count, `
			SELECT count(*) FILTER (WHERE a.assigned_at >= $4) AS hour, count(*) FILTER (WHERE a.assigned_at >= $5) AS day,
				count(*) FILTER (WHERE a.assigned_at >= $6) AS week, count(*) FILTER (WHERE a.assigned_at >= $7) AS month,
				count(*) FILTER (WHERE a.status <> ALL (w.closed_statuses)) AS open
			FROM assigned_leads a JOIN workspaces w USING (workspace_id)
			WHERE a.workspace_id = $1 AND a.member_id = $2 AND ($3::uuid = $9 OR a.group_id = $3) AND a.assigned_at < $8
				AND (a.withdrawn_at IS NULL OR a.withdrawn_at >= $8)`,
			s.workspace, key.Member, key.Group, w.Hour, w.Day, w.Week, w.Month, s.window.from, uuid.Nil); err != nil {
			return fmt.Errorf("counting what member %s had got: %w", key.Member, translate(err))
		}
		of.Counts[key] = c
	}
	return nil
}
