package store_test

import (
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestAuditFindsWhoCouldNotTakeALead breaks each promise about availability in the data and expects the audit to say so.
func TestAuditFindsWhoCouldNotTakeALead(t *testing.T) {
	t.Parallel()
	for check, damages := range map[string][]string{
		"caps_counted_wrong": {`UPDATE cap_counts SET open = open + 1 WHERE in_day > 0`, `DELETE FROM assigned_leads WHERE member_id IN (SELECT member_id FROM cap_counts)`},
		"caps_passed":        {`UPDATE members SET caps = '{"per_day":1}', updated_at = updated_at - interval '3 days' WHERE caps IS NOT NULL`},
		"received_while_unavailable": {
			`UPDATE members SET on_duty = false, updated_at = updated_at - interval '3 days' WHERE name = 'A'`,
			`UPDATE members SET working_hours = '{"mon":[{"from":"11:00","to":"12:00"}],"sun":[{"from":"22:00","to":"10:00"}]}', updated_at = updated_at - interval '3 days' WHERE name = 'A'`,
			`WITH a AS (INSERT INTO absences (workspace_id, absence_id, member_id, from_date, to_date, created_at)
				SELECT workspace_id, gen_random_uuid(), member_id, '2026-03-02', '2026-03-02', updated_at - interval '1 day' FROM members WHERE name = 'A')
			UPDATE members SET absent_until = '2026-03-04', updated_at = updated_at - interval '3 days' WHERE name = 'A'`,
		},
		"waiting_though_somebody_can": {
			`UPDATE waiting_groups SET wake_at = wake_at - interval '2 hours'`, `DELETE FROM waiting_groups`,
			`UPDATE members SET on_duty = true, updated_at = updated_at - interval '2 hours' WHERE name = 'E'`,
		},
		"debts_of_no_turn": {`UPDATE debts SET turn = turn + 100`},
	} {
		for _, damage := range damages {
			t.Run(check, func(t *testing.T) {
				t.Parallel()
				clock := testenv.NewClock(mondayAtTen)
				w := newWorld(t, testenv.WithClock(clock.Now))
				g := w.group("A B C")
				w.policy("A B C", g, store.GroupPolicy{WhenAway: store.AwayOwe})
				w.cap("B", perDay(2))
				w.offDuty("C", true)
				clock.Advance(time.Minute)
				w.give(g, 6)
				waits := w.group("E")
				w.offDuty("E", true)
				w.editMember('D', func(m *store.Member) { m.WorkingHours = &lead.Week{} })
				_, batches := w.add(1, store.Distribution{GroupID: waits})
				w.run(batches...)
				clock.Advance(2 * time.Minute)
				w.exact()
				w.DB.MustExec(damage)
				report, err := w.Store.Audit(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range report.Checks {
					if c.Name == check && !c.OK && len(c.Examples) > 0 {
						return
					}
				}
				t.Errorf("the audit did not find it: %+v", report)
			})
		}
	}
}
