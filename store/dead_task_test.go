package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// buries keeps a task that the queue gave up on.
func (w *world) buries(workspace uuid.UUID, queue, task string) {
	w.t.Helper()
	w.fine(w.Store.KeepDeadTask(w.t.Context(), store.DeadTask{
		Workspace: workspace, Queue: queue, TaskID: task, Kind: "lead:distribute", Payload: []byte(`{"name":"Siti"}`), Error: "no database", FailedAt: w.Store.Now(),
	}))
}

// dead lists a workspace's by their ids in the queue.
func (w *world) dead(workspace uuid.UUID, p store.Page) (found []store.DeadTask, ids string) {
	w.t.Helper()
	found, err := w.Store.DeadTasksOf(w.t.Context(), workspace, p)
	w.fine(err)
	var all []string
	for _, d := range found {
		all = append(all, d.TaskID)
	}
	return found, strings.Join(all, " ")
}

// A workspace sees its own dead tasks, the newest first and a page at a time, without what is in them.
func TestDeadTasksAreTheirWorkspaces(t *testing.T) {
	t.Parallel()
	clock := newClock("2026-03-02T09:00:00Z")
	w := newWorld(t, testenv.WithClock(clock.Now))
	other, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "other", Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
	w.fine(err)
	for i := range 5 {
		w.buries(w.workspace, "fresh", fmt.Sprint(i))
		clock.Advance(time.Minute)
	}
	w.buries(w.workspace, "bulk", "0") // another queue's task of that id
	w.buries(w.workspace, "bulk", "0")
	w.buries(other.ID, "fresh", "theirs")
	w.buries(uuid.Nil, "fresh", "nobody's")
	page, ids := w.dead(w.workspace, store.Page{Limit: 4})
	equal(t, "the first page", ids, "0 4 3 2")
	for _, d := range page {
		if d.Payload != nil || d.Error != "no database" || d.Kind != "lead:distribute" || d.Workspace != w.workspace {
			t.Errorf("listed is %+v", d)
		}
	}
	_, ids = w.dead(w.workspace, store.Page{Limit: 4, After: page[3].ID})
	equal(t, "the second", ids, "1 0")
	_, ids = w.dead(other.ID, store.Page{Limit: 4})
	equal(t, "theirs", ids, "theirs")
	n, err := w.Store.CountDeadTasks(t.Context())
	w.fine(err)
	equal(t, "of all workspaces", n, 8)
	all, err := w.Store.DeadTasks(t.Context())
	w.fine(err)
	if len(all) != 8 || all[0].TaskID != "0" || string(all[0].Payload) != `{"name":"Siti"}` {
		t.Errorf("operators see %d, the oldest of them %+v", len(all), all[0])
	}
}

// A dead task is forgotten once, by its own workspace alone.
func TestDeadTasksAreForgottenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.buries(w.workspace, "fresh", "1")
	w.buries(w.workspace, "fresh", "2")
	found, _ := w.dead(w.workspace, store.Page{Limit: 9})
	if err := w.Store.DeleteDeadTask(t.Context(), uuid.New(), found[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another workspace has forgotten it: %v", err)
	}
	forgotten := make(chan bool, 4)
	var all errgroup.Group
	for range cap(forgotten) {
		all.Go(func() error {
			err := w.Store.DeleteDeadTask(t.Context(), w.workspace, found[0].ID)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			forgotten <- true
			return err
		})
	}
	w.fine(all.Wait())
	equal(t, "who forgot it", len(forgotten), 1)
	_, left := w.dead(w.workspace, store.Page{Limit: 9})
	equal(t, "left", left, found[1].TaskID)
}

// A workspace shares its installation as soon as there is another.
func TestAWorkspaceIsSharedWithOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, want := range []bool{false, true} {
		shared, err := w.Store.Shared(t.Context(), w.workspace)
		w.fine(err)
		equal(t, "shared", shared, want)
		_, err = w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "other", Timezone: "Asia/Kuala_Lumpur", Region: "MY"})
		w.fine(err)
	}
}
