package store_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// BenchmarkUndo undoes a run of 100,000 leads that all went out, to members with caps who were told of none of them.
// LEADWHEEL_UNDO_LEADS has it undo another number.
func BenchmarkUndo(b *testing.B) {
	leads := 100_000
	if text := os.Getenv("LEADWHEEL_UNDO_LEADS"); text != "" {
		if _, err := fmt.Sscan(text, &leads); err != nil {
			b.Fatal(err)
		}
	}
	w := newWorld(b)
	g := w.group("A B C D E F")
	var ids []uuid.UUID
	for range leads / 1000 {
		some, _ := w.add(1000, store.Distribution{})
		ids = append(ids, some...)
	}
	for b.Loop() {
		run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
		w.run(batches...)
		before := time.Now()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		allocated := memory.TotalAlloc
		u := w.undo(run)
		runtime.ReadMemStats(&memory)
		b.ReportMetric(time.Since(before).Seconds(), "s/undo")
		b.ReportMetric(float64(memory.HeapInuse)/(1<<20), "MB-heap")
		b.ReportMetric(float64(memory.TotalAlloc-allocated)/float64(leads), "B/lead")
		if u.Withdrawn != leads {
			b.Fatal(u)
		}
	}
}
