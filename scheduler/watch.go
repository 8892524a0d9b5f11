package scheduler

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// ringsInterval is how often the rings are looked at, ringsWindow how long ago one must have turned to be shown.
	ringsInterval = time.Minute
	ringsWindow   = 24 * time.Hour
	// ringsAsked bounds those of which it is looked who can take a lead, which takes some reads each.
	ringsAsked = 200

	// integrationsInterval is how often it is looked at which integrations deliver.
	integrationsInterval = time.Minute

	// firstAudit is how long after taking the lead a scheduler audits, so that a start is not slowed down.
	firstAudit = 10 * time.Minute
	// auditAgain is how soon an audit that found something is repeated, so that what has passed is not reported for long.
	auditAgain = 5 * time.Minute
)

// Shown is of how many rings and integrations there are series; of none where it is 0. Where more rings turn, those that turn least
// evenly are shown, and where more integrations deliver, the quiet ones first.
type Shown struct{ Rings, Integrations int }

// lookAtRings settles turns, rebuilds cursors that have lost some, and shows how evenly rings turn.
func (s *Scheduler) lookAtRings(ctx context.Context) error {
	if err := s.store.SettleTurns(ctx); err != nil {
		return err
	}
	rebuilt, err := s.store.RebuildLost(ctx)
	s.metrics.Reconciled.WithLabelValues("lost_turns").Add(float64(rebuilt))
	s.metrics.CursorRebuilds.Add(float64(rebuilt))
	if err != nil {
		return err
	}
	if rebuilt > 0 {
		s.log.Warn("turn cursors were ahead of the database, as after restoring a backup; they are rebuilt", "cursors", rebuilt)
	}
	if s.shown.Rings == 0 {
		return nil
	}
	shares, err := s.store.SharesSince(ctx, s.store.Now().Add(-ringsWindow))
	if err != nil {
		return err
	}
	mixes, err := s.store.MixesSince(ctx, s.store.Now().Add(-ringsWindow))
	if err != nil {
		return err
	}
	rings := mostUneven(append(ringsOf(shares), lanedRings(mixes)...), s.shown.Rings)
	err = s.lookWhoIsAvailable(ctx, rings[:min(len(rings), ringsAsked)])
	s.metrics.Rings.Set(rings)
	return err
}

// lookWhoIsAvailable counts the members of rings who can take a lead now. Of rings that are gone it leaves it open.
func (s *Scheduler) lookWhoIsAvailable(ctx context.Context, rings []metrics.Ring) error {
	for i := range rings {
		r := &rings[i]
		all, err := s.store.Availability(ctx, r.Workspace, r.Group, s.store.Now())
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		r.Asked = true
		for _, one := range all {
			if one.Obstacle == "" {
				r.Available++
			}
			if one.Obstacle.IsCap() {
				r.Capped++
			}
		}
	}
	return nil
}

// lookAtIntegrations shows when integrations last delivered, and which of them usually do and do not any more.
func (s *Scheduler) lookAtIntegrations(ctx context.Context) error {
	if err := s.store.CountEvents(ctx); err != nil {
		return err
	}
	if s.shown.Integrations == 0 {
		return nil
	}
	rhythms, err := s.store.Rhythms(ctx, s.shown.Integrations)
	if err != nil {
		return err
	}
	all := make([]metrics.Integration, len(rhythms))
	for i, r := range rhythms {
		all[i] = metrics.Integration{Workspace: r.Workspace, Integration: r.Integration, Kind: string(r.Kind), LastAt: r.LastAt, Quiet: r.Quiet}
	}
	s.metrics.Integrations.Set(all)
	return nil
}

// ringsOf sums up the shares of each group's members, which stand together. Only those who could have had their full
// share are compared: active members who have been so all the time, of rings that have turned often enough.
func ringsOf(shares []store.Share) []metrics.Ring {
	var rings []metrics.Ring
	for len(shares) > 0 {
		first, n := shares[0], 0
		ring := metrics.Ring{Workspace: first.Workspace, Group: first.Group, Turn: first.Turns}
		least, most := 0.0, 0.0
		compared := 0
		for ; n < len(shares) && shares[n].Group == first.Group; n++ {
			share := shares[n]
			if !share.Active || !share.Steady || share.Counted < store.ShareRounds*share.Size {
				continue
			}
			each := float64(share.Leads) / float64(share.Slots)
			if compared == 0 {
				least, most = each, each
			}
			least, most = min(least, each), max(most, each)
			compared++
			if share.Leads == 0 {
				ring.Starved++
			}
		}
		ring.Spread = most - least
		rings, shares = append(rings, ring), shares[n:]
	}
	return rings
}

// lanedRings sums up the lanes of each group, which stand together.
func lanedRings(mixes []store.Mix) []metrics.Ring {
	var rings []metrics.Ring
	for _, m := range mixes {
		if n := len(rings); n == 0 || rings[n-1].Workspace != m.Workspace || rings[n-1].Group != m.Group {
			rings = append(rings, metrics.Ring{Workspace: m.Workspace, Group: m.Group})
		}
		ring := &rings[len(rings)-1]
		ring.Turn += m.Turns
		ring.Spread, ring.Starved = max(ring.Spread, m.Spread), max(ring.Starved, m.Starved)
		if ring.Lanes++; m.Spread > 1 {
			ring.Uneven++
		}
	}
	return rings
}

// mostUneven are as many rings as are shown, those that turn least evenly first where there are more.
func mostUneven(rings []metrics.Ring, shown int) []metrics.Ring {
	if len(rings) > shown {
		slices.SortFunc(rings, func(a, b metrics.Ring) int { return cmp.Compare(b.Spread, a.Spread) })
		rings = rings[:shown]
	}
	return rings
}

// audits makes a job that checks the promises at intervals, and shows what it found.
func (s *Scheduler) audits(interval time.Duration) job {
	begun := false
	return job{name: "audit", run: func(ctx context.Context) (time.Duration, error) {
		if !begun {
			begun = true
			return min(interval, firstAudit), nil
		}
		report, err := s.store.Audit(ctx)
		if err != nil {
			return min(interval, auditAgain), err
		}
		for _, c := range report.Checks {
			s.metrics.AuditBroken.WithLabelValues(c.Name).Set(float64(c.Found))
			if !c.OK {
				s.log.Error("the audit found a promise broken", "check", c.Name, "found", c.Found, "examples", c.Examples)
			}
		}
		s.metrics.AuditTime.Set(float64(s.store.Now().Unix()))
		if err := s.store.KeepAudit(ctx, report); err != nil {
			return min(interval, auditAgain), err
		}
		if !report.OK {
			return min(interval, auditAgain), nil
		}
		return interval, nil
	}}
}
