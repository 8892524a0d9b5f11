package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// fillPart is how many contacts are read and written at a time.
const fillPart = 2000

// The migration's number, and what it is listed as. It is before that from which on copies share their leads' words, so that
// those without words are until then from before there were any.
const (
	fillContactsVersion = 118
	fillContactsName    = "00118_fill_contacts"
)

// fillContacts works out the keys of contacts that were stored before there were any. It may be broken off and begun
// again, and records that are written meanwhile keep what they have. Those of whoever was erased stay empty.
func fillContacts(ctx context.Context, db *sqlx.DB) error {
	for _, table := range []struct{ name, id, keys string }{
		{"leads", "lead_id", "email_key = nullif(n.email_key, ''), "},
		{"assigned_leads", "assigned_lead_id", ""},
	} {
		read := `
			SELECT r.workspace_id, r.` + table.id + ` AS id, w.region, coalesce(r.name, '') AS name,
				coalesce(r.email, '') AS email, coalesce(r.phone, '') AS phone
			FROM ` + table.name + ` r JOIN workspaces w USING (workspace_id)
			WHERE r.words IS NULL AND r.erased_at IS NULL AND (r.workspace_id, r.` + table.id + `) > ($1, $2)
			ORDER BY r.workspace_id, r.` + table.id + ` LIMIT $3`
		write := `
			UPDATE ` + table.name + ` r SET ` + table.keys + `phone_e164 = nullif(n.e164, ''),
				words = array_to_tsvector(string_to_array(n.words, ' '))
			FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) AS n (workspace_id, id, e164, email_key, words)
			WHERE r.workspace_id = n.workspace_id AND r.` + table.id + ` = n.id AND r.words IS NULL AND r.erased_at IS NULL`
		if err := fillTable(ctx, db, read, write); err != nil {
			return fmt.Errorf("filling the contacts of %s: %w", table.name, translate(err))
		}
	}
	return nil
}

func fillTable(ctx context.Context, db *sqlx.DB, read, write string) error {
	var workspace, id uuid.UUID
	for {
		var rows []struct {
			Workspace                  uuid.UUID `db:"workspace_id"`
			ID                         uuid.UUID `db:"id"`
			Region, Name, Email, Phone string
		}
		if err := db.SelectContext(ctx, &rows, read, workspace, id, fillPart); err != nil || len(rows) == 0 {
			return err
		}
		var workspaces, ids []uuid.UUID
		var e164s, emails, words []string
		for _, r := range rows {
			keys := keysOf(r.Workspace, r.Region, r.Name, r.Email, r.Phone)
			workspaces, ids = append(workspaces, r.Workspace), append(ids, r.ID)
			e164s, emails, words = append(e164s, keys.e164), append(emails, keys.email), append(words, keys.words)
		}
		if _, err := db.ExecContext(ctx, write, uuids(workspaces), uuids(ids), texts(e164s), texts(emails), texts(words)); err != nil {
			return err
		}
		workspace, id = workspaces[len(rows)-1], ids[len(rows)-1]
	}
}
