package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An unanswered copy is one of a lead that goes to the next receiver since nobody answered it.
type unanswered struct {
	ID         uuid.UUID     `db:"assigned_lead_id"`
	Lead       uuid.UUID     `db:"source_lead_id"`
	Member     uuid.UUID     `db:"member_id"`
	Group      uuid.NullUUID `db:"group_id"`
	AssignedAt time.Time     `db:"assigned_at"`
	Answered   sql.NullTime  `db:"answered_at"`
	Withdrawn  sql.NullTime  `db:"withdrawn_at"`
	Closed     bool          `db:"closed"`
}

func (u unanswered) open() bool { return !u.Answered.Valid && !u.Withdrawn.Valid }

// sameTurn says that two copies were given by one turn.
func (u unanswered) sameTurn(o unanswered) bool {
	return u.Lead == o.Lead && u.Group == o.Group && u.AssignedAt.Equal(o.AssignedAt)
}

// lockUnanswered locks the copies that the batch's claims would take back, with all others of their leads. Those that were answered
// meanwhile stay where they are, and claims that have none left are done with: an answer and a deadline have one outcome. Of what a
// turn gave to several the lead goes on only when none of them has it any more.
func (d *distribution) lockUnanswered(ctx context.Context, t *Tx) error {
	var leads []uuid.UUID
	for _, c := range d.claims {
		if len(c.Withdraws) > 0 {
			leads = append(leads, c.LeadID)
		}
	}
	d.unanswered, d.overdue, d.spare = nil, nil, nil
	if len(leads) == 0 {
		return nil
	}
	d.look = true // somebody has them
	var rows []unanswered
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT a.assigned_lead_id, a.source_lead_id, a.member_id, a.group_id, a.assigned_at, a.answered_at, a.withdrawn_at,
			a.status = ANY (ARRAY(SELECT unnest(closed_statuses) FROM workspaces WHERE workspace_id = $1)) AS closed
		FROM assigned_leads a WHERE a.workspace_id = $1 AND a.source_lead_id = ANY($2::uuid[])
		ORDER BY a.assigned_lead_id FOR NO KEY UPDATE OF a`, d.workspace, uuids(leads)); err != nil {
		return fmt.Errorf("locking what was not answered: %w", translate(err))
	}
	d.unanswered = make(map[uuid.UUID]unanswered, len(rows))
	for _, r := range rows {
		d.unanswered[r.ID] = r
	}
	var left []claim
	for _, c := range d.claims {
		if len(c.Withdraws) == 0 {
			left = append(left, c)
			continue
		}
		c.Withdraws = slices.DeleteFunc(slices.Clone(c.Withdraws), func(id uuid.UUID) bool { return !d.unanswered[id].open() })
		switch {
		case len(c.Withdraws) == 0:
		case slices.ContainsFunc(rows, func(r unanswered) bool {
			return !r.Withdrawn.Valid && !slices.Contains(c.Withdraws, r.ID) && r.sameTurn(d.unanswered[c.Withdraws[0]])
		}):
			d.spare = append(d.spare, c.Withdraws...)
		default:
			left = append(left, c)
		}
	}
	d.claims = left
	return nil
}

// takeBack withdraws the copies of leads that others have now, or wait for others. What nobody else can take stays with who has it.
func (d *distribution) takeBack(ctx context.Context, t *Tx) error {
	if len(d.unanswered) == 0 {
		return nil
	}
	gone := slices.Clone(d.spare)
	again := make(map[uuid.UUID]uuid.UUID) // the leads about which is decided once more outside assignments, by their pending ids
	take := func(c claim) {
		if gone = append(gone, without(c.Withdraws, gone)...); len(c.Withdraws) > 0 && !c.AssignmentID.Valid {
			again[c.PendingID] = c.LeadID
		}
	}
	for _, one := range d.decisions {
		take(one.claim)
	}
	for _, w := range d.waits {
		take(w.claim)
	}
	for _, o := range d.offers {
		take(o.claim)
	}
	if err := t.countAgain(ctx, d.workspace, slices.Collect(maps.Values(again))); err != nil {
		return err
	}
	all := make([]unanswered, len(gone))
	for i, id := range gone {
		all[i] = d.unanswered[id]
	}
	if err := t.withdrawCopies(ctx, d.workspace, all); err != nil {
		return err
	}
	return t.tellOverdue(ctx, d.workspace, d.overdue)
}

// countAgain notes that leads are decided about once more, so that none of the decisions can be forgotten.
func (t *Tx) countAgain(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) error {
	if len(leads) == 0 {
		return nil
	}
	_, err := t.q.ExecContext(ctx, `
		WITH locked AS (
			SELECT lead_id FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) ORDER BY lead_id FOR NO KEY UPDATE
		)
		UPDATE leads l SET decisions = l.decisions + n.times
		FROM locked JOIN (SELECT id, count(*) AS times FROM unnest($2::uuid[]) AS id GROUP BY 1) n ON n.id = locked.lead_id
		WHERE l.workspace_id = $1 AND l.lead_id = locked.lead_id`, workspace, uuids(leads))
	return translate(err)
}

// leave drops the decisions by which nobody else would get a lead that is to be taken back: whoever has it keeps it, and that is told.
func (d *distribution) leave() {
	d.decisions = slices.DeleteFunc(d.decisions, func(one decision) bool {
		if one.reason == "" || len(one.Withdraws) == 0 {
			return false
		}
		if one.reason != lead.SourceLeadDeleted {
			for _, id := range one.Withdraws {
				d.overdue = append(d.overdue, d.unanswered[id])
			}
		}
		return true
	})
}

// withdrawCopies takes copies back, which are locked: their members see that, what is counted of them counts them no more, and history has it.
func (t *Tx) withdrawCopies(ctx context.Context, workspace uuid.UUID, copies []unanswered) error {
	if len(copies) == 0 {
		return nil
	}
	ids, entries, pending, told := make([]uuid.UUID, len(copies)), make([]uuid.UUID, len(copies)), make([]uuid.UUID, len(copies)), make([]happening, len(copies))
	for i, c := range copies {
		for _, id := range []*uuid.UUID{&entries[i], &pending[i]} {
			var err error
			if *id, err = t.newID(); err != nil {
				return err
			}
		}
		ids[i] = c.ID
		told[i] = happening{event: lead.WebhookWithdrawn, lead: c.Lead, copied: c.ID}
	}
	if _, err := t.q.ExecContext(ctx, `
		WITH w AS (
			UPDATE assigned_leads a SET withdrawn_at = `+afterSQL("$2", "a")+`, alarm_at = NULL, remind_at = NULL, updated_at = `+afterSQL("$2", "a")+`
			FROM unnest($3::uuid[], $4::uuid[], $5::uuid[]) AS n (assigned_lead_id, history_id, pending_id)
			WHERE a.workspace_id = $1 AND a.assigned_lead_id = n.assigned_lead_id
			RETURNING a.source_lead_id, a.member_id, a.group_id, a.answer_by, a.assigned_at, n.history_id, n.pending_id
		)
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, lead_id, member_id, group_id, outcome, trigger, due_at,
			accepted_at, at)
		SELECT $1, w.history_id, w.pending_id, (SELECT h.assignment_id FROM `+historyOf("$1", "lead_id", "w.source_lead_id")+` h
				WHERE h.member_id = w.member_id AND h.at = w.assigned_at AND h.outcome = 'succeeded' LIMIT 1),
			w.source_lead_id, w.member_id, w.group_id, $6, $7, coalesce(w.answer_by, $2), w.assigned_at, $2
		FROM w`, workspace, t.now(), uuids(ids), uuids(entries), uuids(pending), string(lead.Withdrawn), string(lead.Reassigned)); err != nil {
		return fmt.Errorf("taking %d leads back: %w", len(copies), translate(err))
	}
	for _, c := range copies {
		back := givenBack{Member: c.Member, Group: c.Group.UUID, AssignedAt: c.AssignedAt, Got: -1}
		if !c.Closed {
			back.Open = -1
		}
		if err := t.recount(ctx, workspace, back); err != nil {
			return err
		}
	}
	t.left.Withdrawn += len(copies)
	return t.tellEnds(ctx, workspace, "withdrawn_at", told)
}

// tellOverdue tells that copies were not answered in time and stay where they are.
func (t *Tx) tellOverdue(ctx context.Context, workspace uuid.UUID, copies []unanswered) error {
	told := make([]happening, len(copies))
	for i, c := range copies {
		id, err := t.newID()
		if err != nil {
			return err
		}
		told[i] = happening{id: id, event: lead.WebhookUnanswered, lead: c.Lead, copied: c.ID}
	}
	t.left.Overdue += len(copies)
	if err := t.tell(ctx, workspace, told); err != nil {
		return err
	}
	return t.tellInCharge(ctx, workspace, NotifyUnanswered, pluck(copies, func(c *unanswered) uuid.UUID { return c.ID }))
}

// wantAnswers says of the copies that turns give until when they are to be answered, where their groups want that.
func (d *distribution) wantAnswers(ctx context.Context, t *Tx) error {
	wanted := func(one *decision) lead.AnswerWithin {
		if one.reason != "" || one.version == 0 {
			return lead.AnswerWithin{}
		}
		if g, read := d.groups[one.GroupID.UUID]; read {
			return g.AnswerWithin.AnswerWithin
		}
		return d.answers[one.GroupID.UUID.String()]
	}
	var members []uuid.UUID
	for i := range d.decisions {
		one := &d.decisions[i]
		if a := wanted(one); !a.None() && a.Count == lead.CountWorkingHours {
			members = append(members, one.member)
		}
	}
	working, err := d.calendars(ctx, t, members)
	if err != nil {
		return err
	}
	for i := range d.decisions {
		one := &d.decisions[i]
		a := wanted(one)
		if a.None() {
			continue
		}
		var calendar lead.Calendar
		if m := working[one.member]; m != nil {
			calendar = m.calendar
		}
		one.alarmAt, one.answerBy = a.Alarms(t.now(), calendar)
	}
	return nil
}

// calendars are those of members: of those who are on the roster, and of others, which it reads.
func (d *distribution) calendars(ctx context.Context, t *Tx, ids []uuid.UUID) (map[uuid.UUID]*workingMember, error) {
	missing := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return d.roster.members[id] != nil })
	if len(missing) == 0 {
		return d.roster.members, nil
	}
	all, err := t.workingMembers(ctx, d.workspace, missing, t.now())
	if err == nil {
		maps.Copy(all, d.roster.members)
	}
	return all, err
}

// momentText is a moment as decisions pass it on, empty for none.
func momentText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
