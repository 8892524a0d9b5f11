package ingest_test

import (
	"io"
	"runtime"
	"testing"
)

// BenchmarkImport stores rows and their pending leads. A run of any length should peak at the same heap.
func BenchmarkImport(b *testing.B) {
	o := newOffice(b)
	file := &peakReader{Reader: manyRows(b.N)}
	b.ResetTimer()
	imp := o.send(file)
	b.StopTimer()
	if imp.Imported != int64(b.N) {
		b.Fatalf("ended as %+v", imp)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(file.peak)/(1<<20), "MiB-heap")
}

// A peakReader looks at the heap now and then.
type peakReader struct {
	io.Reader
	reads int
	peak  uint64
}

func (p *peakReader) Read(b []byte) (int, error) {
	if p.reads++; p.reads%64 == 0 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.peak = max(p.peak, m.HeapAlloc)
	}
	return p.Reader.Read(b)
}
