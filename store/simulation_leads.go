package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
	"github.com/leadwheel/leadwheel/internal/simulation"
)

// replayed lists what a simulation goes through, in its order: the first decisions about leads that came in then, what else was decided
// meanwhile, when those began that were decided later than they were accepted, and what was taken back. Decisions of one lead for members by
// name are one. used_at is when turns were dealt.
var replayed = `
	WITH w AS MATERIALIZED (
		SELECT l.lead_id, l.created_at, l.source_id, l.integration_id, l.rules_version, l.rule, l.duplicate_of, l.attribution,
			CASE WHEN $6 OR $7 THEN l.fields END AS fields, l.channel, CASE WHEN $7 THEN l.email END AS email,
			CASE WHEN $7 THEN l.phone_e164 END AS phone_e164, l.test
		FROM leads l
		WHERE l.workspace_id = $1 AND l.lead_id >= $9 AND l.lead_id < $3 AND l.created_at >= $4 AND l.created_at < $5
	), h AS MATERIALIZED (
		SELECT h.*, h.assignment_id IS NULL AND h.retry_of IS NULL AND h.trigger <> 'reassigned' AS first FROM history h
		WHERE h.workspace_id = $1 AND h.history_id >= $2 AND h.at >= $4
	), d AS MATERIALIZED (
		SELECT h.lead_id, min(h.pending_id::text)::uuid AS pending_id, bool_and(h.first) AS first,
			coalesce(min(h.at) FILTER (WHERE h.outcome <> 'undone'), min(h.at)) AS at, min(h.accepted_at) AS accepted_at,
			(array_agg(h.group_id))[1] AS group_id, (array_agg(h.overflowed[1]))[1] AS entry, max(h.ring_version) AS version, max(h.turn) AS turn,
			array_agg(h.member_id ORDER BY h.history_id) FILTER (WHERE h.outcome = 'succeeded') AS members, coalesce(max(h.reason), '') AS reason,
			max(h.trigger) AS trigger, bool_or(h.moved_from IS NOT NULL) AS moved,
			bool_and(h.outcome IN ('cancelled', 'undone')) AS cancelled, false AS waiting
		FROM h WHERE h.outcome IN ('succeeded', 'failed', 'cancelled', 'undone')
		GROUP BY h.lead_id, CASE WHEN h.group_id IS NOT NULL THEN h.pending_id END
		UNION ALL
		SELECT p.lead_id, p.pending_id, p.assignment_id IS NULL AND p.retry_of IS NULL AND p.withdraws IS NULL AND p.reassigned = 0, p.accepted_at,
			p.accepted_at, p.group_id, p.overflowed[1], p.ring_version, p.turn, CASE WHEN p.member_id IS NOT NULL THEN ARRAY[p.member_id] END,
			'', p.trigger, p.moved_from IS NOT NULL, false, p.member_id IS NULL
		FROM pending_leads p WHERE p.workspace_id = $1 AND p.refused IS NULL AND p.accepted_at >= $4
	), timed AS (
		SELECT d.*, d.turn IS NOT NULL AND (d.trigger IN ('scheduled', 'distribute_now') OR d.cancelled) AS ahead,
			d.first AND d.lead_id IN (SELECT lead_id FROM w) AS counted FROM d
	), used AS MATERIALIZED (
		SELECT timed.*, CASE WHEN ahead THEN accepted_at ELSE at END AS used_at FROM timed
	), until AS (
		SELECT greatest(max(used_at) FILTER (WHERE counted), $5) AS until FROM used
	), back AS MATERIALIZED (
		SELECT h.lead_id, coalesce(o.pending_id, h.pending_id) AS pending_id, h.group_id, h.member_id, h.at, coalesce(o.at, h.accepted_at) AS given,
			h.outcome = 'undone' AS undone, h.ring_version AS version, h.turn
		FROM h LEFT JOIN LATERAL (SELECT o.pending_id, o.at FROM ` + historyOf("$1", "lead_id", "h.lead_id") + ` o
			WHERE o.member_id = h.member_id AND o.outcome = 'succeeded'
				AND (h.outcome = 'undone' AND o.pending_id = h.pending_id OR h.outcome = 'withdrawn' AND o.at = h.accepted_at) LIMIT 1) o ON true
		WHERE h.outcome IN ('undone', 'withdrawn') AND h.at <= (SELECT until FROM until)
	), decided AS (
		SELECT coalesce(u.lead_id, w.lead_id) AS lead_id, coalesce(u.pending_id, w.lead_id) AS pending_id, w.lead_id IS NOT NULL AS counted,
			coalesce(u.at, w.created_at) AS at, coalesce(u.accepted_at, w.created_at) AS accepted_at, u.group_id, coalesce(u.entry, u.group_id) AS entry,
			u.version, u.turn, u.members, coalesce(u.reason, '') AS reason, coalesce(u.trigger, '') AS trigger, coalesce(u.moved, false) AS moved,
			coalesce(u.cancelled, false) AS cancelled, coalesce(u.waiting, false) AS waiting, coalesce(u.ahead, false) AS ahead,
			u.lead_id IS NOT NULL AS decided,
			w.source_id, w.integration_id, w.rules_version, w.rule, w.duplicate_of, w.attribution, w.fields, w.channel, w.email, w.phone_e164, w.test,
			w.created_at, coalesce(u.used_at, w.created_at) AS used_at
		FROM (SELECT * FROM used WHERE counted) u RIGHT JOIN w ON w.lead_id = u.lead_id
		WHERE u.lead_id IS NOT NULL OR w.rules_version IS NOT NULL
		UNION ALL
		SELECT u.lead_id, u.pending_id, false, u.at, u.accepted_at, u.group_id, coalesce(u.entry, u.group_id), u.version, u.turn, u.members, u.reason, u.trigger,
			u.moved, u.cancelled, u.waiting, u.ahead, true, l.source_id, l.integration_id, NULL, l.rule, NULL, l.attribution,
			CASE WHEN $6 THEN l.fields END, NULL, NULL, NULL, false, l.created_at, u.used_at
		FROM used u LEFT JOIN leads l ON l.workspace_id = $1 AND l.lead_id = u.lead_id
		WHERE NOT u.counted AND NOT u.waiting AND u.used_at >= $4 AND u.used_at <= (SELECT until FROM until)
	)
	SELECT 1 AS kind, x.*, coalesce(t.passed_for IS NOT NULL AND t.lead_id IS NOT NULL, false) AS owed,
		CASE WHEN NOT x.counted OR x.cancelled OR x.trigger IN ('accepted', 'pulled')
			THEN ARRAY(SELECT p.turn FROM turns p WHERE p.workspace_id = $1 AND p.passed_for = x.pending_id AND p.version = x.version) END AS passed,
		CASE WHEN NOT x.counted OR x.cancelled OR x.trigger IN ('accepted', 'pulled') THEN ARRAY(SELECT p.turn FROM turns p
			WHERE p.workspace_id = $1 AND p.passed_for = x.pending_id AND p.version = x.version AND (p.lead_id IS NOT NULL OR EXISTS (SELECT 1 FROM debts o
				WHERE (o.workspace_id, o.group_id, o.version, o.turn) = (p.workspace_id, p.group_id, p.version, p.turn)))) END AS kept,
		x.lead_id IN (SELECT lead_id FROM back) OR x.counted AND EXISTS (
			SELECT 1 FROM leads f WHERE f.workspace_id = $1 AND f.duplicate_of = x.lead_id) AS remember,
		NULL::uuid AS member_id, false AS undone
	FROM decided x LEFT JOIN turns t ON t.workspace_id = $1 AND t.group_id = x.group_id AND t.version = x.version AND t.turn = x.turn
	UNION ALL
	SELECT 0, x.lead_id, x.pending_id, x.counted, x.at, x.accepted_at, x.group_id, x.entry, x.version, x.turn, x.members, x.reason, x.trigger, x.moved,
		x.cancelled, x.waiting, x.ahead, x.decided, x.source_id, x.integration_id, x.rules_version, x.rule, x.duplicate_of, x.attribution, x.fields,
		x.channel, x.email, x.phone_e164, x.test, x.created_at, x.accepted_at, false, NULL, NULL, true, NULL, false
	FROM decided x WHERE $8 AND x.counted AND x.decided AND NOT x.ahead AND x.at > x.accepted_at + interval '1 minute'
	UNION ALL
	SELECT 2, b.lead_id, b.pending_id, false, b.at, b.given, b.group_id, NULL, b.version, b.turn, NULL, '', '', false, false, false, false, true, NULL, NULL,
		NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, b.at, false, NULL, NULL, false, b.member_id, b.undone
	FROM back b
	ORDER BY used_at, kind, pending_id`

