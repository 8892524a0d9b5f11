package worker

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestMomentsAreSpread looks at the moments of batches that are made one after the other.
func TestMomentsAreSpread(t *testing.T) {
	t.Parallel()
	var tenths [10]int
	for range 10_000 {
		id := uuid.Must(uuid.NewV7())
		m := momentOf(id)
		if m < 0 || m >= time.Second || m != momentOf(id) {
			t.Fatalf("the moment of %s is %s", id, m)
		}
		tenths[10*m/time.Second]++
	}
	for _, n := range tenths {
		if n < 800 || n > 1200 { // 6 standard deviations
			t.Errorf("by tenths of a second: %v", tenths)
			break
		}
	}
}
