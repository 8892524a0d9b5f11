package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

const (
	// maxShownRejects bounds the rejects that a check lists.
	maxShownRejects = 1000
	// maxSeen bounds the rows by which a check knows others again, and so its memory; of those beyond it takes all for new.
	maxSeen = 10_000_000
	// UsualImportRows is how many rows one import may have unless a server is told otherwise.
	UsualImportRows = 5_000_000
)

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
	Rejects []leadfile.Reject `json:"rejects"`
}

// Check reads a file by the options as an import does, and stores nothing. It returns a *leadfile.Error for one that cannot be
// imported, and ends with its context, whose cause it then returns.
func (o FileOptions) Check(ctx context.Context, src io.Reader) (Check, error) {
	check := Check{Sources: map[string]int64{}, Rejects: []leadfile.Reject{}, Warnings: []string{}}
	file, err := o.openUntil(ctx, src)
	if err != nil {
		return check, err
	}
	defer file.Close()
	if check.Columns, err = file.Columns(); err != nil {
		return check, err
	}
	seen := newSeenIDs()
	for {
		row, err := file.Next()
		var reject *leadfile.Reject
		switch {
		case errors.Is(err, io.EOF):
			check.Warnings = append(check.Warnings, file.Warnings()...)
			if check.Rows > UsualImportRows {
				check.Warnings = append(check.Warnings, fmt.Sprintf("An import takes %d rows, unless the server's LEADWHEEL_IMPORT_MAX_ROWS says otherwise; send the file in parts.", UsualImportRows))
			}
			check.Columns, err = file.Columns()
			return check, err
		case errors.As(err, &reject):
			check.Rejected++
			if len(check.Rejects) < maxShownRejects {
				check.Rejects = append(check.Rejects, *reject)
			}
		case err != nil:
			return check, cmp.Or(context.Cause(ctx), err)
		default:
			check.count(row, seen)
		}
		check.Rows++
	}
}

// openUntil opens a file that is read without bounds but those of its kind, until a context ends, whose cause it then returns.
func (o FileOptions) openUntil(ctx context.Context, src io.Reader) (*File, error) {
	file, err := o.open(src, leadfile.Options{Halted: func() error { return context.Cause(ctx) }})
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	return file, nil
}

func (c *Check) count(row Row, seen seenIDs) {
	if row.Source != "" && (c.Sources[row.Source] > 0 || len(c.Sources) < maxUnknownSources) {
		c.Sources[row.Source]++
	}
	if seen.again(row) {
		c.Duplicates++
		return
	}
	c.New++
}

// seenIDs are the external ids of the rows so far, as hashes, each with hashes of the address and the number that it came
// with first; and those of each other person who has the same id.
type seenIDs struct {
	seed maphash.Seed
	who  map[uint64][2]uint32
}

func newSeenIDs() seenIDs { return seenIDs{maphash.MakeSeed(), make(map[uint64][2]uint32)} }

// lastDigits are as many of a number's digits as are the same in most of its spellings.
const lastDigits = 7

// again reports whether a row is one that was there, as far as the file tells: the same id, and no other person.
func (s seenIDs) again(row Row) bool {
	id, now := maphash.String(s.seed, row.ExternalID), [2]uint32{}
	who := contacts.Identify(row.Email, row.Phone, "")
	number := cmp.Or(who.Phone, who.Digits)
	for i, text := range []string{who.Email, number[max(0, len(number)-lastDigits):]} {
		if text != "" {
			now[i] = uint32(maphash.String(s.seed, text)) | 1 // 0 stands for none
		}
	}
	first, held := s.who[id]
	if !held {
		if len(s.who) < maxSeen {
			s.who[id] = now
		}
		return false
	}
	other := false
	for i, mark := range now {
		if mark == 0 || first[i] == 0 {
			continue
		}
		if _, known := s.who[id^uint64(mark)<<(8*i+1)]; known || mark == first[i] {
			return true
		}
		other = true
	}
	for i, mark := range now {
		if other && mark != 0 && len(s.who) < maxSeen {
			s.who[id^uint64(mark)<<(8*i+1)] = now
		}
	}
	return !other
}
