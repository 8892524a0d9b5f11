package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// deadCmd is `leadwheel dead`.
type deadCmd struct {
	List   deadListCmd   `cmd:"" help:"List the tasks that the queue gave up on."`
	Retry  deadRetryCmd  `cmd:"" help:"Give pushed leads that were given up on to the queue again."`
	Delete deadDeleteCmd `cmd:"" help:"Forget a task, and the leads in it with it."`
}

type deadListCmd struct {
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (deadListCmd) Help() string {
	return `Oldest first, of all workspaces. What is in a task is not shown: it may be people's data.

Example:

  leadwheel dead list`
}

// Run prints the dead tasks.
func (c *deadListCmd) Run(ctx context.Context, s streams) (err error) {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.DeadTasks(ctx)
	if err != nil {
		return fmt.Errorf("listing the dead tasks: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, list[store.DeadTask]{all})
	}
	rows := make([][]string, len(all))
	for i, d := range all {
		rows[i] = []string{d.ID.String(), timeCell(&d.FailedAt), d.Kind, d.Queue, d.Workspace.String(), d.Error}
	}
	return printTable(s.out, "ID FAILED KIND QUEUE WORKSPACE ERROR", rows)
}

type deadRetryCmd struct {
	ID uuid.UUID `arg:"" help:"The id in the list."`
	databaseFlags
	redisFlags
	jsonFlag
}

// Help gives an example.
func (deadRetryCmd) Help() string {
	return `Put right first what the list says is wrong.

Example:

  leadwheel dead retry 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run enqueues the task again and forgets the dead one; in this order, as leads that come twice are stored once.
func (c *deadRetryCmd) Run(ctx context.Context, s streams) error {
	return withDeadTask(ctx, c.databaseFlags, c.ID, func(st *store.Store, d store.DeadTask) (err error) {
		if d.Kind != tasks.KindIngest {
			return refusedError{fmt.Errorf("task %s is of kind %s, whose work is not lost: it is in the database, and "+
				"handed to the queue again by itself; `leadwheel dead delete` takes the task off the list", d.ID, d.Kind)}
		}
		rdb, err := tasks.OpenRedis(c.RedisURL)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rdb.Close()) }()
		if err := tasks.NewClient(rdb).PushAgain(ctx, d.Payload); errors.Is(err, tasks.ErrPayload) {
			return refusedError{err}
		} else if err != nil {
			return err
		}
		if err := forget(ctx, st, "dead retry", d); err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("forgetting dead task %s, which is in the queue again: %w", d.ID, err)
		}
		return printDone(s, c.JSON, d.ID, "retried", "is in the queue again")
	})
}

type deadDeleteCmd struct {
	ID uuid.UUID `arg:"" help:"The id in the list."`
	consentFlag
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (deadDeleteCmd) Help() string {
	return `There is no way back.

Example:

  leadwheel dead delete 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run forgets the task.
func (c *deadDeleteCmd) Run(ctx context.Context, s streams) error {
	return withDeadTask(ctx, c.databaseFlags, c.ID, func(st *store.Store, d store.DeadTask) error {
		if err := c.askPerson(s, fmt.Sprintf("Delete dead task %s? There is no way back.", d.ID)); err != nil {
			return err
		}
		if err := forget(ctx, st, "dead delete", d); err != nil {
			return fmt.Errorf("deleting dead task %s: %w", d.ID, err)
		}
		return printDone(s, c.JSON, d.ID, "deleted", "is deleted")
	})
}

// forget takes a dead task off the list.
func forget(ctx context.Context, st *store.Store, operation string, d store.DeadTask) error {
	act := &store.Act{Workspace: d.Workspace, Operation: operation, IDs: []uuid.UUID{d.ID}}
	return st.Perform(ctx, act, func(t *store.Tx) error { return t.DeleteDeadTask(ctx, d.Workspace, d.ID) })
}

// withDeadTask finds a dead task, of whichever workspace, and does something with it.
func withDeadTask(ctx context.Context, f databaseFlags, id uuid.UUID, do func(*store.Store, store.DeadTask) error) (err error) {
	st, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.DeadTasks(ctx)
	if err != nil {
		return fmt.Errorf("looking for dead task %s: %w", id, err)
	}
	for _, d := range all {
		if d.ID == id {
			return do(st, d)
		}
	}
	return refusedError{fmt.Errorf("there is no dead task %s; see `leadwheel dead list`", id)}
}

func printDone(s streams, asJSON bool, id uuid.UUID, key, words string) error {
	if asJSON {
		return printJSON(s.out, map[string]any{"id": id, key: true})
	}
	_, err := fmt.Fprintf(s.out, "Task %s %s.\n", id, words)
	return err
}
