package store_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestAuditOfMessages breaks what is promised of messages in the data and expects the audit to say so, and nothing where all
// is well: sent, muted, told by two channels, or from before messages were counted.
func TestAuditOfMessages(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ check, damage string }{
		"nothing":            {"", `UPDATE assigned_leads SET messages = NULL WHERE member_id = (SELECT member_id FROM notifications LIMIT 1)`},
		"a message lost":     {"copies_untold", `DELETE FROM notifications WHERE state = 'sent'`},
		"a copy left out":    {"copies_untold", `UPDATE notifications SET assigned_lead_ids = assigned_lead_ids[2:]`},
		"a copy told twice":  {"copies_untold", `UPDATE notifications SET assigned_lead_ids = assigned_lead_ids || assigned_lead_ids[1]`},
		"of another's":       {"messages_without_copy", `UPDATE notifications SET member_id = gen_random_uuid() WHERE state = 'sent'`},
		"of none":            {"messages_without_copy", `UPDATE notifications SET assigned_lead_ids = assigned_lead_ids || gen_random_uuid()`},
		"due, and forgotten": {"messages_stuck", `UPDATE notifications SET send_at = send_at - interval '65 minutes' WHERE state = 'owed'`},
		"never tried": {"messages_stuck", `UPDATE notifications SET created_at = created_at - interval '27 hours',
			send_at = send_at + interval '1 day' WHERE state = 'owed'`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := newTold(t)
			w.give(w.group("A B C D"), 8)
			if err := w.Store.MessageSent(t.Context(), w.claimMessage('A', lead.Telegram)); err != nil {
				t.Fatal(err)
			}
			w.exact()
			w.DB.MustExec(test.damage)
			report, err := w.Store.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range report.Checks {
				if c.Name == test.check && c.OK {
					t.Errorf("the audit did not find it")
				}
				if test.check == "" && !c.OK {
					t.Errorf("the audit found %+v", c)
				}
			}
		})
	}
}
