package store_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// BenchmarkSimulation replays 100,000 leads of a group that all went out, through the settings as they are and through other receivers.
// LEADWHEEL_SIMULATED has it replay another number.
func BenchmarkSimulation(b *testing.B) {
	leads := 100_000
	if text := os.Getenv("LEADWHEEL_SIMULATED"); text != "" {
		if _, err := fmt.Sscan(text, &leads); err != nil {
			b.Fatal(err)
		}
	}
	w := newWorld(b)
	g := w.group("A B C D E")
	for range leads / 500 {
		_, batches := w.add(500, store.Distribution{GroupID: g})
		w.run(batches...)
	}
	w.DB.MustExec(`ANALYZE`)
	for b.Loop() {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		r := w.simulate(store.SimulationSpec{Last: leads, Groups: w.draft(g, "A B C D E F")})
		b.ReportMetric(time.Since(begun).Seconds(), "s/simulation")
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapSys)/(1<<20), "MB-heap")
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(leads), "B/lead")
		if r.Leads != leads || r.Differs != nil || r.Moved == 0 {
			b.Fatal(r.Leads, r.Moved, r.Differs)
		}
	}
}
