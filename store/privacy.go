package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// Identify reads an e-mail and a phone, of which one may be empty, as the workspace does. It returns a *FieldError for
// what is neither.
func (q Queries) Identify(ctx context.Context, workspace uuid.UUID, email, phone string) (contact.Identity, error) {
	w, err := q.Workspace(ctx, workspace)
	if err != nil {
		return contact.Identity{}, err
	}
	i := contact.Identify(email, phone, w.Region)
	switch {
	case email != "" && i.Email == "":
		err = &FieldError{"email", "this is not an address of e-mail"}
	case phone != "" && i.Phone == "" && i.Digits == "":
		err = &FieldError{"phone", "this is not a phone number; write it with its country's prefix, as in +60123456789"}
	case email == "" && phone == "":
		err = &FieldError{"email", "give an email, a phone, or both"}
	}
	return i, err
}

// holdings of a person are the ids of what was found to be theirs, and how to find them in text.
type holdingsOf struct {
	workspace                         uuid.UUID
	leads, copies, customers, members []uuid.UUID
	people                            []uuid.UUID
	pattern                           string
	since                             time.Time
}

// person is what statements over personal tables call p.
const person = `(SELECT $1::uuid AS workspace, $2::uuid[] AS leads, $3::uuid[] AS copies, $4::uuid[] AS customers, $5::uuid[] AS members,
	$6::text AS pattern, $7::timestamptz AS since, $8::timestamptz AS now, $9::uuid[] AS people) p`

func (h holdingsOf) args(now time.Time) []any {
	return []any{h.workspace, uuids(h.leads), uuids(h.copies), uuids(h.customers), uuids(h.members), h.pattern, h.since, now, uuids(h.people)}
}

// findPerson finds what is a person's: leads by their contact, copies and customers by theirs or as having come of those.
// With lock they stay as they are until the transaction ends.
func (q Queries) findPerson(ctx context.Context, workspace uuid.UUID, i contact.Identity, lock bool) (h holdingsOf, err error) {
	h = holdingsOf{workspace: workspace, pattern: i.Pattern()}
	f := finder{Queries: q, workspace: workspace, identity: i}
	if lock {
		f.lock = " FOR UPDATE OF t"
	}
	if h.leads, err = f.find(ctx, "leads", "lead_id", "false", nil); err != nil {
		return h, err
	}
	if h.copies, err = f.find(ctx, "assigned_leads", "assigned_lead_id", "(t.source_lead_id = ANY($3::uuid[]) OR t.undone_lead_id = ANY($3::uuid[]))", h.leads); err != nil {
		return h, err
	}
	converted := "(t.lead_id = ANY($3::uuid[]) OR t.assigned_lead_id = ANY($3::uuid[]))"
	if h.customers, err = f.find(ctx, "customers", "customer_id", converted, append(h.leads, h.copies...)); err != nil {
		return h, err
	}
	if h.members, err = f.members(ctx); err != nil {
		return h, err
	}
	h.people, err = f.people(ctx, h.members)
	return h, err
}

// A finder finds the rows of tables whose contact is a person's.
type finder struct {
	Queries
	workspace uuid.UUID
	identity  contact.Identity
	lock      string
}

// find finds rows by the words of their contact, then looks whether it is the person's, and rows derived from others
// with these ids. Copies without words are found as derived: they are of whom their lead is.
func (f finder) find(ctx context.Context, table, id, derived string, from []uuid.UUID) ([]uuid.UUID, error) {
	words := f.identity.Words()
	for n, word := range words {
		words[n] = "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(mark(f.workspace)+word) + "':*"
	}
	type row struct {
		ID      uuid.UUID `db:"id"`
		Email   string    `db:"email"`
		Phone   string    `db:"phone"`
		E164    string    `db:"phone_e164"`
		Derived bool      `db:"derived"`
	}
	var rows []row
	derived = "coalesce(" + derived + ", false)"
	found := []string{"(t.words @@ $2::tsquery OR " + derived + ") AND $3::uuid[] IS NOT NULL"}
	if table != "assigned_leads" { // rows from before there were words are looked at one by one
		found = append(found, "t.words IS NULL AND (t.email IS NOT NULL OR t.phone IS NOT NULL) AND NOT "+derived+" AND $2::tsquery IS NOT NULL AND $3::uuid[] IS NOT NULL")
	}
	for _, which := range found {
		var some []row
		if err := sqlx.SelectContext(ctx, f.q, &some, fmt.Sprintf(`
			SELECT t.%[2]s AS id, coalesce(t.email, '') AS email, coalesce(t.phone, '') AS phone,
				coalesce(t.phone_e164, '') AS phone_e164, %[3]s AS derived
			FROM %[1]s t WHERE t.workspace_id = $1 AND %[4]s
			ORDER BY 1`+f.lock, table, id, derived, which), f.workspace, strings.Join(words, " | "), uuids(from)); err != nil {
			return nil, fmt.Errorf("looking for a person's %s: %w", table, translate(err))
		}
		rows = append(rows, some...)
	}
	var ids []uuid.UUID
	for _, r := range rows {
		if r.Derived || f.identity.Is(r.Email, r.Phone) || r.E164 != "" && r.E164 == f.identity.Phone {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

// members are those whose address it is, removed ones too.
func (f finder) members(ctx context.Context) (ids []uuid.UUID, err error) {
	var rows []struct {
		ID    uuid.UUID `db:"member_id"`
		Email string    `db:"email"`
	}
	if err := sqlx.SelectContext(ctx, f.q, &rows, `
		SELECT member_id, email FROM members WHERE workspace_id = $1 AND email IS NOT NULL`, f.workspace); err != nil {
		return nil, fmt.Errorf("looking for a person among the members: %w", translate(err))
	}
	for _, r := range rows {
		if f.identity.Is(r.Email, "") {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

// people are those who sign in by the address, or did until they were removed, and those who are one of the members.
func (f finder) people(ctx context.Context, members []uuid.UUID) (ids []uuid.UUID, err error) {
	digest := sha256.Sum256([]byte(f.identity.Email))
	if err := sqlx.SelectContext(ctx, f.q, &ids, `
		SELECT person_id FROM people
		WHERE workspace_id = $1 AND ($2 <> '' AND (email_key = $2 AND removed_at IS NULL OR email_key = $3 AND removed_at IS NOT NULL) OR member_id = ANY($4::uuid[]))`,
		f.workspace, f.identity.Email, hex.EncodeToString(digest[:]), uuids(members)); err != nil {
		return nil, fmt.Errorf("looking for a person among those who sign in: %w", translate(err))
	}
	return ids, nil
}
