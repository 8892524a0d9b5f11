package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

const (
	// redisTimeout bounds what a distribution waits for Redis, since it holds the gate meanwhile.
	redisTimeout = 2 * time.Second
	// maxReruns bounds how often a batch is begun anew because a cursor was stale or another batch got in first.
	maxReruns = 5
)

var (
	// errRaced means that somebody else gave one of the leads to one of the members first.
	errRaced = errors.New("another distribution gave a member the same lead first")
	// errTurnTaken means that the cursor handed out a turn that is in the ledger.
	errTurnTaken = errors.New("the cursor handed out a turn twice")
)

// A Result is what became of one batch.
type Result struct {
	// Outcomes has one entry a history row; it is empty where somebody else had already distributed the batch.
	Outcomes []Outcome
	// Split has the two halves of a batch that the database refused; they are to be handed to the queue.
	Split []Batch
	// Rebuilt counts cursors that were found lost or wrong on the way, and rebuilt.
	Rebuilt int
	// Unsettled is why Redis could not be told of the commit. Nothing is lost by it: the draws are found abandoned later.
	Unsettled error
}

// An Outcome is how one decision ended for one member.
type Outcome struct {
	Outcome               lead.Outcome
	Reason                lead.Reason
	AcceptedAt, DueAt, At time.Time
}

// Distribute acts on a batch, exactly once however often and concurrently it is called: in one transaction it deletes
// the batch and its pending leads, deals the turns, and writes copies, ledger and history. Leads that cannot be
// distributed fail alone, with their reason. A batch that the database refuses is split, down to the lead that it
// refuses. An error means that nothing was done and that it is worth trying again.
func (s *Store) Distribute(ctx context.Context, workspace, batch uuid.UUID) (Result, error) {
	var result Result
	extra := 0
	for range maxReruns {
		outcomes, unsettled, err := s.distributeOnce(ctx, workspace, batch, &extra)
		var stale *staleCursor
		switch {
		case err == nil:
			result.Outcomes, result.Unsettled = outcomes, unsettled
			return result, nil
		case errors.As(err, &stale):
			lost, err := s.rebuild(ctx, workspace, stale.draws)
			if err != nil {
				return result, err
			}
			result.Rebuilt += lost
		case errors.Is(err, errRaced): // decide anew, seeing what the others did
		case Refused(err):
			return s.split(ctx, workspace, batch, err)
		default:
			return result, fmt.Errorf("distributing batch %s: %w", batch, err)
		}
	}
	return result, fmt.Errorf("distributing batch %s: gave up after %d tries, each overtaken by others", batch, maxReruns)
}

// staleCursor names draws whose cursors must be rebuilt before the batch can be distributed.
type staleCursor struct {
	draws []draws
	cause error
}

func (e *staleCursor) Error() string { return e.cause.Error() }
func (e *staleCursor) Unwrap() error { return e.cause }

// rebuild rebuilds the cursors that were drawn from, and returns how many of them were lost or wrong.
func (s *Store) rebuild(ctx context.Context, workspace uuid.UUID, all []draws) (lost int, err error) {
	for _, d := range all {
		wrong, err := s.RebuildCursor(ctx, workspace, d.ring.Group, d.epoch)
		if err != nil {
			return lost, err
		}
		if wrong {
			lost++
		}
	}
	return lost, nil
}

// distributeOnce is one run of Distribute. extra counts the turns that any run so far drew beyond one a lead.
func (s *Store) distributeOnce(ctx context.Context, workspace, batch uuid.UUID, extra *int) (outcomes []Outcome, unsettled, err error) {
	d := distribution{store: s, workspace: workspace, batch: batch, extra: extra}
	err = s.WithTx(ctx, func(t *Tx) error {
		if err := t.passGate(ctx, workspace); err != nil {
			return err
		}
		if d.claims, err = t.claim(ctx, workspace, batch); err != nil || len(d.claims) == 0 {
			return err
		}
		if err := d.decide(ctx, t); err != nil {
			return err
		}
		outcomes, err = t.record(ctx, workspace, d.decisions, d.turns)
		return d.blame(err)
	})
	if err != nil {
		return nil, nil, err
	}
	return outcomes, s.settle(ctx, d.draws), nil
}

// A claim is a pending lead that this transaction has deleted and so must act on.
type claim struct {
	PendingID    uuid.UUID     `db:"pending_id"`
	LeadID       uuid.UUID     `db:"lead_id"`
	GroupID      uuid.NullUUID `db:"group_id"`
	MemberID     uuid.NullUUID `db:"member_id"`
	AssignmentID uuid.NullUUID `db:"assignment_id"`
	RetryOf      uuid.NullUUID `db:"retry_of"`
	Refused      lead.Reason   `db:"refused"`
	Trigger      lead.Trigger  `db:"trigger"`
	DueAt        time.Time     `db:"due_at"`
	AcceptedAt   time.Time     `db:"accepted_at"`
	LeadGone     bool          `db:"lead_gone"`
}

// claim deletes a batch and its pending leads. Of several transactions that claim a batch at once, one gets the rows;
// the others wait on the batch's row for that one to end, and find nothing if it has committed.
func (t *Tx) claim(ctx context.Context, workspace, batch uuid.UUID) ([]claim, error) {
	var claims []claim
	err := sqlx.SelectContext(ctx, t.q, &claims, `
		WITH b AS (
			DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2 RETURNING batch_id
		), p AS (
			DELETE FROM pending_leads p USING b WHERE p.workspace_id = $1 AND p.batch_id = b.batch_id RETURNING p.*
		)
		SELECT p.pending_id, p.lead_id, p.group_id, p.member_id, p.assignment_id, p.retry_of,
			coalesce(p.refused, '') AS refused, p.trigger, p.due_at, p.accepted_at, l.lead_id IS NULL AS lead_gone
		FROM p LEFT JOIN leads l ON l.workspace_id = $1 AND l.lead_id = p.lead_id AND l.deleted_at IS NULL
		ORDER BY p.pending_id`, workspace, batch)
	return claims, translate(err)
}

// draws are what a batch drew, or may have drawn in a run that failed, of one group.
type draws struct {
	ring   cursor.Ring
	epoch  string // empty where this run drew nothing
	tokens []string
	spent  []int64
}

// settle tells the cursors that a batch is done with. It goes through even where ctx has just ended.
func (s *Store) settle(ctx context.Context, all []draws) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisTimeout)
	defer cancel()
	var failed error
	for _, d := range all {
		failed = errors.Join(failed, s.cursors.Settle(ctx, d.ring, d.tokens, d.spent))
	}
	return failed
}

// blame turns a turn that was taken into the stale cursors that may have handed it out.
func (d *distribution) blame(err error) error {
	if errors.Is(err, errTurnTaken) {
		drawn := slices.DeleteFunc(d.draws, func(g draws) bool { return g.epoch == "" })
		return &staleCursor{draws: drawn, cause: err}
	}
	return err
}
