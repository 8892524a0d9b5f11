package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// maxCopies bounds the copies that one transaction makes, and so its memory and its time: each takes a few kilobytes until
// it is committed. One lead with more receivers than that is still one lead.
const maxCopies = 2000

// halves has a batch split in the middle, rather than into parts of some number of leads.
const halves = 0

// partsAtOnce is how many parts of a batch are handed to the queue at once. More of them are bulk work, which is fed a few
// at a time, so that they hold up nobody's fresh leads.
const partsAtOnce = 8

// splitTimeout bounds the splitting of a batch whose own time is over.
const splitTimeout = 10 * time.Second

// tooWide means that a batch is to be split into parts of so many leads, since they have many receivers each.
type tooWide struct{ leads, copies int }

func (e *tooWide) Error() string {
	return fmt.Sprintf("it would make up to %d copies at once", e.copies)
}

// checkWidth returns a *tooWide where the claims would make more copies than one transaction should. How many a lead makes
// is known only now: its group may have been edited since the batch was cut.
func (d *distribution) checkWidth(groups map[uuid.UUID]groupRing, following followers) error {
	widest, copies := 1, 0
	for _, c := range d.claims {
		width := 1
		if !c.MemberID.Valid {
			width = max(1, groups[c.GroupID.UUID].width(), len(following.holders[following.of[c.PendingID]]))
		}
		widest = max(widest, width)
		copies += width
	}
	if d.most == 0 || copies <= d.most || len(d.claims) == 1 {
		return nil
	}
	return &tooWide{leads: max(1, d.most/widest), copies: copies}
}

// width is how many members the widest slot of the group's ring has.
func (g groupRing) width() (widest int) {
	for _, s := range g.Slots {
		widest = max(widest, len(s))
	}
	return widest
}

// outgrown reports whether the work ran out of time or memory, which less of it may not. It does where the worker's own
// time is over, and where the database ends a statement or a session that takes too much: by a timeout, for want of
// memory, or since a value or a message is too long for it.
func outgrown(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return errors.Is(ctx.Err(), context.DeadlineExceeded)
	}
	var refused *pq.Error
	return errors.As(err, &refused) && slices.Contains([]pqerror.Code{
		pqerror.QueryCanceled, pqerror.OutOfMemory, pqerror.ConfigurationLimitExceeded, pqerror.IdleInTransactionSessionTimeout,
		pqerror.ProtocolViolation, pqerror.InternalError,
	}, refused.Code)
}

// splitLate halves a batch that was outgrown. Where that cannot be done either, the trouble is another.
func (s *Store) splitLate(ctx context.Context, workspace, batch uuid.UUID, cause error) (Result, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), splitTimeout)
	defer cancel()
	result, err := s.split(ctx, workspace, batch, halves, cause)
	if err != nil {
		return result, fmt.Errorf("distributing batch %s: %w", batch, errors.Join(cause, err))
	}
	return result, nil
}

// split splits a batch into parts of so many leads or, so that a lead which the database refuses ends up alone, into halves;
// a batch of one fails with internal_error. It does nothing where the batch is gone.
func (s *Store) split(ctx context.Context, workspace, batch uuid.UUID, leads int, cause error) (Result, error) {
	result := Result{SplitFor: cause}
	var drawn []draws
	err := s.WithTx(ctx, func(t *Tx) error {
		result.Outcomes = nil
		var queue lead.Queue
		err := sqlx.GetContext(ctx, t.q, &queue, `
			SELECT queue FROM batches WHERE workspace_id = $1 AND batch_id = $2 FOR UPDATE`, workspace, batch)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return translate(err)
		}
		if err := t.unfold(ctx, workspace, []uuid.UUID{batch}); err != nil {
			return err
		}
		var pending []struct {
			ID    uuid.UUID `db:"pending_id"`
			Group uuid.UUID `db:"group_id"` // nil where no turn is to be drawn
		}
		if err := sqlx.SelectContext(ctx, t.q, &pending, `
			SELECT pending_id, CASE WHEN member_id IS NULL THEN group_id ELSE $3 END AS group_id FROM pending_leads
			WHERE workspace_id = $1 AND batch_id = $2 ORDER BY pending_id FOR UPDATE`, workspace, batch, uuid.Nil); err != nil {
			return translate(err)
		}
		ids := make([]uuid.UUID, len(pending))
		drawn = nil
		for i, p := range pending {
			ids[i] = p.ID
			if p.Group != uuid.Nil && !slices.ContainsFunc(drawn, func(d draws) bool { return d.ring.Group == p.Group }) {
				drawn = append(drawn, draws{ring: cursor.Ring{Workspace: workspace, Group: p.Group}, batch: batch})
			}
		}
		switch {
		case leads == halves && len(ids) <= 1 && !ofLead(cause):
			return nil // the others were deleted meanwhile, and it is no fault of this one
		case leads == halves && len(ids) <= 1:
			result.Outcomes, err = t.failBatch(ctx, workspace, batch, cause)
			return err
		case leads == halves:
			leads = (len(ids) + 1) / 2
		}
		result.Parts, err = t.moveToNewBatches(ctx, workspace, batch, queue, slices.Collect(slices.Chunk(ids, leads)), suspected(cause))
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("splitting batch %s (%s): %w", batch, why(cause), err)
	}
	result.Unsettled = s.settle(ctx, drawn)
	return result, nil
}

