package worker

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/tasks"
)

const copiesQuery = `SELECT count(*) FROM assigned_leads`

// TestABatchIsDistributedOnce hands the same batch over again and again, from several queues at once.
func TestABatchIsDistributedOnce(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	s.start()
	hints := s.add(6, time.Time{})
	for range 3 {
		for _, queue := range []lead.Queue{lead.QueueFresh, lead.QueueDue, lead.QueueBulk} {
			for _, h := range hints {
				h.Queue = queue
				s.hint(h)
			}
		}
	}
	for _, queue := range []lead.Queue{lead.QueueFresh, lead.QueueDue, lead.QueueBulk} {
		s.none(string(queue))
	}
	if n := s.Count(t, copiesQuery); n != 6 {
		t.Errorf("%d copies, want 6", n)
	}
	s.counts(6, s.options.Metrics.Distributions.WithLabelValues("succeeded", ""), "leads that were distributed")
	report, err := s.Store.Audit(t.Context())
	s.must(err)
	for _, c := range report.Checks {
		if !c.OK {
			t.Errorf("the audit found %d × %s: %v", c.Found, c.Name, c.Examples)
		}
	}
}

// TestLeadsThatNobodyGetsFailAlone distributes a batch to a member who was deactivated meanwhile: the task has succeeded.
func TestLeadsThatNobodyGetsFailAlone(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	hints := s.add(2, time.Time{})
	s.DB.MustExec(`UPDATE members SET active = false`)
	s.start()
	s.hint(hints...)
	s.none(string(lead.QueueFresh))
	var reason string
	s.must(s.DB.Get(&reason, `SELECT min(reason) FROM history WHERE outcome = 'failed'`))
	s.counts(2, s.options.Metrics.Distributions.WithLabelValues("failed", lead.Reason(reason).Label()), "leads that failed for "+reason)
}

// TestAnEarlyBatchIsWaitedForHere hands a batch over half a second before its time: its place is free at once, and it is
// distributed when it is due, also where the worker is stopped meanwhile.
func TestAnEarlyBatchIsWaitedForHere(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	due := s.planned()
	s.clock.Set(due.FeedAt.Add(-500 * time.Millisecond))
	s.start()
	s.hint(atOnce(due))
	s.none("due")
	if n := s.Count(t, copiesQuery); n != 0 {
		t.Fatalf("%d copies before the time", n)
	}
	s.clock.Set(due.FeedAt)
	s.stop()
	if n := s.Count(t, copiesQuery); n != 1 {
		t.Errorf("%d copies when the worker has stopped, want the one that it waited for", n)
	}
}

// TestAnEarlyBatchSurvivesAPanic has the worker panic when it counts what it waited for: the process lives, and says so.
func TestAnEarlyBatchSurvivesAPanic(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	due := s.planned()
	s.clock.Set(due.FeedAt.Add(-10 * time.Millisecond))
	s.options.Metrics.CursorRebuilds = &brokenCounter{} // which is told of each try when that is over
	s.start()
	s.hint(atOnce(due))
	s.drain("due")
	s.clock.Set(due.FeedAt)
	s.until(func() error { return s.saidSo("distributing a batch panicked") })
	s.untilCount(1, copiesQuery)
}

// TestABatchThatComesFarTooEarlyComesAgain costs it none of its tries, and is no failure of the batch.
func TestABatchThatComesFarTooEarlyComesAgain(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	due := s.planned()
	s.clock.Set(due.FeedAt.Add(-20 * time.Second))
	s.start()
	s.hint(atOnce(due))
	task := s.only("due", asynq.TaskStateRetry)
	if in := time.Until(task.NextProcessAt); task.Retried != 0 || in < 12*time.Second || in > 19*time.Second {
		t.Errorf("it was tried %d times and comes again in %s", task.Retried, in)
	}
	if n := s.Count(t, `SELECT count(*) FROM batches WHERE attempts > 0`); n != 0 {
		t.Error("the batch is marked with a failure")
	}
}

// TestABatchThatCannotBeDistributedIsMarked breaks the schema, which no retry mends: when the queue gives up the batch is
// there, with what was wrong, for the reconciler and for people to see.
func TestABatchThatCannotBeDistributedIsMarked(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	h := s.add(1, time.Time{})[0]
	s.DB.MustExec(`ALTER TABLE assigned_leads RENAME TO away`)
	s.start()
	payload, err := json.Marshal(tasks.Distribute{Version: 1, Workspace: s.workspace, Batch: h.ID})
	s.must(err)
	s.push(tasks.KindDistribute, string(h.Queue), string(payload), 0)
	s.only(string(h.Queue), asynq.TaskStateArchived)
	var said string
	s.must(s.DB.Get(&said, `SELECT error FROM batches WHERE batch_id = $1 AND attempts = 1`, h.ID))
	if !strings.Contains(said, "assigned_leads") && !strings.Contains(said, "relation") {
		t.Errorf("the batch says %q", said)
	}
	s.DB.MustExec(`ALTER TABLE away RENAME TO assigned_leads`)
	s.hint(h)
	s.untilCount(1, copiesQuery)
}

// planned plans a lead for an hour from now and arms its batch.
func (s *shift) planned() lead.Hint {
	s.t.Helper()
	s.add(1, s.clock.Now().Add(time.Hour))
	armed, err := s.Store.Arm(s.t.Context(), s.workspace, s.clock.Now().Add(2*time.Hour), 10)
	s.must(err)
	if len(armed) != 1 {
		s.t.Fatalf("armed %+v", armed)
	}
	return armed[0]
}

// atOnce is a hint that the queue passes on at once, as with a clock that is ahead.
func atOnce(h lead.Hint) lead.Hint {
	h.FeedAt = time.Time{}
	return h
}
