package store

import (
	"context"
	"errors"
	"fmt"
)

// A Repair is what mended the finds of one check, or would mend them.
type Repair struct {
	Check string `json:"check"`
	What  string `json:"what"`
	// Rows is how many rows it changes.
	Rows int64 `json:"rows"`
}

// An auditRepair mends what one check finds where that loses nothing: it only puts right what follows from other rows, or
// has the scheduler look again. Its statements run in one transaction; $1 is the present time in those that ask for it.
type auditRepair struct {
	check, what string
	statements  []repairStatement
}

type repairStatement struct {
	sql   string
	timed bool
}

var auditRepairs = []auditRepair{
	{check: "caps_counted_wrong", what: "count anew what members with caps got", statements: []repairStatement{
		{sql: `DO $$ BEGIN PERFORM 1 FROM cap_counts ORDER BY workspace_id, member_id, group_id FOR UPDATE; END $$`}, // which changes no row
		{sql: `
			UPDATE cap_counts c SET in_hour = n.hour, in_day = n.day, in_week = n.week, in_month = n.month, open = n.open
			FROM (` + capsAsCopiesSay + `) n
			WHERE (c.workspace_id, c.member_id, c.group_id) = (n.workspace_id, n.member_id, n.group_id)
				AND (c.in_hour, c.in_day, c.in_week, c.in_month, c.open) IS DISTINCT FROM (n.hour, n.day, n.week, n.month, n.open)`},
	}},
	{check: "pending_without_batch", what: "put pending leads whose batch is gone into a new one", statements: []repairStatement{{sql: `
		UPDATE pending_leads p SET batch_id = NULL
		WHERE batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.workspace_id = p.workspace_id AND b.batch_id = p.batch_id)`}}},
	{check: "waiting_though_somebody_can", what: "look again who can take the leads that wait", statements: []repairStatement{{timed: true, sql: `
		INSERT INTO waiting_groups AS w (workspace_id, group_id, wake_at)
		SELECT DISTINCT p.workspace_id, p.group_id, $1::timestamptz FROM pending_leads p JOIN groups USING (workspace_id, group_id)
		WHERE p.waiting_since IS NOT NULL AND p.batch_id IS NULL AND p.offered_at IS NULL
		ORDER BY 1, 2
		ON CONFLICT (workspace_id, group_id) DO UPDATE SET wake_at = excluded.wake_at`}}},
	{check: "offers_forgotten", what: "offer on what nobody can accept any more", statements: []repairStatement{{timed: true, sql: `
		UPDATE pending_leads p SET offer_alarm_at = $1::timestamptz
		WHERE p.offered_at IS NOT NULL AND p.batch_id IS NULL AND p.offer_alarm_at IS NULL AND NOT EXISTS (SELECT 1 FROM offers o
			WHERE o.workspace_id = p.workspace_id AND o.pending_id = p.pending_id AND o.state = 'open')`}}},
	{check: "removed_people_let_in", what: "take every way in from people who were removed", statements: []repairStatement{
		{sql: `UPDATE people SET password_hash = NULL WHERE removed_at IS NOT NULL AND password_hash IS NOT NULL`},
		{sql: `DELETE FROM sessions s USING people p WHERE ` + ofARemoved("s")},
		{sql: `DELETE FROM sign_in_links s USING people p WHERE ` + ofARemoved("s")},
		{sql: `DELETE FROM passkeys s USING people p WHERE ` + ofARemoved("s")},
		{sql: `DELETE FROM person_identities s USING people p WHERE ` + ofARemoved("s")},
	}},
	{check: "erased_but_there", what: "empty again what was erased", statements: []repairStatement{
		{sql: `UPDATE leads SET name = NULL, email = NULL, phone = NULL, phone_e164 = NULL, email_key = NULL, words = NULL, fields = '{}' WHERE ` + erasedLeadThere},
		{sql: `UPDATE assigned_leads SET name = NULL, email = NULL, phone = NULL, phone_e164 = NULL, words = NULL, fields = '{}', notes = '' WHERE ` + erasedCopyThere},
	}},
}

// ofARemoved joins what is somebody's to people p who were removed.
func ofARemoved(table string) string {
	return fmt.Sprintf("p.removed_at IS NOT NULL AND p.workspace_id = %[1]s.workspace_id AND p.person_id = %[1]s.person_id", table)
}

// errDryRun rolls a repair back that was only to be tried.
var errDryRun = errors.New("this was a dry run")

// Repair mends what the report's broken checks found, as far as that is safe, and lists what it did: each check in a transaction of
// its own. With dry it does the same and takes it back, so that the rows are those that would be changed.
func (s *Store) Repair(ctx context.Context, report AuditReport, dry bool) ([]Repair, error) {
	done := []Repair{}
	broken := make(map[string]bool, len(report.Checks))
	for _, c := range report.Checks {
		broken[c.Name] = !c.OK
	}
	for _, r := range auditRepairs {
		if !broken[r.check] {
			continue
		}
		var rows int64
		err := s.WithTx(ctx, func(t *Tx) (err error) {
			rows, err = t.repair(ctx, r)
			if err == nil && dry {
				err = errDryRun
			}
			return err
		})
		if err != nil && !errors.Is(err, errDryRun) {
			return done, fmt.Errorf("mending what %s found: %w", r.check, err)
		}
		done = append(done, Repair{Check: r.check, What: r.what, Rows: rows})
	}
	return done, nil
}

func (t *Tx) repair(ctx context.Context, r auditRepair) (rows int64, err error) {
	for _, st := range r.statements {
		var args []any
		if st.timed {
			args = append(args, t.now())
		}
		result, err := t.q.ExecContext(ctx, st.sql, args...)
		if err != nil {
			return rows, translate(err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return rows, translate(err)
		}
		rows += n
	}
	return rows, nil
}
