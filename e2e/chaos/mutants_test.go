package chaos_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutants is where programs are kept that break a promise each, as patches that begin with a sentence about it.
const mutants = "testdata/mutants"

// mutate applies a mutant, and returns what its files become, by their paths in the module.
func mutate(mutant string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(mutants, mutant+".patch"))
	if err != nil {
		return nil, fmt.Errorf("mutant %s: reading its patch: %w", mutant, err)
	}
	changed := make(map[string]string)
	var path, from, to string
	hunk := func() error {
		if from == "" {
			return nil
		}
		text := changed[path]
		if n := strings.Count(text, from); n != 1 {
			return fmt.Errorf("mutant %s: what it changes in %s is there %d times; make its patch anew with git diff:\n%s", mutant, path, n, from)
		}
		changed[path] = strings.Replace(text, from, to, 1)
		from, to = "", ""
		return nil
	}
	for line := range strings.Lines(string(data)) {
		switch {
		case strings.HasPrefix(line, "+++ b/"):
			path = strings.TrimSpace(strings.TrimPrefix(line, "+++ b/"))
			text, err := os.ReadFile(filepath.Join(root, path))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", mutant, err)
			}
			changed[path] = string(text)
		case strings.HasPrefix(line, "@@"), strings.HasPrefix(line, "diff "):
			if err := hunk(); err != nil {
				return nil, err
			}
		case path == "" || strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "index "):
		case line[0] == '-':
			from += line[1:]
		case line[0] == '+':
			to += line[1:]
		case line[0] == ' ':
			from, to = from+line[1:], to+line[1:]
		}
	}
	return changed, hunk()
}

// faultsOf are the kinds of faults under which a mutant shows, as its patch says; empty where it shows without any of its own.
func faultsOf(t *testing.T, mutant string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(mutants, mutant+".patch"))
	if err != nil {
		t.Fatal(err)
	}
	_, said, _ := strings.Cut(string(data), "\nFaults: ")
	faults, _, _ := strings.Cut(said, "\n")
	return faults
}

// fromRoot are texts of files by the paths that they have from here, where they are known by those in the module.
func fromRoot(changed map[string]string) map[string]string {
	here := make(map[string]string, len(changed))
	for path, text := range changed {
		here[filepath.Join(root, path)] = text
	}
	return here
}

// names lists the mutants.
func names(t *testing.T) (all []string) {
	t.Helper()
	patches, err := filepath.Glob(mutants + "/*.patch")
	if err != nil || len(patches) < 10 {
		t.Fatalf("there are %d mutants: %v", len(patches), err)
	}
	for _, patch := range patches {
		all = append(all, strings.TrimSuffix(filepath.Base(patch), ".patch"))
	}
	return all
}

// TestMutantsApply holds that each mutant changes the program as it is now. Whether it is caught `make chaos-check` shows.
func TestMutantsApply(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for _, k := range kinds {
		known[k.name] = true
	}
	for _, name := range names(t) {
		changed, err := mutate(name)
		if err != nil || len(changed) == 0 {
			t.Errorf("mutant %s changes %d files: %v", name, len(changed), err)
		}
		for path, text := range changed {
			before, err := os.ReadFile(filepath.Join(root, path))
			if err != nil || string(before) == text {
				t.Errorf("mutant %s leaves %s as it is: %v", name, path, err)
			}
			if filepath.Ext(path) == ".go" {
				if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
					t.Errorf("mutant %s: %v", name, err)
				}
			}
		}
		for fault := range strings.SplitSeq(faultsOf(t, name), ",") {
			if fault != "" && !known[fault] {
				t.Errorf("mutant %s names the fault %q, which there is not", name, fault)
			}
		}
	}
}

const (
	// mutantTime is for how long faults strike a mutant, and mutantSeeds how many seeds it is tried with until it is caught.
	mutantTime  = "40s"
	mutantSeeds = 3
)

// TestMutantsAreCaught runs chaos on each mutant, which must fail, and on the program itself, which must not. It takes half an hour, and is
// for `make chaos-check`; MUTANT=name has it run one.
func TestMutantsAreCaught(t *testing.T) {
	which, run := os.LookupEnv(mutantVariable)
	if !run {
		t.Skip("it is for `make chaos-check`")
	}
	if which == "" {
		if said, err := chaos(t, built(t), "", 1); err != nil {
			t.Errorf("the program itself fails: %v\n%s", err, said)
		}
	}
	for _, name := range names(t) {
		if which != "" && which != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			changed, err := mutate(name)
			if err != nil {
				t.Fatal(err)
			}
			program := build(t, filepath.Join(t.TempDir(), "leadwheel"), fromRoot(changed))
			for seed := 1; seed <= mutantSeeds; seed++ {
				if said, err := chaos(t, program, faultsOf(t, name), seed); err != nil {
					t.Logf("caught with seed %d: %s", seed, complaint(said))
					return
				}
			}
			t.Errorf("nothing was found with %d seeds: the checker does not see what this breaks", mutantSeeds)
		})
	}
}

// chaos runs TestChaos on a program.
func chaos(t *testing.T, program, faults string, seed int) (said string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChaos$", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), programVariable+"="+program, faultsVariable+"="+faults, durationVariable+"="+mutantTime,
		seedVariable+"="+fmt.Sprint(seed), logsVariable+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// complaint is the first thing that was found.
func complaint(said string) string {
	for line := range strings.Lines(said) {
		if strings.HasPrefix(strings.TrimSpace(line), "check_test.go:") || strings.HasPrefix(strings.TrimSpace(line), "client_test.go:") {
			return strings.TrimSpace(line)
		}
	}
	return said
}
