package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// Erased are the people who were erased while an import runs, whose rows must not come in after that. They are known by
// digests only.
type Erased struct {
	workspace uuid.UUID
	region    string
	digests   map[[sha256.Size]byte]bool
}

// eraseFromImports tells the imports that run, or wait with a file that was made before, of a person who is erased. It waits
// for what they are storing.
func (t *Tx) eraseFromImports(ctx context.Context, workspace uuid.UUID, i contact.Identity) error {
	digests := pq.ByteaArray{}
	for _, key := range []string{i.Email, i.Phone, i.Digits} {
		if key != "" {
			digest := digestOf(workspace, key)
			digests = append(digests, digest[:])
		}
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE imports SET erased = coalesce(erased, '{}') || $2::bytea[] WHERE workspace_id = $1 AND status IN ('running', 'waiting')`,
		workspace, digests)
	if err != nil {
		return fmt.Errorf("telling the running imports of an erasure: %w", translate(err))
	}
	return nil
}

// ErasedSince are the people who were erased since an import began. Ask once ImportProgress has locked it.
func (t *Tx) ErasedSince(ctx context.Context, workspace, id uuid.UUID) (Erased, error) {
	e := Erased{workspace: workspace}
	var row struct {
		Region string        `db:"region"`
		Erased pq.ByteaArray `db:"erased"`
	}
	err := translate(sqlx.GetContext(ctx, t.q, &row, `
		SELECT w.region, i.erased FROM imports i JOIN workspaces w USING (workspace_id)
		WHERE i.workspace_id = $1 AND i.import_id = $2 AND i.erased IS NOT NULL`, workspace, id))
	if errors.Is(err, ErrNotFound) {
		return e, nil
	}
	e.region, e.digests = row.Region, make(map[[sha256.Size]byte]bool)
	for _, digest := range row.Erased {
		e.digests[[sha256.Size]byte(digest)] = true
	}
	return e, err
}

// None reports whether nobody was.
func (e Erased) None() bool { return len(e.digests) == 0 }

// Has reports whether a contact is of one of them.
func (e Erased) Has(email, phone string) bool {
	i := contact.Identify(email, phone, e.region)
	for _, key := range []string{i.Email, i.Phone, i.Digits} {
		if key != "" && e.digests[digestOf(e.workspace, key)] {
			return true
		}
	}
	return false
}

// In reports whether a cell of a file's row is one of them.
func (e Erased) In(record string) bool {
	cells := strings.FieldsFunc(record, func(r rune) bool { return strings.ContainsRune(",;\t|\"\r\n", r) })
	for _, cell := range cells {
		if e.Has(cell, cell) {
			return true
		}
	}
	return false
}

func digestOf(workspace uuid.UUID, key string) [sha256.Size]byte {
	return sha256.Sum256([]byte(workspace.String() + " " + key))
}
