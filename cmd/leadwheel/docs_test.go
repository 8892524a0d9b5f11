package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var (
	// shellBlock is what a page tells people to type, commandLine a line of it that calls leadwheel.
	shellBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	commandLine = regexp.MustCompile(`^leadwheel [^|>#]*`)
	// link is a link of a page to another of this repository, or to a place within one.
	link = regexp.MustCompile(`\]\(([^):]+)\)`)
)

// pages are the pages for people, by their path from this folder.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for _, pattern := range []string{"../../*.md", "../../docs/*.md", "../../docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[path] = string(text)
		}
	}
	return all
}

// commandsIn lists the arguments with which a page calls leadwheel.
func commandsIn(text string) (all []string) {
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		for _, line := range strings.Split(block[1], "\n") {
			if command, is := strings.CutPrefix(commandLine.FindString(strings.TrimSpace(line)), "leadwheel "); is {
				all = append(all, strings.NewReplacer("'", "", `"`, "").Replace(strings.TrimSpace(command)))
			}
		}
	}
	return all
}

// TestPagesNameRealCommands holds every command that the documentation tells people to type against the command line.
func TestPagesNameRealCommands(t *testing.T) {
	parser, err := kong.New(&cli{}, words(), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL"} {
		t.Setenv(name, "redis://127.0.0.1:1")
	}
	checked := 0
	for path, text := range pages(t) {
		for _, command := range commandsIn(text) {
			checked++
			if _, err := parser.Parse(strings.Fields(command)); err != nil {
				t.Errorf("%s tells people to type leadwheel %q: %v", path, command, err)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d commands were found", checked)
	}
}

// TestPagesLinkToWhatIsThere follows the links within the repository.
func TestPagesLinkToWhatIsThere(t *testing.T) {
	t.Parallel()
	for path, text := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s: %v", path, found[1], err)
			}
		}
	}
}
