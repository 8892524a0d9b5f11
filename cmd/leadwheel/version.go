package main

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"
)

// versionCmd is `leadwheel version`.
type versionCmd struct{ jsonFlag }

// Help gives an example.
func (versionCmd) Help() string {
	return `Example:

  leadwheel version --json`
}

// Run prints what the program was built from.
func (c *versionCmd) Run(s streams) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was built without build information; build it with Go modules")
	}
	v := struct {
		Version string `json:"version"`
		Commit  string `json:"commit,omitempty"`
		Go      string `json:"go"`
	}{Version: version(), Go: info.GoVersion}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			v.Commit = setting.Value
		}
	}
	if c.JSON {
		return printJSON(s.out, v)
	}
	_, err := fmt.Fprintf(s.out, "leadwheel %s %s\n", v.Version, v.Go)
	return err
}

// version is what the program calls itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return cmp.Or(info.Main.Version, "(devel)")
}
