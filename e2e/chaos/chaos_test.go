package chaos_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// asked skips what takes real processes minutes: it is for `make chaos`, `make chaos-check` and `make soak`.
func asked(t *testing.T) {
	t.Helper()
	if os.Getenv("LEADWHEEL_SOAK") == "" && os.Getenv("CHAOS_DURATION") == "" {
		t.Skip("it is for `make chaos` and `make soak`")
	}
}

// TestChaos has everybody work while faults strike, and holds what is there against what was acknowledged. Its seed is in its log.
func TestChaos(t *testing.T) {
	t.Parallel()
	asked(t)
	s := settingsOf(t)
	s.standby = true
	faults := schedule(s)
	var err error
	if s.disks, err = mountDisks(t); err != nil {
		faults = slices.DeleteFunc(faults, func(f *fault) bool { return f.kind.name == postgresIsFull })
		t.Logf("%s is left out: %v", postgresIsFull, err)
	}
	t.Logf("seed %d, %s, %d faults:", s.seed, s.duration, len(faults))
	for _, f := range faults {
		t.Log(f)
	}
	w := newWorld(t, s, built(t), everybody...)
	w.listen()
	check := w.amid(faults, s.duration/100+2*time.Second, func() { w.unleash(faults) })
	check.report()
}

// amid has everybody work while something happens, and holds what is there against what was acknowledged: every so often meanwhile, and when
// it is over.
func (w *world) amid(faults []*fault, every time.Duration, happens func()) *checker {
	w.t.Helper()
	asking, stop := context.WithCancel(w.t.Context())
	watching, rest := context.WithCancel(w.t.Context())
	defer rest()
	defer stop()
	c := &crowd{world: w, record: newRecord(), ctx: asking}
	check := &checker{world: w, record: c.record, struck: faults}
	var watch sync.WaitGroup
	c.begin()
	watch.Go(func() { check.watch(watching, every) })
	happens()
	over := time.Now()
	stop()
	c.running.Wait()
	c.finish()
	rest()
	watch.Wait()
	if !w.t.Failed() {
		check.end(over)
	}
	return check
}

// halted is for how much of a time there was no Postgres to give leads with.
func (c *checker) halted(from, to time.Time) (all time.Duration) {
	for _, f := range c.struck {
		if !f.kind.halts || f.began.IsZero() {
			continue
		}
		begin, end := latest(from, f.began), to
		if !f.ended.IsZero() && f.ended.Before(to) {
			end = f.ended
		}
		all += max(0, end.Sub(begin))
	}
	return all
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// report prints what happened.
func (c *checker) report() {
	c.t.Helper()
	known, leads := c.all(), map[string]found{}
	if !c.t.Failed() {
		leads = c.find(c.t.Context())
	}
	endings, falls := make(map[ending]int), 0
	for _, e := range known {
		endings[e.ending]++
	}
	for _, p := range c.processes {
		falls += p.falls()
	}
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		counts = append(counts, fmt.Sprintf("%d × %s", c.counts[name], name))
	}
	copies, again := c.listener.counts()
	c.t.Logf("seed %d: everything was given out %s after the last fault; %d leads sent (%d given, %d deleted in time, %d taken back), %d requests tried again, %d checks, the webhook told of %d copies, of %d of them again, within %s, processes ended by themselves %d times; acknowledged: %s",
		c.settings.seed, c.took.Round(100*time.Millisecond), len(known), endings[given], endings[nobody], endings[back], c.tries, c.checks, copies, again, c.heard.Round(100*time.Millisecond), falls, strings.Join(counts, ", "))
	for _, line := range c.recoveries(known, leads) {
		c.t.Log(line)
	}
}

// recoveries says of each kind of fault how often it struck, for how long a lead that came in meanwhile waited at the most, and how long
// after the end of such a fault the last lead from before it was given out.
func (c *checker) recoveries(known map[string]entry, leads map[string]found) (lines []string) {
	type figures struct {
		times      int
		wait, last time.Duration
		worst      string
	}
	byKind := make(map[string]*figures)
	for _, f := range c.struck {
		if f.ended.IsZero() {
			continue
		}
		is := byKind[f.kind.name]
		if is == nil {
			is = new(figures)
			byKind[f.kind.name] = is
		}
		is.times++
		for name, e := range known {
			l, ok := leads[name]
			if !ok || e.ending != given || e.acknowledged.IsZero() || l.First == nil {
				continue
			}
			since := c.since(e)
			if since.Before(f.ended) && l.First.After(f.began) {
				if lag := c.lag(e, l); lag > is.wait {
					is.wait, is.worst = lag, name
				}
				is.last = max(is.last, l.First.Sub(f.ended))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byKind)) {
		is := byKind[name]
		lines = append(lines, fmt.Sprintf("%-20s %3d times; longest wait %5.1fs (%s); the last lead from before its end %5.1fs after it",
			name, is.times, is.wait.Seconds(), is.worst, is.last.Seconds()))
	}
	return lines
}
