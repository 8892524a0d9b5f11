package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// Redis makes turns quick to draw by many at once, and is not needed for them: the ledger tells which come next as long as nobody else
// draws meanwhile. Where the cursors do not answer, a transaction closes the gate, which keeps all others out, and takes its turns from
// there. Cursors that come back have not seen that. They hand out turns that are in the ledger, which refuses them, and are rebuilt;
// what they hold of batches that were dealt otherwise is found abandoned.

// cursorsRest is for how long cursors that did not answer are not asked again.
const cursorsRest = time.Second

// ledgerEpoch names the ledger where an epoch names a cursor.
const ledgerEpoch = "ledger"

// ErrBusy means that others hand out the workspace's leads. A process that draws no turns from Redis leaves them to it; one that does was
// overtaken each time that it tried. Nothing was done, and it can be tried again.
var ErrBusy = errors.New("others are handing out the leads of the workspace")

// cursorsError means that the cursors gave no answer.
type cursorsError struct{ cause error }

func (e *cursorsError) Error() string { return e.cause.Error() }
func (e *cursorsError) Unwrap() error { return e.cause }

// passes is how a transaction that deals turns is to pass the gate: alone where the cursors have not answered lately.
func (s *Store) passes() gate {
	if s.cursors == nil || time.Since(s.opened) < time.Duration(s.cursorsAway.Load()) {
		return gateAlone
	}
	return gateShared
}

// draw implements turnsOf by the cursors in Redis.
func (s *Store) draw(ctx context.Context, ring cursor.Ring, batch uuid.UUID, wants []cursor.Want) (string, []int64, error) {
	if s.cursors == nil {
		return "", nil, &cursorsError{errors.New("this store was opened without Redis")}
	}
	asking, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	epoch, turns, err := s.cursors.DrawLanes(asking, ring, s.now(), batch, wants)
	var stale *cursor.StaleError
	if err == nil || errors.As(err, &stale) || ctx.Err() != nil {
		return epoch, turns, err
	}
	s.cursorsAway.Store(int64(time.Since(s.opened) + cursorsRest))
	return "", nil, &cursorsError{err}
}

// ledgerTurns is turnsOf by the ledger, for a transaction that has closed the gate, and for previews.
type ledgerTurns struct {
	tx *Tx
	// epoch is empty for a preview, whose turns are not spent, and whose lanes are open for it alone.
	epoch string
	rings map[uuid.UUID]*ledgerRing // by group
}

// ledgerRing is how far a ring's lanes have been handed out, and what the last batch drew of them.
type ledgerRing struct {
	stands []lead.Stand
	opened map[string]lead.Ring
	batch  uuid.UUID
	turns  []int64
}

func newLedgerTurns(t *Tx, epoch string) *ledgerTurns {
	return &ledgerTurns{tx: t, epoch: epoch, rings: make(map[uuid.UUID]*ledgerRing)}
}

// read reads where a ring's lanes stand, once.
func (l *ledgerTurns) read(ctx context.Context, workspace, group uuid.UUID, version int) (*ledgerRing, error) {
	if r := l.rings[group]; r != nil {
		return r, nil
	}
	row, err := l.tx.ring(ctx, workspace, group, version)
	if err != nil {
		return nil, err
	}
	stands, err := l.tx.stands(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	l.rings[group] = &ledgerRing{stands: stands, opened: make(map[string]lead.Ring)}
	return l.rings[group], nil
}

func (l *ledgerTurns) draw(ctx context.Context, ring cursor.Ring, batch uuid.UUID, wants []cursor.Want) (string, []int64, error) {
	r, err := l.read(ctx, ring.Workspace, ring.Group, ring.Version)
	if err != nil {
		return "", nil, err
	}
	if batch != r.batch {
		r.batch, r.turns = batch, nil
	}
	for _, w := range wants {
		at := slices.IndexFunc(r.stands, func(s lead.Stand) bool { return s.Ring.Lane == w.Lane })
		position, had := &r.stands[at].Position, 0
		for _, turn := range r.turns {
			had += oneIf(r.stands[at].Ring.LaneOf(turn) == w.Lane)
		}
		for ; had < w.N; had++ {
			if len(position.Free) > 0 {
				r.turns, position.Free = append(r.turns, position.Free[0]), position.Free[1:]
				continue
			}
			r.turns = append(r.turns, position.Next)
			position.Next++
		}
	}
	return l.epoch, r.turns, nil
}

// open implements turnsOf.
func (l *ledgerTurns) open(ctx context.Context, t *Tx, workspace uuid.UUID, row ringRow, values []string) (map[string]lead.Ring, error) {
	if l.epoch != "" {
		return nil, openFirst(workspace, row, values)
	}
	r, err := l.read(ctx, workspace, row.GroupID, row.Version)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(values), func(value string) bool { _, known := r.opened[value]; return known })
	open := make([]Lane, len(r.stands))
	for i, stand := range r.stands {
		open[i].Number = stand.Ring.Lane
	}
	tally := lead.NewLaneTally(r.stands)
	for i, lane := range freeLanes(open, len(missing)) {
		ring := tally.Open(r.stands[0].Ring, lane)
		r.stands = append(r.stands, lead.Stand{Ring: ring, Position: lead.Position{Next: ring.First}})
		r.opened[missing[i]] = ring
	}
	return maps.Clone(r.opened), nil
}

// Unqueued lists batches that are due whether or not the queue has them, fresh ones first, then those of a time, then bulk ones that the
// scheduler has let go, each the oldest first. It is for workers whom the queue does not reach: see DistributeUnqueued.
func (s *Store) Unqueued(ctx context.Context, limit int) ([]lead.Hint, error) {
	var due []lead.Hint
	err := sqlx.SelectContext(often(ctx), s.q, &due, `
		SELECT b.workspace_id, b.batch_id, b.queue, b.generation, coalesce(b.traceparent, '') AS traceparent
		FROM unnest($1::text[]) WITH ORDINALITY AS q (queue, place) CROSS JOIN LATERAL (
			SELECT workspace_id, batch_id, queue, generation, traceparent, fed_at FROM batches
			WHERE queue = q.queue AND fed_at IS NOT NULL AND (feed_at <= $2 OR queue <> 'due') ORDER BY fed_at LIMIT $3) b
		ORDER BY q.place, b.fed_at LIMIT $3`,
		batchQueues, s.now(), limit)
	return due, translate(err)
}

// DistributeUnqueued is Distribute without Redis. It returns ErrBusy, and has done nothing, where others hand out leads of the workspace.
func (s *Store) DistributeUnqueued(ctx context.Context, workspace, batch uuid.UUID) (Result, error) {
	return s.distribute(ctx, workspace, batch, gateTried)
}
