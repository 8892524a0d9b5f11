package store

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// weekColumn and capsColumn are working hours and caps as columns hold them; NULL is none.
type (
	weekColumn struct{ week *lead.Week }
	capsColumn struct{ lead.Caps }
)

// Scan implements sql.Scanner.
func (c *weekColumn) Scan(src any) error { return readJSON(src, &c.week) }

// Scan implements sql.Scanner.
func (c *capsColumn) Scan(src any) error { return readJSON(src, &c.Caps) }

// availabilityRow is what a member's row says of when they can take leads.
func (m Member) availabilityRow() row {
	var week, caps any
	if m.WorkingHours != nil {
		week = asJSON(m.WorkingHours)
	}
	if !m.Caps.None() {
		caps = asJSON(m.Caps)
	}
	return row{{"on_duty", !m.OffDuty}, {"working_hours", week}, {"caps", caps}}
}

// checkAvailability returns a *FieldError where the member's hours or caps cannot be.
func (m Member) checkAvailability() error {
	if m.WorkingHours != nil {
		if err := m.WorkingHours.Validate(); err != nil {
			return &FieldError{"working_hours", err.Error()}
		}
	}
	return checkCaps("caps", m.Caps)
}

// maxCap is the largest number that a cap can be.
const maxCap = 1_000_000

// checkCaps returns a *FieldError for the first of the caps that cannot be.
func checkCaps(field string, c lead.Caps) error {
	for _, one := range []struct {
		name string
		most *int
	}{{"per_hour", c.PerHour}, {"per_day", c.PerDay}, {"per_week", c.PerWeek}, {"per_month", c.PerMonth}, {"open", c.Open}} {
		if one.most != nil && (*one.most < 1 || *one.most > maxCap) {
			return &FieldError{field + "." + one.name, fmt.Sprintf("a cap is 1 to %d, or null for none", maxCap)}
		}
	}
	return nil
}

// changedAvailability does what goes with a change of when a member can take leads: what they got is counted anew, groups that wait
// for somebody look again, and what is planned for them is planned by the new hours. The gate is closed.
func (t *Tx) changedAvailability(ctx context.Context, workspace uuid.UUID, before, m Member) error {
	zone := before.Timezone != m.Timezone
	hours := !reflect.DeepEqual(before.WorkingHours, m.WorkingHours)
	caps := !reflect.DeepEqual(before.Caps, m.Caps)
	if zone || caps {
		if err := t.countAnew(ctx, workspace, `m.member_id = $2`, m.ID); err != nil {
			return err
		}
	}
	if zone || hours || caps || before.OffDuty != m.OffDuty {
		if err := t.askToReplan(ctx, workspace, `m.member_id = $2`, m.ID); err != nil {
			return err
		}
	}
	if zone || hours || caps || before.OffDuty != m.OffDuty || before.Active != m.Active {
		return t.wakeGroupsOf(ctx, workspace, m.ID)
	}
	return nil
}

// A workingMember is what must be known of a member to tell whether they can take a lead.
type workingMember struct {
	ID          uuid.UUID  `db:"member_id"`
	Active      bool       `db:"active"`
	OnDuty      bool       `db:"on_duty"`
	Zone        string     `db:"timezone"`
	Hours       weekColumn `db:"working_hours"`
	Caps        capsColumn `db:"caps"`
	AbsentUntil *time.Time `db:"absent_until"`
	Counted     bool       `db:"counted"`
	// BornClosed says that the status with which copies begin counts as closed.
	BornClosed bool `db:"born_closed"`

	calendar lead.Calendar
}

// workingMembers reads the members with their calendars, in which absences that are over at the time may be missing.
func (q Queries) workingMembers(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, at time.Time) (map[uuid.UUID]*workingMember, error) {
	var rows []workingMember
	if err := sqlx.SelectContext(often(ctx), q.q, &rows, `
		SELECT m.member_id, m.active AND m.removed_at IS NULL AS active, m.on_duty, coalesce(m.timezone, w.timezone) AS timezone,
			m.working_hours, m.caps, m.absent_until, m.counted, w.statuses[1] = ANY (w.closed_statuses) AS born_closed
		FROM members m JOIN workspaces w USING (workspace_id)
		WHERE m.workspace_id = $1 AND m.member_id = ANY($2::uuid[])`, workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading when %d members work: %w", len(ids), translate(err))
	}
	members := make(map[uuid.UUID]*workingMember, len(rows))
	var away []uuid.UUID
	for i := range rows {
		m := &rows[i]
		zone, err := loadZone(m.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading the time zone of member %s: %w", m.ID, err)
		}
		m.calendar = lead.Calendar{Zone: zone, Hours: m.Hours.week}
		if m.AbsentUntil != nil && m.AbsentUntil.After(at) {
			away = append(away, m.ID)
		}
		members[m.ID] = m
	}
	if len(away) == 0 {
		return members, nil
	}
	var absences []Absence
	if err := sqlx.SelectContext(often(ctx), q.q, &absences, `
		SELECT `+absenceColumns+` FROM absences WHERE workspace_id = $1 AND member_id = ANY($2::uuid[])
			AND coalesce(to_at, to_date + interval '2 days') > $3`, workspace, uuids(away), at); err != nil {
		return nil, fmt.Errorf("reading the absences of %d members: %w", len(away), translate(err))
	}
	for _, a := range absences {
		m := members[a.MemberID]
		m.calendar.Absences = append(m.calendar.Absences, a.span(m.calendar.Zone))
	}
	return members, nil
}

// obstacle is what keeps the member from taking a lead at a moment, caps aside, and until when; the zero time is for as long as
// nobody changes it.
func (m *workingMember) obstacle(at time.Time) (lead.Obstacle, time.Time) {
	switch {
	case !m.Active:
		return lead.ObstacleInactive, time.Time{}
	case !m.OnDuty:
		return lead.ObstacleOffDuty, time.Time{}
	}
	return m.calendar.At(at)
}
