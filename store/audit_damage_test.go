package store_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// busyPast is a workspace with something of everything: an edited group, leads by turn and by name, planned ones, a group that waits,
// offers, an import, a test, customers, opportunities, an erased person, and a run that was undone.
func busyPast(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 3)
	w.edit(g, "A B C D")
	w.give(g, 4)
	byName, batches := w.add(2, store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['B']}})
	w.run(batches...)
	plain, _ := w.add(12, store.Distribution{})
	run, batches := w.assignRun(plain[:2], store.Distribution{GroupID: g})
	w.run(batches...)
	w.undo(run)
	w.assign(plain[2:6], store.Distribution{GroupID: g, Pace: lead.Slow})
	w.assign(plain[6:8], store.Distribution{MemberIDs: []uuid.UUID{w.members['C']}, Pace: lead.Slow})
	_, batches = w.assignRun(plain[8:10], store.Distribution{GroupID: g})
	w.run(batches...)
	w.assign(plain[10:], store.Distribution{GroupID: w.group("A B")}) // which is never driven

	offers := w.offering("A B", within(10, 3))
	offered, batches := w.add(2, store.Distribution{GroupID: offers})
	w.run(batches...)
	if err := w.acceptOffer(offered[0], 'A'); err != nil {
		t.Fatal(err)
	}
	imp, err := w.queueImport()
	if err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLeads(ctx, w.workspace, lead.QueueBulk, []store.NewLead{
			{Name: "Ada", Channel: "import", Origin: "import", ImportID: imp.ID}, {Name: "Bea", Channel: "import", Origin: "import", ImportID: imp.ID},
			{Name: "Test", Channel: "api", Origin: "api", Test: true},
		})
		if err != nil {
			return err
		}
		return tx.AdvanceImport(ctx, w.workspace, imp.ID, store.ImportCounts{Rows: 2, Imported: 2}, nil)
	})
	if _, _, err := w.convertCopy(w.members['A'], w.copyOf('A', byName[0])); err != nil {
		t.Fatal(err)
	}
	mine := w.copyOf('B', byName[1])
	if _, err := w.opportunity(w.members['B'], store.Opportunity{Title: "Roof", Stage: "new", AssignedLeadID: &mine}); err != nil {
		t.Fatal(err)
	}
	_, batches = w.contacts(store.Distribution{GroupID: g}, "0123456789 a@example.com", "0123456780 b@example.com")
	w.run(batches...)
	w.erase(w.identify("a@example.com", ""))
	w.exact()
	return w
}

