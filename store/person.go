package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Person signs in to the console of one workspace.
type Person struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"person_id"`
	Name      string    `db:"name"`
	// Email is where links to sign in go, unique in the workspace.
	Email string          `db:"email"`
	Role  lead.PersonRole `db:"role"`
	// MemberID is the member who they are; an agent needs one.
	MemberID *uuid.UUID `db:"member_id"`
	// Language is what they read; empty means their member's, or the workspace's.
	Language string `db:"language"`
	// PasswordHash is of their password, empty where they have none.
	PasswordHash string `db:"password_hash"`
	// Passkeys are how many they have. EditPerson takes all away where it is set to 0.
	Passkeys int `db:"passkeys"`
	// SeenAt is when they were signed in last, to the minute; nil for never.
	SeenAt    *time.Time `db:"seen_at"`
	CreatedAt time.Time  `db:"created_at"`
	UpdatedAt time.Time  `db:"updated_at"`
}

const personColumns = `p.workspace_id, p.person_id, p.name, p.email, p.role, p.member_id, coalesce(` + personLanguage + `, '') AS language, coalesce(p.password_hash, '') AS password_hash, p.seen_at,
	(SELECT count(*) FROM passkeys k WHERE k.workspace_id = p.workspace_id AND k.person_id = p.person_id) AS passkeys, p.created_at, p.updated_at`

// How many characters a person's name and address have at most, as in the API.
const (
	maxPersonName = 200
	maxEmail      = 320
)

// checkPerson returns a *FieldError for a person who cannot be stored. One without a name gets their member's.
func (q Queries) checkPerson(ctx context.Context, workspace uuid.UUID, p *Person) error {
	p.Name, p.Email = strings.TrimSpace(p.Name), strings.TrimSpace(p.Email)
	if err := checkLanguage(p.Language); err != nil {
		return err
	}
	switch {
	case utf8.RuneCountInString(p.Name) > maxPersonName:
		return &FieldError{"name", fmt.Sprintf("a name has at most %d characters", maxPersonName)}
	case utf8.RuneCountInString(p.Email) > maxEmail:
		return &FieldError{"email", fmt.Sprintf("an address of e-mail has at most %d characters", maxEmail)}
	case p.Name != "" && contact.Unguard(p.Name) == "":
		return &FieldError{"name", "a name needs at least one character that can be seen"}
	case contact.Email(p.Email) == "" || !contact.Writable(p.Email):
		return &FieldError{"email", "this is not an e-mail address; links to sign in go there"}
	case p.Role == lead.PersonAgent && p.MemberID == nil:
		return &FieldError{"member_id", "an agent sees what is one member's; say whose"}
	case p.MemberID == nil:
		if p.Name == "" {
			name := []rune(p.Email)
			p.Name = string(name[:min(len(name), maxPersonName)])
		}
		return nil
	}
	m, err := q.Member(ctx, workspace, *p.MemberID)
	if errors.Is(err, ErrNotFound) {
		return &FieldError{"member_id", "there is no such member in this workspace"}
	}
	if err == nil && p.Name == "" {
		p.Name = m.Name
	}
	return err
}

// CreatePerson adds a person. It returns a *FieldError or a *Violation for one who cannot be stored as they are.
func (t *Tx) CreatePerson(ctx context.Context, workspace uuid.UUID, p Person) (Person, error) {
	if err := t.checkPerson(ctx, workspace, &p); err != nil {
		return p, err
	}
	id, err := t.newID()
	if err != nil {
		return p, err
	}
	err = sqlx.GetContext(ctx, t.q, &p, `
		INSERT INTO people AS p (workspace_id, person_id, name, email, email_key, role, member_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING `+personColumns,
		workspace, id, p.Name, p.Email, contact.Email(p.Email), string(p.Role), p.MemberID, t.now())
	return p, translate(err)
}

// People lists a page of those who may sign in, newest first, or the one with an address where that is given.
func (q Queries) People(ctx context.Context, workspace uuid.UUID, email string, p Page) ([]Person, error) {
	var all []Person
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+personColumns+` FROM people p
		WHERE p.workspace_id = $1 AND p.removed_at IS NULL AND ($2::uuid IS NULL OR p.person_id < $2) AND ($4 = '' OR p.email_key = $5)
		ORDER BY p.person_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit, email, contact.Email(email))
	return all, translate(err)
}

// Person returns a person, ErrNotFound where there is none or not any more.
func (q Queries) Person(ctx context.Context, workspace, id uuid.UUID) (Person, error) {
	return q.person(ctx, workspace, id, "")
}

// PersonWith returns a person with the password that they had, ErrNotFound where it is another by now. Until the transaction ends it
// stays theirs: whoever takes it away waits, and ends the session that is begun with it.
func (t *Tx) PersonWith(ctx context.Context, had Person) (Person, error) {
	p, err := t.person(ctx, had.Workspace, had.ID, "FOR SHARE")
	if err == nil && p.PasswordHash != had.PasswordHash {
		err = ErrNotFound
	}
	return p, err
}

