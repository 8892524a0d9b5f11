package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// errTakenBack refuses what a member wants to do with a copy that is no longer theirs.
func errTakenBack(a AssignedLead) error {
	why := "since it was not answered in time"
	if a.Undone {
		why = "since what gave it to its member was undone"
	}
	return &Violation{Field: "id", Message: "this lead was taken back, " + why, Exists: true}
}

// AcceptAssignedLead has a copy be answered, once: accepting it again changes nothing. One that was taken back is a *Violation. With a
// member, someone else's copy is ErrNotFound.
func (t *Tx) AcceptAssignedLead(ctx context.Context, workspace uuid.UUID, who Actor, id uuid.UUID) (AssignedLead, error) {
	var a AssignedLead
	if err := t.passGate(ctx, workspace); err != nil {
		return a, err
	}
	if err := sqlx.GetContext(ctx, t.q, &a, assignedLeads+`
			AND a.assigned_lead_id = $3 FOR NO KEY UPDATE OF a`, workspace, nullID(who.MemberID), id); err != nil {
		return a, translate(err)
	}
	if a.WithdrawnAt != nil {
		return a, errTakenBack(a)
	}
	answer := t.answerRow(a)
	if answer == nil {
		return a, nil
	}
	update, args := append(answer, row{{"updated_at", t.after(a.UpdatedAt)}}...).
		update("assigned_leads", "workspace_id = $1 AND assigned_lead_id = $2", workspace, id)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return a, translate(err)
	}
	if err := t.tellUpdated(ctx, workspace, a.SourceLeadID, id, []string{"answered_at"}); err != nil {
		return a, err
	}
	return t.AssignedLead(ctx, workspace, who.MemberID, id)
}

// answerRow is what the row of a copy says once it is answered, which is counted: nil where it was before. The row is locked.
func (t *Tx) answerRow(a AssignedLead) row {
	if a.AnsweredAt != nil || a.WithdrawnAt != nil {
		return nil
	}
	now := t.after(a.AssignedAt)
	t.left.Answered = append(t.left.Answered, Answer{After: now.Sub(a.AssignedAt), Late: a.AnswerBy != nil && now.After(*a.AnswerBy)})
	return row{{"answered_at", now}, {"alarm_at", nil}}
}

// An Answer is that of a member who took up a lead.
type Answer struct {
	// After is how long they had had it.
	After time.Duration
	// Late says that the time for it was over.
	Late bool
}

// ForMember is a copy as its member sees it: of one that was taken back nothing by which its person can be reached.
func (a AssignedLead) ForMember() AssignedLead {
	if a.WithdrawnAt != nil {
		a.Contact, a.Notes, a.FollowUpAt = Contact{Name: a.Name, Fields: json.RawMessage(`{}`)}, "", nil
	}
	return a
}