// damages are what no program of ours does to a database. Each is done to a busy past, and found by the check of its name at least.
var damages = []struct{ what, check, sql string }{
	{"the last lead is gone with all that points to it", "leads_gone", `DELETE FROM assigned_leads WHERE source_lead_id = (SELECT max(lead_id::text)::uuid FROM leads);
		DELETE FROM history WHERE lead_id = (SELECT max(lead_id::text)::uuid FROM leads); DELETE FROM turns WHERE lead_id = (SELECT max(lead_id::text)::uuid FROM leads);
		DELETE FROM leads WHERE lead_id = (SELECT max(lead_id::text)::uuid FROM leads)`},
	{"an imported lead is gone", "leads_gone", `DELETE FROM leads WHERE name = 'Ada'`},
	{"an imported lead is gone, and its import says so", "leads_gone", `DELETE FROM leads WHERE name = 'Ada'; UPDATE imports SET imported = imported - 1`},
	{"a lead has another's id", "leads_gone", `UPDATE leads SET lead_id = gen_random_uuid() WHERE name = 'Bea'`},
	{"an import counts what is not there", "imports_counted_wrong", `UPDATE imports SET imported = imported + 1, rows = rows + 1`},
	{"an import's rows are fewer than what became of them", "imports_counted_wrong", `UPDATE imports SET rows = 1`},
	{"the source lead of a copy is gone", "rows_of_no_lead", `DELETE FROM leads WHERE lead_id = (SELECT source_lead_id FROM assigned_leads WHERE source_lead_id IS NOT NULL LIMIT 1)`},
	{"the lead of a planned one is gone", "rows_of_no_lead", `DELETE FROM leads WHERE lead_id = (SELECT lead_id FROM pending_leads LIMIT 1)`},
	{"a planned lead stands twice", "decided_too_often", `INSERT INTO pending_leads (workspace_id, pending_id, lead_id, group_id, member_id, ring_version, turn, assignment_id, trigger, pace, due_at, accepted_at)
		SELECT workspace_id, gen_random_uuid(), lead_id, group_id, member_id, ring_version, turn, assignment_id, trigger, pace, due_at, accepted_at
		FROM pending_leads WHERE pace IS NOT NULL LIMIT 1`},
	{"a lead is to be given once more", "decided_too_often", `INSERT INTO pending_leads (workspace_id, pending_id, lead_id, member_id, trigger, due_at, accepted_at)
		SELECT workspace_id, gen_random_uuid(), lead_id, member_id, 'scheduled', at + interval '1 day', at FROM history WHERE assignment_id IS NULL AND outcome = 'succeeded' LIMIT 1`},
	{"a lead was to be given less often", "decided_too_often", `UPDATE leads SET decisions = 0`},
	{"a lead was to be given more often", "leads_forgotten", `UPDATE leads SET decisions = decisions + 1 WHERE name = 'Bea'`},
	{"a planned lead by turn has another member", "wrong_receiver", `UPDATE pending_leads SET member_id = (SELECT member_id FROM members WHERE member_id <> pending_leads.member_id LIMIT 1)
		WHERE turn IS NOT NULL AND pending_id = (SELECT pending_id FROM pending_leads WHERE turn IS NOT NULL AND member_id IS NOT NULL AND pace IS NOT NULL LIMIT 1)`},
	{"a planned lead by name has another member", "run_of_others", `UPDATE pending_leads SET member_id = (SELECT member_id FROM members WHERE member_id <> pending_leads.member_id LIMIT 1)
		WHERE pace IS NOT NULL AND group_id IS NULL`},
	{"a planned lead is gone", "assignments_incomplete", `DELETE FROM pending_leads WHERE pending_id = (SELECT pending_id FROM pending_leads WHERE pace IS NOT NULL LIMIT 1)`},
	{"an assignment's row is gone", "rows_of_no_run", `DELETE FROM assignments WHERE assignment_id = (SELECT assignment_id FROM history WHERE outcome = 'succeeded' AND assignment_id IS NOT NULL LIMIT 1)`},
	{"the row of an assignment that waits is gone", "rows_of_no_run", `DELETE FROM assignments WHERE assignment_id IN (SELECT assignment_id FROM pending_leads)`},
	{"an assignment has fewer leads than it gave", "decided_too_often", `UPDATE assignments SET count = count - 1`},
	{"an assignment had more leads", "assignments_incomplete", `UPDATE assignments SET count = count + 1`},
	{"an old ring's row is gone", "rows_of_no_ring", `DELETE FROM rings WHERE version = 1 AND group_id = (SELECT group_id FROM groups WHERE version = 2)`},
	{"the present ring's row is gone", "rows_of_no_ring", `DELETE FROM rings WHERE version = 2`},
	{"slots of an old ring changed places", "wrong_receiver", `UPDATE rings SET slots = jsonb_build_array(slots -> 1, slots -> 0, slots -> 2) WHERE version = 1 AND group_id = (SELECT group_id FROM groups WHERE version = 2)`},
	{"a turn is gone", "turns_without_history", `DELETE FROM turns WHERE version = 2 AND lead_id IS NOT NULL AND turn = (SELECT min(turn) FROM turns WHERE version = 2 AND lead_id IS NOT NULL)`},
	{"a turn is another lead's", "turns_without_history", `UPDATE turns SET lead_id = (SELECT lead_id FROM leads WHERE name = 'Bea') WHERE version = 1 AND turn = 0`},
	{"a turn of an old ring is gone with its history", "old_turns_missing", `DELETE FROM history WHERE ring_version = 1 AND turn = 1; DELETE FROM turns WHERE version = 1 AND turn = 1`},
	{"a copy's name was changed", "changed_by_nobody", `UPDATE assigned_leads SET name = 'Eve' WHERE assigned_lead_id = (SELECT assigned_lead_id FROM assigned_leads WHERE updated_at = assigned_at LIMIT 1)`},
	{"a copy's phone was changed", "changed_by_nobody", `UPDATE assigned_leads SET phone = '1', phone_e164 = '+1' WHERE updated_at = assigned_at`},
	{"a copy's fields were emptied of what they said", "changed_by_nobody", `UPDATE assigned_leads SET fields = '{"x":"y"}' WHERE updated_at = assigned_at`},
	{"a lead's e-mail was changed", "changed_by_nobody", `UPDATE leads SET email = 'eve@example.com' WHERE email = 'b@example.com'`},
	{"a copy lost the words that are its own", "found_by_others", `UPDATE assigned_leads SET words = NULL WHERE words IS NOT NULL AND source_lead_id IS NULL`},
	{"a lead's name was changed past its copies", "found_by_others", `UPDATE leads SET name = 'Eve' WHERE lead_id = (SELECT source_lead_id FROM assigned_leads WHERE words IS NULL AND erased_at IS NULL LIMIT 1)`},
	{"a copy is somebody else's", "copies_without_history", `UPDATE assigned_leads SET member_id = (SELECT member_id FROM members WHERE member_id <> assigned_leads.member_id LIMIT 1)
		WHERE assigned_lead_id = (SELECT assigned_lead_id FROM assigned_leads WHERE source_lead_id IS NOT NULL LIMIT 1)`},
	{"a copy is of no group, and its entry of history of one", "successes_without_copy", `UPDATE assigned_leads SET group_id = NULL
		WHERE assigned_lead_id = (SELECT history_id FROM history WHERE copied AND group_id IS NOT NULL LIMIT 1)`},
	{"an entry of history has not the id of its copy, and says so", "successes_without_copy", `UPDATE history SET history_id = gen_random_uuid()
		WHERE history_id = (SELECT history_id FROM history WHERE copied LIMIT 1)`},
	{"a copy of a test was made", "tests_given", `INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, name, fields, status, notes, assigned_at, updated_at, reassigned)
		SELECT a.workspace_id, gen_random_uuid(), a.member_id, l.lead_id, l.name, l.fields, a.status, '', l.created_at, l.created_at, 0
		FROM leads l CROSS JOIN (SELECT * FROM assigned_leads LIMIT 1) a WHERE l.test`},
	{"a copy with a customer is gone", "rows_of_no_copy", `DELETE FROM assigned_leads WHERE assigned_lead_id IN (SELECT assigned_lead_id FROM customers)`},
	{"a copy with an opportunity is gone", "rows_of_no_copy", `DELETE FROM assigned_leads WHERE assigned_lead_id IN (SELECT assigned_lead_id FROM opportunities)`},
	{"history has no member", "history_incomplete", `UPDATE history SET member_id = NULL WHERE outcome = 'succeeded'`},
	{"history has no ring", "history_incomplete", `UPDATE history SET ring_version = NULL WHERE turn = 1`},
	{"history has no group", "history_incomplete", `UPDATE history SET group_id = NULL WHERE turn = 1`},
	{"history has no turn", "history_incomplete", `UPDATE history SET turn = NULL WHERE turn = 1`},
	{"history has no turn and no ring", "turns_without_history", `UPDATE history SET turn = NULL, ring_version = NULL WHERE turn = 1`},
	{"history has no assignment", "assignments_incomplete", `UPDATE history SET assignment_id = NULL`},
	{"history has another outcome", "copies_without_history", `UPDATE history SET outcome = 'failed', reason = 'no_group' WHERE outcome = 'succeeded'`},
	{"a failure has no reason", "history_incomplete", `UPDATE history SET outcome = 'failed' WHERE outcome = 'succeeded'`},
	{"a row of history is gone", "copies_without_history", `DELETE FROM history WHERE history_id = (SELECT history_id FROM history WHERE outcome = 'succeeded' LIMIT 1)`},
	{"an undone row is gone", "undone_without_history", `DELETE FROM history WHERE outcome = 'undone'`},
	{"what was erased came back", "erased_but_there", `UPDATE leads SET email = 'a@example.com' WHERE erased_at IS NOT NULL`},
	{"a copy of what was erased came back", "erased_but_there", `UPDATE assigned_leads SET notes = 'call Ada' WHERE erased_at IS NOT NULL`},
	{"a copy was changed before it was given", "times_out_of_order", `UPDATE assigned_leads SET updated_at = assigned_at - interval '1 minute'`},
	{"a lead was changed before it came", "times_out_of_order", `UPDATE leads SET updated_at = created_at - interval '1 minute'`},
	{"an offer was accepted by two", "accepted_twice", `UPDATE offers SET state = 'accepted'; INSERT INTO offers SELECT workspace_id, gen_random_uuid(), pending_id, lead_id, group_id, ring_version, turn, reassigned,
		(SELECT member_id FROM members WHERE member_id <> o.member_id LIMIT 1), state, offered_at, answer_by, ended_at, assigned_lead_id FROM offers o`},
	{"an offer's lead does not wait", "offers_of_nothing", `DELETE FROM pending_leads WHERE offered_at IS NOT NULL`},
	{"an offer is somebody else's", "offered_to_others", `UPDATE offers SET member_id = (SELECT member_id FROM members ORDER BY member_id DESC LIMIT 1)`},
	{"a batch is gone", "pending_without_batch", `UPDATE pending_leads SET batch_id = gen_random_uuid()`},
	{"an undo does not end", "undo_stuck", `UPDATE undos SET done_at = NULL, updated_at = updated_at - interval '2 minutes'`},
}

