package store

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/language"
)

// checkLanguage returns a *FieldError for a language that there is not; empty is none chosen.
func checkLanguage(tag string) error {
	if tag == "" || language.Known(tag) {
		return nil
	}
	return &FieldError{"language", "there is no such language; there are " + strings.Join(language.Offered(), ", ")}
}

// personLanguage is what a person p has chosen to read, null for nothing. Of a person who is a member it is the member's.
const personLanguage = `CASE WHEN p.member_id IS NULL THEN p.language ELSE
	(SELECT m.language FROM members m WHERE m.workspace_id = p.workspace_id AND m.member_id = p.member_id) END`

// Language is what a person reads or, where that is uuid.Nil, a member: what they chose, else the workspace's.
func (q Queries) Language(ctx context.Context, workspace, member, person uuid.UUID) (tag string, err error) {
	err = sqlx.GetContext(ctx, q.q, &tag, `
		SELECT coalesce((SELECT `+personLanguage+` FROM people p WHERE p.workspace_id = $1 AND p.person_id = $3),
			(SELECT language FROM members WHERE workspace_id = $1 AND member_id = $2), language) FROM workspaces WHERE workspace_id = $1`,
		workspace, member, person)
	return tag, translate(err)
}

// chooseLanguage has a person read what they chose, by their member where they are one.
func (t *Tx) chooseLanguage(ctx context.Context, p Person) error {
	query, id := `UPDATE people SET language = $3 WHERE workspace_id = $1 AND person_id = $2`, p.ID
	if p.MemberID != nil {
		query, id = `UPDATE members SET language = $3 WHERE workspace_id = $1 AND member_id = $2`, *p.MemberID
	}
	_, err := t.q.ExecContext(ctx, query, p.Workspace, id, nullText(p.Language))
	return translate(err)
}
