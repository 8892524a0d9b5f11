package lead

import "slices"

// An Obstacle is why a member gets no lead by turn at an instant. Empty means that nothing is in the way: they are available.
type Obstacle string

// The obstacles. Of several that hold at once a member has the first of this order.
const (
	// ObstacleInactive means that the member is deactivated or removed.
	ObstacleInactive Obstacle = "inactive"
	// ObstacleHolds means that the member already has a copy of the lead.
	ObstacleHolds Obstacle = "already_assigned"
	// ObstacleNotAnswered means that the lead was offered to them and they did not accept it.
	ObstacleNotAnswered Obstacle = "not_answered"
	// ObstacleOffDuty means that they, or an administrator for them, switched themselves off duty.
	ObstacleOffDuty Obstacle = "off_duty"
	// ObstacleAway means that they are in an absence.
	ObstacleAway Obstacle = "away"
	// ObstacleOutsideHours means that it is no working hour by their clock.
	ObstacleOutsideHours Obstacle = "outside_hours"
	// ObstacleCapHour to ObstacleCapMonth mean that they got as many leads in this hour, day, week or month as they may.
	ObstacleCapHour  Obstacle = "cap_hour"
	ObstacleCapDay   Obstacle = "cap_day"
	ObstacleCapWeek  Obstacle = "cap_week"
	ObstacleCapMonth Obstacle = "cap_month"
	// ObstacleCapOpen means that they have as many open copies as they may.
	ObstacleCapOpen Obstacle = "cap_open"
)

// Obstacles lists every obstacle.
func Obstacles() []Obstacle {
	return []Obstacle{ObstacleInactive, ObstacleHolds, ObstacleNotAnswered, ObstacleOffDuty, ObstacleAway, ObstacleOutsideHours,
		ObstacleCapHour, ObstacleCapDay, ObstacleCapWeek, ObstacleCapMonth, ObstacleCapOpen}
}

// caps are the obstacles that a cap makes.
var capObstacles = []Obstacle{ObstacleCapHour, ObstacleCapDay, ObstacleCapWeek, ObstacleCapMonth, ObstacleCapOpen}

// ObstacleOf is the obstacle that history has a word for. Older history has another one for somebody inactive.
func ObstacleOf(word string) Obstacle {
	if word == "member_inactive" {
		return ObstacleInactive
	}
	return Obstacle(word)
}

// UnmarshalText reads an obstacle as history has it.
func (o *Obstacle) UnmarshalText(word []byte) error {
	*o = ObstacleOf(string(word))
	return nil
}

// IsCap reports whether a cap is in the way.
func (o Obstacle) IsCap() bool { return slices.Contains(capObstacles, o) }
