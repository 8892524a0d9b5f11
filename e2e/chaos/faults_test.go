package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// A kind is a way in which something fails.
type kind struct {
	name string
	// targets are what it may strike, of which two faults at once never have the same.
	targets []string
	// least and most are how long it lasts.
	least, most time.Duration
	// halts says that nobody can be given leads meanwhile: without Postgres there is nothing to give.
	halts bool
	// strike begins it, and returns what ends it.
	strike func(w *world, target string, rng *rand.Rand) (end func())
}

const (
	postgres = "postgres"
	redis    = "redis"
)

var (
	sides   = []string{"side-0", "side-1"}
	anybody = []string{"api-0", "api-1", "worker-0", "worker-1", "worker-2", "scheduler-0", "scheduler-1"}
)

var kinds = []kind{
	{"api-killed", []string{"api-0", "api-1"}, 0, 5 * time.Second, false, killed},
	{"api-frozen", []string{"api-0", "api-1"}, time.Second, 10 * time.Second, false, frozen},
	{"worker-killed", []string{"worker-0", "worker-1", "worker-2"}, 0, 10 * time.Second, false, killed},
	{"worker-frozen", []string{"worker-0", "worker-1", "worker-2"}, time.Second, 20 * time.Second, false, frozen},
	{"scheduler-killed", []string{"scheduler-0", "scheduler-1"}, 0, 15 * time.Second, false, killed},
	{"scheduler-frozen", []string{"scheduler-0", "scheduler-1"}, time.Second, 25 * time.Second, false, frozen},
	{"redis-killed", []string{redis}, 0, 12 * time.Second, false, redisKilled},
	{"redis-emptied", []string{redis}, 0, 0, false, redisEmptied},
	{"redis-frozen", []string{redis}, time.Second, 12 * time.Second, false, redisFrozen},
	{"redis-full", []string{redis}, time.Second, 12 * time.Second, false, redisFull},
	{"postgres-killed", []string{postgres}, 0, 5 * time.Second, true, postgresKilled},
	{"postgres-locked", []string{postgres}, time.Second, 5 * time.Second, true, postgresLocked},
	{"postgres-read-only", []string{postgres}, time.Second, 8 * time.Second, false, postgresReadOnly},
	{"postgres-crowded", []string{postgres}, time.Second, 6 * time.Second, true, postgresCrowded},
	{"postgres-conflicting", []string{postgres}, time.Second, 6 * time.Second, true, postgresConflicting},
	{postgresIsFull, []string{postgres}, time.Second, 6 * time.Second, true, postgresFull},
	{"postgres-standby-lost", []string{postgres}, time.Second, 8 * time.Second, true, postgresStandbyLost},
	{"postgres-failed-over", []string{postgres}, time.Second, 10 * time.Second, false, postgresFailedOver},
	{"clock-ahead", anybody, 5 * time.Second, 25 * time.Second, false, clockSet(5 * time.Minute)},
	{"clock-behind", anybody, 5 * time.Second, 25 * time.Second, false, clockSet(-5 * time.Minute)},
	{"lines-cut", sides, time.Second, 8 * time.Second, false, linesCut},
	{"lines-dark", sides, time.Second, 12 * time.Second, false, poisoned("timeout", map[string]any{"timeout": 0})},
	{"lines-slow", sides, 2 * time.Second, 8 * time.Second, false, poisoned("latency", map[string]any{"latency": 150, "jitter": 100})},
	{"lines-torn", sides, time.Second, 8 * time.Second, false, poisoned("limit_data", map[string]any{"bytes": 6000})},
	{"lines-reset", sides, time.Second, 4 * time.Second, false, poisoned("reset_peer", map[string]any{"timeout": 50})},
}

// A fault is one that strikes, when and for how long since the beginning.
type fault struct {
	kind   kind
	target string
	at     time.Duration
	lasts  time.Duration
	seed   uint64

	began, ended time.Time
}

func (f *fault) String() string {
	return fmt.Sprintf("%6.1fs %s %s for %.1fs", f.at.Seconds(), f.kind.name, f.target, f.lasts.Seconds())
}

// schedule draws the faults of a seed, one after the other, of which every fourth begins while the one before goes on.
func schedule(s settings) []*fault {
	rng := rand.New(rand.NewPCG(s.seed, 0))
	chosen := slices.DeleteFunc(slices.Clone(kinds), func(k kind) bool { return len(s.faults) > 0 && !slices.Contains(s.faults, k.name) })
	var all []*fault
	var round []kind
	for at := time.Second; len(chosen) > 0; {
		if len(round) == 0 { // each kind comes once before any comes again
			round = slices.Clone(chosen)
			rng.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		}
		k := round[0]
		round = round[1:]
		f := &fault{
			kind: k, target: k.targets[rng.IntN(len(k.targets))], at: at, lasts: k.least + upTo(rng, k.most-k.least+1), seed: rng.Uint64(),
		}
		gap := time.Second + upTo(rng, 2*time.Second)
		if s.duration < time.Minute {
			f.lasts, gap = min(f.lasts, 2*time.Second), gap/4
		}
		if f.at+f.lasts > s.duration {
			return all
		}
		for _, before := range all { // in the order in which they begin
			if end := before.at + before.lasts; end > f.at && before.touches(f) {
				f.at = end + time.Millisecond
			}
		}
		at = f.at
		all = append(all, f)
		at += f.lasts + gap
		if rng.IntN(4) == 0 && f.lasts > time.Second {
			at = f.at + upTo(rng, f.lasts)
		}
	}
	return all
}

