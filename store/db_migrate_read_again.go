package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// readAgain works out anew what earlier versions worked out wrongly of what they were given: numbers that are not certain,
// ids with guards about them, and the keys of sources' names. It goes part by part, beside the program that runs, and may
// be broken off and begun again. Nothing is rolled back.
func readAgain(ctx context.Context, x *sqlx.DB) error {
	if err := fillSourceKeys(ctx, x); err != nil {
		return fmt.Errorf("filling the keys of sources: %w", translate(err))
	}
	for table, id := range map[string]string{"leads": "lead_id", "assigned_leads": "assigned_lead_id", "customers": "customer_id"} {
		if err := readPhonesAgain(ctx, x, table, id); err != nil {
			return fmt.Errorf("reading the phones of %s again: %w", table, translate(err))
		}
	}
	if err := readIDsAgain(ctx, x); err != nil {
		return fmt.Errorf("reading external ids again: %w", translate(err))
	}
	return nil
}

// The migration's number, which is behind those of the columns that it reads, and what it is listed as.
const (
	readAgainVersion = 80
	readAgainName    = "00080_read_again"
)

// fillSourceKeys gives sources their keys, the oldest first. A source whose name another has by now keeps it: its key is
// its own, with its id behind it, and what names it means the older one.
func fillSourceKeys(ctx context.Context, db *sqlx.DB) error {
	var rows []struct {
		Workspace uuid.UUID `db:"workspace_id"`
		ID        uuid.UUID `db:"source_id"`
		Name      string    `db:"name"`
	}
	if err := db.SelectContext(ctx, &rows, `
		SELECT workspace_id, source_id, name FROM sources WHERE name_key IS NULL ORDER BY workspace_id, source_id`); err != nil {
		return err
	}
	for _, r := range rows {
		key := contact.NameKey(r.Name)
		apart := key + " " + r.ID.String()
		if key == "" {
			key = apart // nothing of its name can be seen, and nobody can name it
		}
		err := setSourceKey(ctx, db, r.Workspace, r.ID, key)
		var taken *Violation
		if errors.As(err, &taken) {
			err = setSourceKey(ctx, db, r.Workspace, r.ID, apart)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func setSourceKey(ctx context.Context, db *sqlx.DB, workspace, id uuid.UUID, key string) error {
	_, err := db.ExecContext(ctx, `
		UPDATE sources SET name_key = $3 WHERE workspace_id = $1 AND source_id = $2 AND name_key IS NULL`, workspace, id, key)
	return translate(err)
}

// readPhonesAgain corrects the numbers of a table in E.164, and the words by which they are found. A number that the
// workspace's region of an earlier day explains stays: only its text can be wrong, and not the day.
func readPhonesAgain(ctx context.Context, db *sqlx.DB, table, id string) error {
	read := `
		SELECT r.workspace_id, r.` + id + ` AS id, w.region, coalesce(r.name, '') AS name, coalesce(r.email, '') AS email, r.phone,
			coalesce(r.phone_e164, '') AS e164
		FROM ` + table + ` r JOIN workspaces w USING (workspace_id)
		WHERE r.phone IS NOT NULL AND r.words IS NOT NULL AND (r.workspace_id, r.` + id + `) > ($1, $2)
			AND (r.phone_e164 IS NOT NULL OR r.phone !~ '^[0-9 +()-]*$')
		ORDER BY r.workspace_id, r.` + id + ` LIMIT $3`
	write := `
		UPDATE ` + table + ` r SET phone_e164 = nullif(n.e164, ''), words = array_to_tsvector(string_to_array(n.words, ' '))
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[]) AS n (workspace_id, id, phone, e164, words)
		WHERE r.workspace_id = n.workspace_id AND r.` + id + ` = n.id AND r.phone = n.phone`
	var workspace, last uuid.UUID
	for {
		var rows []struct {
			Workspace                        uuid.UUID `db:"workspace_id"`
			ID                               uuid.UUID `db:"id"`
			Region, Name, Email, Phone, E164 string
		}
		if err := db.SelectContext(ctx, &rows, read, workspace, last, fillPart); err != nil || len(rows) == 0 {
			return err
		}
		var workspaces, ids []uuid.UUID
		var phones, e164s, words []string
		for _, r := range rows {
			keys := keysOf(r.Workspace, r.Region, r.Name, r.Email, r.Phone)
			if keys.e164 == r.E164 || r.E164 != "" && contact.Phone(r.Phone, contact.RegionOf(r.E164)) == r.E164 {
				continue
			}
			workspaces, ids, phones = append(workspaces, r.Workspace), append(ids, r.ID), append(phones, r.Phone)
			e164s, words = append(e164s, keys.e164), append(words, keys.words)
		}
		if len(ids) > 0 {
			if _, err := db.ExecContext(ctx, write, uuids(workspaces), uuids(ids), texts(phones), texts(e164s), texts(words)); err != nil {
				return err
			}
		}
		workspace, last = rows[len(rows)-1].Workspace, rows[len(rows)-1].ID
	}
}

// readIDsAgain takes guards off external ids, so that their leads are known when they come without. Where another lead has
// the plain id already both stay as they are.
func readIDsAgain(ctx context.Context, db *sqlx.DB) error {
	var workspace, last uuid.UUID
	for {
		var rows []struct {
			Workspace uuid.UUID `db:"workspace_id"`
			ID        uuid.UUID `db:"lead_id"`
			External  string    `db:"external_id"`
		}
		if err := db.SelectContext(ctx, &rows, `
			SELECT workspace_id, lead_id, external_id FROM leads
			WHERE external_id IS NOT NULL AND (workspace_id, lead_id) > ($1, $2)
				AND external_id ~ '^[^A-Za-z0-9]|[^A-Za-z0-9]$|[^ -~]|^l:|^[0-9.,]+[eE.,]'
			ORDER BY workspace_id, lead_id LIMIT $3`, workspace, last, fillPart); err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			plain := contact.ID(r.External)
			if plain == "" || plain == r.External {
				continue
			}
			if _, err := db.ExecContext(ctx, `
				UPDATE leads l SET external_id = $4 WHERE l.workspace_id = $1 AND l.lead_id = $2 AND l.external_id = $3
					AND NOT EXISTS (SELECT FROM leads o WHERE o.workspace_id = $1 AND o.origin = l.origin AND o.external_id = $4)`,
				r.Workspace, r.ID, r.External, plain); err != nil && !Refused(err) {
				return err
			}
		}
		workspace, last = rows[len(rows)-1].Workspace, rows[len(rows)-1].ID
	}
}
