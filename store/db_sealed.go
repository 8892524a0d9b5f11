package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// sealedColumns are the columns named sealed, in which the secrets of others are kept. Each row's is bound to a place that
// is named after its id, as whoever seals it does.
var sealedColumns = []struct {
	table, id string
	place     func(uuid.UUID) string
}{
	{"integrations", "integration_id", IntegrationOrigin},
	{"webhooks", "webhook_id", WebhookPlace},
}

// sealedPart is how many rows are looked at together.
const sealedPart = 500

// A Sealer seals with one key and opens with several; see internal/secret.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(sealed []byte, place string) ([]byte, error)
	// Current reports whether something was sealed with the key that Seal uses.
	Current(sealed []byte) bool
}

// Sealed counts a table's rows that hold secrets.
type Sealed struct {
	Table string `json:"table"`
	Rows  int    `json:"rows"`
	// Older were sealed with a key that is not the first, and can be opened.
	Older int `json:"older"`
	// Resealed were sealed anew just now, and are not among the older ones any more.
	Resealed int `json:"resealed"`
	// Closed cannot be opened by any key.
	Closed int `json:"closed"`
}

// LookAtSealed counts what is sealed, by table, over all workspaces.
func (s *Store) LookAtSealed(ctx context.Context, b Sealer) ([]Sealed, error) {
	return s.walkSealed(ctx, func(*Sealed, sealedRow) error { return nil }, b)
}

// Reseal seals anew what was sealed with an older key, over all workspaces, so that this key can be taken away. It may be
// broken off and begun again. What is changed meanwhile keeps the change; it counts as older, as nobody looked at its key.
func (s *Store) Reseal(ctx context.Context, b Sealer) ([]Sealed, error) {
	return s.walkSealed(ctx, func(count *Sealed, r sealedRow) error {
		anew, err := b.Seal(r.plain, r.place)
		if err != nil {
			return err
		}
		result, err := s.q.ExecContext(ctx, `
			UPDATE `+count.Table+` SET sealed = $4
			WHERE workspace_id = $1 AND `+r.column+` = $2 AND sealed = $3`, r.Workspace, r.ID, r.Sealed, anew)
		if err != nil {
			return translate(err)
		}
		n, err := result.RowsAffected()
		count.Resealed, count.Older = count.Resealed+int(n), count.Older-int(n)
		return err
	}, b)
}

// A sealedRow is a row that was sealed with an older key.
type sealedRow struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"id"`
	Sealed    []byte    `db:"sealed"`

	column, place string
	plain         []byte
}

// walkSealed looks at all that is sealed, in parts, and calls older with what can be opened and was sealed with an older key.
func (s *Store) walkSealed(ctx context.Context, older func(*Sealed, sealedRow) error, b Sealer) ([]Sealed, error) {
	all := make([]Sealed, len(sealedColumns))
	for n, c := range sealedColumns {
		count := &all[n]
		count.Table = c.table
		last := sealedRow{}
		for {
			var rows []sealedRow
			if err := sqlx.SelectContext(ctx, s.q, &rows, `
				SELECT workspace_id, `+c.id+` AS id, sealed FROM `+c.table+`
				WHERE sealed IS NOT NULL AND (workspace_id, `+c.id+`) > ($1, $2)
				ORDER BY workspace_id, `+c.id+` LIMIT $3`, last.Workspace, last.ID, sealedPart); err != nil {
				return nil, fmt.Errorf("looking at the secrets of %s: %w", c.table, translate(err))
			}
			if len(rows) == 0 {
				break
			}
			for _, r := range rows {
				r.column, r.place = c.id, c.place(r.ID)
				if err := count.look(r, b, older); err != nil {
					return nil, fmt.Errorf("sealing %s anew: %w", r.place, err)
				}
			}
			last = rows[len(rows)-1]
		}
	}
	return all, nil
}

// look counts a row.
func (c *Sealed) look(r sealedRow, b Sealer, older func(*Sealed, sealedRow) error) (err error) {
	c.Rows++
	if r.plain, err = b.Open(r.Sealed, r.place); err != nil {
		c.Closed++
		return nil //nolint:nilerr // it is counted
	}
	if b.Current(r.Sealed) {
		return nil
	}
	c.Older++
	return older(c, r)
}
