package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// update writes the configuration reference anew: go test ./cmd/leadwheel -run TestConfigurationReference -update.
var update = flag.Bool("update", false, "write ../../docs/configuration.md anew")

// setting is a variable and what uses it.
type setting struct {
	flag, value, meaning string
	commands             []string
}

// settings are all variables, by name.
func settings(t *testing.T) map[string]*setting {
	t.Helper()
	parser, err := kong.New(&cli{}, words(), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*setting)
	if err := kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		command, is := node.(*kong.Command)
		if !is {
			return next(nil)
		}
		name := strings.TrimPrefix(command.FullPath(), parser.Model.Name+" ")
		for _, f := range command.Flags {
			for _, env := range f.Envs {
				// The command that serves comes first, and says most of what is common to several.
				if all[env] == nil || name == "serve" {
					var commands []string
					if all[env] != nil {
						commands = all[env].commands
					}
					all[env] = &setting{"--" + f.Name, f.Default, f.Help, commands}
				}
				all[env].commands = append(all[env].commands, name)
			}
		}
		return next(nil)
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestConfigurationReference compares the page with the flags of all commands.
func TestConfigurationReference(t *testing.T) {
	t.Parallel()
	const page = "../../docs/configuration.md"
	all := settings(t)
	var table strings.Builder
	table.WriteString("| variable | flag | default | meaning | commands |\n|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		value := ""
		if s.value != "" {
			value = "`" + s.value + "`"
		}
		meaning := strings.TrimSuffix(s.meaning, " Default "+s.value+".")
		commands := strings.Join(s.commands, ", ")
		fmt.Fprintf(&table, "| `%s` | `%s` | %s | %s | %s |\n", name, s.flag, value, meaning, commands)
	}
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), "<!-- settings -->\n")
	got, after, closed := strings.Cut(rest, "<!-- end -->")
	if !found || !closed {
		t.Fatalf("%s has no place for the settings", page)
	}
	if got == table.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the commands say; run `make docs`. It should be:\n%s", page, &table)
	}
	text := before + "<!-- settings -->\n" + table.String() + "<!-- end -->" + after
	if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
