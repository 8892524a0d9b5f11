package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestManualPages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command(t, exitOK, nil, "man", "--dir", dir)
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 20 {
		t.Fatalf("it wrote %d pages, %v", len(pages), err)
	}
	page, _ := command(t, exitOK, nil, "man", "member")
	written, err := os.ReadFile(filepath.Join(dir, "leadwheel-member.1"))
	if err != nil || string(written) != page {
		t.Errorf("the page that is printed is not the one that is written, %v", err)
	}
	for _, want := range []string{`.SH MEMBER DEACTIVATE`, `\-\-pending=ACTION`, `LEADWHEEL_API_KEY`, `leadwheel member create Aisyah`} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in\n%s", want, page)
		}
	}
	overview, _ := command(t, exitOK, nil, "man")
	if !strings.Contains(overview, `.BR leadwheel\-assign (1)`) || strings.Contains(overview, `leadwheel\-complete (1)`) {
		t.Errorf("the overview is\n%s", overview)
	}
	command(t, exitRefused, nil, "man", "fly")
	t.Run("groff", func(t *testing.T) {
		t.Parallel()
		path, err := exec.LookPath("groff")
		if err != nil {
			t.Skip("there is no groff here")
		}
		args := append([]string{"-man", "-Tutf8", "-z", "-wmac", "-wfont", "-wescape", "-wsyntax", "-wbreak"}, pages...)
		if said, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("groff finds fault, %v:\n%s", err, said)
		}
	})
	t.Run("mandoc", func(t *testing.T) {
		t.Parallel()
		path, err := exec.LookPath("mandoc")
		if err != nil {
			t.Skip("there is no mandoc here")
		}
		args := append([]string{"-T", "lint", "-W", "error"}, pages...)
		if said, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
			t.Errorf("mandoc finds fault, %v:\n%s", err, said)
		}
	})
}

func TestVersionFlag(t *testing.T) {
	t.Parallel()
	said, _ := command(t, exitOK, nil, "--version")
	if !strings.HasPrefix(said, "leadwheel ") || strings.Count(said, "\n") != 1 {
		t.Errorf("it printed %q", said)
	}
}
