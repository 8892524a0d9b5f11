package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completes runs `leadwheel complete` in this process and returns the words that it offers.
func completes(tb testing.TB, words ...string) (offered []string) {
	tb.Helper()
	var out bytes.Buffer
	if err := parseAndRun(tb.Context(), append([]string{"complete", "--"}, words...), streams{out: &out, err: &out}); err != nil {
		tb.Fatalf("completing %q: %v", words, err)
	}
	for line := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(line, "\t")
		offered = append(offered, word)
	}
	return offered
}

func TestCompletionsFollowTheCommands(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"mem":                                     "member",
		"member de":                               "deactivate delete",
		"member edit --no":                        "--notify-by",
		"member deactivate Ben --pending ":        "leave spread delete",
		"member deactivate Ben --pending s":       "spread",
		"member deactivate Ben --pending=s":       "--pending=spread",
		"member deactivate Ben --pending = s":     "spread",
		"member deactivate Ben --pending =":       "leave spread delete",
		"source edit Expo --no-e":                 "--no-enabled",
		"source list --json --for l":              "lead",
		"source list --for lead --fo":             "--for",
		"completion ":                             "bash zsh fish",
		"completion z":                            "zsh",
		"import leads.csv --pa":                   "--pace",
		"import leads.csv --pace n":               "normal",
		"import c":                                "cancel",
		"integration create Page --kind ge":       "generic",
		"integration create --name-of-none x --k": "--kind",
		"member edit Ben ":                        "",
		"lead list -q ":                           "",
		"comple":                                  "completion",
		"fly ":                                    strings.Join(completes(t, ""), " "), // the word is wrong, what follows cannot be told
		"member list --api-key x --ver":           "--version",
	} {
		if got := strings.Join(completes(t, strings.Split(typed, " ")...), " "); got != want {
			t.Errorf("after %q it offers %q, want %q", typed, got, want)
		}
	}
	if all := completes(t); !slices.Contains(all, "assign") || slices.Contains(all, "complete") {
		t.Errorf("commands are %q", all)
	}
}

// TestShellsComplete has each shell that is installed complete a word by the script that is printed for it.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "leadwheel")
	if err := os.Symlink(os.Args[0], program); err != nil {
		t.Fatal(err)
	}
	for shell, lines := range map[string]string{
		"bash": `source "$1"; COMP_WORDS=("$2" member de); COMP_CWORD=2; _leadwheel; printf '%s\n' "${COMPREPLY[@]}"`,
		"zsh": `compdef() { :; }; _describe() { print -l "${(@)${(@P)2}%%:*}"; }; source "$1"
			words=("$2" member de); CURRENT=3; _leadwheel`,
		"fish": `source $argv[1]; complete -C "leadwheel member de" | string replace -r '\t.*' ''`,
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("there is no %s here", shell)
			}
			script := filepath.Join(t.TempDir(), "script")
			text, _ := command(t, exitOK, nil, "completion", shell)
			if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"-c", lines, shell, script, program}
			if shell == "fish" {
				args = []string{"-c", lines, script}
			}
			run := exec.CommandContext(t.Context(), path, args...)
			run.Env = []string{asProgram + "=1", "PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}
			got, err := run.CombinedOutput()
			if words := strings.Fields(string(got)); err != nil || !slices.Equal(words, []string{"deactivate", "delete"}) {
				t.Errorf("%s offers %q, %v", shell, got, err)
			}
		})
	}
}
