package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// clockSlack is how far the clocks of servers may be apart.
const clockSlack = time.Minute

// An Erasure is on its way: BeginErasure begins it, and Tx.Erase ends it.
type Erasure struct {
	workspace uuid.UUID
	identity  contact.Identity
	begun     time.Time
	without   func(payload []byte) ([]byte, error)
	records   map[string]int
}

// An ErasedPerson is what was erased: how many rows, by their table, and which source leads.
type ErasedPerson struct {
	Records map[string]int
	Leads   []uuid.UUID
}

// BeginErasure erases a person from what has to be searched text by text, which takes its time and holds up nothing.
// without takes them out of the payload of a task and gives the rest, nil where nothing is left; an error means that it
// cannot be read.
func (s *Store) BeginErasure(ctx context.Context, workspace uuid.UUID, i contact.Identity, without func([]byte) ([]byte, error)) (*Erasure, error) {
	e := &Erasure{
		records: make(map[string]int), workspace: workspace, identity: i, begun: s.now().Add(-clockSlack), without: without,
	}
	h, err := s.findPerson(ctx, workspace, i, false)
	if err != nil {
		return nil, err
	}
	for _, table := range personal {
		if table.since == "" {
			continue
		}
		if err := s.erase(ctx, table, h, "true", e.records); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Erase ends an erasure, in one moment for all that goes by ids: it waits for distributions in progress, and whatever
// comes after finds nothing of the person. Source leads are deleted, what is pending for them is too, and their turns stay
// spent. The rows that imports have yet to read are left out when they come.
func (t *Tx) Erase(ctx context.Context, e *Erasure) (done ErasedPerson, err error) {
	// In the order in which an import that plans its leads takes the same locks.
	if err := t.eraseFromImports(ctx, e.workspace, e.identity); err != nil {
		return done, err
	}
	if err := t.closeGate(ctx, e.workspace); err != nil {
		return done, err
	}
	h, err := t.findPerson(ctx, e.workspace, e.identity, true)
	if err != nil {
		return done, err
	}
	h.since = e.begun
	records := maps.Clone(e.records) // the transaction may run again
	if records["pending_leads"], err = t.deletePendingOf(ctx, e.workspace, h.leads); err != nil {
		return done, err
	}
	var there []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &there, `
		SELECT lead_id FROM leads WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND deleted_at IS NULL`, e.workspace, uuids(h.leads)); err != nil {
		return done, fmt.Errorf("reading which leads an erasure deletes: %w", translate(err))
	}
	if err := t.tellDeleted(ctx, e.workspace, there); err != nil {
		return done, err
	}
	for _, table := range personal {
		switch {
		case table.name == "dead_tasks":
			err = t.eraseDeadTasks(ctx, h, e.without, records)
		case table.since != "":
			err = t.erase(ctx, table, h, table.since, records)
		default:
			err = t.erase(ctx, table, h, "true", records)
		}
		if err != nil {
			return done, err
		}
	}
	maps.DeleteFunc(records, func(_ string, n int) bool { return n == 0 })
	return ErasedPerson{records, h.leads}, nil
}

// erase empties the personal columns of the rows that are about a person, and counts them.
func (q Queries) erase(ctx context.Context, table personalTable, h holdingsOf, condition string, counts map[string]int) error {
	if table.erased == nil {
		return nil
	}
	var sets []string
	for _, column := range slices.Sorted(maps.Keys(table.erased)) {
		sets = append(sets, column+" = "+table.erased[column])
	}
	result, err := q.q.ExecContext(ctx, fmt.Sprintf(`UPDATE %s t SET %s FROM `+person+`
		WHERE t.workspace_id = p.workspace AND %s AND %s`, table.name, strings.Join(sets, ", "), table.about, condition), h.args(q.now())...)
	if err != nil {
		return fmt.Errorf("erasing a person's %s: %w", table.name, translate(err))
	}
	n, err := result.RowsAffected()
	counts[table.name] += int(n)
	return err
}

// errErased refuses to write of a person who was erased: what would be written is theirs again.
var errErased = &Violation{
	Field: "id", Message: "the person of whom this told was erased, and nothing can be written of them here any more", Exists: true,
}

// deletePendingOf ends what is pending for leads.
func (t *Tx) deletePendingOf(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) (int, error) {
	ids := []uuid.UUID{}
	if err := sqlx.SelectContext(ctx, t.q, &ids, `
		SELECT pending_id FROM pending WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[])`, workspace, uuids(leads)); err != nil {
		return 0, fmt.Errorf("looking for what is pending: %w", translate(err))
	}
	return t.DeletePending(ctx, workspace, PendingSelection{IDs: ids})
}

// eraseDeadTasks takes a person's leads out of the tasks that the queue gave up on. The others in them stay. A task that
// cannot be read is deleted.
func (t *Tx) eraseDeadTasks(ctx context.Context, h holdingsOf, without func([]byte) ([]byte, error), counts map[string]int) error {
	var dead []DeadTask
	if err := sqlx.SelectContext(ctx, t.q, &dead, `
		SELECT dead_task_id, payload FROM dead_tasks
		WHERE workspace_id = $1 AND encode(payload, 'escape') ~* $2 FOR UPDATE`, h.workspace, h.pattern); err != nil {
		return fmt.Errorf("looking for a person in dead tasks: %w", translate(err))
	}
	for _, d := range dead {
		rest, err := without(d.Payload)
		if err != nil || rest == nil {
			err = t.DeleteDeadTask(ctx, h.workspace, d.ID)
		} else {
			_, err = t.q.ExecContext(ctx, `
				UPDATE dead_tasks SET payload = $3, error = '' WHERE workspace_id = $1 AND dead_task_id = $2`, h.workspace, d.ID, rest)
		}
		if err != nil {
			return fmt.Errorf("erasing a person from dead task %s: %w", d.ID, translate(err))
		}
		counts["dead_tasks"]++
	}
	return nil
}
