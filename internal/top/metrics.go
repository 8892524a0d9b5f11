package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// scrapeTimeout bounds what one process has to show its metrics.
const scrapeTimeout = 5 * time.Second

// maxMetrics bounds what is read of them, in bytes.
const maxMetrics = 16 << 20

// A scrape is what the operators' listeners of all processes showed at one time.
type scrape struct {
	at        time.Time
	processes []map[string][]sample
}

// scrapeAll reads the metrics of the processes at the addresses. One that does not answer is an error.
func scrapeAll(ctx context.Context, addresses []string) (scrape, error) {
	s := scrape{at: time.Now()}
	for _, address := range addresses {
		samples, err := scrapeOne(ctx, strings.TrimRight(address, "/")+"/metrics")
		if err != nil {
			return s, fmt.Errorf("reading the metrics of %s: %w; give the operators' address of each process with --ops-url", address, err)
		}
		s.processes = append(s.processes, samples)
	}
	return s, nil
}

func scrapeOne(ctx context.Context, url string) (_ map[string][]sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	return readSamples(io.LimitReader(response.Body, maxMetrics))
}

// values are a series' values by one of its labels, or by "" where label is empty. Counters of several processes are
// added up, as are series that differ in other labels; of gauges, which all processes read from the same place, the
// largest counts.
func (s scrape) values(name, label string) map[string]float64 {
	total := make(map[string]float64)
	own := strings.HasSuffix(name, "_total") && !strings.HasPrefix(name, "asynq_")
	for _, samples := range s.processes {
		mine := make(map[string]float64)
		for _, one := range samples[name] {
			mine[one.labels[label]] += one.value
		}
		for key, v := range mine {
			if own {
				total[key] += v
			} else {
				total[key] = max(total[key], v)
			}
		}
	}
	return total
}

// value is the sum of a series' values.
func (s scrape) value(name string) float64 { return s.values(name, "")[""] }

// only keeps the metrics that have a label with a value.
func (s scrape) only(name, label, value string) scrape {
	kept := scrape{at: s.at}
	for _, samples := range s.processes {
		kept.processes = append(kept.processes, map[string][]sample{name: slices.DeleteFunc(slices.Clone(samples[name]), func(one sample) bool {
			return one.labels[label] != value
		})})
	}
	return kept
}

// buckets are how many observations of a histogram were at most so large, by their upper bound.
func (s scrape) buckets(name string) map[float64]float64 {
	total := make(map[float64]float64)
	for _, samples := range s.processes {
		for _, one := range samples[name+"_bucket"] {
			if bound, err := strconv.ParseFloat(one.labels["le"], 64); err == nil {
				total[bound] += one.value
			}
		}
	}
	return total
}

// quantile is the upper bound below which a part q of what was observed between two readings lies, as far as buckets tell;
// nil where nothing was observed, and the largest finite bound where it lies above that.
func quantile(before, after map[float64]float64, q float64) *float64 {
	bounds := slices.Sorted(maps.Keys(after))
	if len(bounds) < 2 {
		return nil
	}
	all := after[math.Inf(1)] - before[math.Inf(1)]
	if all <= 0 {
		return nil
	}
	largest := bounds[len(bounds)-2]
	for _, bound := range bounds[:len(bounds)-1] {
		if after[bound]-before[bound] >= q*all {
			return &bound
		}
	}
	return &largest
}
