package store

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/lib/pq"
)

// These types read themselves from columns, so that a struct with fields of them is filled by the query alone. Each is a
// slice or a map and no more, so that it can be given and taken as one.

// IDs read a uuid[] column: NULL is nil, and an element that is NULL the nil id.
type IDs []uuid.UUID

// text is the list as Postgres writes it, empty where it is.
func (l IDs) text() string {
	if len(l) == 0 {
		return ""
	}
	ids := make([]string, len(l))
	for i, id := range l {
		ids[i] = id.String()
	}
	return "{" + strings.Join(ids, ",") + "}"
}

// errIDs does not quote what was read, which may be long.
var errIDs = errors.New("a list of ids cannot be read")

// Scan implements sql.Scanner.
func (l *IDs) Scan(src any) error {
	const textLength, null = 36, "NULL"
	if src == nil {
		*l = nil
		return nil
	}
	text, ok := src.([]byte)
	if !ok || len(text) < 2 {
		return errIDs
	}
	*l = make([]uuid.UUID, 0, len(text)/(textLength+1))
	for rest := text[1:]; len(rest) > len(null); { // each has a comma or a brace behind it
		if string(rest[:len(null)]) == null {
			*l, rest = append(*l, uuid.Nil), rest[len(null)+1:]
			continue
		}
		if len(rest) <= textLength {
			return errIDs
		}
		id, err := uuid.ParseBytes(rest[:textLength])
		if err != nil {
			return errIDs
		}
		*l, rest = append(*l, id), rest[textLength+1:]
	}
	return nil
}

// textArray reads a text[] column; NULL is nil.
type textArray[T ~string] []T

// Scan implements sql.Scanner.
func (a *textArray[T]) Scan(src any) error {
	var all pq.StringArray
	if err := all.Scan(src); err != nil || all == nil {
		*a = nil
		return err
	}
	*a = make([]T, len(all))
	for i, text := range all {
		(*a)[i] = T(text)
	}
	return nil
}

// object reads a jsonb column that holds a JSON object; NULL is nil.
type object[T any] map[string]T

// Scan implements sql.Scanner.
func (o *object[T]) Scan(src any) error { return readJSON(src, (*map[string]T)(o)) }

// objects read a jsonb column that holds a JSON array; NULL is nil.
type objects[T any] []T

// Scan implements sql.Scanner.
func (o *objects[T]) Scan(src any) error { return readJSON(src, (*[]T)(o)) }

// readJSON reads a jsonb column; NULL is the zero value.
func readJSON[T any](src any, into *T) error {
	var zero T
	*into = zero
	switch data := src.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(data, into)
	case string:
		return json.Unmarshal([]byte(data), into)
	default:
		return fmt.Errorf("a jsonb column cannot be read from a %T", src)
	}
}

// asJSON passes a value to a jsonb column.
func asJSON(v any) jsonb { return jsonb{v} }

type jsonb struct{ v any }

// textOfJSON is a list as jsonbs takes it, for lists that can always be written; the empty one is none.
func textOfJSON[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list)
	return string(text)
}

// Value implements driver.Valuer. It gives text, since binary parameters would send bytes as jsonb's own wire format.
func (j jsonb) Value() (driver.Value, error) {
	data, err := json.Marshal(j.v)
	return string(data), err
}

// nullID passes the nil UUID as NULL.
func nullID(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }

// nullText passes the empty string as NULL.
func nullText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

// oneRow returns ErrNotFound where a statement that was to change a row changed none.
func oneRow(result sql.Result, err error) error {
	if err != nil {
		return translate(err)
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