// TestAuditFindsEachDamage does each of them, has the audit look, and takes it back.
func TestAuditFindsEachDamage(t *testing.T) {
	t.Parallel()
	w := busyPast(t)
	if n, err := w.Store.FoldTallies(t.Context()); n < 5 || err != nil {
		t.Fatalf("added up %d tallies, %v", n, err)
	}
	w.give(w.group("D"), 1) // whose tally is not added up yet
	w.exact()
	for _, d := range damages {
		t.Run(d.what, func(t *testing.T) {
			tx, err := w.DB.BeginTxx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			tx.MustExec(`SET CONSTRAINTS ALL DEFERRED`)
			tx.MustExec(d.sql)
			report, err := w.Store.AuditWithin(t.Context(), tx)
			if err != nil {
				t.Fatal(err)
			}
			var broken []string
			for _, c := range report.Checks {
				if !c.OK && (c.Found == 0 || len(c.Examples) == 0 || slices.Contains(c.Examples, "")) {
					t.Errorf("%s found %d, such as %q", c.Name, c.Found, c.Examples)
				}
				if !c.OK {
					broken = append(broken, c.Name)
				}
			}
			if !slices.Contains(broken, d.check) {
				t.Errorf("the audit found %v, not %s", broken, d.check)
			}
		})
	}
}
