package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A capKey is what a cap counts: what a member gets, over all groups where that is the nil UUID.
type capKey struct {
	Member uuid.UUID `db:"member_id"`
	Group  uuid.UUID `db:"group_id"`
}

// capCount is what a member with a cap got in the windows that were under way when it was counted last.
type capCount struct {
	capKey
	HourFrom  time.Time `db:"hour_from"`
	DayFrom   time.Time `db:"day_from"`
	WeekFrom  time.Time `db:"week_from"`
	MonthFrom time.Time `db:"month_from"`
	InHour    int       `db:"in_hour"`
	InDay     int       `db:"in_day"`
	InWeek    int       `db:"in_week"`
	InMonth   int       `db:"in_month"`
	Open      int       `db:"open"`

	given, opened int // what this transaction added to it
}

const capCountColumns = `member_id, group_id, hour_from, day_from, week_from, month_from, in_hour, in_day, in_week, in_month, open`

// roll moves the count on to the windows of now. A window that has begun since holds nothing: whoever gives a lead to a member with
// a cap counts it.
func (c *capCount) roll(w lead.Windows) {
	for _, one := range []struct {
		from *time.Time
		in   *int
		now  time.Time
	}{{&c.HourFrom, &c.InHour, w.Hour}, {&c.DayFrom, &c.InDay, w.Day}, {&c.WeekFrom, &c.InWeek, w.Week}, {&c.MonthFrom, &c.InMonth, w.Month}} {
		if one.now.After(*one.from) {
			*one.from, *one.in = one.now, 0
		}
	}
}

func (c *capCount) count() lead.Count {
	return lead.Count{Hour: c.InHour, Day: c.InDay, Week: c.InWeek, Month: c.InMonth, Open: c.Open}
}

// add counts one more lead, whose copy is open unless the status with which it begins counts as closed.
func (c *capCount) add(open bool) {
	c.addAll(1, 0)
	if open {
		c.addAll(0, 1)
	}
}

func (c *capCount) addAll(given, opened int) {
	c.given += given
	c.InHour += given
	c.InDay += given
	c.InWeek += given
	c.InMonth += given
	c.opened += opened
	c.Open += opened
}

// countedOf are those members of whom is counted what they get.
func countedOf(members map[uuid.UUID]*workingMember) (ids []uuid.UUID) {
	for id, m := range members {
		if m.Counted {
			ids = append(ids, id)
		}
	}
	return ids
}

// lockCounts locks what is counted of the members, over all groups and in these, and returns it as it stands now. Who has them
// locked keeps others from giving leads to these members. They are locked in the order of their keys.
func (t *Tx) lockCounts(ctx context.Context, workspace uuid.UUID, members map[uuid.UUID]*workingMember, groups []uuid.UUID) (map[capKey]*capCount, error) {
	counted := countedOf(members)
	if len(counted) == 0 {
		return nil, nil
	}
	var rows []capCount
	if err := sqlx.SelectContext(often(ctx), t.q, &rows, `
		SELECT `+capCountColumns+` FROM cap_counts
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND group_id = ANY($3::uuid[])
		ORDER BY member_id, group_id FOR UPDATE`, workspace, uuids(counted), uuids(append(groups, uuid.Nil))); err != nil {
		return nil, fmt.Errorf("locking what %d members got: %w", len(counted), translate(err))
	}
	now := t.now()
	counts := make(map[capKey]*capCount, len(rows))
	for i := range rows {
		rows[i].roll(lead.WindowsAt(now, members[rows[i].Member].calendar.Zone))
		counts[rows[i].capKey] = &rows[i]
	}
	return counts, nil
}

// writeCounts writes the counts to which this transaction added.
func (t *Tx) writeCounts(ctx context.Context, workspace uuid.UUID, counts map[capKey]*capCount) error {
	var given []capCount
	for _, c := range counts {
		if c.given > 0 {
			given = append(given, *c)
		}
	}
	if len(given) == 0 {
		return nil
	}
	from, args := unnest("n", []any{workspace}, capColumns(given)...)
	_, err := t.q.ExecContext(ctx, `
		UPDATE cap_counts c SET hour_from = n.hour_from, day_from = n.day_from, week_from = n.week_from, month_from = n.month_from,
			in_hour = n.in_hour, in_day = n.in_day, in_week = n.in_week, in_month = n.in_month, open = n.open
		FROM `+from+` WHERE c.workspace_id = $1 AND c.member_id = n.member_id AND c.group_id = n.group_id`, args...)
	return translate(err)
}

func capColumns(counts []capCount) []column {
	times := func(of func(*capCount) time.Time) array { return timestamps(pluck(counts, of)) }
	numbers := func(of func(*capCount) int) array { return ints(pluck(counts, of)) }
	return []column{
		{"member_id", uuids(pluck(counts, func(c *capCount) uuid.UUID { return c.Member }))},
		{"group_id", uuids(pluck(counts, func(c *capCount) uuid.UUID { return c.Group }))},
		{"hour_from", times(func(c *capCount) time.Time { return c.HourFrom })},
		{"day_from", times(func(c *capCount) time.Time { return c.DayFrom })},
		{"week_from", times(func(c *capCount) time.Time { return c.WeekFrom })},
		{"month_from", times(func(c *capCount) time.Time { return c.MonthFrom })},
		{"in_hour", numbers(func(c *capCount) int { return c.InHour })},
		{"in_day", numbers(func(c *capCount) int { return c.InDay })},
		{"in_week", numbers(func(c *capCount) int { return c.InWeek })},
		{"in_month", numbers(func(c *capCount) int { return c.InMonth })},
		{"open", numbers(func(c *capCount) int { return c.Open })},
	}
}

