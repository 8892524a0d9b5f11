package chaos_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

const (
	// settled is how long everything may take to be given out once the faults are over and everybody has been answered.
	settled = 60 * time.Second
	// wait is how long a lead that is due may wait for its copies, but for faults that leave nothing to give it with. It usually waits for
	// no time, and for ten seconds where its hint is lost; but a busy machine, and one fault upon the other, take longer.
	wait = 60 * time.Second
	// slack is how far the clocks of processes may be from the database's, while lines are slow.
	slack = time.Second
)

// A found lead is what the database has of one of the record.
type found struct {
	ID        uuid.UUID      `db:"lead_id"`
	Name      string         `db:"name"`
	Deleted   bool           `db:"deleted"`
	Phone     string         `db:"phone"`
	Copies    pq.StringArray `db:"copies"` // those that were not taken back, by their members
	Ever      int            `db:"ever"`   // all there ever were
	Groups    int            `db:"groups"`
	First     *time.Time     `db:"first"`
	Withdrawn int            `db:"withdrawn"`
}

const findLeads = `
	SELECT l.lead_id, l.name, l.deleted_at IS NOT NULL AS deleted, coalesce(l.phone, '') AS phone, count(a.assigned_lead_id) AS ever,
		coalesce(array_agg(a.member_id) FILTER (WHERE a.withdrawn_at IS NULL AND a.member_id IS NOT NULL), '{}') AS copies,
		count(DISTINCT a.group_id) AS groups, min(a.assigned_at) AS first, count(a.withdrawn_at) AS withdrawn
	FROM leads l LEFT JOIN assigned_leads a ON a.workspace_id = l.workspace_id AND a.source_lead_id = l.lead_id
	WHERE l.workspace_id = $1 GROUP BY l.workspace_id, l.lead_id`

// A checker holds the database against the record.
type checker struct {
	*world
	*record
	struck []*fault
	checks int
	took   time.Duration // until everything was given out after the last fault
	heard  time.Duration // until the webhook was told of it
}

// find reads all leads, by name. One that is there twice is a fault.
func (c *checker) find(ctx context.Context) map[string]found {
	var rows []found
	if err := c.read(ctx, &rows, findLeads, c.workspace); err != nil {
		if ctx.Err() == nil {
			c.t.Errorf("reading the leads: %v", err)
		}
		return nil
	}
	byName := make(map[string]found, len(rows))
	for _, f := range rows {
		if before, twice := byName[f.Name]; twice {
			c.t.Errorf("doubled: %q is there as %s and as %s", f.Name, before.ID, f.ID)
		}
		byName[f.Name] = f
	}
	return byName
}

// watch compares again and again until ctx ends, while things are on the move: nothing may be there too often, with a member whom it
// is not for, or before its time, and nothing that was acknowledged may be missing.
func (c *checker) watch(ctx context.Context, every time.Duration) {
	for ctx.Err() == nil && !c.t.Failed() {
		known := c.all() // before: what is acknowledged by now must be there
		leads := c.find(ctx)
		if leads == nil {
			return
		}
		now := c.all()
		for name, e := range known {
			if now[name].ending == e.ending && now[name].due.Equal(e.due) { // else somebody asked for something else while the leads were read
				c.compare(e, leads[name], false)
			}
		}
		c.checks++
		pause(ctx, every)
	}
}

// compare holds a lead against what is known of it. At the end it must have been given, too.
func (c *checker) compare(e entry, f found, end bool) {
	switch {
	case f.Name == "" && e.acknowledged.IsZero():
		return
	case f.Name == "":
		c.t.Errorf("lost: %q was acknowledged at %s and is not there", e.name, e.acknowledged.Format(time.RFC3339Nano))
		return
	}
	c.compareCopies(e, f)
	if end {
		c.compareEnd(e, f)
	}
}

// compareCopies looks at what there may be at any time.
func (c *checker) compareCopies(e entry, f found) {
	slots := rings[e.group]
	if len(f.Copies) > len(slots[0]) {
		c.t.Errorf("doubled: %q has %d copies: %v", e.name, len(f.Copies), f.Copies)
	}
	for _, member := range f.Copies {
		if !slices.ContainsFunc(slices.Concat(slots...), func(n int) bool { return c.members[n].String() == member }) {
			c.t.Errorf("%q went to %s, who is not in its group", e.name, member)
		}
	}
	switch {
	case e.ending == nobody && f.Ever > 0:
		c.t.Errorf("%q was deleted, and then given to %d", e.name, f.Ever)
	case e.ending == stored && f.Ever > 0:
		c.t.Errorf("%q was given to %d, and nobody asked for that", e.name, f.Ever)
	case e.ending == back && len(f.Copies) > 0:
		c.t.Errorf("%q was taken back, and is with %v", e.name, f.Copies)
	case !e.due.IsZero() && f.First != nil && f.First.Before(e.due.Add(-slack)):
		c.t.Errorf("%q was due at %s and given at %s", e.name, e.due, f.First)
	}
}