// replayedRow is a row of replayed.
type replayedRow struct {
	Kind       int           `db:"kind"`
	Lead       uuid.UUID     `db:"lead_id"`
	Pending    uuid.UUID     `db:"pending_id"`
	Counted    bool          `db:"counted"`
	At         time.Time     `db:"at"`
	AcceptedAt time.Time     `db:"accepted_at"`
	Group      uuid.NullUUID `db:"group_id"`
	Entry      uuid.NullUUID `db:"entry"`
	Version    *int          `db:"version"`
	Turn       *int64        `db:"turn"`
	Members    IDs           `db:"members"`
	Reason     lead.Reason   `db:"reason"`
	Trigger    lead.Trigger  `db:"trigger"`
	Moved      bool          `db:"moved"`
	Cancelled  bool          `db:"cancelled"`
	Waiting    bool          `db:"waiting"`
	Ahead      bool          `db:"ahead"`
	Decided    bool          `db:"decided"`
	Source     uuid.NullUUID `db:"source_id"`
	Integrated uuid.NullUUID `db:"integration_id"`
	Rules      *int          `db:"rules_version"`
	Rule       *string       `db:"rule"`
	Duplicate  uuid.NullUUID `db:"duplicate_of"`
	About      *[]byte       `db:"attribution"`
	Fields     *[]byte       `db:"fields"`
	Channel    *string       `db:"channel"`
	Email      *string       `db:"email"`
	Phone      *string       `db:"phone_e164"`
	Test       bool          `db:"test"`
	CreatedAt  *time.Time    `db:"created_at"`
	UsedAt     time.Time     `db:"used_at"`
	Owed       bool          `db:"owed"`
	Passed     pq.Int64Array `db:"passed"`
	Kept       pq.Int64Array `db:"kept"`
	Remember   bool          `db:"remember"`
	Member     uuid.NullUUID `db:"member_id"`
	Undone     bool          `db:"undone"`
}