// countAnew counts from the copies themselves what members have got for whom a condition on members m holds, whose arguments begin with $2:
// those with a cap of their own, and those who have one as a receiver of a group. Others are counted no more. The gate is closed, so
// that nobody gives them anything meanwhile.
func (t *Tx) countAnew(ctx context.Context, workspace uuid.UUID, condition string, args ...any) error {
	if _, err := t.q.ExecContext(ctx, `
		DELETE FROM cap_counts c USING members m
		WHERE c.workspace_id = $1 AND m.workspace_id = $1 AND m.member_id = c.member_id AND `+condition, append([]any{workspace}, args...)...); err != nil {
		return translate(err)
	}
	var keys []struct {
		capKey
		Zone string `db:"timezone"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &keys, `
		SELECT m.member_id, k.group_id, coalesce(m.timezone, w.timezone) AS timezone
		FROM members m JOIN workspaces w USING (workspace_id) CROSS JOIN LATERAL (
			SELECT '00000000-0000-0000-0000-000000000000'::uuid AS group_id WHERE m.caps IS NOT NULL
			UNION
			SELECT g.group_id FROM groups g
			WHERE g.workspace_id = $1 AND g.deleted_at IS NULL AND jsonb_path_exists(g.listed,
				'$[*].members[*] ? (@.member_id == $m && exists(@.caps))', jsonb_build_object('m', m.member_id))) k
		WHERE m.workspace_id = $1 AND m.removed_at IS NULL AND `+condition+` ORDER BY 1, 2`, append([]any{workspace}, args...)...); err != nil {
		return fmt.Errorf("reading who has caps: %w", translate(err))
	}
	now := t.now()
	for _, k := range keys {
		zone, err := loadZone(k.Zone)
		if err != nil {
			return fmt.Errorf("reading the time zone of member %s: %w", k.Member, err)
		}
		w := lead.WindowsAt(now, zone)
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO cap_counts (workspace_id, `+capCountColumns+`)
			SELECT $1, $2, $3, $4, $5, $6, $7, count(*) FILTER (WHERE a.assigned_at >= $4), count(*) FILTER (WHERE a.assigned_at >= $5),
				count(*) FILTER (WHERE a.assigned_at >= $6), count(*) FILTER (WHERE a.assigned_at >= $7),
				count(*) FILTER (WHERE a.status <> ALL ((SELECT closed_statuses FROM workspaces WHERE workspace_id = $1)::text[]))
			FROM assigned_leads a
			WHERE a.workspace_id = $1 AND a.member_id = $2 AND a.withdrawn_at IS NULL AND ($3::uuid = $8 OR a.group_id = $3)`,
			workspace, k.Member, k.Group, w.Hour, w.Day, w.Week, w.Month, uuid.Nil); err != nil {
			return fmt.Errorf("counting what member %s got: %w", k.Member, translate(err))
		}
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE members m SET counted = EXISTS (SELECT 1 FROM cap_counts c WHERE c.workspace_id = $1 AND c.member_id = m.member_id)
		WHERE m.workspace_id = $1 AND `+condition, append([]any{workspace}, args...)...)
	return translate(err)
}

// countReceivers counts anew what receivers of a group got who have caps in it, or had before.
func (t *Tx) countReceivers(ctx context.Context, workspace uuid.UUID, before, after []lead.Listed) error {
	var capped []uuid.UUID
	for _, listed := range [2][]lead.Listed{before, after} {
		for _, l := range listed {
			for _, m := range l.Members {
				if m.Caps != nil {
					capped = append(capped, m.MemberID)
				}
			}
		}
	}
	if len(capped) == 0 {
		return nil
	}
	return t.countAnew(ctx, workspace, `m.member_id = ANY($2::uuid[])`, uuids(capped))
}

// A givenBack is a copy that counts no more, or no more as open.
type givenBack struct {
	Member, Group uuid.UUID
	// AssignedAt is when its member got it.
	AssignedAt time.Time
	// Open is by how many it changes the open ones, and Got by how many those that the member got.
	Open, Got int
}

// recount corrects what is counted of a member after a copy was closed, opened again or withdrawn, and has groups look again that wait
// for them. The gate was passed. The count is locked first: a distribution that finds no room left, or leaves a lead waiting, has
// committed by then, or sees this.
func (t *Tx) recount(ctx context.Context, workspace uuid.UUID, b givenBack) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE cap_counts c SET open = open + $4,
			in_hour = in_hour + CASE WHEN $6 >= hour_from THEN $5 ELSE 0 END, in_day = in_day + CASE WHEN $6 >= day_from THEN $5 ELSE 0 END,
			in_week = in_week + CASE WHEN $6 >= week_from THEN $5 ELSE 0 END, in_month = in_month + CASE WHEN $6 >= month_from THEN $5 ELSE 0 END
		FROM (SELECT member_id, group_id FROM cap_counts
			WHERE workspace_id = $1 AND member_id = $2 AND group_id IN ($3, $7) ORDER BY member_id, group_id FOR UPDATE) locked
		WHERE c.workspace_id = $1 AND c.member_id = locked.member_id AND c.group_id = locked.group_id`,
		workspace, b.Member, b.Group, b.Open, b.Got, b.AssignedAt, uuid.Nil)
	if err != nil {
		return fmt.Errorf("correcting what member %s got: %w", b.Member, translate(err))
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 || b.Open >= 0 && b.Got >= 0 {
		return err
	}
	return t.wakeGroupsOf(ctx, workspace, b.Member)
}