// compareEnd looks at what there must be in the end.
func (c *checker) compareEnd(e entry, f found) {
	if want := len(rings[e.group][0]); e.ending == given && !e.acknowledged.IsZero() && len(f.Copies) != want {
		c.t.Errorf("%q was acknowledged and has %d copies, not %d", e.name, len(f.Copies), want)
	}
	if e.phone != "" && f.Phone != e.phone {
		c.t.Errorf("%q was given the phone %s and has %q", e.name, e.phone, f.Phone)
	}
	if e.ending != given || e.acknowledged.IsZero() || f.First == nil {
		return
	}
	if lag, halted := c.lag(e, f), c.halted(c.since(e), *f.First); lag > wait+halted {
		c.t.Errorf("%q waited for %s, of which %s without Postgres", e.name, lag.Round(time.Millisecond), halted.Round(time.Millisecond))
	}
}

// since is when a lead could go out.
func (c *checker) since(e entry) time.Time {
	if e.due.After(e.acknowledged) {
		return e.due
	}
	return e.acknowledged
}

func (c *checker) lag(e entry, f found) time.Duration { return max(0, f.First.Sub(c.since(e))) }

// end waits until everything is given out, and looks at all there is to see.
func (c *checker) end(over time.Time) {
	testenv.Eventually(c.t, settled, func() error {
		var left int
		err := c.database().Get(&left, `SELECT count(*) FROM pending WHERE workspace_id = $1`, c.workspace)
		if err == nil && left > 0 {
			err = fmt.Errorf("%d leads are not given out", left)
		}
		return err
	})
	c.took = time.Since(over)
	known, leads := c.all(), c.find(c.t.Context())
	for name, e := range known {
		c.compare(e, leads[name], true)
	}
	for name := range leads {
		if _, is := known[name]; !is {
			c.t.Errorf("%q is there, and nobody sent it", name)
		}
	}
	c.shares()
	c.accepted()
	c.absences()
	c.told()
	c.heard = time.Since(over)
	c.audit()
}

// shares holds the ring that nobody touches to its turns: of n leads each has n/4, or one more.
func (c *checker) shares() {
	var shares []int
	c.must(c.read(c.t.Context(), &shares, `SELECT count(*) FROM assigned_leads WHERE workspace_id = $1 AND group_id = $2 GROUP BY member_id`, c.workspace, c.groups[turns]))
	if len(shares) != len(rings[turns]) || slices.Max(shares)-slices.Min(shares) > 1 {
		c.t.Errorf("turns are not exact: the members of the untouched ring have %v leads", shares)
	}
}

// accepted holds what was accepted to those who accepted it.
func (c *checker) accepted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lost []uuid.UUID
	ids := make([]string, 0, len(c.answered))
	for id := range c.answered {
		ids = append(ids, id.String())
	}
	c.must(c.read(c.t.Context(), &lost, `SELECT id FROM unnest($2::uuid[]) AS id WHERE NOT EXISTS (SELECT 1 FROM assigned_leads
		WHERE workspace_id = $1 AND assigned_lead_id = id AND answered_at IS NOT NULL AND withdrawn_at IS NULL)`, c.workspace, pq.Array(ids)))
	if len(lost) > 0 {
		c.t.Errorf("lost: %d copies were accepted and are not: %v", len(lost), lost)
	}
}

// absences looks for who got a lead by turn while they were known to be deactivated.
func (c *checker) absences() {
	for member, spans := range c.away {
		for _, s := range spans {
			var got []uuid.UUID
			c.must(c.read(c.t.Context(), &got, `SELECT assigned_lead_id FROM assigned_leads
				WHERE workspace_id = $1 AND member_id = $2 AND assigned_at > $3 AND assigned_at < $4`, c.workspace, c.members[member], s.from.Add(slack), s.to))
			if len(got) > 0 {
				c.t.Errorf("member %d was deactivated from %s to %s and got %v", member, s.from, s.to, got)
			}
		}
	}
}

// audit asks the program itself. A draw whose owner died is put right by the scheduler within a minute.
func (c *checker) audit() {
	testenv.Eventually(c.t, 90*time.Second, func() error {
		cmd := exec.CommandContext(c.t.Context(), c.program, "audit")
		cmd.Env = []string{"DATABASE_URL=" + c.DatabaseURL, "REDIS_URL=" + c.RedisURL}
		said, err := cmd.Output()
		if err == nil {
			return nil
		}
		var report struct {
			Checks []struct {
				Name     string
				OK       bool
				Found    int
				Examples any
			}
		}
		if json.Unmarshal(said, &report) != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
		for _, one := range report.Checks {
			if !one.OK {
				err = errors.Join(err, fmt.Errorf("the audit found %d × %s: %v", one.Found, one.Name, one.Examples))
			}
		}
		pause(c.t.Context(), again)
		return err
	})
}
