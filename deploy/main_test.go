// Package deploy_test holds what installs, runs and watches Leadwheel elsewhere against the program itself.
package deploy_test

import (
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// update writes the tables of the documentation anew: go test ./deploy -update.
var update = flag.Bool("update", false, "write the tables of ../docs/monitoring.md anew")

func TestMain(m *testing.M) { testenv.Main(m) }

// monitoring is the page that lists every series and every alert.
const monitoring = "../docs/monitoring.md"

// holdsTable compares a table of a page, between two comments that name it, with what it should be.
func holdsTable(t *testing.T, page, name, want string) {
	t.Helper()
	before, rest, found := strings.Cut(readText(t, page), "<!-- "+name+" -->\n")
	got, after, closed := strings.Cut(rest, "<!-- end -->")
	if !found || !closed {
		t.Fatalf("%s has no place for the table %s", page, name)
	}
	if got == want {
		return
	}
	if !*update {
		t.Errorf("the table %s of %s is not what the program shows; run `make docs`.\nIt should be:\n%s", name, page, want)
		return
	}
	writeText(t, page, before+"<!-- "+name+" -->\n"+want+"<!-- end -->"+after)
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runTool runs a program that is to succeed.
func runTool(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
}
