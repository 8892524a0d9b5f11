package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

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
	// errUnseen means that one of the leads is deleted, or one of the members has it, which this run did not look for.
	errUnseen = errors.New("a lead is deleted, or a member has it already")
	// errTurnTaken means that the cursor handed out a turn that is in the ledger.
	errTurnTaken = errors.New("the cursor handed out a turn twice")
)

// A Result is what became of one batch.
type Result struct {
	// Outcomes has one entry a history row; it is empty where somebody else had already distributed the batch.
	Outcomes []Outcome
	// Parts is how many batches this one was split into, and SplitFor why.
	Parts    int
	SplitFor error
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
// distributed fail alone, with their reason; those that would be more than their pace promises for the day, or whose member a
// turn chose who is unavailable now, are put back, and stay pending. A batch that the database refuses is split, down to the lead that it refuses; so is one that makes more
// copies than one transaction should, or runs out of time or memory. An error means that nothing was done and that it is
// worth trying again.
func (s *Store) Distribute(ctx context.Context, workspace, batch uuid.UUID) (Result, error) {
	return s.distribute(ctx, workspace, batch, s.passes())
}

func (s *Store) distribute(ctx context.Context, workspace, batch uuid.UUID, through gate) (Result, error) {
	var result Result
	// The first run takes it that nobody has the leads yet and that all are there, which is usual and spares looking for
	// them one by one. Where that is wrong copies are missing, and the next run looks.
	look := false
	late := true // nor that anybody comes near a cap
	for range maxReruns {
		d := distribution{workspace: workspace, batch: batch, look: look, late: late, most: maxCopies, follow: true}
		outcomes, unsettled, err := s.distributeOnce(ctx, &d, through)
		var stale *staleCursor
		var away *cursorsError
		var over *overPace
		var wide *tooWide
		switch {
		case err == nil:
			result.Outcomes, result.Unsettled = outcomes, unsettled
			return result, nil
		case errors.As(err, &stale):
			lost, err := s.renew(ctx, stale)
			if err != nil {
				return result, err
			}
			result.Rebuilt += lost
		case errors.As(err, &away) && through == gateShared:
			through = gateAlone
		case errors.Is(err, errUnseen):
			look = true
		case errors.Is(err, errLockFirst):
			late = false
		case errors.As(err, &over):
			if err := s.putBack(ctx, workspace, batch, over); err != nil {
				return result, fmt.Errorf("putting back %d leads of batch %s: %w", len(over.ids), batch, err)
			}
		case errors.As(err, &wide):
			return s.split(ctx, workspace, batch, wide.leads, err)
		case Refused(err):
			return s.split(ctx, workspace, batch, halves, err)
		case len(d.claims) > 1 && outgrown(ctx, err):
			return s.splitLate(ctx, workspace, batch, err)
		default:
			return result, fmt.Errorf("distributing batch %s: %w", batch, err)
		}
	}
	return result, fmt.Errorf("distributing batch %s: gave up after %d tries, each overtaken: %w", batch, maxReruns, ErrBusy)
}

// staleCursor names draws whose cursors must be rebuilt before the batch can be distributed, and lanes that must be opened.
type staleCursor struct {
	draws []draws
	open  []newLanes
	cause error
}

func (e *staleCursor) Error() string { return e.cause.Error() }
func (e *staleCursor) Unwrap() error { return e.cause }

// renew rebuilds the cursors that were drawn from, and returns how many of them were lost or wrong. It opens the lanes that are wanted.
func (s *Store) renew(ctx context.Context, stale *staleCursor) (lost int, err error) {
	for _, n := range stale.open {
		if err := s.openLanes(ctx, n); err != nil {
			return lost, err
		}
	}
	for _, d := range stale.draws {
		wrong, err := s.RebuildCursor(ctx, d.ring.Workspace, d.ring.Group, d.epoch)
		if err != nil {
			return lost, err
		}
		if wrong {
			lost++
		}
	}
	return lost, nil
}

// distributeOnce is one run of Distribute.
func (s *Store) distributeOnce(ctx context.Context, d *distribution, through gate) (outcomes []Outcome, unsettled, err error) {
	workspace := d.workspace
	err = s.txThrough(ctx, through, func(t *Tx) error {
		d.turnsOf, t.lockWait = t.turnsOf, batchLockWait
		if err := t.passGate(ctx, workspace); err != nil {
			return err
		}
		if d.claims, err = t.claim(ctx, workspace, d.batch); err != nil || len(d.claims) == 0 {
			return err
		}
		if err := d.lockUnanswered(ctx, t); err != nil {
			return err
		}
		if len(d.claims) == 0 {
			return d.takeBack(ctx, t)
		}
		if err := d.readAsked(ctx, t); err != nil {
			return err
		}
		if err := t.keepPace(ctx, workspace, d.claims); err != nil {
			return err
		}
		if err := d.decide(ctx, t); err != nil {
			return err
		}
		if d.mustLockFirst() {
			return errLockFirst
		}
		if len(d.back.ids) > 0 {
			return &d.back
		}
		outcomes, err = d.write(ctx, t)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if through != gateShared { // the cursors know of none of it
		return outcomes, nil, nil
	}
	return outcomes, s.settle(ctx, d.draws), nil
}

// write writes what was decided.
func (d *distribution) write(ctx context.Context, t *Tx) ([]Outcome, error) {
	if err := d.wantAnswers(ctx, t); err != nil {
		return nil, err
	}
	if err := t.putToWait(ctx, d.workspace, d); err != nil {
		return nil, err
	}
	if err := d.offer(ctx, t); err != nil {
		return nil, err
	}
	if err := t.chooseTold(ctx, d.workspace, d.decisions); err != nil {
		return nil, err
	}
	outcomes, err := t.record(ctx, d.workspace, d.decisions, d.turns)
	if err != nil {
		return nil, d.blame(err)
	}
	if err := t.tellOutcomes(ctx, d.workspace, d.decisions); err != nil {
		return nil, err
	}
	if err := t.owe(ctx, d.workspace, d.decisions); err != nil {
		return nil, err
	}
	if err := d.count(ctx, t); err != nil {
		return nil, err
	}
	return outcomes, d.takeBack(ctx, t)
}

// draws are what a batch drew, or may have drawn in a run that failed, of one group.
type draws struct {
	ring           cursor.Ring
	batch          uuid.UUID
	epoch          string      // empty where this run drew nothing
	gone           map[int]int // through how many turns this run has gone, by lane
	turns, unspent []int64     // all that the batch has drawn, and those of them that it did not spend
}

// spare takes of the unspent turns those that are wanted, of each lane as many, and lowers by these what is wanted.
func (d *draws) spare(want map[int]int) (turns []int64) {
	d.unspent = slices.DeleteFunc(d.unspent, func(turn int64) bool {
		lane := lead.LaneOf(turn, d.ring.Size)
		taken := want[lane] > 0
		if taken {
			want[lane]--
			turns = append(turns, turn)
		}
		return taken
	})
	return turns
}

// leave has the turns go back too that an earlier run drew and this one had no use for.
func (d *draws) leave() {
	seen := make(map[int]int, len(d.gone))
	for _, turn := range d.turns {
		lane := lead.LaneOf(turn, d.ring.Size)
		if seen[lane]++; seen[lane] > d.gone[lane] {
			d.unspent = append(d.unspent, turn)
		}
	}
}

// settle tells the cursors that a batch is done with. It goes through even where ctx has just ended.
func (s *Store) settle(ctx context.Context, all []draws) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisTimeout)
	defer cancel()
	var failed error
	for _, d := range all {
		failed = errors.Join(failed, s.cursors.Settle(ctx, d.ring, d.batch, len(d.turns), d.unspent))
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
