package ingest

import (
	"errors"
	"hash/maphash"
	"io"
)

// maxShownRejects bounds the rejects that a check lists.
const maxShownRejects = 1000

// A Check is what an import of a file would find, as far as the file alone tells.
type Check struct {
	Columns []Column `json:"columns"`
	// Rows is the sum of the next three.
	Rows int64 `json:"rows"`
	// New rows may be in the database already.
	New        int64 `json:"new"`
	Duplicates int64 `json:"duplicates"`
	Rejected   int64 `json:"rejected"`
	// Sources are the names in the column source, with their rows.
	Sources map[string]int64 `json:"sources"`
	// Warnings are sentences about what was left out.
	Warnings []string `json:"warnings"`
	// Rejects are the first of those rejected.
	Rejects []Reject `json:"rejects"`
}

// CheckFile reads a file as an import does, and stores nothing. It returns a *FileError for one that cannot be
// imported.
func CheckFile(src io.Reader) (Check, error) {
	check := Check{Sources: map[string]int64{}, Rejects: []Reject{}, Warnings: []string{}}
	file, err := Open(src)
	if err != nil {
		return check, err
	}
	defer file.Close()
	if check.Columns, err = file.Columns(); err != nil {
		return check, err
	}
	seed, seen := maphash.MakeSeed(), make(map[uint64]bool)
	for {
		row, err := file.Next()
		var reject *Reject
		switch {
		case errors.Is(err, io.EOF):
			check.Warnings = append(check.Warnings, file.Warnings()...)
			return check, nil
		case errors.As(err, &reject):
			check.Rejected++
			if len(check.Rejects) < maxShownRejects {
				check.Rejects = append(check.Rejects, *reject)
			}
		case err != nil:
			return check, err
		default:
			check.count(row, seen, maphash.String(seed, row.ExternalID))
		}
		check.Rows++
	}
}

func (c *Check) count(row Row, seen map[uint64]bool, id uint64) {
	if row.Source != "" && (c.Sources[row.Source] > 0 || len(c.Sources) < maxUnknownSources) {
		c.Sources[row.Source]++
	}
	if seen[id] {
		c.Duplicates++
		return
	}
	seen[id] = true
	c.New++
}