// dealtAnew are reasons of failures that another setting would not have.
var dealtAnew = []lead.Reason{lead.NoActiveReceiver, lead.NobodyAvailable, lead.NoRule, lead.GroupDeleted}

// toLead is a decision as the replay takes it.
func (s *simulating) toLead(r replayedRow) *simulation.Lead {
	l := &simulation.Lead{
		ID: r.Lead, Pending: r.Pending, Accepted: r.AcceptedAt, At: r.At, Counted: r.Counted, Ahead: r.Ahead, Group: r.Entry.UUID,
		Source: s.sourceOf(r.Source.UUID), Passed: r.Passed, Kept: r.Kept, Owed: r.Owed, Remember: r.Remember,
	}
	l.Traits = lead.Traits{SourceID: l.Source, IntegrationID: r.Integrated.UUID, Rule: deref(r.Rule)}
	l.Traits.CampaignID, l.Traits.FormID = r.campaignAndForm()
	if r.Fields != nil && s.byField {
		l.Traits.Field = fieldOf(*r.Fields)
	}
	if r.Turn != nil && r.Version != nil {
		l.Version, l.Turn = *r.Version, *r.Turn
	}
	l.Was = simulation.Outcome{Group: r.Group.UUID, Members: r.Members, Reason: r.Reason, State: simulation.Given}
	r.was(l)
	if r.Counted && r.Rules != nil && !l.Fixed {
		l.Asked = s.askedOf(r, l)
	}
	return l
}

// campaignAndForm are what brought the lead in; what came with it may be of any form.
func (r replayedRow) campaignAndForm() (campaign, form string) {
	var about struct {
		Campaign string `json:"campaign_id"`
		Form     string `json:"form_id"`
	}
	if r.About == nil || json.Unmarshal(*r.About, &about) != nil {
		return "", ""
	}
	return about.Campaign, about.Form
}

// was fills in how the decision ended, and whether that was a matter of turns.
func (r replayedRow) was(l *simulation.Lead) {
	switch {
	case r.Cancelled:
		l.Was.State, l.Fixed = simulation.Nobody, true
	case r.Waiting:
		l.Was.State = simulation.Waiting
	case r.Reason != "":
		l.Was.State, l.Fixed = simulation.Failed, !slices.Contains(dealtAnew, r.Reason)
	case !r.Decided:
		l.Was.State = simulation.Nobody
	case r.Trigger == lead.Pulled || r.Trigger == lead.Accepted || !r.Group.Valid:
		l.Fixed = true
	case l.Version == 0 && r.Trigger == lead.Immediate && r.Duplicate.Valid:
		l.Follows = r.Duplicate.UUID
	case l.Version == 0:
		l.Fixed = true
	}
}