// touches reports whether two faults at once would be more than an installation of two or three of each is made to bear.
func (f *fault) touches(other *fault) bool {
	role := func(target string) string { return strings.TrimRight(target, "-0123456789") }
	return role(f.target) == role(other.target) || f.kind.halts || other.kind.halts || f.lineFault() && other.target != redis || other.lineFault() && f.target != redis
}

func (f *fault) lineFault() bool { return slices.Contains(sides, f.target) }

// unleash has the faults strike in their order, and returns when the last is over.
func (w *world) unleash(faults []*fault) {
	began := time.Now()
	type moment struct {
		at time.Duration
		do func()
	}
	var moments []moment
	for _, f := range faults {
		var end func()
		moments = append(moments, moment{f.at, func() {
			f.began = time.Now()
			end = f.kind.strike(w, f.target, rand.New(rand.NewPCG(f.seed, 1)))
		}}, moment{f.at + f.lasts, func() {
			end()
			f.ended = time.Now()
		}})
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return int(a.at - b.at) })
	moments = append(moments, moment{w.settings.duration, func() {}})
	for _, m := range moments {
		pause(w.t.Context(), time.Until(began.Add(m.at)))
		if w.t.Failed() {
			return
		}
		m.do()
	}
}

func (w *world) process(name string) *process {
	return w.processes[slices.IndexFunc(w.processes, func(p *process) bool { return p.name == name })]
}

func killed(w *world, target string, _ *rand.Rand) func() {
	p := w.process(target)
	p.kill()
	return func() { w.must(p.run()) }
}

func frozen(w *world, target string, _ *rand.Rand) func() {
	p := w.process(target)
	w.must(p.signal(syscall.SIGSTOP))
	return func() { w.must(p.signal(syscall.SIGCONT)) }
}

func redisKilled(w *world, _ string, _ *rand.Rand) func() {
	w.RedisServer.Kill()
	return w.RedisServer.Start
}

func redisEmptied(w *world, _ string, _ *rand.Rand) func() {
	w.must(w.Redis.FlushAll(w.t.Context()).Err())
	return func() {}
}

func redisFrozen(w *world, _ string, _ *rand.Rand) func() {
	w.RedisServer.Freeze()
	return w.RedisServer.Thaw
}

func redisFull(w *world, _ string, _ *rand.Rand) func() {
	limit := func(to string) { w.must(w.Redis.ConfigSet(w.t.Context(), "maxmemory", to).Err()) }
	limit("1")
	return func() { limit("0") }
}

// of are the lines of a side that a fault strikes: those to Postgres, to Redis, or both.
func (w *world) of(side string, rng *rand.Rand) []*testenv.Breaker {
	l := w.lines[slices.Index(sides, side)]
	return [][]*testenv.Breaker{l.postgres, {l.redis}, append(slices.Clone(l.postgres), l.redis)}[rng.IntN(3)]
}

func linesCut(w *world, target string, rng *rand.Rand) func() {
	struck := w.of(target, rng)
	for _, l := range struck {
		l.Cut()
	}
	return func() {
		for _, l := range struck {
			l.Restore()
		}
	}
}

// poisoned is a fault of what goes over lines, in one direction.
func poisoned(toxic string, attributes map[string]any) func(*world, string, *rand.Rand) func() {
	return func(w *world, target string, rng *rand.Rand) func() {
		direction := []string{"upstream", "downstream"}[rng.IntN(2)]
		var cures []func()
		for _, l := range w.of(target, rng) {
			cures = append(cures, l.Poison(toxic, direction, attributes))
		}
		return func() {
			for _, cure := range cures {
				cure()
			}
		}
	}
}

// upTo draws a while below most.
func upTo(rng *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(rng.Int64N(int64(most)))
}

// TestSchedule draws the faults of many seeds: they are the same each time, in order, and never two at once that touch.
func TestSchedule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		s := settings{seed: seed, duration: 5 * time.Minute}
		all, again := schedule(s), schedule(s)
		if len(all) < 20 || len(all) != len(again) {
			t.Fatalf("seed %d: %d faults, and again %d", seed, len(all), len(again))
		}
		for n, f := range all {
			if f.String() != again[n].String() {
				t.Errorf("seed %d: %s, and again %s", seed, f, again[n])
			}
			for _, before := range all[:n] {
				if before.at > f.at || before.at+before.lasts > f.at && before.touches(f) {
					t.Errorf("seed %d: %s is at once with %s", seed, f, before)
				}
			}
		}
	}
}
