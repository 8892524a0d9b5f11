package worker

import (
	"testing"
	"time"
)

// TestDeliveriesAreTriedForADay adds up the waits.
func TestDeliveriesAreTriedForADay(t *testing.T) {
	t.Parallel()
	age, attempt := time.Duration(0), 1
	for {
		wait, again := untilNext(attempt)
		if !again {
			break
		}
		if attempt == 1 && (wait < 5*time.Second || wait >= 6*time.Second) {
			t.Errorf("the second attempt comes after %s", wait)
		}
		age += wait
		attempt++
	}
	if attempt != 10 || age < 24*time.Hour || age > 27*time.Hour {
		t.Errorf("%d attempts in %s", attempt, age)
	}
}
