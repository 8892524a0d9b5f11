package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// An AssignedLead is a member's own copy of a source lead. Empty text means that there is none.
type AssignedLead struct {
	ID           uuid.UUID  `db:"assigned_lead_id"`
	MemberID     uuid.UUID  `db:"member_id"`
	SourceLeadID uuid.UUID  `db:"source_lead_id"`
	GroupID      *uuid.UUID `db:"group_id"`
	Contact
	SourceID *uuid.UUID `db:"source_id"`
	// SourceName is the source's name as it is now.
	SourceName string `db:"source_name"`
	Status     string `db:"status"`
	Notes      string `db:"notes"`
	// FollowUpAt is when the member means to come back to it, of which they are reminded; nil for never.
	FollowUpAt *time.Time `db:"follow_up_at"`
	// AnswerBy is until when it is to be answered, nil for no time; AnsweredAt when it was, and WithdrawnAt when it was taken back.
	AnswerBy    *time.Time `db:"answer_by"`
	AnsweredAt  *time.Time `db:"answered_at"`
	WithdrawnAt *time.Time `db:"withdrawn_at"`
	// Undone says that it was taken back since what gave it was undone.
	Undone bool `db:"undone"`
	// Erased says that its person was erased.
	Erased bool `db:"erased"`

	AssignedAt time.Time `db:"assigned_at"`
	UpdatedAt  time.Time `db:"updated_at"`
}

// An AssignedLeadFilter narrows what is seen of assigned leads; zero fields don't.
type AssignedLeadFilter struct {
	MemberID, SourceLeadID, GroupID, SourceID uuid.UUID
	Status                                    string
	// Search finds contacts by words, and by phones in any spelling.
	Search string
	// From, inclusive, and To, exclusive, are when they were assigned.
	From, To time.Time
	// Theirs leaves out of a search those that were taken back: whoever had them is not told whose they are.
	Theirs bool
}

var assignedLeadColumns = `
	SELECT a.assigned_lead_id, a.member_id, coalesce(a.source_lead_id, a.undone_lead_id) AS source_lead_id, a.group_id, ` + contactColumns("a") + `, s.source_id,
		coalesce(s.name, '') AS source_name, a.status, a.notes, a.follow_up_at, a.answer_by, a.answered_at, a.withdrawn_at,
		a.undone_lead_id IS NOT NULL AS undone, a.erased_at IS NOT NULL AS erased, a.assigned_at, a.updated_at
	FROM`

var assignedLeads = assignedLeadColumns + ` assigned_leads a ` + joinSource(`a`) + `
	WHERE a.workspace_id = $1 AND ($2::uuid IS NULL OR a.member_id = $2)`

// AssignedLead returns a copy, ErrNotFound where there is none or, with a member, where it is someone else's.
func (q Queries) AssignedLead(ctx context.Context, workspace, member, id uuid.UUID) (AssignedLead, error) {
	var a AssignedLead
	err := sqlx.GetContext(ctx, q.q, &a, assignedLeads+` AND a.assigned_lead_id = $3`, workspace, nullID(member), id)
	return a, translate(err)
}

// AssignedLeads lists a page of copies, newest first.
func (q Queries) AssignedLeads(ctx context.Context, workspace uuid.UUID, f AssignedLeadFilter, p Page) ([]AssignedLead, error) {
	l, named, err := q.listOfPeople(ctx, "assigned_leads", "assigned_lead_id", workspace, p, peopleFilter{f.SourceID, f.Search, f.From, f.To})
	if err != nil {
		return nil, err
	}
	l.withID("source_lead_id", f.SourceLeadID)
	l.withID("member_id", f.MemberID)
	l.withSource(named)
	l.withID("group_id", f.GroupID)
	l.withText("status", f.Status)
	l.withTimes("assigned_at", f.From, f.To)
	if f.Theirs && f.Search != "" {
		l.others = append(l.others, "withdrawn_at IS NULL")
	}
	var all []AssignedLead
	err = l.read(ctx, q, &all, assignedLeadColumns, "a", joinSource(`a`))
	return all, err
}

