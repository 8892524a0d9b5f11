package lead

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Schedule asks for leads to be spread over days.
type Schedule struct {
	// Now is the moment of planning: every lead is due after it.
	Now time.Time
	// Seed decides whatever is drawn at random.
	Seed Seed
	// Pace bounds a day's leads.
	Pace Pace
	// Hours bound a day's due times, by each member's own clock.
	Hours Hours
	// Members each appear once, in any order: a member's plan does not depend on the others.
	Members []Workload
}

// A Workload is what one member is to receive on a Schedule, and what they have anyway.
type Workload struct {
	MemberID uuid.UUID
	// Zone is the member's, else their workspace's.
	Zone *time.Location
	// Works is when they work, by the clock of Zone.
	Works Calendar
	// From is before when nothing is planned for them, where that is after Now.
	From time.Time
	// Caps bound what they get, on top of the pace.
	Caps []Capped
	// Leads is how many to plan.
	Leads int
	// Taken are the due times, in any order, of leads that the member has besides: all that are pending for them from
	// other schedules (Now for one that is overdue and goes out at once), and those that went out to them on schedule
	// since the distribution day of Now began.
	Taken []time.Time
	// Counted are dates, as midnight UTC, for each of which one more lead counts than Taken says: one that went out to the
	// member on another day, and counted for this one by the zone and hours of that time.
	Counted []time.Time
}

// Capped is what a member gets of all groups or of one, and what bounds it. Its Caps.Open bounds no plan: nobody knows when copies are
// closed.
type Capped struct {
	Caps Caps
	// Got is what they got in the windows of Now, and what is overdue and goes out at once.
	Got Count
	// Taken are the due times after Now, in any order, of what is pending for them.
	Taken []time.Time
}

// Plan draws due times: for each member, in the order given, as many as they have leads, ascending, so that the n-th
// lead has the n-th time. Times are UTC, in whole seconds since the queue knows nothing finer. The same schedule
// always gives the same plan (while the zones' rules stay as they are). Leads that are overdue are planned anew in the
// same way: their number is Leads, and they are not in Taken.
//
//   - A day is a distribution day, see Hours.Day. Each has a count drawn at random within the pace's range, which what is
//     taken on that day uses up first. So schedules together never pass the maximum of the pace being planned on a day
//     to which it adds, and every full day is within its range until the leads run out.
//   - The day under way gets as much of its count as it has left of its hours, rounded to the nearest lead; what is
//     taken in the time left uses that up first.
//   - Due times are strictly after Now, and uniformly random where the wall clock in the zone reads inside the hours:
//     time that a clock change skips is not used, and time that it repeats is used twice.
//   - A planned time is at least 1/(4 × Max) of its day's hours, and a second, from the member's others, taken or planned.
//     What does not fit in a day, because a clock change leaves only seconds of its hours, goes to the next.
//   - A day's hours are those of them that are working hours, and what an absence takes of them counts as over: half a day off
//     is half of the count. No time is planned in an hour, day, week or month of which a cap is used up.
//   - For whoever never works in the hours, patience days in a row, and after tooFar days, the rest is planned as if they
//     always did, and had no caps: who asks for such a plan finds them unavailable when it is due, and plans again.
//
// It fails where the pace, hours, a zone or a number of leads is not valid, or a member is listed twice.
func Plan(s Schedule) ([][]time.Time, error) {
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("planning a schedule: %w", err)
	}
	plans := make([][]time.Time, len(s.Members))
	for i, w := range s.Members {
		plans[i] = newPlanner(s, w).plan(w.Leads)
	}
	return plans, nil
}

func (s Schedule) validate() error {
	if s.Now.IsZero() {
		return errors.New("the time of planning is missing")
	}
	if _, err := ParsePace(string(s.Pace)); err != nil {
		return err
	}
	if err := s.Hours.Validate(); err != nil {
		return err
	}
	listed := make(map[uuid.UUID]bool, len(s.Members))
	for _, w := range s.Members {
		switch {
		case listed[w.MemberID]:
			return fmt.Errorf("member %s is listed twice: plan all of their leads as one", w.MemberID)
		case w.Zone == nil:
			return fmt.Errorf("member %s has no time zone: give theirs or the workspace's", w.MemberID)
		case w.Leads < 0:
			return fmt.Errorf("member %s has %d leads to plan: give 0 or more", w.MemberID, w.Leads)
		}
		listed[w.MemberID] = true
	}
	return nil
}
