//go:build unix

package standalone

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// demo is the name of the workspace that an empty database gets.
const demo = "demo"

// prepare puts something to work with into an empty database, and finds the workspace, group and key to show.
func (s *Standalone) prepare(ctx context.Context, databaseURL string) (err error) {
	st, err := store.Open(ctx, store.Options{DatabaseURL: databaseURL, MaxConns: 1})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if s.Workspace, err = demoWorkspace(ctx, st); err != nil {
		return err
	}
	groups, err := st.Groups(ctx, s.Workspace.ID, "", store.Page{Limit: 500})
	if err != nil {
		return fmt.Errorf("looking for distribution groups: %w", err)
	}
	if len(groups) > 0 {
		s.Group = &groups[len(groups)-1]
	}
	return errors.Join(s.prepareKey(ctx, st), s.preparePerson(ctx, st))
}

// demoWorkspace is the workspace named demo, else the oldest; an empty database gets one.
func demoWorkspace(ctx context.Context, st *store.Store) (store.Workspace, error) {
	all, err := st.Workspaces(ctx)
	if err != nil {
		return store.Workspace{}, fmt.Errorf("looking for workspaces: %w", err)
	}
	if i := slices.IndexFunc(all, func(w store.Workspace) bool { return w.Name == demo }); i >= 0 {
		return all[i], nil
	}
	if len(all) > 0 {
		return all[0], nil
	}
	var w store.Workspace
	act := &store.Act{Operation: "up"}
	err = st.Perform(ctx, act, func(t *store.Tx) (err error) {
		w, err = seed(ctx, t)
		act.Workspace, act.IDs = w.ID, []uuid.UUID{w.ID}
		return err
	})
	if err != nil {
		return w, fmt.Errorf("making the workspace %s: %w", demo, err)
	}
	return w, nil
}

func seed(ctx context.Context, t *store.Tx) (store.Workspace, error) {
	w, err := t.CreateWorkspace(ctx, store.WorkspaceSpec{Name: demo, Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
	if err != nil {
		return w, err
	}
	group := store.GroupSpec{Name: "Sales", Method: lead.RoundRobin}
	for _, name := range []string{"Aisyah", "Ben", "Chandra"} {
		m, err := t.CreateMember(ctx, w.ID, store.Member{Name: name})
		if err != nil {
			return w, err
		}
		group.Listed = append(group.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m.ID, Notify: true}}})
	}
	_, err = t.CreateGroup(ctx, w.ID, group)
	return w, err
}
