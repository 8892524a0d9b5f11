package scheduler

import (
	"context"
	"errors"
	"time"
)

const (
	// releaseInterval is how often groups are looked at for which leads wait and somebody may be able to take some by now.
	releaseInterval = 2 * time.Second
	// releaseAtOnce bounds the groups of one round.
	releaseAtOnce = 200
	// releaseSoon is how soon the next round follows one that let leads go, since more of the same groups may wait.
	releaseSoon = 200 * time.Millisecond
)

// release lets waiting leads go for which there is somebody by now. Groups that nobody's hours, absences or acts concern are not read.
func (s *Scheduler) release(ctx context.Context) (time.Duration, error) {
	groups, err := s.store.ToRelease(ctx, releaseAtOnce)
	if err != nil {
		return releaseInterval, err
	}
	released := 0
	var failed error // of one workspace, which holds up no other
	for _, g := range groups {
		n, err := s.store.Release(ctx, g)
		failed = errors.Join(failed, err)
		released += n
	}
	if failed != nil {
		return releaseInterval, failed
	}
	if released > 0 || len(groups) == releaseAtOnce {
		return releaseSoon, nil
	}
	return releaseInterval, nil
}
