package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// streams are where a command reads and writes: results to out, all else to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // a person reads err
	asks     bool // a person reads err and types what in reads
}

func standardStreams() streams {
	reads := isTerminal(os.Stderr)
	return streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, terminal: reads, asks: reads && term.IsTerminal(int(os.Stdin.Fd()))}
}

// isTerminal tells a terminal from a file or a pipe.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printJSON writes v as indented JSON.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	return nil
}

// read reads a file that the operator names, or standard input for "-".
func (s streams) read(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(s.in)
	}
	return os.ReadFile(path) //nolint:gosec // the operator names it
}
