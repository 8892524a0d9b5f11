// Package bench measures what this machine can do: Leadwheel as a program of its own on private servers, and the bare
// database doing the same work in the same run, so that the ratios hold wherever the figures don't. `leadwheel bench` calls it. It
// sets the scene through the store, and may drive the rest only from outside, as a program that integrates would.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Config says how much to measure.
type Config struct {
	// Leads are assigned in bulk, by Leadwheel and by the bare database.
	Leads int
	// Singles are pushed one by one, first at Rate a second, then as fast as Connections go.
	Singles, Rate, Connections int
	// ImportRows are imported from one CSV file; 0 leaves the import out.
	ImportRows int
	// Progress is told what is being done.
	Progress io.Writer
}

// A Report holds rates in leads a second, times in milliseconds and memory in MiB.
type Report struct {
	Bulk    Bulk    `json:"bulk"`
	Singles Singles `json:"singles"`
	Import  *Import `json:"import,omitempty"`
	// PeakMemory is the most that Leadwheel, all roles in one process, was resident with by then.
	PeakMemory Memory `json:"peak_memory_mib"`
}

// Bulk is a bulk assignment to a group of seven.
type Bulk struct {
	Leads int `json:"leads"`
	// Rate is from the request to the last committed copy; BareRate is that of the same claim, ledger, copy
	// and history statements alone, in batches of 500 on 4 connections.
	Rate     float64 `json:"rate"`
	BareRate float64 `json:"bare_rate"`
	Ratio    float64 `json:"ratio"`
	// RequestTime is until the request was answered.
	RequestTime float64 `json:"request_ms"`
	// Costs are of the assignment, StoreCosts of storing the leads before it, 1,000 in a transaction, by the bench's own process.
	Costs      Costs `json:"costs"`
	StoreCosts Costs `json:"store_costs"`
}

// Singles are leads pushed one a request.
type Singles struct {
	Leads int `json:"leads"`
	// Rate is as fast as the connections go; BareRate is one plain SQL transaction a lead on as many connections.
	Rate     float64 `json:"rate"`
	BareRate float64 `json:"bare_rate"`
	Ratio    float64 `json:"ratio"`
	// HookRate is that of leads delivered to a Google integration on as many connections, HookRatio its share of Rate.
	HookRate  float64 `json:"hook_rate"`
	HookRatio float64 `json:"hook_ratio"`
	Answer    Spread  `json:"answer_ms"`
	// Costs are of the pushed leads, from the request to the committed copy.
	Costs Costs `json:"costs"`
	// Copy is the time from a request's answer to its committed copy, at a steady pace.
	PacedAt int    `json:"paced_at"`
	Copy    Spread `json:"answer_to_copy_ms"`
}

// Import is one CSV file.
type Import struct {
	Rows int `json:"rows"`
	// Rate is rows stored a second; AllRate is until the last of them was distributed.
	Rate    float64 `json:"rate"`
	AllRate float64 `json:"distributed_rate"`
}

// Memory is the peak resident memory by the end of each part.
type Memory struct {
	Bulk    float64 `json:"bulk"`
	Singles float64 `json:"singles"`
	Import  float64 `json:"import,omitempty"`
}

// A Spread is how times are spread, in milliseconds.
type Spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func spreadOf(times []time.Duration) Spread {
	if len(times) == 0 {
		return Spread{}
	}
	slices.Sort(times)
	at := func(share float64) float64 { return milliseconds(times[int(share*float64(len(times)-1))]) }
	return Spread{P50: at(.5), P99: at(.99), Max: at(1)}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func rate(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// Run measures on private servers in a folder of its own, which is removed at the end.
func Run(ctx context.Context, cfg Config) (report Report, err error) {
	say := func(format string, args ...any) { fmt.Fprintf(cfg.Progress, format+"\n", args...) }
	say("starting private servers")
	i, err := install(ctx)
	defer func() { err = errors.Join(err, i.remove(context.WithoutCancel(ctx))) }()
	if err != nil {
		return report, err
	}
	report.Bulk.Leads = cfg.Leads
	say("assigning %d leads by bare SQL", cfg.Leads)
	if err := i.bareBulk(ctx, &report.Bulk); err != nil {
		return report, fmt.Errorf("bare bulk: %w", err)
	}
	if err := i.serve(ctx); err != nil {
		return report, fmt.Errorf("starting leadwheel: %w", err)
	}
	say("assigning %d leads in bulk", cfg.Leads)
	if err := i.bulk(ctx, &report.Bulk); err != nil {
		return report, fmt.Errorf("bulk: %w", err)
	}
	if report.PeakMemory.Bulk, err = i.peakMemory(); err != nil {
		return report, err
	}
	say("pushing %d leads one by one, twice, and delivering as many", cfg.Singles)
	if report.Singles, err = i.singles(ctx, cfg); err != nil {
		return report, fmt.Errorf("singles: %w", err)
	}
	if report.PeakMemory.Singles, err = i.peakMemory(); err != nil {
		return report, err
	}
	if cfg.ImportRows == 0 {
		return report, nil
	}
	say("importing %d rows", cfg.ImportRows)
	if report.Import, err = i.importRows(ctx, cfg.ImportRows); err != nil {
		return report, fmt.Errorf("import: %w", err)
	}
	report.PeakMemory.Import, err = i.peakMemory()
	return report, err
}
