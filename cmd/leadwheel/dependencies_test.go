package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// go.mod keeps what the program is made of apart from what only its tests are made of. The former stays few: each is code of others
// that runs where people's data is.
func TestDependenciesAreFewAndSorted(t *testing.T) {
	t.Parallel()
	const most = 30
	own, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if .Module}}{{if .Module.Main}}{{join .Imports "\n"}}{{end}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	imported := func(module string) bool {
		return slices.ContainsFunc(strings.Fields(string(own)), func(p string) bool { return p == module || strings.HasPrefix(p, module+"/") })
	}
	file, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	program, tests := required(t, string(file), "// What the program is made of."), required(t, string(file), "// What only its tests are made of.")
	if len(program) > most {
		t.Errorf("the program is made of %d modules, and %d are too many: %v", len(program), most, program)
	}
	for _, module := range program {
		if !imported(module) {
			t.Errorf("%s is not imported by the program: move it to the tests' in go.mod", module)
		}
	}
	for _, module := range tests {
		if imported(module) {
			t.Errorf("%s is imported by the program: move it to the program's in go.mod", module)
		}
	}
}

// required are the modules of the block under a comment of go.mod.
func required(t *testing.T, file, comment string) (modules []string) {
	t.Helper()
	_, rest, found := strings.Cut(file, comment+"\nrequire (\n")
	block, _, closed := strings.Cut(rest, "\n)")
	if !found || !closed {
		t.Fatalf("go.mod has no block %q", comment)
	}
	for line := range strings.Lines(block) {
		modules = append(modules, strings.Fields(line)[0])
	}
	return modules
}
