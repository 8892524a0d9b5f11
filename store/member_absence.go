package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// maxAbsences bounds what a member has of absences that are not over.
const maxAbsences = 200

// An Absence is time in which a member takes no leads: from FromAt until just before ToAt or, where those are nil, the whole
// dates FromDate to ToDate, by the member's clock.
type Absence struct {
	ID       uuid.UUID  `db:"absence_id"`
	MemberID uuid.UUID  `db:"member_id"`
	FromAt   *time.Time `db:"from_at"`
	ToAt     *time.Time `db:"to_at"`
	// FromDate and ToDate are midnights UTC.
	FromDate  *time.Time `db:"from_date"`
	ToDate    *time.Time `db:"to_date"`
	Note      string     `db:"note"`
	CreatedAt time.Time  `db:"created_at"`
}

const absenceColumns = `absence_id, member_id, from_at, to_at, from_date, to_date, note, created_at`

const secondsPerDay = 24 * 60 * 60

// span is the absence by the clock of a zone.
func (a Absence) span(zone *time.Location) lead.Absence {
	if a.FromAt != nil {
		return lead.Absence{From: *a.FromAt, To: *a.ToAt}
	}
	return lead.Absence{
		From: lead.StartOfDate(a.FromDate.Unix()/secondsPerDay, zone),
		To:   lead.StartOfDate(a.ToDate.Unix()/secondsPerDay+1, zone),
	}
}

// Absences lists a page of a member's absences, newest first; those who were removed have none.
func (q Queries) Absences(ctx context.Context, workspace, member uuid.UUID, p Page) ([]Absence, error) {
	if _, err := q.Member(ctx, workspace, member); err != nil {
		return nil, err
	}
	var all []Absence
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+absenceColumns+` FROM absences
		WHERE workspace_id = $1 AND member_id = $2 AND ($3::uuid IS NULL OR absence_id < $3)
		ORDER BY absence_id DESC LIMIT $4`, workspace, member, nullID(p.After), p.Limit)
	return all, translate(err)
}

// AddAbsence adds an absence of a.MemberID; its id and time are the store's to give. Absences may overlap: together they are one.
func (t *Tx) AddAbsence(ctx context.Context, workspace uuid.UUID, a Absence) (Absence, error) {
	if err := a.check(); err != nil {
		return a, err
	}
	if err := t.closeForMember(ctx, workspace); err != nil {
		return a, err
	}
	if _, err := t.Member(ctx, workspace, a.MemberID); err != nil {
		return a, err
	}
	var n int
	if err := sqlx.GetContext(ctx, t.q, &n, `
		SELECT count(*) FROM absences WHERE workspace_id = $1 AND member_id = $2 AND coalesce(to_at, to_date + interval '1 day') > $3`,
		workspace, a.MemberID, t.now()); err != nil {
		return a, translate(err)
	}
	if n >= maxAbsences {
		return a, &Violation{Field: "from", Exists: true, Message: fmt.Sprintf("the member has %d absences to come, and no more are kept; delete some", n)}
	}
	var err error
	if a.ID, err = uuid.NewV7(); err != nil {
		return a, err
	}
	a.CreatedAt = t.now()
	insert, args := row{
		{"workspace_id", workspace}, {"absence_id", a.ID}, {"member_id", a.MemberID}, {"from_at", a.FromAt}, {"to_at", a.ToAt},
		{"from_date", a.FromDate}, {"to_date", a.ToDate}, {"note", a.Note}, {"created_at", a.CreatedAt},
	}.insert("absences")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return a, translate(err)
	}
	return a, t.changedAbsences(ctx, workspace, a.MemberID)
}

// DeleteAbsence ends an absence, ErrNotFound where the member has none of this id.
func (t *Tx) DeleteAbsence(ctx context.Context, workspace, member, id uuid.UUID) error {
	if err := t.closeForMember(ctx, workspace); err != nil {
		return err
	}
	result, err := t.q.ExecContext(ctx, `
		DELETE FROM absences WHERE workspace_id = $1 AND member_id = $2 AND absence_id = $3`, workspace, member, id)
	if err := oneRow(result, err); err != nil {
		return err
	}
	return t.changedAbsences(ctx, workspace, member)
}

// changedAbsences does what goes with a change of a member's absences. The gate is closed.
func (t *Tx) changedAbsences(ctx context.Context, workspace, member uuid.UUID) error {
	// By the clock of any zone a date is over two days after it began by UTC.
	if _, err := t.q.ExecContext(ctx, `
		UPDATE members SET updated_at = `+afterSQL("$3", "members")+`, absent_until = (
			SELECT max(coalesce(to_at, to_date + interval '2 days')) FROM absences WHERE workspace_id = $1 AND member_id = $2)
		WHERE workspace_id = $1 AND member_id = $2`, workspace, member, t.now()); err != nil {
		return translate(err)
	}
	if err := t.askToReplan(ctx, workspace, `m.member_id = $2`, member); err != nil {
		return err
	}
	return t.wakeGroupsOf(ctx, workspace, member)
}

var errBothWays = errors.New("an absence is from one instant to another or of whole dates")

// check returns a *FieldError where the absence holds no time, or too much.
func (a Absence) check() error {
	from, to := a.FromAt, a.ToAt
	if from == nil {
		from, to = a.FromDate, a.ToDate
	}
	if from == nil || to == nil || (a.FromAt != nil) == (a.FromDate != nil) {
		return errBothWays
	}
	switch {
	case to.Before(*from) || a.FromAt != nil && !to.After(*from):
		return &FieldError{"to", "an absence ends after it begins; of whole dates the last one is included"}
	case to.After(from.AddDate(5, 0, 0)):
		return &FieldError{"to", "an absence lasts five years at the most; deactivate whoever does not come back"}
	}
	return nil
}

// AbsencesToCome lists the absences of a member that are not over, earliest first.
func (q Queries) AbsencesToCome(ctx context.Context, workspace, member uuid.UUID) ([]Absence, error) {
	var all []Absence
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+absenceColumns+` FROM absences
		WHERE workspace_id = $1 AND member_id = $2 AND coalesce(to_at, to_date + interval '1 day') > $3
		ORDER BY coalesce(from_at, from_date), absence_id`, workspace, member, q.now())
	return all, translate(err)
}