// EditAssignedLead changes a copy in place; edit sees the current state. Neither the source lead nor anyone else's copy
// changes. A new source must be one offered for leads, a new status one of the workspace's, whose change is recorded with
// who made it; it is all that can be changed of a copy whose person was erased. With a member, someone else's copy is ErrNotFound, one that was taken back a *Violation, and a new status or notes
// are an answer.
func (t *Tx) EditAssignedLead(ctx context.Context, workspace uuid.UUID, who Actor, id uuid.UUID, edit func(*AssignedLead) error) (AssignedLead, error) {
	var a AssignedLead
	if err := t.passGate(ctx, workspace); err != nil {
		return a, err
	}
	if err := sqlx.GetContext(ctx, t.q, &a, assignedLeads+`
			AND a.assigned_lead_id = $3 FOR NO KEY UPDATE OF a`, workspace, nullID(who.MemberID), id); err != nil {
		return a, translate(err)
	}
	isMember := who.MemberID != uuid.Nil
	if isMember && a.WithdrawnAt != nil {
		return a, errTakenBack(a)
	}
	before := a
	err := edit(&a)
	if err == nil {
		err = a.checkEdit(before)
	}
	if err == nil {
		err = t.checkPick(ctx, workspace, before.SourceID, a.SourceID, OfferLeads)
	}
	if err == nil && a.Status != before.Status {
		err = t.changeStatus(ctx, workspace, who, before, a.Status)
	}
	if err != nil {
		return a, err
	}
	keys, err := t.keysOf(ctx, workspace, a.Name, a.Email, a.Phone)
	if err != nil {
		return a, err
	}
	columns := append(contactRow(a.contact(), keys), row{
		{"status", a.Status}, {"notes", a.Notes}, {"updated_at", t.after(before.UpdatedAt)},
	}...)
	if !before.foundAs(a.Contact, keys) {
		columns = append(columns, value{"words", expr{wordsPlace, keys.words}})
	}
	changed := before.changed(a)
	if answer := t.answerBy(isMember, before, a); answer != nil {
		columns, changed = append(columns, answer...), append(changed, "answered_at")
	}
	update, args := append(columns, t.followUpRow(before, a)...).update("assigned_leads", "workspace_id = $1 AND assigned_lead_id = $2", workspace, id)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return a, translate(err)
	}
	if err := t.tellUpdated(ctx, workspace, a.SourceLeadID, id, changed); err != nil {
		return a, err
	}
	return t.AssignedLead(ctx, workspace, who.MemberID, id)
}

// checkEdit refuses what cannot be written of a copy, whatever its status.
func (a AssignedLead) checkEdit(before AssignedLead) error {
	if changed := before.changed(a); a.Erased && len(changed) > 0 && !slices.Equal(changed, []string{"status"}) {
		return errErased
	}
	return a.checkFollowUp(before)
}

// answerBy is what a change of a copy writes of its being answered: nil where it is no answer, or not the first.
func (t *Tx) answerBy(isMember bool, before, now AssignedLead) row {
	if !isMember || now.Status == before.Status && now.Notes == before.Notes {
		return nil
	}
	return t.answerRow(before)
}

// changed names the fields in which a copy differs from what it is now, as the API does.
func (a AssignedLead) changed(now AssignedLead) []string {
	changed := a.contact().changed(now.contact())
	if a.Status != now.Status {
		changed = append(changed, "status")
	}
	if a.Notes != now.Notes {
		changed = append(changed, "notes")
	}
	if !sameMoment(a.FollowUpAt, now.FollowUpAt) {
		changed = append(changed, "follow_up_at")
	}
	return changed
}

func (a AssignedLead) contact() contactFields {
	return contactFields{name: a.Name, email: a.Email, phone: a.Phone, fields: a.Fields, source: a.SourceID}
}
