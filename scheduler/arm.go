package scheduler

import (
	"context"
	"time"
)

const (
	// horizon is how far ahead pending leads are armed: the queue holds no more than this of them.
	horizon = 2 * time.Hour
	// armInterval is how often the scheduler looks for what has come within the horizon.
	armInterval = 5 * time.Second
	// armAtOnce bounds the pending leads of one transaction.
	armAtOnce = 10_000
	// replanAtOnce bounds the members who are planned anew in one round.
	replanAtOnce = 100

	// handWindow is how long before it is due an armed batch is handed over once more, and handInterval how often that is
	// looked for.
	handWindow   = 15 * time.Second
	handInterval = 5 * time.Second
	// handAtOnce bounds what is handed over in one round.
	handAtOnce = 5000
)

// arm makes batches of the pending leads that are due within the horizon, and hands them to the queue as delayed tasks.
// Workspaces take turns, a part at a time, so that none waits for another's millions.
func (s *Scheduler) arm(ctx context.Context) (time.Duration, error) {
	if err := s.replan(ctx); err != nil {
		return armInterval, err
	}
	before := s.store.Now().Add(horizon)
	workspaces, err := s.store.ToArm(ctx, before)
	if err != nil {
		return armInterval, err
	}
	more := false
	for _, w := range workspaces {
		batches, err := s.store.Arm(ctx, w, before, armAtOnce)
		if err != nil {
			return armInterval, err
		}
		if err := s.queue.client.Distribute(ctx, batches...); err != nil {
			return armInterval, err // they are armed, and handed over again when they are due
		}
		more = more || len(batches) > 0
	}
	if more {
		return 0, nil
	}
	return armInterval, nil
}

// replan plans anew what was planned for other hours or another calendar, what its members cannot take now, and what an outage kept from
// going out on its day, before it is armed.
func (s *Scheduler) replan(ctx context.Context) error {
	members, err := s.store.ToReplan(ctx, replanAtOnce)
	if err != nil {
		return err
	}
	for _, m := range members {
		n, err := s.store.ReplanMember(ctx, m)
		if err != nil {
			return err
		}
		s.log.Info("a member's zone, hours or availability were changed; their leads are planned anew", "workspace_id", m.Workspace, "member_id", m.Member, "leads", n)
	}
	workspaces, err := s.store.Overdue(ctx)
	if err != nil {
		return err
	}
	for _, w := range workspaces {
		for n := 1; n > 0; {
			if n, err = s.store.Replan(ctx, w, armAtOnce); err != nil {
				return err
			}
			s.metrics.Reconciled.WithLabelValues("lead_planned_anew").Add(float64(n))
			if n > 0 {
				s.log.Warn("leads whose day had gone by, or whose members are unavailable, are planned anew", "workspace_id", w, "leads", n)
			}
		}
	}
	return nil
}

// handOver hands over once more, in the same generation, what is due within seconds. Where the queue still has it that
// changes nothing; where Redis has lost it since it was armed, it goes out in time all the same.
func (s *Scheduler) handOver(ctx context.Context) error {
	now := s.store.Now()
	batches, err := s.store.Armed(ctx, now, now.Add(handWindow), handAtOnce)
	if err != nil || len(batches) == 0 {
		return err
	}
	return s.queue.client.Distribute(ctx, batches...)
}
