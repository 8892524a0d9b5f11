package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestPicturesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text          string
		width, height int
		want          string
	}{
		"fits":            {"ab\ncd\n", 2, 2, "ab\ncd"},
		"too wide":        {"abc\nd\n", 2, 5, "ab\nd"},
		"wide letters":    {"日本語", 5, 1, "日本"},
		"joined letters":  {"e\u0301e\u0301e\u0301", 2, 1, "e\u0301e\u0301"},
		"a family":        {"👨‍👩‍👧x", 2, 1, "👨‍👩‍👧"},
		"too long":        {"a\nb\nc\nd\n", 80, 3, "a\nb\n2 more lines: enlarge the window"},
		"one line":        {"a\nb\n", 8, 1, "2 more l"},
		"unknown heights": {"a\nb\n", 80, 0, "a\nb"},
	} {
		if got := fit(test.text, test.width, test.height); got != test.want {
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
	s.size = func() (int, int, error) { return 3, 2, nil }
	s.open()
	s.draw("abcd\ne\nf\n")
	s.close()
	got := b.String()
	if !strings.HasPrefix(got, ownScreen+home+"abc"+restOfLine+"\n2 m"+restOfLine) || !strings.HasSuffix(got, giveBack) || strings.Count(got, "\n") != 1 {
		t.Errorf("a terminal gets %q", got)
	}
}
