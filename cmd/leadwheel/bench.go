package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/leadwheel/leadwheel/internal/bench"
)

// benchCmd is `leadwheel bench`.
type benchCmd struct {
	Scenario    []string `placeholder:"NAME" help:"What to measure: bulk, singles, latency, beside, import, lists, plan or workspaces. All by default."`
	Rounds      int      `default:"3" help:"How often, of which the median counts. Default ${default}."`
	Scale       int      `default:"0" help:"Leads and copies that are there before. Default ${default}."`
	Leads       int      `default:"100000" help:"Leads to assign in bulk, to import and to plan. Default ${default}."`
	Singles     int      `default:"10000" help:"Leads to push one by one. Default ${default}."`
	Rate        int      `default:"100" help:"How many of them a second, to see how soon each is distributed. Default ${default}."`
	Connections int      `default:"64" help:"How many connections push them. Default ${default}."`
	Peers       string   `placeholder:"PROGRAM" help:"A program that does the work of bulk with other queues, as make bench-peers builds it."`
	Profile     string   `placeholder:"DIR" help:"Keep profiles of the server of each round in this folder."`
	Plot        string   `placeholder:"DIR" help:"Draw each scenario into this folder."`
	Check       string   `placeholder:"FILE" help:"End with exit code 1 where ratios are lower than those in this file."`
	Record      string   `placeholder:"FILE" help:"Write the ratios to this file."`
	jsonFlag
}

// Help gives an example.
func (benchCmd) Help() string {
	return `Starts private servers in a folder of its own, which it removes, and measures Leadwheel on them as a program of
its own: all roles in one process. The bare database does the same work in the same run, in turn, round by round,
so the ratios hold from machine to machine.

Example:

  leadwheel bench --scenario bulk --scenario import --scale 1000000`
}

// Run measures.
func (c *benchCmd) Run(ctx context.Context, s streams) error {
	cfg := bench.Config{
		Scenarios: c.Scenario, Rounds: c.Rounds, Scale: c.Scale, Leads: c.Leads, Singles: c.Singles, Rate: c.Rate, Connections: c.Connections,
		Peers: c.Peers, Profiles: c.Profile, Progress: s.err,
	}
	if err := cfg.Check(); err != nil {
		return usageError{err}
	}
	var recorded bench.Recorded
	if c.Check != "" {
		var err error
		if recorded, err = bench.ReadRecorded(c.Check); err != nil {
			return err
		}
	}
	report, err := bench.Run(ctx, cfg)
	if err != nil {
		return fmt.Errorf("measuring: %w", err)
	}
	if err := c.print(s, report); err != nil {
		return err
	}
	if c.Plot != "" {
		if err := report.Plot(c.Plot); err != nil {
			return err
		}
	}
	if c.Record != "" {
		if err := report.Record(c.Record); err != nil {
			return err
		}
	}
	if c.Check == "" {
		return nil
	}
	if worse := report.Worse(recorded); len(worse) > 0 {
		return fmt.Errorf("ratios are worse than in %s:\n%s", c.Check, strings.Join(worse, "\n"))
	}
	return nil
}

func (c *benchCmd) print(s streams, report bench.Report) error {
	if c.JSON {
		return printJSON(s.out, report)
	}
	m := report.Machine
	fmt.Fprintf(s.err, "measured on %d CPUs (%s) with Postgres %s; %.1f processes wanted to run when it began\n", m.CPUs, m.Model, m.Postgres, m.Load)
	for name, version := range m.Peers {
		fmt.Fprintf(s.err, "%s is of version %s\n", name, version)
	}
	var rows [][]string
	for _, scenario := range report.Scenarios {
		for _, f := range scenario.Figures {
			rows = append(rows, []string{scenario.Name, f.Name, bench.Number(f.Median), bench.Number(f.Low), bench.Number(f.High), f.Unit})
		}
	}
	return printTable(s.out, "SCENARIO WHAT MEDIAN LOW HIGH UNIT", rows)
}
