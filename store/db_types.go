package store

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// jsonb reads and writes a value as a jsonb column; NULL is the zero value.
type jsonb[T any] struct{ v T }

func asJSON[T any](v T) jsonb[T] { return jsonb[T]{v} }

// Value implements driver.Valuer. It gives text, since binary parameters would send bytes as jsonb's own wire format.
func (j jsonb[T]) Value() (driver.Value, error) {
	data, err := json.Marshal(j.v)
	return string(data), err
}

// Scan implements sql.Scanner.
func (j *jsonb[T]) Scan(src any) error {
	switch data := src.(type) {
	case nil:
		var zero T
		j.v = zero
		return nil
	case []byte:
		return json.Unmarshal(data, &j.v)
	case string:
		return json.Unmarshal([]byte(data), &j.v)
	default:
		return fmt.Errorf("a jsonb column cannot be read from a %T", src)
	}
}

// object reads a jsonb column that holds a JSON object; NULL is nil.
type object[T any] map[string]T

// Scan implements sql.Scanner.
func (o *object[T]) Scan(src any) error {
	var j jsonb[map[string]T]
	err := j.Scan(src)
	*o = j.v
	return err
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
