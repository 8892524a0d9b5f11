package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// auditsKept is how many audits are kept.
const auditsKept = 30

// KeepAudit keeps what an audit found, and forgets the oldest of many.
func (s *Store) KeepAudit(ctx context.Context, report AuditReport) error {
	_, err := s.db.ExecContext(ctx, `
		WITH kept AS (
			INSERT INTO audits (at, report) VALUES ($1, $2) ON CONFLICT (at) DO UPDATE SET report = excluded.report
		)
		DELETE FROM audits WHERE at < (SELECT at FROM audits ORDER BY at DESC OFFSET $3 LIMIT 1)`, report.At, asJSON(report), auditsKept-2)
	if err != nil {
		return fmt.Errorf("keeping what the audit found: %w", translate(err))
	}
	return nil
}

// LastAudit is what the latest audit found, of all workspaces. It returns ErrNotFound where there was none.
func (q Queries) LastAudit(ctx context.Context) (report AuditReport, err error) {
	var text []byte
	if err := sqlx.GetContext(ctx, q.q, &text, `SELECT report FROM audits ORDER BY at DESC LIMIT 1`); err != nil {
		return report, translate(err)
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return report, fmt.Errorf("reading what the last audit found: %w", err)
	}
	return report, nil
}
