package store_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestAuditFindsWhatIsBroken breaks each promise in the data and expects the audit to say so.
func TestAuditFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	for check, damage := range map[string]string{
		"copies_without_history": `DELETE FROM history WHERE history_id = (SELECT history_id FROM history ORDER BY history_id LIMIT 1)`,
		"successes_without_copy": `DELETE FROM assigned_leads WHERE assigned_lead_id = (SELECT assigned_lead_id FROM assigned_leads LIMIT 1)`,
		"given_twice": `INSERT INTO history (workspace_id, history_id, pending_id, lead_id, member_id, outcome, trigger, due_at, accepted_at, at)
			SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), lead_id, member_id, outcome, trigger, due_at, accepted_at, at
			FROM history LIMIT 1`,
		"decided_twice": `INSERT INTO history (workspace_id, history_id, pending_id, lead_id, outcome, reason, trigger, due_at, accepted_at, at)
			SELECT workspace_id, gen_random_uuid(), pending_id, lead_id, 'failed', 'internal_error', trigger, due_at, accepted_at, at
			FROM history LIMIT 1`,
		"pending_and_done": `INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, trigger, due_at, accepted_at)
			SELECT workspace_id, pending_id, gen_random_uuid(), lead_id, group_id, trigger, due_at, accepted_at FROM history LIMIT 1`,
		"pending_twice": `INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, trigger, due_at, accepted_at)
			SELECT workspace_id, pending_id, batch_id, lead_id, group_id, trigger, due_at, accepted_at FROM pending LIMIT 1`,
		"pending_without_batch": `INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, trigger, due_at, accepted_at)
			SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), lead_id, group_id, trigger, due_at, accepted_at FROM pending LIMIT 1`,
		"leads_forgotten":        `DELETE FROM batches WHERE assignment_id IS NULL`,
		"assignments_incomplete": `DELETE FROM batches WHERE assignment_id IS NOT NULL`,
		"turns_without_history":  `UPDATE history SET turn = 7 WHERE turn = 1`,
		"wrong_receiver": `UPDATE history SET member_id = (SELECT member_id FROM members ORDER BY member_id DESC LIMIT 1)
			WHERE turn = 0`,
		"old_turns_missing": `DELETE FROM turns WHERE turn = 1 AND version = 1`,
		"lost_turns":        `DELETE FROM turns WHERE version = 2 AND turn = (SELECT min(turn) FROM turns WHERE version = 2)`,
		"pace_passed": `INSERT INTO history (workspace_id, history_id, pending_id, lead_id, member_id, outcome, trigger, pace, paced_day, due_at, accepted_at, at)
			SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), member_id, outcome, 'scheduled', paces.pace, '2026-11-23', due_at,
				accepted_at, at
			FROM (SELECT * FROM history LIMIT 1) h, unnest(ARRAY['slow','slow','slow','slow','normal','normal','normal','normal']) AS paces (pace)`,
		"answered_and_withdrawn":    `UPDATE assigned_leads SET answered_at = assigned_at, withdrawn_at = assigned_at`,
		"withdrawn_without_history": `UPDATE assigned_leads SET withdrawn_at = assigned_at`,
		"unanswered_forgotten":      `UPDATE assigned_leads SET alarm_at = assigned_at - interval '2 minutes'`,
		"stuck":                     `UPDATE batches SET feed_at = feed_at - interval '2 minutes'`,
	} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.group("A B C")
			w.give(g, 3)
			w.edit(g, "A B C D")
			w.give(g, 3)
			waits := w.group("A")
			ids, _ := w.add(2, store.Distribution{GroupID: waits})
			w.assign(ids, store.Distribution{GroupID: waits})
			w.exact()
			w.DB.MustExec(damage)
			report, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, c := range report.Checks {
				found = found || c.Name == check && !c.OK && len(c.Examples) > 0
			}
			if !found || report.OK {
				t.Errorf("the audit did not find it: %+v", report)
			}
		})
	}
}

// TestAuditFindsWhatIsUndoneWrongly breaks what an undo promises, and expects the audit to say so.
func TestAuditFindsWhatIsUndoneWrongly(t *testing.T) {
	t.Parallel()
	for check, damage := range map[string]string{
		"undone_though_touched":  `UPDATE assigned_leads SET answered_at = assigned_at WHERE undone_lead_id IS NOT NULL`,
		"undone_without_history": `DELETE FROM history WHERE outcome = 'undone'`,
		"undo_stuck":             `UPDATE undos SET done_at = NULL, updated_at = updated_at - interval '2 minutes'`,
	} {
		t.Run(check, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ids, _ := w.add(2, store.Distribution{})
			run, batches := w.assignRun(ids, store.Distribution{GroupID: w.group("A B C")})
			w.run(batches...)
			w.undo(run)
			w.exact()
			w.DB.MustExec(damage)
			w.finds(check)
		})
	}
	w := newWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(2, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	w.undo(run)
	w.exact()
	w.DB.MustExec(`INSERT INTO turns (workspace_id, group_id, version, turn, lead_id)
		SELECT workspace_id, group_id, ring_version, turn, lead_id FROM history WHERE outcome = 'undone' LIMIT 1`)
	w.finds("undone_without_history")
}

// finds fails the test unless a check of the audit finds something.
func (w *world) finds(check string) {
	w.t.Helper()
	report, err := w.Store.Audit(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range report.Checks {
		if c.Name == check && !c.OK && len(c.Examples) > 0 {
			return
		}
	}
	w.t.Errorf("the audit did not find %s: %+v", check, report)
}

// TestAuditFindsWrongLanes breaks what lanes promise, and expects the audit to say so.
func TestAuditFindsWrongLanes(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct{ check, damage string }{
		"a lane that is not there": {"turns_of_no_lane", `DELETE FROM lane_rings WHERE version = 2 AND lane = 1`},
		"before it began": {"turns_of_no_lane", `UPDATE lane_rings SET first_turn = first_turn + 1, settled_turn = settled_turn + 1
			WHERE version = 2 AND lane = 1`},
		"of another value":          {"lane_of_others", `UPDATE lanes SET value = 'z' WHERE lane = 2`},
		"shared, and has one":       {"lane_of_others", `INSERT INTO lanes SELECT workspace_id, group_id, since, 0, 'z', opened_at FROM lanes WHERE lane = 1; UPDATE turns SET turn = 1 WHERE version = 2 AND turn = (SELECT min(turn) FROM turns WHERE version = 2)`},
		"too many":                  {"lanes_too_many", `INSERT INTO lanes SELECT workspace_id, group_id, since, lane + n, n::text, opened_at FROM lanes, generate_series(1, 999) AS n WHERE lane = 2`},
		"an old turn of a lane":     {"old_turns_missing", `DELETE FROM turns WHERE version = 1 AND turn = (SELECT min(turn) + 1 FROM turns WHERE version = 1 AND turn > 2000000000000)`},
		"a turn of a lane is lost":  {"lost_turns", `DELETE FROM turns WHERE version = 2 AND turn = (SELECT min(turn) FROM turns WHERE version = 2 AND turn > 2000000000000)`},
		"a turn of somebody else's": {"wrong_receiver", `UPDATE history SET turn = turn + 1 WHERE ring_version = 2 AND turn > 2000000000000`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.balancedAtOnce("A B C", lead.BalanceCampaign)
			w.giveOf(g, "xyyyxyy")
			w.edit(g, "A B C D")
			w.giveOf(g, "xyyyxyy")
			w.exact()
			w.DB.MustExec(one.damage)
			w.finds(one.check)
		})
	}
}
