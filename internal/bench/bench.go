// Package bench measures what this machine can do: Leadwheel as a program of its own on private servers, and in the same run the bare
// database and other queues doing the same work, so that the ratios hold wherever the figures don't. `leadwheel bench` calls it. It
// sets the scene through the store, and may drive the rest only from outside, as a program that integrates would.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Config says how much to measure.
type Config struct {
	// Scenarios are the names of those to be run; none is all.
	Scenarios []string
	// Rounds is how often each is run. What is compared takes turns in each.
	Rounds int
	// Scale is how many leads and copies are there before.
	Scale int
	// Leads are assigned in bulk, imported and planned, each time.
	Leads int
	// Singles are pushed one by one, at Rate a second, or as fast as Connections go.
	Singles, Rate, Connections int
	// Peers is a program that does the work of bulk with other queues, empty where there is none: see `make bench-peers`.
	Peers string
	// Profiles is the folder in which profiles of the server are kept, empty where none are.
	Profiles string
	// Progress is told what is being done.
	Progress io.Writer
}

// A scenario is something that is measured round by round.
type scenario struct {
	name, what string
	round      func(ctx context.Context, i *installation, t *tally) error
}

// scenarios are in the order in which they run.
var scenarios = []scenario{
	{"bulk", "leads that are there, to a group of seven", bulk},
	{"singles", "leads pushed one a request, and delivered as Google does, until their copies are committed", singles},
	{"latency", "from the answer to a pushed lead to its copy", latency},
	{"beside", "the same while two workspaces give out in bulk and a third imports", beside},
	{"import", "rows of a CSV file until they are stored", imports},
	{"lists", "first pages, searches and exports", lists},
	{"plan", "leads planned at a pace for fifty members", plan},
	{"workspaces", "leads pushed one after another and given out in one workspace, and among 100,000", workspaces},
}

// Names are the scenarios there are.
func Names() []string {
	names := make([]string, len(scenarios))
	for n, s := range scenarios {
		names[n] = s.name
	}
	return names
}

// Check says what of a configuration cannot be.
func (c Config) Check() error {
	for _, name := range c.Scenarios {
		if !slices.Contains(Names(), name) {
			return fmt.Errorf("there is no scenario %q; name some of %s", name, strings.Join(Names(), ", "))
		}
	}
	for _, n := range []struct {
		of    string
		least int
		is    int
	}{
		{"rounds", 1, c.Rounds}, {"scale", 0, c.Scale}, {"leads", 1, c.Leads}, {"singles", 1, c.Singles}, {"rate", 1, c.Rate}, {"connections", 1, c.Connections},
	} {
		if n.is < n.least {
			return fmt.Errorf("%s cannot be %d; give at least %d", n.of, n.is, n.least)
		}
	}
	return nil
}

// chosen are the scenarios to be run.
func (c Config) chosen() []scenario {
	if len(c.Scenarios) == 0 {
		return scenarios
	}
	return slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return !slices.Contains(c.Scenarios, s.name) })
}

// Run measures on private servers in a folder of its own, which is removed at the end.
func Run(ctx context.Context, cfg Config) (report Report, err error) {
	if err := cfg.Check(); err != nil {
		return report, err
	}
	say := func(format string, args ...any) { fmt.Fprintf(cfg.Progress, format+"\n", args...) }
	say("starting private servers")
	i, err := install(ctx, cfg)
	defer func() { err = errors.Join(err, i.remove(context.WithoutCancel(ctx))) }()
	if err != nil {
		return report, err
	}
	report = Report{Machine: i.machine(ctx), Rounds: cfg.Rounds, Scale: cfg.Scale, Leads: cfg.Leads, Singles: cfg.Singles}
	if cfg.Scale > 0 {
		say("storing and giving out %d leads first", cfg.Scale)
		if err := i.fill(ctx, cfg.Scale); err != nil {
			return report, fmt.Errorf("making %d leads: %w", cfg.Scale, err)
		}
	}
	for _, s := range cfg.chosen() {
		t := newTally()
		for round := range cfg.Rounds {
			say("%s, round %d of %d: %s", s.name, round+1, cfg.Rounds, s.what)
			if err := s.round(ctx, i, t); err != nil {
				return report, fmt.Errorf("%s: %w", s.name, err)
			}
		}
		memory, err := i.peakMemory()
		if err != nil {
			return report, err
		}
		t.add("peak memory so far", "MiB", memory)
		report.Scenarios = append(report.Scenarios, Scenario{Name: s.name, What: s.what, Figures: t.figures()})
	}
	return report, nil
}

// spread are the median, the 99th percentile and the most of times, in milliseconds.
func spread(times []time.Duration) (p50, p99, most float64) {
	if len(times) == 0 {
		return 0, 0, 0
	}
	slices.Sort(times)
	at := func(share float64) float64 { return milliseconds(times[int(share*float64(len(times)-1))]) }
	return at(.5), at(.99), at(1)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func rate(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }
