package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"time"
)

// What the linker is told of the build (deploy/stamp). What is empty here, Go itself may know, as of `go install`.
var builtVersion, builtCommit, builtDate string

// versionCmd is `leadwheel version`.
type versionCmd struct{ jsonFlag }

// Help gives an example.
func (versionCmd) Help() string {
	return `Example:

  leadwheel version --json`
}

// Run prints what the program was built from.
func (c *versionCmd) Run(s streams) error {
	b := builtFrom()
	if c.JSON {
		return printJSON(s.out, b)
	}
	_, err := fmt.Fprintln(s.out, b)
	return err
}

// A build is what the program was built from.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	// Date is the commit's, in UTC, so that builds of a commit are alike.
	Date string `json:"date,omitempty"`
	Go   string `json:"go"`
}

func builtFrom() build {
	b := build{Version: builtVersion, Commit: builtCommit, Date: builtDate}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Go = info.GoVersion
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Commit = cmp.Or(b.Commit, setting.Value)
			case "vcs.time":
				b.Date = cmp.Or(b.Date, setting.Value)
			}
		}
	}
	if at, err := time.Parse(time.RFC3339, b.Date); err == nil {
		b.Date = at.UTC().Format(time.RFC3339)
	}
	b.Version = cmp.Or(b.Version, "(devel)")
	return b
}

// String is the build in a line.
func (b build) String() string {
	line := "leadwheel " + b.Version
	if b.Commit != "" {
		line += fmt.Sprintf(" (commit %.12s of %s)", b.Commit, cmp.Or(b.Date, "an unknown date"))
	}
	return line + " " + b.Go
}

// version is what the program calls itself.
func version() string { return builtFrom().Version }
