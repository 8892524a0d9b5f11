package store

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A DeadTask is a task that the queue gave up on. Its workspace is nil where the payload could not be read.
type DeadTask struct {
	ID        uuid.UUID `db:"dead_task_id" json:"id"`
	Workspace uuid.UUID `db:"workspace_id" json:"workspace_id"`
	Queue     string    `db:"queue" json:"queue"`
	TaskID    string    `db:"task_id" json:"task_id"`
	Kind      string    `db:"type" json:"kind"`
	// Payload may hold personal data: show it to nobody who may not see the leads.
	Payload  []byte    `db:"payload" json:"-"`
	Error    string    `db:"error" json:"error"`
	FailedAt time.Time `db:"failed_at" json:"failed_at"`
}

// KeepDeadTask records a dead task, once.
func (q Queries) KeepDeadTask(ctx context.Context, d DeadTask) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if d.Payload == nil { // a task without payload
		d.Payload = []byte{}
	}
	_, err = q.q.ExecContext(ctx, `
		INSERT INTO dead_tasks (workspace_id, dead_task_id, queue, task_id, type, payload, error, failed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (workspace_id, queue, task_id) DO NOTHING`,
		d.Workspace, id, d.Queue, storable(d.TaskID), storable(d.Kind), d.Payload, storable(d.Error), d.FailedAt)
	return translate(err)
}

// storable is text as Postgres can hold it.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}

// DeadTasks lists all dead tasks, oldest first. It is for operators of the installation, who see all workspaces.
func (q Queries) DeadTasks(ctx context.Context) ([]DeadTask, error) {
	all := []DeadTask{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT dead_task_id, workspace_id, queue, task_id, type, payload, error, failed_at
		FROM dead_tasks ORDER BY dead_task_id`)
	return all, translate(err)
}

// DeadTasksOf lists a page of a workspace's dead tasks, newest first, without what is in them.
func (q Queries) DeadTasksOf(ctx context.Context, workspace uuid.UUID, p Page) ([]DeadTask, error) {
	all := []DeadTask{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT dead_task_id, workspace_id, queue, task_id, type, error, failed_at
		FROM dead_tasks WHERE workspace_id = $1 AND ($2::uuid IS NULL OR dead_task_id < $2)
		ORDER BY dead_task_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit)
	return all, translate(err)
}

// Shared reports whether a workspace shares its installation with others.
func (q Queries) Shared(ctx context.Context, workspace uuid.UUID) (shared bool, err error) {
	err = sqlx.GetContext(ctx, q.q, &shared, `SELECT EXISTS (SELECT 1 FROM workspaces WHERE workspace_id <> $1)`, workspace)
	return shared, translate(err)
}

// CountDeadTasks counts the dead tasks of all workspaces.
func (q Queries) CountDeadTasks(ctx context.Context) (n int, err error) {
	err = sqlx.GetContext(ctx, q.q, &n, `SELECT count(*) FROM dead_tasks`)
	return n, translate(err)
}

// DeleteDeadTask forgets a dead task, ErrNotFound where there is none.
func (q Queries) DeleteDeadTask(ctx context.Context, workspace, id uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		DELETE FROM dead_tasks WHERE workspace_id = $1 AND dead_task_id = $2`, workspace, id)
	return oneRow(result, err)
}
