package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A neighbour is another workspace, and somebody who calls the API for it.
type neighbour struct {
	*client.Client
	workspace, group uuid.UUID
}

func (i *installation) newNeighbour(ctx context.Context) (n neighbour, err error) {
	w, err := i.store.CreateWorkspace(ctx, store.WorkspaceSpec{Name: "neighbour", Timezone: "UTC", Region: "MY"})
	if err != nil {
		return n, err
	}
	n.workspace = w.ID
	if n.group, _, err = i.newGroup(ctx, w.ID, ringSize); err != nil {
		return n, err
	}
	_, key, err := i.store.CreateAPIKey(ctx, w.ID, store.APIKey{Role: lead.RoleAdmin})
	if err == nil {
		n.Client, err = client.New(i.base, key)
	}
	return n, err
}

// beside pushes leads at a steady rate while two other workspaces give out in bulk and a third imports, and looks how the two share.
func beside(ctx context.Context, i *installation, t *tally) error {
	if err := i.serve(ctx); err != nil {
		return err
	}
	var all [3]neighbour
	var ids [2][]uuid.UUID
	for n := range all {
		var err error
		if all[n], err = i.newNeighbour(ctx); err != nil {
			return fmt.Errorf("making another workspace: %w", err)
		}
		if n < len(ids) {
			if ids[n], err = i.storeLeads(ctx, all[n].workspace, i.cfg.Leads); err != nil {
				return err
			}
		}
	}
	if err := i.settleDown(ctx); err != nil {
		return err
	}
	var others errgroup.Group
	ended, stop := context.WithCancel(ctx)
	defer stop()
	for n := range ids {
		if err := i.assign(ctx, all[n], ids[n], map[string]any{"group_id": all[n].group}); err != nil {
			return err
		}
	}
	others.Go(func() error {
		err := all[2].Upload(ended, "/v1/imports", "text/csv", rows(0, i.cfg.Leads), -1, nil)
		if ended.Err() != nil {
			return nil //nolint:nilerr // it took longer than what it stood beside
		}
		return err
	})
	others.Go(func() error { return i.shares(ended, t, all[0].workspace, all[1].workspace) })
	err := i.profiled(ctx, "beside", func() error { return i.pacedInto(ctx, t) })
	stop()
	return errors.Join(err, others.Wait(), i.untilDistributed(ctx, patience))
}

// shareInterval is how often it is looked how two workspaces share.
const shareInterval = 200 * time.Millisecond

// shares adds what share of the copies the one of two workspaces has that has fewer, when the first of them is done or ctx ends.
func (i *installation) shares(ctx context.Context, t *tally, workspaces ...uuid.UUID) error {
	var least float64
	for {
		var given, waiting [2]float64
		for n, w := range workspaces {
			if err := i.db.QueryRowContext(context.WithoutCancel(ctx), `
				SELECT (SELECT count(*) FROM assigned_leads WHERE workspace_id = $1), (SELECT count(*) FROM batches WHERE workspace_id = $1)`, w).
				Scan(&given[n], &waiting[n]); err != nil {
				return err
			}
		}
		if sum := given[0] + given[1]; sum > 0 {
			least = min(given[0], given[1]) / sum
		}
		if waiting[0] > 0 && waiting[1] > 0 && ctx.Err() == nil {
			select {
			case <-ctx.Done():
			case <-time.After(shareInterval):
			}
			continue
		}
		t.add("smaller share of two workspaces in bulk", "of 1", least)
		return nil
	}
}