// ofLead reports whether a batch is split for a reason that lies with one of its leads, which then fails.
func ofLead(cause error) bool { return Refused(cause) || errors.Is(cause, ErrBrokeOff) }

// failBatch ends what a batch holds as internal errors.
func (t *Tx) failBatch(ctx context.Context, workspace, batch uuid.UUID, cause error) ([]Outcome, error) {
	claims, err := t.claim(ctx, workspace, batch)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision, len(claims))
	for i, c := range claims {
		decisions[i] = c.decided(lead.InternalError)
		decisions[i].detail = why(cause)
	}
	outcomes, err := t.record(ctx, workspace, decisions, nil)
	if err != nil {
		return nil, err
	}
	return outcomes, t.tellOutcomes(ctx, workspace, decisions)
}

// moveToNewBatches replaces a batch by one for each part of its pending leads, and returns how many these are. Those of
// several leads count as begun so many times.
func (t *Tx) moveToNewBatches(ctx context.Context, workspace, batch uuid.UUID, queue lead.Queue, parts [][]uuid.UUID, begun int) (int, error) {
	if _, err := t.q.ExecContext(ctx, `
		DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2`, workspace, batch); err != nil {
		return 0, translate(err)
	}
	var fedAt any = t.now()
	if len(parts) > partsAtOnce {
		queue, fedAt = lead.QueueBulk, nil
	}
	var pending, of, ids []uuid.UUID
	var sizes []int
	for _, part := range parts {
		id, err := uuid.NewV7()
		if err != nil {
			return 0, err
		}
		t.hint(lead.Hint{Workspace: workspace, ID: id, Queue: queue})
		ids, sizes = append(ids, id), append(sizes, len(part))
		pending, of = append(pending, part...), append(of, slices.Repeat([]uuid.UUID{id}, len(part))...)
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO batches (workspace_id, batch_id, queue, size, feed_at, fed_at, begun)
		SELECT $1, batch_id, $2, size, $3, $4, CASE WHEN size > 1 THEN $7::int ELSE 0 END FROM unnest($5::uuid[], $6::int[]) AS b (batch_id, size)`,
		workspace, queue, t.now(), fedAt, uuids(ids), ints(sizes), begun); err != nil {
		return 0, translate(err)
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET batch_id = n.batch_id FROM unnest($2::uuid[], $3::uuid[]) AS n (pending_id, batch_id)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id`, workspace, uuids(pending), uuids(of)); err != nil {
		return 0, translate(err)
	}
	return len(parts), nil
}

// why says, without the values that were given, why something could not be distributed.
func why(err error) string {
	var refused *pq.Error
	if errors.Is(err, ErrBrokeOff) {
		return err.Error()
	}
	if !errors.As(err, &refused) {
		return "the database refused it"
	}
	text := fmt.Sprintf("%s (%s)", refused.Code.Name(), refused.Code)
	if refused.Constraint != "" {
		text += ", constraint " + refused.Constraint
	}
	return text
}
