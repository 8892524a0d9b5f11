package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

const (
	// uncut and cut say what a terminal does with what is wider than itself: go on in the next line, or leave it out.
	uncut = "\x1b[?7h"
	cut   = "\x1b[?7l"
	// ownScreen gives a program a screen of its own and hides the cursor; giveBack shows again what was there before.
	ownScreen = "\x1b[?1049h\x1b[?25l"
	giveBack  = uncut + "\x1b[?25h\x1b[?1049l"
	// home goes to the first line.
	home = "\x1b[H"
	// restOfLine and restOfScreen wipe what an earlier, longer picture left.
	restOfLine   = "\x1b[K"
	restOfScreen = "\x1b[J"
)

// A screen shows one picture in place of the other on a terminal, and elsewhere, as in a file, one after the other.
type screen struct {
	out io.Writer
	// height is how many lines the terminal has just now; nil where out is none.
	height func() (int, error)
}

func newScreen(out io.Writer) *screen {
	s := &screen{out: out}
	if f, is := out.(*os.File); is && term.IsTerminal(int(f.Fd())) {
		s.height = func() (int, error) {
			_, height, err := term.GetSize(int(f.Fd()))
			return height, err
		}
	}
	return s
}

func (s *screen) open() {
	if s.height != nil {
		fmt.Fprint(s.out, ownScreen)
	}
}

func (s *screen) close() {
	if s.height != nil {
		fmt.Fprint(s.out, giveBack)
	}
}

// draw replaces the picture before, as far as there is room.
func (s *screen) draw(text string) {
	if s.height == nil {
		fmt.Fprintln(s.out, text)
		return
	}
	if height, err := s.height(); err == nil {
		text = fit(text, height)
	}
	fmt.Fprint(s.out, cut, home, strings.ReplaceAll(text, "\n", restOfLine+"\n"), restOfLine, restOfScreen)
}

// say shows a sentence in place of a picture, however long it is.
func (s *screen) say(text string) {
	if s.height == nil {
		fmt.Fprintln(s.out, text)
		return
	}
	fmt.Fprint(s.out, uncut, home, text, restOfLine, restOfScreen)
}

// fit cuts a text to so many lines, and says in the last how many are missing.
func fit(text string, height int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if missing := len(lines) - height; missing > 0 && height > 0 {
		lines = append(lines[:height-1], fmt.Sprintf("%d more lines: enlarge the window", missing+1))
	}
	return strings.Join(lines, "\n")
}
