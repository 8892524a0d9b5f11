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
	// errRaced means that one of the members has one of the leads, which this run did not know.
	errRaced = errors.New("a member has one of the leads already")
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
// distributed fail alone, with their reason; those that would be more than their pace promises for the day are put back,
// and stay pending. A batch that the database refuses is split, down to the lead that it
// refuses. An error means that nothing was done and that it is worth trying again.
func (s *Store) Distribute(ctx context.Context, workspace, batch uuid.UUID) (Result, error) {
	var result Result
	extra := 0
	// The first run takes it that nobody has the leads yet, which is usual and spares looking for their copies one by one.
	// Where that is wrong the copies collide, and the next run looks.
	known := false
	for range maxReruns {
		outcomes, unsettled, err := s.distributeOnce(ctx, workspace, batch, &extra, known)
		var stale *staleCursor
		var over *overPace
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
		case errors.Is(err, errRaced):
			known = true
		case errors.As(err, &over):
			if err := s.putBack(ctx, workspace, batch, over.ids); err != nil {
				return result, fmt.Errorf("putting back %d leads of batch %s: %w", len(over.ids), batch, err)
			}
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

// distributeOnce is one run of Distribute. extra counts the turns that any run so far drew beyond one a lead; known says
// whether to look who has the leads already.
func (s *Store) distributeOnce(ctx context.Context, workspace, batch uuid.UUID, extra *int, known bool) (outcomes []Outcome, unsettled, err error) {
	d := distribution{turnsOf: s.draw, workspace: workspace, batch: batch, extra: extra, holders: known}
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.passGate(ctx, workspace); err != nil {
			return err
		}
		if d.claims, err = t.claim(ctx, workspace, batch); err != nil || len(d.claims) == 0 {
			return err
		}
		if err := t.keepPace(ctx, workspace, d.claims); err != nil {
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

func (s *Store) draw(ctx context.Context, ring cursor.Ring, tokens []string) (string, []int64, error) {
	if s.cursors == nil {
		return "", nil, errors.New("drawing turns needs Redis, and this store was opened without")
	}
	return s.cursors.Draw(ctx, ring, s.now(), tokens)
}

// A claim is a pending lead that this transaction has deleted and so must act on.
type claim struct {
	PendingID uuid.UUID     `db:"pending_id"`
	LeadID    uuid.UUID     `db:"lead_id"`
	GroupID   uuid.NullUUID `db:"group_id"`
	MemberID  uuid.NullUUID `db:"member_id"`
	// Version, Turn and Skipped are how the member was chosen, where that was done when the lead was planned.
	Version       sql.NullInt64      `db:"ring_version"`
	Turn          sql.NullInt64      `db:"turn"`
	Skipped       jsonb[[]lead.Skip] `db:"skipped"`
	ReplannedFrom sql.NullTime       `db:"replanned_from"`
	MovedFrom     uuid.NullUUID      `db:"moved_from"`
	AssignmentID  uuid.NullUUID      `db:"assignment_id"`
	RetryOf       uuid.NullUUID      `db:"retry_of"`
	SameAs        uuid.NullUUID      `db:"same_as"` // the lead whose member gets it, with a group
	Refused       lead.Reason        `db:"refused"`
	Trigger       lead.Trigger       `db:"trigger"`
	Pace          lead.Pace          `db:"pace"`
	DueAt         time.Time          `db:"due_at"`
	AcceptedAt    time.Time          `db:"accepted_at"`
	LeadGone      bool               `db:"lead_gone"`
	LeadTest      bool               `db:"lead_test"`

	day sql.NullTime // the member's day for which it counts, where it has a pace
}

// An EarlyError means that a batch is not due yet, and so was left alone.
type EarlyError struct {
	// In is how long it has still to wait, by the store's clock.
	In time.Duration
}

func (e *EarlyError) Error() string {
	return fmt.Sprintf("the batch is due in %s and not before", e.In)
}

// claim deletes a batch that is due, and its pending leads. Of several transactions that claim a batch at once, one gets
// the rows; the others wait on the batch's row for that one to end, and find nothing if it has committed. Pending leads
// are locked in the order of their ids, as by everybody who locks several. It returns an *EarlyError for a batch whose
// time has not come.
func (t *Tx) claim(ctx context.Context, workspace, batch uuid.UUID) ([]claim, error) {
	var claims []claim
	err := sqlx.SelectContext(ctx, t.q, &claims, `
		WITH b AS (
			DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2 AND (feed_at <= $3 OR queue <> 'due')
			RETURNING batch_id
		), locked AS (
			SELECT p.pending_id FROM pending_leads p JOIN b ON b.batch_id = p.batch_id
			WHERE p.workspace_id = $1 AND p.batch_id = $2 ORDER BY p.pending_id FOR UPDATE OF p
		), p AS (
			DELETE FROM pending_leads p USING locked WHERE p.workspace_id = $1 AND p.pending_id = locked.pending_id RETURNING p.*
		)
		SELECT p.pending_id, p.lead_id, p.group_id, p.member_id, p.ring_version, p.turn, p.skipped, p.moved_from, p.replanned_from,
			p.assignment_id, p.retry_of, p.same_as, coalesce(p.refused, '') AS refused, p.trigger, coalesce(p.pace, '') AS pace,
			p.due_at, p.accepted_at, l.lead_id IS NULL AS lead_gone, coalesce(l.test, false) AS lead_test
		FROM p LEFT JOIN leads l ON l.workspace_id = $1 AND l.lead_id = p.lead_id AND l.deleted_at IS NULL
		ORDER BY p.pending_id`, workspace, batch, t.now())
	if err != nil || len(claims) > 0 {
		return claims, translate(err)
	}
	var feedAt time.Time
	err = translate(sqlx.GetContext(ctx, t.q, &feedAt, `
		SELECT feed_at FROM batches WHERE workspace_id = $1 AND batch_id = $2`, workspace, batch))
	switch wait := feedAt.Sub(t.now()); {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err == nil && wait > 0:
		return nil, &EarlyError{In: wait}
	}
	return nil, err
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
