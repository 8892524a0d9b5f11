package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// stuckAfter is how long due work may wait before the audit calls it stuck.
const stuckAfter = time.Minute

// messageStuckAfter is for how long a message that is due may wait, in hours: a provider's rate limit holds up some ten
// thousand as long as this. neverTriedAfter is for how long one may be owed without being tried: quiet hours end within a day.
const (
	messageStuckAfter = 1
	neverTriedAfter   = 26
)

// An auditQuery lists what breaks a promise, each as a line of text. One that asks what is overdue takes the time
// before which work should have been done. What one finds gone is in no row that is left.
type auditQuery struct {
	name, promise string
	overdue, gone bool
	query         string
}

var auditQueries = append([]auditQuery{
	{name: "copies_without_history", promise: "every copy has a history row that says why", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		WHERE NOT EXISTS (SELECT 1 FROM history h WHERE h.workspace_id = a.workspace_id
			AND h.lead_id = coalesce(a.source_lead_id, a.undone_lead_id) AND h.member_id = a.member_id AND h.outcome = 'succeeded')`},
	{name: "successes_without_copy", promise: "every success in history has its copy", query: `
		SELECT 'history ' || h.history_id FROM history h
		WHERE h.outcome = 'succeeded' AND NOT EXISTS (SELECT 1 FROM assigned_leads a
			WHERE a.workspace_id = h.workspace_id AND coalesce(a.source_lead_id, a.undone_lead_id) = h.lead_id AND a.member_id = h.member_id)
		UNION ALL
		SELECT 'history ' || h.history_id FROM history h LEFT JOIN assigned_leads a -- whose indexes it is found by
			ON a.workspace_id = h.workspace_id AND a.assigned_lead_id = h.history_id
		WHERE h.copied AND (h.outcome <> 'succeeded' OR a.assigned_lead_id IS NULL OR a.member_id <> h.member_id
			OR a.group_id IS DISTINCT FROM h.group_id OR coalesce(a.source_lead_id, a.undone_lead_id) <> h.lead_id)`},
	{name: "given_twice", promise: "a member gets a lead once, but for what was undone", query: `
		SELECT 'lead ' || lead_id || ', member ' || member_id FROM history WHERE outcome = 'succeeded'
		GROUP BY workspace_id, lead_id, member_id HAVING count(*) > 1 AND count(*) > 1 + (SELECT count(*) FROM assigned_leads a
			WHERE a.workspace_id = history.workspace_id AND a.undone_lead_id = history.lead_id AND a.member_id = history.member_id)`},
	{name: "decided_twice", promise: "every decision takes effect once", query: `
		SELECT 'pending lead ' || pending_id FROM history WHERE outcome <> 'undone'
		GROUP BY workspace_id, pending_id
		HAVING count(DISTINCT (ring_version, turn)) > 1 OR bool_or(outcome <> 'succeeded') AND count(*) > 1`},
	{name: "pending_and_done", promise: "a decision is pending or in history, never both", query: `
		SELECT 'pending lead ' || p.pending_id FROM pending p
		JOIN history h ON h.workspace_id = p.workspace_id AND h.lead_id = p.lead_id AND h.pending_id = p.pending_id`},
	{name: "pending_twice", promise: "a decision is pending once", query: `
		SELECT 'pending lead ' || pending_id FROM pending GROUP BY workspace_id, pending_id HAVING count(*) > 1`},
	{name: "pending_without_batch", promise: "every pending lead that is armed is in a batch that will be driven", query: `
		SELECT 'pending lead ' || p.pending_id FROM pending_leads p
		WHERE p.batch_id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.workspace_id = p.workspace_id AND b.batch_id = p.batch_id)`},
	{name: "deleted_and_more", promise: "a pending lead that an older version deleted is neither pending nor in history", query: `
		SELECT 'pending lead ' || d.pending_id FROM deleted_pending d
		WHERE EXISTS (SELECT 1 FROM pending p WHERE p.workspace_id = d.workspace_id AND p.pending_id = d.pending_id)
			OR EXISTS (SELECT 1 FROM history h WHERE h.workspace_id = d.workspace_id AND h.lead_id = d.lead_id
				AND h.pending_id = d.pending_id)`},
	{name: "leads_forgotten", promise: "every lead that was to be distributed is pending, deleted or in history", query: `
		WITH done AS (
			SELECT workspace_id, lead_id, count(DISTINCT pending_id) AS n FROM history
			WHERE assignment_id IS NULL AND retry_of IS NULL AND outcome NOT IN ('withdrawn', 'lapsed') GROUP BY 1, 2
		), waiting AS (
			SELECT workspace_id, lead_id, count(*) AS n FROM (
				SELECT workspace_id, lead_id, assignment_id, retry_of FROM pending p
				WHERE NOT EXISTS (SELECT 1 FROM pending_leads u -- of what is yet to be taken back nothing is decided
					WHERE u.workspace_id = p.workspace_id AND u.pending_id = p.pending_id AND u.withdraws IS NOT NULL)
				UNION ALL SELECT workspace_id, lead_id, assignment_id, retry_of FROM deleted_pending) w
			WHERE assignment_id IS NULL AND retry_of IS NULL GROUP BY 1, 2
		)
		SELECT 'lead ' || l.lead_id FROM leads l
		LEFT JOIN done USING (workspace_id, lead_id) LEFT JOIN waiting USING (workspace_id, lead_id)
		WHERE l.decisions > coalesce(done.n, 0) + coalesce(waiting.n, 0)`},
	{name: "assignments_incomplete", promise: "every lead of an assignment is pending, deleted or in history", query: `
		WITH done AS (
			SELECT workspace_id, assignment_id, count(DISTINCT pending_id) AS n FROM history
			WHERE assignment_id IS NOT NULL AND outcome NOT IN ('withdrawn', 'lapsed') AND trigger <> 'reassigned' GROUP BY 1, 2
		), waiting AS (
			SELECT workspace_id, assignment_id, count(*) AS n FROM (
				SELECT workspace_id, assignment_id FROM pending WHERE trigger <> 'reassigned'
				UNION ALL SELECT workspace_id, assignment_id FROM deleted_pending) w
			WHERE assignment_id IS NOT NULL GROUP BY 1, 2
		)
		SELECT 'assignment ' || a.assignment_id FROM assignments a
		LEFT JOIN done USING (workspace_id, assignment_id) LEFT JOIN waiting USING (workspace_id, assignment_id)
		WHERE a.count > coalesce(done.n, 0) + coalesce(waiting.n, 0)`},
	{name: "turns_without_history", promise: "every turn spent on a lead is in history, pending or deleted, and the other way round", query: `
		SELECT 'group ' || coalesce(t.group_id, h.group_id) || ', version ' || coalesce(t.version, h.ring_version)
			|| ', turn ' || coalesce(t.turn, h.turn)
		FROM (SELECT * FROM turns WHERE lead_id IS NOT NULL) t
		FULL JOIN (
			SELECT workspace_id, group_id, ring_version, turn, lead_id FROM history WHERE turn IS NOT NULL AND outcome <> 'undone'
				AND NOT EXISTS (SELECT 1 FROM history u WHERE u.workspace_id = history.workspace_id AND u.lead_id = history.lead_id
					AND u.pending_id = history.pending_id AND u.turn = history.turn AND u.outcome = 'undone')
			UNION SELECT workspace_id, group_id, ring_version, turn, lead_id FROM pending_leads WHERE turn IS NOT NULL
			UNION SELECT workspace_id, group_id, ring_version, turn, lead_id FROM deleted_pending WHERE turn IS NOT NULL) h
		ON (t.workspace_id, t.group_id, t.version, t.turn, t.lead_id)
			= (h.workspace_id, h.group_id, h.ring_version, h.turn, h.lead_id)
		WHERE t.turn IS NULL OR h.turn IS NULL`},
	{name: "wrong_receiver", promise: "turn n goes to slot n mod ring size, when it is planned and when it is given", query: `
		SELECT d.line FROM (
			SELECT workspace_id, group_id, ring_version, turn, coalesce(moved_from, member_id) AS member_id, 'history ' || history_id AS line
			FROM history WHERE turn IS NOT NULL AND member_id IS NOT NULL
			UNION ALL
			SELECT workspace_id, group_id, ring_version, turn, coalesce(moved_from, member_id), 'pending lead ' || pending_id
			FROM pending_leads WHERE turn IS NOT NULL AND member_id IS NOT NULL) d
		JOIN rings r ON (r.workspace_id, r.group_id, r.version) = (d.workspace_id, d.group_id, d.ring_version)
		WHERE NOT r.slots -> (d.turn % jsonb_array_length(r.slots))::int @> jsonb_build_array(jsonb_build_object('member_id', d.member_id))`},
	{name: "old_turns_missing", promise: "no turn of an earlier ring version is missing", query: `
		SELECT 'group ' || r.group_id || ', version ' || r.version || CASE WHEN r.lane > 0 THEN ', lane ' || r.lane ELSE '' END
		FROM ring_lanes r JOIN groups g USING (workspace_id, group_id)
		JOIN LATERAL (SELECT count(*) AS n, max(turn) AS last FROM turns t
			WHERE t.workspace_id = r.workspace_id AND t.group_id = r.group_id AND t.version = r.version
			  AND t.turn >= r.first_turn AND t.turn < r.end_turn) used ON true
		WHERE r.version < g.version AND used.n > 0 AND used.n <> used.last - r.first_turn + 1`},
	{name: "pace_passed", promise: "a member never gets more in a day than the pace promises, over all schedules", query: fmt.Sprintf(`
		SELECT 'member ' || member_id || ', ' || paced_day || ': ' || slow || ' slow, ' || normal || ' normal, ' || fast || ' fast'
		FROM (
			SELECT member_id, paced_day, count(*) FILTER (WHERE pace = 'slow') AS slow,
				count(*) FILTER (WHERE pace = 'normal') AS normal, count(*) FILTER (WHERE pace = 'fast') AS fast
			FROM history WHERE paced_day IS NOT NULL AND outcome = 'succeeded' AND `+stands+`
			GROUP BY workspace_id, member_id, paced_day) days
		WHERE slow > %d OR slow + normal > %d OR slow + normal + fast > %d`,
		lead.Slow.Max(), lead.Normal.Max(), lead.Fast.Max())},
	{name: "answered_and_withdrawn", promise: "no lead that was answered is taken back", query: `
		SELECT 'copy ' || assigned_lead_id FROM assigned_leads WHERE answered_at IS NOT NULL AND withdrawn_at IS NOT NULL`},
	{name: "withdrawn_without_history", promise: "history has each lead that was taken back, and takes back no other", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		WHERE a.withdrawn_at IS NOT NULL AND a.undone_lead_id IS NULL AND NOT EXISTS (SELECT 1 FROM history h WHERE h.workspace_id = a.workspace_id
			AND h.lead_id = a.source_lead_id AND h.member_id = a.member_id AND h.outcome = 'withdrawn')
		UNION ALL
		SELECT 'history ' || h.history_id FROM history h
		WHERE h.outcome = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM assigned_leads a WHERE a.workspace_id = h.workspace_id
			AND coalesce(a.source_lead_id, a.undone_lead_id) = h.lead_id AND a.member_id = h.member_id AND a.withdrawn_at IS NOT NULL)`},
	{name: "unanswered_forgotten", promise: "what was not answered in time is seen to within a minute", overdue: true, query: `
		SELECT 'copy ' || assigned_lead_id FROM assigned_leads WHERE alarm_at < $2`},
	{name: "told_of_nothing", promise: "webhooks are told only of what has happened", query: `
		SELECT 'delivery ' || d.delivery_id || ' to webhook ' || d.webhook_id FROM webhook_deliveries d
		WHERE d.event <> 'webhook.test' AND NOT EXISTS (SELECT 1 FROM leads l WHERE l.workspace_id = d.workspace_id AND l.lead_id = d.lead_id)
			OR d.event IN ('lead.assigned', 'lead.distribution_failed') AND NOT EXISTS (SELECT 1 FROM history h
				WHERE h.workspace_id = d.workspace_id AND h.history_id = d.delivery_id)`},
	{name: "removed_people_let_in", promise: "whoever was removed has no way in", query: `
		SELECT 'person ' || p.person_id FROM people p
		WHERE p.removed_at IS NOT NULL AND (p.password_hash IS NOT NULL
			OR EXISTS (SELECT 1 FROM sessions s WHERE s.workspace_id = p.workspace_id AND s.person_id = p.person_id)
			OR EXISTS (SELECT 1 FROM sign_in_links l WHERE l.workspace_id = p.workspace_id AND l.person_id = p.person_id)
			OR EXISTS (SELECT 1 FROM passkeys k WHERE k.workspace_id = p.workspace_id AND k.person_id = p.person_id)
			OR EXISTS (SELECT 1 FROM person_identities i WHERE i.workspace_id = p.workspace_id AND i.person_id = p.person_id))`},
	{name: "acts_of_nobody", promise: "every act of a person names one of the workspace", query: `
		SELECT 'entry ' || a.entry_id FROM audit_log a
		WHERE a.person_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM people p WHERE p.workspace_id = a.workspace_id AND p.person_id = a.person_id)`},
	{name: "stuck", promise: "due work is done within a minute", overdue: true, query: `
		SELECT 'batch ' || batch_id || ', ' || size || ' leads' || coalesce(': ' || error, '') FROM batches
		WHERE feed_at < $2 AND (queue <> 'bulk' OR attempts > 0)
		UNION ALL
		SELECT 'pending lead ' || pending_id FROM pending_leads WHERE batch_id IS NULL AND waiting_since IS NULL AND due_at < $2`},
	{name: "copies_untold", promise: "each copy is in one message for each channel by which its member was to be told of it", query: `
		WITH told AS (
			SELECT workspace_id, member_id, copy AS assigned_lead_id, count(*) AS n FROM notifications, unnest(assigned_lead_ids) AS copy
			WHERE kind = 'leads' GROUP BY 1, 2, 3
		)
		SELECT 'copy ' || assigned_lead_id FROM assigned_leads a LEFT JOIN told USING (workspace_id, member_id, assigned_lead_id)
		WHERE a.messages <> coalesce(told.n, 0)`},
	{name: "messages_without_copy", promise: "every message tells its member of copies or offers that are theirs", query: `
		SELECT 'message ' || notification_id || ', copy ' || copy FROM notifications n, unnest(assigned_lead_ids) AS copy
		WHERE n.kind NOT IN ('offer', 'not_accepted') AND NOT EXISTS (SELECT 1 FROM assigned_leads a
			WHERE a.workspace_id = n.workspace_id AND a.assigned_lead_id = copy AND (n.kind = 'unanswered' OR a.member_id = n.member_id))
		UNION ALL
		SELECT 'message ' || notification_id || ', offer ' || offer FROM notifications n, unnest(assigned_lead_ids) AS offer
		WHERE n.kind IN ('offer', 'not_accepted') AND NOT EXISTS (SELECT 1 FROM offers o
			WHERE o.workspace_id = n.workspace_id AND o.offer_id = offer AND (n.kind = 'not_accepted' OR o.member_id = n.member_id))`},
	{name: "messages_stuck", promise: "messages are tried within an hour of when they are due", overdue: true, query: fmt.Sprintf(`
		SELECT 'message ' || notification_id || coalesce(': ' || error, '') FROM notifications
		WHERE state = 'owed' AND (send_at < $2::timestamptz - interval '%d hours'
			OR attempts = 0 AND coalesce(owed_at, created_at) < $2::timestamptz - interval '%d hours')`, messageStuckAfter, neverTriedAfter)},
}, slices.Concat(recordAudits, availabilityAudits, offerAudits, undoAudits, laneAudits)...)
