package store_test

import (
	"context"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestReadyLeadsAreReadAnewByAnotherRegion makes leads ready by a region that the workspace has no more when they are stored.
func TestReadyLeadsAreReadAnewByAnotherRegion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before, err := w.Store.Workspace(t.Context(), w.workspace)
	if err != nil {
		t.Fatal(err)
	}
	given := store.NewLead{Name: "Ada", Phone: `="0123456789"`, ExternalID: "N/A", Channel: "api", Origin: "o"}
	for region, want := range map[string]string{"MY": "+60123456789", "SG": ""} {
		if _, err := w.DB.ExecContext(t.Context(), `UPDATE workspaces SET region = $2 WHERE workspace_id = $1`, w.workspace, region); err != nil {
			t.Fatal(err)
		}
		for name, l := range map[string]store.NewLead{"ready": before.Ready(given), "as it came": given} {
			var id store.AddedLead
			w.must(func(ctx context.Context, tx *store.Tx) error {
				added, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{l})
				if err == nil {
					id = added[0]
				}
				return err
			})
			got, err := w.Store.SourceLead(t.Context(), w.workspace, id.ID)
			if err != nil || got.Phone != "0123456789" || got.PhoneE164 != want || got.ExternalID != "" {
				t.Errorf("%s in %s: stored as %+v, %v", name, region, got, err)
			}
		}
	}
}
