package ingest

import (
	"errors"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
)

// deliveryLimits are what a delivery may hold, whoever sends it. What is made of it costs many times its bytes where those are few
// for each value, so it is counted before anything is read of it, the secret in it included.
var deliveryLimits = jsonbounds.Limits{
	Depth: maxNesting, Name: 16 << 10, Members: 10_000, Items: 10_000, Values: 60_000, Roots: 10_000, Names: maxNames, NameBytes: maxNameBytes,
}

// maxNames is how many names that differ a delivery may have, and maxNameBytes how many bytes they may have together, whatever its form.
const (
	maxNames     = 10_000
	maxNameBytes = 256 << 10
)

// An ExcessError says in which way a delivery holds more than is read.
type ExcessError struct{ Message string }

func (e *ExcessError) Error() string { return e.Message }

// checkBounds returns an *ExcessError for a body that would cost more to read than any lead is worth. It looks at it as at JSON,
// whatever it says it is: what is none has few values, however it is read. Call it for a body as it is to be read, unpacked and
// in UTF-8, and for JSON that comes within something else.
func checkBounds(body []byte) error {
	var e *jsonbounds.Excess
	if !errors.As(jsonbounds.Check(body, deliveryLimits), &e) {
		return nil
	}
	return &ExcessError{"the body " + e.Error() + ", which is more than is read of one delivery; send less at once, or a file as an import"}
}

func isExcess(err error) bool {
	var e *ExcessError
	return errors.As(err, &e)
}
