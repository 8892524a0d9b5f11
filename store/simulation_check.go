package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/route"
)

// checkSimulation returns a *FieldError or a *RulesError for what cannot be simulated, and fills in what drafts leave out.
func (t *Tx) checkSimulation(ctx context.Context, workspace uuid.UUID, spec *SimulationSpec) error {
	if err := spec.checkTime(); err != nil {
		return err
	}
	if err := t.checkFew(ctx, workspace, *spec); err != nil {
		return err
	}
	for i := range spec.Groups {
		if err := t.checkDraft(ctx, workspace, spec, i); err != nil {
			return Under(fmt.Sprintf("groups[%d].", i), err)
		}
	}
	if spec.Rules != nil {
		*spec.Rules = route.Normal(*spec.Rules)
		if _, err := t.CheckRules(ctx, workspace, *spec.Rules); err != nil {
			return err
		}
	}
	for i, m := range spec.Members {
		if slices.ContainsFunc(spec.Members[:i], func(o MemberDraft) bool { return o.ID == m.ID }) {
			return &FieldError{fmt.Sprintf("members[%d].id", i), "this member is drafted twice"}
		}
		if err := t.checkMemberDraft(ctx, workspace, m); err != nil {
			return Under(fmt.Sprintf("members[%d].", i), err)
		}
	}
	return nil
}

// checkTime returns a *FieldError where it is not said which leads, or in two ways.
func (spec SimulationSpec) checkTime() error {
	between := !spec.From.IsZero() || !spec.To.IsZero()
	switch {
	case between && spec.Last != 0:
		return &FieldError{"last", "give either last, or from and to"}
	case spec.Last < 0 || spec.Last > MaxSimulated:
		return &FieldError{"last", fmt.Sprintf("give 1 to %d leads", MaxSimulated)}
	case spec.Last != 0:
		return nil
	case spec.From.IsZero():
		return &FieldError{"from", "say which leads: from and to, or last"}
	case spec.To.IsZero():
		return &FieldError{"to", "say until when, or give last instead of from"}
	case !spec.From.Before(spec.To):
		return &FieldError{"to", "it is later than from"}
	}
	return nil
}

// checkFew returns a *FieldError where more leads came in than are replayed.
func (t *Tx) checkFew(ctx context.Context, workspace uuid.UUID, spec SimulationSpec) error {
	if spec.Last != 0 {
		return nil
	}
	low, high := idSpan(spec.From, spec.To, idSlack)
	var n int
	if err := sqlx.GetContext(ctx, t.q, &n, `
		SELECT count(*) FROM (SELECT 1 FROM leads WHERE workspace_id = $1 AND lead_id >= $2 AND lead_id < $3 AND created_at >= $4 AND created_at < $5
			LIMIT $6) found`, workspace, low, high, spec.From, spec.To, MaxSimulated+1); err != nil {
		return translate(err)
	}
	if n > MaxSimulated {
		return &FieldError{"to", fmt.Sprintf("more than %d leads came in then; give a shorter time, or last", MaxSimulated)}
	}
	return nil
}

// checkDraft checks what a group might be as saving it would.
func (t *Tx) checkDraft(ctx context.Context, workspace uuid.UUID, spec *SimulationSpec, at int) error {
	d := &spec.Groups[at]
	old, err := t.Group(ctx, workspace, d.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return &FieldError{"id", "there is no such group in this workspace; a draft is of a group that is there"}
	case err != nil:
		return err
	case slices.ContainsFunc(spec.Groups[:at], func(o DraftGroup) bool { return o.ID == d.ID }):
		return &FieldError{"id", "this group is drafted twice"}
	case d.Method == lead.FirstToAccept && old.Method != lead.FirstToAccept:
		return &FieldError{"method", "what is offered cannot be simulated, since nobody can say who would accept it"}
	}
	d.GroupPolicy = d.or(old)
	if err := t.checkSpec(ctx, workspace, d.GroupSpec, old.Listed); err != nil {
		return err
	}
	return t.checkPolicy(ctx, workspace, d.ID, d.GroupPolicy)
}

// checkMemberDraft checks when a member might take leads as saving it would.
func (t *Tx) checkMemberDraft(ctx context.Context, workspace uuid.UUID, d MemberDraft) error {
	m, err := t.Member(ctx, workspace, d.ID)
	if errors.Is(err, ErrNotFound) {
		return &FieldError{"id", "there is no such member in this workspace"}
	}
	if err != nil {
		return err
	}
	m.WorkingHours, m.Caps = d.WorkingHours, d.Caps
	if err := m.checkAvailability(); err != nil {
		return err
	}
	if len(d.Absences) > maxAbsences {
		return &FieldError{"absences", fmt.Sprintf("a member has %d absences at the most", maxAbsences)}
	}
	for i, a := range d.Absences {
		if err := a.check(); err != nil {
			return Under(fmt.Sprintf("absences[%d].", i), err)
		}
	}
	return nil
}
