package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// PersonalRecords are all rows that are about a person, each a JSON object, by their table. Tables with none are left
// out.
type PersonalRecords map[string][]json.RawMessage

// ExportPerson reads all that the workspace knows of a person.
func (q Queries) ExportPerson(ctx context.Context, workspace uuid.UUID, i contact.Identity) (PersonalRecords, error) {
	h, err := q.findPerson(ctx, workspace, i, false)
	if err != nil {
		return nil, err
	}
	records := make(PersonalRecords)
	for _, table := range personal {
		var rows []string
		if err := sqlx.SelectContext(ctx, q.q, &rows, fmt.Sprintf(`
			SELECT (to_jsonb(t) - 'workspace_id' - 'words' - 'password_hash')::text FROM %s t, `+person+`
			WHERE t.workspace_id = p.workspace AND %s`, table.name, table.about), h.args(q.now())...); err != nil {
			return nil, fmt.Errorf("reading a person's %s: %w", table.name, translate(err))
		}
		for _, row := range rows {
			record, err := readable(row)
			if err != nil {
				return nil, fmt.Errorf("reading a person's %s: %w", table.name, err)
			}
			records[table.name] = append(records[table.name], record)
		}
	}
	return records, nil
}

// readable gives a row with its bytes as text, as far as they are.
func readable(row string) (json.RawMessage, error) {
	if !strings.Contains(row, `"\\x`) {
		return json.RawMessage(row), nil
	}
	var columns map[string]json.RawMessage
	if err := json.Unmarshal([]byte(row), &columns); err != nil {
		return nil, err
	}
	for name, value := range columns {
		var text string
		if json.Unmarshal(value, &text) != nil || !strings.HasPrefix(text, `\x`) {
			continue
		}
		data, err := hex.DecodeString(text[2:])
		if err != nil || !utf8.Valid(data) {
			continue
		}
		encoded, err := json.Marshal(string(data))
		if err != nil {
			return nil, err
		}
		columns[name] = encoded
	}
	return json.Marshal(columns)
}
