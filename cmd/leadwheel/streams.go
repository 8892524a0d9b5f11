package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// streams are where a command reads and writes: results to out, all else to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // a person reads err
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
