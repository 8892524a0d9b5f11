package top

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// What Prometheus' own library writes is read as it was meant.
func TestWhatProcessesShowIsRead(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "c_total", Help: "A # and a \n."}, []string{"a", "b"})
	histogram := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h", Buckets: []float64{0.5, 1}})
	plain := prometheus.NewGauge(prometheus.GaugeOpts{Name: "g"})
	registry.MustRegister(counter, histogram, plain)
	odd := "x\"y\\z\n,}{=日本\t"
	counter.WithLabelValues(odd, "").Add(1e21)
	counter.WithLabelValues("", odd).Inc()
	plain.Set(math.Inf(-1))
	histogram.Observe(0.7)

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readSamples(&text)
	if err != nil {
		t.Fatal(err)
	}
	bound := func(le string) map[string]string { return map[string]string{"le": le} }
	none := map[string]string{}
	want := map[string][]sample{
		"c_total":  {{map[string]string{"a": "", "b": odd}, 1}, {map[string]string{"a": odd, "b": ""}, 1e21}},
		"g":        {{none, math.Inf(-1)}},
		"h_bucket": {{bound("0.5"), 0}, {bound("1"), 1}, {bound("+Inf"), 1}}, "h_sum": {{none, 0.7}}, "h_count": {{none, 1}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoMetricIsRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"a", "a{", `a{b="c} 1`, `a{b=c} 1`, `a{b="c"}`, "a b", `{"error":"no"}`, "<html>"} {
		if got, err := readSamples(strings.NewReader("ok 1 1700000000\n" + line)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s is read as %v, %v", line, got, err)
		}
	}
}
