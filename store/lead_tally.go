package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// talliesAtOnce is how many tallies one statement adds up.
const talliesAtOnce = 50_000

// FoldTallies adds what transactions noted of the leads that they stored to one sum a workspace, and returns how many notes that
// were. What is noted meanwhile is left for the next time.
func (s *Store) FoldTallies(ctx context.Context) (folded int, err error) {
	for {
		var n int
		err := sqlx.GetContext(ctx, s.db, &n, `
			WITH gone AS (
				DELETE FROM lead_tallies WHERE ctid = ANY (ARRAY(SELECT ctid FROM lead_tallies LIMIT $1)) RETURNING workspace_id, leads, ids
			), sums AS (
				INSERT INTO lead_tally_sums AS s (workspace_id, leads, ids)
				SELECT workspace_id, sum(leads), bit_xor(ids) FROM gone GROUP BY workspace_id ORDER BY workspace_id
				ON CONFLICT (workspace_id) DO UPDATE SET leads = s.leads + excluded.leads, ids = s.ids # excluded.ids
			)
			SELECT count(*) FROM gone`, talliesAtOnce)
		if folded += n; err != nil || n < talliesAtOnce {
			if err != nil {
				err = fmt.Errorf("adding up how many leads were stored: %w", translate(err))
			}
			return folded, err
		}
	}
}
