package lead

import (
	"encoding/json"
	"testing"
)

// TestOldWordOfAnObstacle reads what history kept of somebody inactive before that had the word it has.
func TestOldWordOfAnObstacle(t *testing.T) {
	for written, want := range map[string]Obstacle{"member_inactive": ObstacleInactive, "inactive": ObstacleInactive, "away": ObstacleAway} {
		var read Skip
		if err := json.Unmarshal([]byte(`{"reason":"`+written+`"}`), &read); err != nil || read.Reason != want {
			t.Errorf("%s is read as %q, %v", written, read.Reason, err)
		}
	}
}