func (q Queries) person(ctx context.Context, workspace, id uuid.UUID, lock string) (p Person, err error) {
	err = sqlx.GetContext(ctx, q.q, &p, `
		SELECT `+personColumns+` FROM people p WHERE p.workspace_id = $1 AND p.person_id = $2 AND p.removed_at IS NULL `+lock, workspace, id)
	return p, translate(err)
}

// EditPerson changes a person. Where that changes what they may do or by what they sign in, it ends their sessions and links.
func (t *Tx) EditPerson(ctx context.Context, workspace, id uuid.UUID, edit func(*Person) error) (Person, error) {
	if err := t.take(ctx, lockPeople, workspace); err != nil {
		return Person{}, err
	}
	before, err := t.person(ctx, workspace, id, "FOR NO KEY UPDATE")
	if err != nil {
		return before, err
	}
	p := before
	if err := edit(&p); err != nil {
		return p, err
	}
	if err := t.checkPerson(ctx, workspace, &p); err != nil {
		return p, err
	}
	if p.Language != before.Language {
		if err := t.chooseLanguage(ctx, p); err != nil {
			return p, err
		}
	}
	noPasskeys := p.Passkeys == 0 && before.Passkeys > 0
	if err := sqlx.GetContext(ctx, t.q, &p, `
		UPDATE people p SET name = $3, email = $4, email_key = $9, role = $5, member_id = $6, password_hash = $7, updated_at = `+afterSQL("$8", "p")+`
		WHERE workspace_id = $1 AND person_id = $2 RETURNING `+personColumns,
		workspace, id, p.Name, p.Email, string(p.Role), p.MemberID, nullText(p.PasswordHash), t.now(), contact.Email(p.Email)); err != nil {
		return p, translate(err)
	}
	if noPasskeys {
		if err := t.removePasskeys(ctx, workspace, id); err != nil {
			return p, err
		}
		p.Passkeys = 0
	}
	return p, t.endFormer(ctx, workspace, before, p, noPasskeys)
}

// endFormer ends what let a person in as whoever they were before an edit: accounts of another address, and sessions and links where
// what they may do or sign in by is another, or was taken away.
func (t *Tx) endFormer(ctx context.Context, workspace uuid.UUID, before, p Person, noPasskeys bool) error {
	if contact.Email(p.Email) != contact.Email(before.Email) { // they are somebody else to whoever vouched for the address before
		if err := t.forgetIdentities(ctx, workspace, p.ID); err != nil {
			return err
		}
	}
	forgotten := p.PasswordHash == "" && before.PasswordHash != "" || noPasskeys
	if p.Role != before.Role || p.Email != before.Email || idOf(p.MemberID) != idOf(before.MemberID) || forgotten {
		return t.SignOut(ctx, workspace, p.ID, uuid.Nil)
	}
	return nil
}

// RequireAdmin returns ErrNotFound unless a person is an admin, who then stays one until the transaction ends: whoever changes people
// waits for it. Who asked for something as an admin may have been removed by another since.
func (t *Tx) RequireAdmin(ctx context.Context, workspace, id uuid.UUID) error {
	if err := t.take(ctx, lockPeople, workspace); err != nil {
		return err
	}
	p, err := t.person(ctx, workspace, id, "")
	if err == nil && p.Role != lead.PersonAdmin {
		err = ErrNotFound
	}
	return err
}

// RemovePerson takes a person's access away at once, and forgets their address and password. What they did stays told under their
// name, or what stood before the @ of their address where that was their name. Of the address stays a digest, by which they are found
// when they are to be erased.
func (t *Tx) RemovePerson(ctx context.Context, workspace, id uuid.UUID) error {
	if err := t.take(ctx, lockPeople, workspace); err != nil {
		return err
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE people SET removed_at = $3, updated_at = $3, password_hash = NULL, email = '', email_key = encode(sha256(convert_to(email_key, 'UTF8')), 'hex'),
			name = CASE WHEN lower(name) = lower(email) THEN split_part(name, '@', 1) ELSE name END
		WHERE workspace_id = $1 AND person_id = $2 AND removed_at IS NULL`, workspace, id, t.now())
	if err := oneRow(result, err); err != nil {
		return err
	}
	if err := errors.Join(t.removePasskeys(ctx, workspace, id), t.forgetIdentities(ctx, workspace, id)); err != nil {
		return err
	}
	return t.SignOut(ctx, workspace, id, uuid.Nil)
}

// SignOut ends a person's sessions but the given one, which may be uuid.Nil, and their links.
func (t *Tx) SignOut(ctx context.Context, workspace, id, except uuid.UUID) error {
	_, err := t.EndSessions(ctx, workspace, id, except)
	if err == nil {
		_, err = t.q.ExecContext(ctx, `DELETE FROM sign_in_links WHERE workspace_id = $1 AND person_id = $2`, workspace, id)
	}
	if err != nil {
		return fmt.Errorf("signing a person out: %w", translate(err))
	}
	return nil
}

func idOf(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

// TouchPerson records that a person was signed in at a time, as TouchAPIKey does.
func (q Queries) TouchPerson(ctx context.Context, workspace, id uuid.UUID, at time.Time, age time.Duration) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE people SET seen_at = $3 WHERE workspace_id = $1 AND person_id = $2 AND (seen_at IS NULL OR seen_at <= $4)`,
		workspace, id, at, at.Add(-age))
	return translate(err)
}