// askedOf is the lead as rules see it.
func (s *simulating) askedOf(r replayedRow, l *simulation.Lead) *route.Lead {
	asked := &route.Lead{
		Channel: deref(r.Channel), Email: deref(r.Email), PhoneE164: deref(r.Phone), Test: r.Test, SourceID: idText(l.Source),
		IntegrationID: idText(r.Integrated.UUID), Source: s.sourceNames[l.Source], Integration: s.integrations[r.Integrated.UUID],
	}
	if r.CreatedAt != nil {
		asked.Received = r.CreatedAt.In(s.zone)
	}
	if r.Fields != nil {
		asked.Fields = *r.Fields
	}
	if r.About != nil {
		asked.Attribution = *r.About
	}
	return asked
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// fieldOf gives the values of a lead's fields as text, as Postgres has them.
func fieldOf(fields []byte) func(string) string {
	return func(name string) string {
		var all map[string]json.RawMessage
		if json.Unmarshal(fields, &all) != nil {
			return ""
		}
		value := all[name]
		var text string
		if json.Unmarshal(value, &text) == nil || string(value) == "null" {
			return text
		}
		return string(value)
	}
}

// feed goes through all that happened and feeds it to the replay.
func (s *simulating) feed(ctx context.Context, q Queries, run *simulation.Run) (err error) {
	rows, err := q.q.QueryxContext(ctx, replayed, s.workspace, s.window.low, s.window.high, s.window.from, s.window.to, s.byField, s.reask, s.drafted, s.window.first)
	if err != nil {
		return fmt.Errorf("reading what leads came in: %w", translate(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r replayedRow
		if err := rows.StructScan(&r); err != nil {
			return fmt.Errorf("reading a lead: %w", translate(err))
		}
		switch r.Kind {
		case 0:
			run.Accepted(s.toLead(r))
		case 1:
			l := s.toLead(r)
			if r.Moved {
				s.moved[r.Pending] = true
			}
			run.Decided(l, s.laneOf(l))
		default:
			back := simulation.Back{
				Lead: r.Lead, Pending: r.Pending, Group: r.Group.UUID, Member: r.Member.UUID, At: r.At, Given: r.AcceptedAt, Undone: r.Undone,
			}
			if r.Turn != nil && r.Version != nil {
				back.Version, back.Turn = *r.Version, *r.Turn
			}
			run.Back(back)
		}
	}
	return translate(rows.Err())
}

// laneOf is the lane of the turn by which a lead went.
func (s *simulating) laneOf(l *simulation.Lead) int {
	if size := s.sizes[ringKey{s.workspace, l.Was.Group, l.Version, 0}]; size > 0 {
		return lead.LaneOf(l.Turn, size)
	}
	return 0
}

// sourceOf is what a source was merged into, or itself.
func (s *simulating) sourceOf(id uuid.UUID) uuid.UUID {
	if into := s.merged[id]; into != uuid.Nil {
		return into
	}
	return id
}

// readNames reads what sources and integrations are called, and sources were merged into.
func (s *simulating) readNames(ctx context.Context, q Queries) error {
	var rows []struct {
		ID     uuid.UUID     `db:"id"`
		Name   string        `db:"name"`
		Merged uuid.NullUUID `db:"merged_into"`
		Source bool          `db:"source"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT source_id AS id, name, merged_into, true AS source FROM sources WHERE workspace_id = $1
		UNION ALL SELECT integration_id, name, NULL, false FROM integrations WHERE workspace_id = $1`, s.workspace); err != nil {
		return fmt.Errorf("reading the names of sources: %w", translate(err))
	}
	s.sourceNames, s.integrations, s.merged = make(map[uuid.UUID]string), make(map[uuid.UUID]string), make(map[uuid.UUID]uuid.UUID)
	for _, r := range rows {
		if r.Source {
			s.sourceNames[r.ID], s.merged[r.ID] = r.Name, r.Merged.UUID
		} else {
			s.integrations[r.ID] = r.Name
		}
	}
	return nil
}
