package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

const (
	// ownScreen gives a program a screen of its own and hides the cursor; giveBack shows again what was there before.
	ownScreen = "\x1b[?1049h\x1b[?25l"
	giveBack  = "\x1b[?25h\x1b[?1049l"
	// home goes to the first line.
	home = "\x1b[H"
	// restOfLine and restOfScreen wipe what an earlier, longer picture left.
	restOfLine   = "\x1b[K"
	restOfScreen = "\x1b[J"
)

// A screen shows one picture in place of the other on a terminal, and elsewhere, as in a file, one after the other.
type screen struct {
	out io.Writer
	// size is how many columns and lines the terminal has just now; nil where out is none.
	size func() (width, height int, err error)
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	if f, is := out.(*os.File); is && term.IsTerminal(int(f.Fd())) {
		s.size = func() (int, int, error) { return term.GetSize(int(f.Fd())) }
	}
	return s
}

func (s *screen) open() {
	if s.size != nil {
		fmt.Fprint(s.out, ownScreen)
	}
}

func (s *screen) close() {
	if s.size != nil {
		fmt.Fprint(s.out, giveBack)
	}
}

// draw replaces the picture before, as far as there is room.
func (s *screen) draw(text string) {
	if s.size == nil {
		fmt.Fprintln(s.out, text)
		return
	}
	if width, height, err := s.size(); err == nil {
		text = fit(text, width, height)
	}
	fmt.Fprint(s.out, home, strings.ReplaceAll(text, "\n", restOfLine+"\n"), restOfLine, restOfScreen)
}

// say shows a sentence in place of a picture, however long it is.
func (s *screen) say(text string) {
	if s.size == nil {
		fmt.Fprintln(s.out, text)
		return
	}
	fmt.Fprint(s.out, home, text, restOfLine, restOfScreen)
}

// fit cuts a text to so many columns and lines, and says in the last how many are missing.
func fit(text string, width, height int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if missing := len(lines) - height; missing > 0 && height > 0 {
		lines = append(lines[:height-1], fmt.Sprintf("%d more lines: enlarge the window", missing+1))
	}
	for i, line := range lines {
		lines[i] = cut(line, width)
	}
	return strings.Join(lines, "\n")
}

// cut ends a line where a terminal would break it.
func cut(line string, width int) string {
	rest, at, state := line, 0, -1
	for used := 0; rest != ""; {
		var cluster string
		var columns int
		cluster, rest, columns, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += columns; used > width {
			return line[:at]
		}
		at += len(cluster)
	}
	return line
}
