package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestABatchOfWhichWorkersDied is handed over again after several workers began it and none came back.
func TestABatchOfWhichWorkersDied(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	many, one := s.add(4, time.Time{})[0], s.add(1, time.Time{})[0]
	s.DB.MustExec(`UPDATE batches SET begun = CASE size WHEN 1 THEN 4 ELSE 2 END, begun_at = $1`, s.clock.Now().Add(-time.Minute))
	s.start()
	s.hint(many)
	s.until(func() error {
		if n := s.Count(t, `SELECT count(*) FROM batches WHERE batch_id <> $1`, one.ID); n != 2 {
			return fmt.Errorf("it became %d batches", n)
		}
		return s.saidSo("a batch was split")
	})
	s.must(s.queue.Distribute(t.Context(), s.TakeHints()...)) // for the first time
	s.untilCount(4, copiesQuery)
	s.hint(one)
	s.until(func() error {
		if s.Count(t, `SELECT count(*) FROM history WHERE outcome = 'failed' AND reason = 'internal_error'`) != 1 {
			return errors.New("the lead of which they died has not failed")
		}
		return nil
	})
	s.drain(string(one.Queue)) // it is counted once it has failed
	s.counts(1, s.options.Metrics.Distributions.WithLabelValues("failed", string(lead.InternalError)), "leads of which workers died")
}

// TestABatchThatOnlyFails is no batch of which workers die: they come back from it.
func TestABatchThatOnlyFails(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	h := s.add(2, time.Time{})[0]
	s.DB.MustExec(`ALTER TABLE assigned_leads RENAME TO away`)
	s.start()
	payload, err := json.Marshal(tasks.Distribute{Version: 1, Workspace: s.workspace, Batch: h.ID})
	s.must(err)
	_, err = asynq.NewClientFromRedisClient(s.Redis).EnqueueContext(t.Context(), asynq.NewTask(tasks.KindDistribute, payload),
		asynq.Queue(string(h.Queue)), asynq.MaxRetry(0), asynq.TaskID(strings.Join([]string{string(h.Queue), h.ID.String(), "7"}, ":")))
	s.must(err)
	s.only(string(h.Queue), asynq.TaskStateArchived)
	if n := s.Count(t, `SELECT count(*) FROM batches WHERE begun = 0 AND begun_at IS NULL AND attempts = 1`); n != 1 {
		t.Error("the batch counts as one of which a worker died")
	}
	s.DB.MustExec(`ALTER TABLE away RENAME TO assigned_leads`)
	s.hint(h)
	s.untilCount(2, copiesQuery)
}
