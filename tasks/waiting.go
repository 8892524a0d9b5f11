package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// ErrBusy means that pushed leads are being stored, and could not be waited for any longer.
var ErrBusy = errors.New("pushed leads are being stored at this moment, for longer than can be waited; try again")

const (
	// removalPatience is longer than a task may run.
	removalPatience = Timeout + 10*time.Second
	removalPause    = 200 * time.Millisecond
)

// Waiting are the pushed leads that no worker has stored yet.
type Waiting struct {
	rdb       redis.UniversalClient
	inspector *asynq.Inspector
	client    *Client
}

// NewWaiting looks at the queue on rdb, which stays its owner's.
func NewWaiting(rdb redis.UniversalClient) *Waiting {
	return &Waiting{rdb: rdb, inspector: asynq.NewInspectorFromRedisClient(rdb), client: NewClient(rdb)}
}

// Find returns the waiting leads of a workspace that is picks by their e-mail and phone.
func (w *Waiting) Find(ctx context.Context, workspace uuid.UUID, is func(email, phone string) bool) ([]PushedLead, error) {
	tasks, err := w.tasks(ctx, workspace, is)
	var found []PushedLead
	for _, t := range tasks {
		found = append(found, t.picked...)
	}
	return found, err
}

// Remove takes those leads out of the queue, and returns how many there were. Tasks that have others too go on with
// those. When it returns, none of the leads is in the queue, nor on its way from there to the database: what a worker
// had in hand is stored, or was removed like the others. It returns ErrBusy where that takes too long.
func (w *Waiting) Remove(ctx context.Context, workspace uuid.UUID, is func(email, phone string) bool) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, removalPatience, ErrBusy)
	defer cancel()
	removed := 0
	for {
		tasks, err := w.tasks(ctx, workspace, is)
		if err != nil || len(tasks) == 0 {
			return removed, err
		}
		for _, t := range tasks {
			n, err := w.remove(ctx, t)
			if removed += n; err != nil {
				return removed, err
			}
		}
		select {
		case <-ctx.Done():
			return removed, context.Cause(ctx)
		case <-time.After(removalPause):
		}
	}
}

// waitingTask is a task, and those of its leads that were picked.
type waitingTask struct {
	id      string
	state   asynq.TaskState
	payload Ingest
	picked  []PushedLead
}

// remove takes the picked leads out of a task, unless a worker has it: the others are pushed again first, since leads
// that come twice are stored once.
func (w *Waiting) remove(ctx context.Context, t waitingTask) (int, error) {
	if t.state == asynq.TaskStateActive {
		return 0, nil
	}
	if len(t.payload.Leads) > 0 {
		task, err := ingestTask(ctx, t.payload)
		if err == nil {
			_, err = w.client.queue.EnqueueContext(ctx, task)
		}
		if err != nil {
			return 0, fmt.Errorf("pushing again the other leads of task %s: %w", t.id, err)
		}
	}
	failed := w.inspector.DeleteTask(QueueIngest, t.id)
	if failed == nil {
		return len(t.picked), nil
	}
	info, err := w.inspector.GetTaskInfo(QueueIngest, t.id)
	if gone(err) || err == nil && info.State == asynq.TaskStateActive {
		return 0, nil // a worker was quicker
	}
	return 0, fmt.Errorf("deleting task %s: %w", t.id, errors.Join(failed, err))
}

func gone(err error) bool {
	return errors.Is(err, asynq.ErrTaskNotFound) || errors.Is(err, asynq.ErrQueueNotFound)
}

// tasks are all tasks with leads that were picked, whatever state they are in.
func (w *Waiting) tasks(ctx context.Context, workspace uuid.UUID, is func(email, phone string) bool) ([]waitingTask, error) {
	ids, err := w.ids(ctx)
	if err != nil {
		return nil, err
	}
	var found []waitingTask
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		info, err := w.inspector.GetTaskInfo(QueueIngest, id)
		if gone(err) {
			continue // it is done
		}
		if err != nil {
			return nil, fmt.Errorf("reading task %s: %w", id, err)
		}
		p, picked, err := pick(info.Payload, is)
		if err != nil || p.Workspace != workspace || len(picked) == 0 {
			continue // of what cannot be read nobody knows whose it is
		}
		found = append(found, waitingTask{id, info.State, p, picked})
	}
	return found, nil
}

// ids are those of all tasks, as they stand at one moment: a task that moves from one state to another is not missed.
func (w *Waiting) ids(ctx context.Context) ([]string, error) {
	var lists []*redis.StringSliceCmd
	err := w.rdb.SAdd(ctx, Registry, QueueIngest).Err() // else the queue of a Redis that lost its data is not found
	if err != nil {
		return nil, fmt.Errorf("looking for queue %s: %w", QueueIngest, err)
	}
	_, err = w.rdb.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, state := range []string{"pending", "active"} {
			lists = append(lists, p.LRange(ctx, Key(QueueIngest, state), 0, -1))
		}
		for _, state := range []string{"scheduled", "retry", "archived"} {
			lists = append(lists, p.ZRange(ctx, Key(QueueIngest, state), 0, -1))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what waits in queue %s: %w", QueueIngest, err)
	}
	var ids []string
	for _, l := range lists {
		ids = append(ids, l.Val()...)
	}
	return ids, nil
}

// Without takes from the payload of a KindIngest task the leads that is picks. The rest is nil where none is left. It
// returns ErrPayload where the payload cannot be read.
func Without(payload []byte, is func(email, phone string) bool) (rest []byte, err error) {
	p, picked, err := pick(payload, is)
	switch {
	case err != nil:
		return nil, err
	case len(picked) == 0:
		return payload, nil
	case len(p.Leads) == 0:
		return nil, nil
	}
	return json.Marshal(p)
}

func pick(payload []byte, is func(email, phone string) bool) (p Ingest, picked []PushedLead, err error) {
	if p, err = Decode[Ingest](payload); err != nil {
		return p, nil, err
	}
	p.Leads = slices.DeleteFunc(p.Leads, func(l PushedLead) bool {
		found := is(l.Email, l.Phone)
		if found {
			picked = append(picked, l)
		}
		return found
	})
	return p, picked, nil
}
