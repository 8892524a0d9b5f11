package scheduler

import (
	"context"
	"errors"
	"time"
)

const (
	// answerInterval is how often copies are looked for that nobody has answered and whose time is over, or half over. What is due
	// stands at the front of an index, so that looking costs the same however many are still to come.
	answerInterval = time.Second
	// answersAtOnce bounds the copies of one transaction.
	answersAtOnce = 500
)

// passAlarms sees to copies that nobody has answered.
func (s *Scheduler) passAlarms(ctx context.Context) (time.Duration, error) {
	workspaces, err := s.store.AlarmsDue(ctx, answersAtOnce)
	if err != nil {
		return answerInterval, err
	}
	done := 0
	for _, w := range workspaces {
		n, failed := s.store.PassAlarms(ctx, w, answersAtOnce)
		done, err = done+n, errors.Join(err, failed) // trouble with one is none of the others'
	}
	if done > 0 && err == nil {
		return 0, nil
	}
	return answerInterval, err
}
