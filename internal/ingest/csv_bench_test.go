package ingest_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/ingest"
)

// manyRows is a file of n rows, made as it is read.
func manyRows(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		var b strings.Builder
		b.WriteString("First Name,Last Name,Email,Phone,Company,City,Budget,Notes\n")
		for i := range n {
			fmt.Fprintf(&b, "Ada,Lovelace %d,ada%d@example.com,+60123%06d,\"Acme, Inc\",Kuala Lumpur,%d,calls back after lunch\n", i, i, i, i%1000)
			if b.Len() > 1<<16 || i == n-1 {
				if _, err := io.WriteString(w, b.String()); err != nil {
					return
				}
				b.Reset()
			}
		}
		_ = w.Close() // never fails
	}()
	return r
}

func BenchmarkCSV(b *testing.B) {
	file, err := io.ReadAll(manyRows(b.N))
	if err != nil {
		b.Fatal(err)
	}
	c := ingest.NewCSV(strings.NewReader(string(file)))
	b.SetBytes(int64(len(file) / b.N))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := c.Next(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func TestCSVHoldsOneRowAtATime(t *testing.T) {
	const rows = 200_000
	c := ingest.NewCSV(manyRows(rows))
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	for i := range rows {
		if _, err := c.Next(); err != nil {
			t.Fatal(err)
		}
		if i%50_000 == 0 {
			if now := inUse(); now > before+8<<20 {
				t.Fatalf("the heap grew by %d bytes in %d rows", now-before, i)
			}
		}
	}
}
