package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestPicturesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text   string
		height int
		want   string
	}{
		"fits":            {"ab\ncd\n", 2, "ab\ncd"},
		"too long":        {"a\nb\nc\nd\n", 3, "a\nb\n2 more lines: enlarge the window"},
		"one line":        {"a\nb\n", 1, "2 more lines: enlarge the window"},
		"unknown heights": {"a\nb\n", 0, "a\nb"},
	} {
		if got := fit(test.text, test.height); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestScreens(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	s := newScreen(&b) // no terminal
	s.open()
	s.draw("a\n")
	s.draw("b\n")
	s.close()
	if b.String() != "a\n\nb\n\n" {
		t.Errorf("a file has %q", &b)
	}
	b.Reset()
	s.height = func() (int, error) { return 2, nil }
	s.open()
	s.draw("abcd\ne\nf\n")
	s.close()
	got := b.String()
	if !strings.HasPrefix(got, ownScreen+cut+home+"abcd"+restOfLine+"\n2 more lines: enlarge the window"+restOfLine) || !strings.HasSuffix(got, giveBack) || strings.Count(got, "\n") != 1 {
		t.Errorf("a terminal gets %q", got)
	}
}
