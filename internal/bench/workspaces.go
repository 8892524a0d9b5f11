package bench

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An installation of many has so many workspaces, of which so many have a group, and so many are at work in turn.
const (
	manyWorkspaces = 100_000
	manyGroups     = 10_000
	manyAtWork     = 1000
)

// The names by which what a lead takes is compared.
const (
	byOne  = "in one workspace"
	byMany = "among 100,000 workspaces"
)

// workspaces pushes leads one after another and gives leads out in bulk, on an installation of one workspace, and on one of many, each lead
// or batch in another. Leads that come at once share transactions where they are of one workspace, which is another matter: see singles.
func workspaces(ctx context.Context, i *installation, t *tally) error {
	many, err := i.crowd(ctx)
	if err != nil {
		return fmt.Errorf("making %d workspaces: %w", manyWorkspaces, err)
	}
	if err := i.serve(ctx); err != nil {
		return err
	}
	one := []neighbour{{i.client, i.workspace, i.group}}
	for _, part := range []struct {
		what string
		do   func(ctx context.Context, i *installation, among []neighbour) (Costs, error)
	}{{"pushed", costsOfPushes}, {"given out", costsOfBatches}} {
		alone, err := part.do(ctx, i, one)
		if err != nil {
			return err
		}
		crowded, err := part.do(ctx, many, many.neighbours)
		if err != nil {
			return fmt.Errorf("%s: %w", byMany, err)
		}
		t.work(part.what+" "+byOne, alone)
		t.work(part.what+" "+byMany, crowded, part.what+" "+byOne)
		t.costs(part.what+" "+byOne, alone)
		t.costs(part.what+" "+byMany, crowded)
	}
	return nil
}

// crowd is another installation, of many workspaces, which is made once.
func (i *installation) crowd(ctx context.Context) (_ *installation, err error) {
	if i.crowded != nil {
		return i.crowded, nil
	}
	if i.crowded, err = install(ctx, i.cfg); err != nil { // it is removed with this one
		return nil, err
	}
	many := i.crowded
	if err := many.serve(ctx); err != nil {
		return nil, err
	}
	for range manyAtWork {
		n, err := many.newNeighbour(ctx)
		if err != nil {
			return nil, err
		}
		many.neighbours = append(many.neighbours, n)
	}
	if _, err := many.db.ExecContext(ctx, `
		INSERT INTO workspaces
		SELECT (jsonb_populate_record(w, jsonb_build_object('workspace_id', gen_random_uuid(), 'name', 'company ' || n))).*
		FROM workspaces w, generate_series(1, $2) AS n WHERE w.workspace_id = $1`, many.workspace, manyWorkspaces-manyAtWork); err != nil {
		return nil, err
	}
	for _, table := range []string{"members", "groups", "rings"} { // each has the ids of the workspace that it is a copy of
		if _, err := many.db.ExecContext(ctx, fmt.Sprintf(`
			INSERT INTO %[1]s
			SELECT (jsonb_populate_record(o, jsonb_build_object('workspace_id', w.workspace_id))).*
			FROM %[1]s o, (SELECT workspace_id FROM workspaces WHERE name LIKE 'company %%' ORDER BY 1 LIMIT $2) w
			WHERE o.workspace_id = $1`, table), many.workspace, manyGroups-manyAtWork); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	return many, many.settleDown(ctx)
}

// costsOfPushes is what a lead takes that is pushed alone, each in the next workspace, until its copy is committed.
func costsOfPushes(ctx context.Context, i *installation, among []neighbour) (Costs, error) {
	return i.costs(ctx, i.cfg.Singles, func() error {
		for n := range i.cfg.Singles {
			as := among[n%len(among)]
			if _, err := push(ctx, as, as.group, i.pushed); err != nil {
				return err
			}
			i.pushed++
		}
		return i.untilDistributed(ctx, patience)
	})
}

// costsOfBatches is what a lead takes that is given out, as many at a time as a batch holds, each time in the next workspace.
func costsOfBatches(ctx context.Context, i *installation, among []neighbour) (Costs, error) {
	ids := make([][]uuid.UUID, len(among))
	batches := max(1, i.cfg.Leads/lead.MaxBatch)
	for n := range batches {
		stored, err := i.storeLeads(ctx, among[n%len(among)].workspace, lead.MaxBatch)
		if err != nil {
			return Costs{}, err
		}
		ids[n%len(among)] = slices.Concat(ids[n%len(among)], stored)
	}
	if err := i.settleDown(ctx); err != nil {
		return Costs{}, err
	}
	return i.costs(ctx, batches*lead.MaxBatch, func() error {
		for n, of := range ids {
			for part := range slices.Chunk(of, lead.MaxBatch) {
				if err := i.assign(ctx, among[n], part, map[string]any{"group_id": among[n].group}); err != nil {
					return err
				}
			}
		}
		return i.untilDistributed(ctx, patience)
	})
}
