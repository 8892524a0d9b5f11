package bench

import (
	"context"
	"time"
)

// planned is how many members leads are planned for.
const planned = 50

// plan has leads planned at a pace for members who have nothing planned yet.
func plan(ctx context.Context, i *installation, t *tally) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	group, _, err := i.newGroup(ctx, i.workspace, planned)
	if err != nil {
		return err
	}
	ids, err := i.storeLeads(ctx, i.workspace, min(i.cfg.Leads, maxAsked))
	if err != nil {
		return err
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	costs, err := i.costsOf(ctx, "plan", len(ids), func() error {
		began := time.Now()
		if err := i.assign(ctx, i.client, ids, map[string]any{"group_id": group, "pace": "fast"}); err != nil {
			return err
		}
		took := time.Since(began)
		t.add(byLeadwheel, "leads/s", rate(len(ids), took))
		t.add("until all is planned", "ms", milliseconds(took))
		return nil
	})
	t.costs("planned", costs)
	return err
}
