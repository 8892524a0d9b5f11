package main

import (
	"context"
	"fmt"

	"github.com/leadwheel/leadwheel/internal/bench"
)

// benchCmd is `leadwheel bench`.
type benchCmd struct {
	Leads       int `default:"100000" help:"Leads to assign in bulk. Default ${default}."`
	Singles     int `default:"10000" help:"Leads to push one by one. Default ${default}."`
	Rate        int `default:"200" help:"How many of them a second, to see how soon each is distributed. Default ${default}."`
	Connections int `default:"32" help:"How many connections push them. Default ${default}."`
	Import      int `default:"0" placeholder:"ROWS" help:"Rows to import from a CSV file; none by default."`
	jsonFlag
}

// Help gives an example.
func (benchCmd) Help() string {
	return `Starts private servers in a folder of its own, which it removes, and measures Leadwheel on them as a program of
its own: all roles in one process. The bare database does the same work in the same run, so the ratios hold from
machine to machine.

Example:

  leadwheel bench --import 1000000`
}

// Run measures.
func (c *benchCmd) Run(ctx context.Context, s streams) error {
	report, err := bench.Run(ctx, bench.Config{
		Leads: c.Leads, Singles: c.Singles, Rate: c.Rate, Connections: c.Connections, ImportRows: c.Import, Progress: s.err,
	})
	if err != nil {
		return fmt.Errorf("measuring: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, report)
	}
	number := func(f float64) string { return fmt.Sprintf("%.0f", f) }
	tenth := func(f float64) string { return fmt.Sprintf("%.1f", f) }
	share := func(f float64) string { return fmt.Sprintf("%.0f %%", 100*f) }
	costs := func(what string, c bench.Costs) [][]string {
		return [][]string{
			{what + ", CPU of Postgres", number(c.PostgresCPU), "µs/lead"},
			{what + ", CPU of Leadwheel", number(c.LeadwheelCPU), "µs/lead"},
			{what + ", CPU of Redis", tenth(c.RedisCPU), "µs/lead"},
			{what + ", write-ahead log", number(c.WAL), "B/lead"},
			{what + ", disk", number(c.Disk), "B/lead"},
		}
	}
	rows := [][]string{
		{"bulk, from request to last copy", number(report.Bulk.Rate), "leads/s"},
		{"bulk by bare SQL", number(report.Bulk.BareRate), "leads/s"},
		{"bulk, share of bare SQL", share(report.Bulk.Ratio), ""},
		{"singles, " + fmt.Sprint(c.Connections) + " connections", number(report.Singles.Rate), "leads/s"},
		{"singles by bare SQL", number(report.Singles.BareRate), "leads/s"},
		{"singles, share of bare SQL", share(report.Singles.Ratio), ""},
		{"singles delivered by Google", number(report.Singles.HookRate), "leads/s"},
		{"deliveries, share of pushes", share(report.Singles.HookRatio), ""},
		{"single answered, p99", tenth(report.Singles.Answer.P99), "ms"},
		{fmt.Sprintf("answer to copy at %d leads/s, p50", c.Rate), tenth(report.Singles.Copy.P50), "ms"},
		{fmt.Sprintf("answer to copy at %d leads/s, p99", c.Rate), tenth(report.Singles.Copy.P99), "ms"},
		{"peak memory through bulk", tenth(report.PeakMemory.Bulk), "MiB"},
		{"peak memory through singles", tenth(report.PeakMemory.Singles), "MiB"},
	}
	rows = append(rows, costs("storing", report.Bulk.StoreCosts)...)
	rows = append(rows, costs("bulk", report.Bulk.Costs)...)
	rows = append(rows, costs("single", report.Singles.Costs)...)
	if report.Import != nil {
		rows = append(rows,
			[]string{"import", number(report.Import.Rate), "rows/s"},
			[]string{"import, until distributed", number(report.Import.AllRate), "rows/s"},
			[]string{"peak memory through import", tenth(report.PeakMemory.Import), "MiB"})
	}
	return printTable(s.out, "WHAT FIGURE UNIT", rows)
}
