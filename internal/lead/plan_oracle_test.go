package lead

import (
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// An oracle knows the rules by reading the wall clock minute by minute, and shares no code with the planner.
type oracle struct {
	Schedule
	Workload
	lengths map[string]dayLength
}

// dayLength is how many minutes a day's hours have, and how many of them are to come.
type dayLength struct{ all, left int }

func newOracle(s Schedule) oracle { return oracle{s, s.Members[0], map[string]dayLength{}} }

// read is the day of a moment, and whether it is inside the hours.
func (o oracle) read(t time.Time) (day time.Time, inside bool) {
	local := t.In(o.Zone)
	y, m, d := local.Date()
	clock := Clock(local.Hour()*60 + local.Minute())
	if o.Hours.From < o.Hours.To {
		inside = o.Hours.From <= clock && clock < o.Hours.To
	} else {
		inside = o.Hours.From <= clock || clock < o.Hours.To
		if clock < o.Hours.From {
			d--
		}
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), inside
}

func (o oracle) day(t time.Time) string {
	day, _ := o.read(t)
	return day.Format(time.DateOnly)
}

func (o oracle) perDay(times []time.Time) map[string]int {
	n := map[string]int{}
	for _, t := range times {
		n[o.day(t)]++
	}
	return n
}

func (o oracle) length(date string) dayLength {
	n, known := o.lengths[date]
	if known {
		return n
	}
	midnight, _ := time.Parse(time.DateOnly, date)
	for at := midnight.Add(-wholeDay); at.Before(midnight.Add(3 * wholeDay)); at = at.Add(time.Minute) {
		if day, inside := o.read(at); inside && day.Equal(midnight) {
			n.all++
			if at.After(o.Now) {
				n.left++
			}
		}
	}
	o.lengths[date] = n
	return n
}

func (o oracle) checkTimes(t *rapid.T, plan []time.Time) {
	for i, due := range plan {
		day, inside := o.read(due)
		switch {
		case !due.After(o.Now):
			t.Fatalf("%v is not after now, %v", due, o.Now)
		case due.Nanosecond() != 0 || due.Location() != time.UTC:
			t.Fatalf("%v is not a whole second in UTC", due)
		case i > 0 && !plan[i-1].Before(due):
			t.Fatalf("%v comes after %v", due, plan[i-1])
		case !inside:
			t.Fatalf("%v is outside the hours %v", due.In(o.Zone), o.Hours)
		case !day.Equal(o.Hours.Day(due, o.Zone)):
			t.Fatalf("%v belongs to %v, not %v", due.In(o.Zone), day, o.Hours.Day(due, o.Zone))
		}
	}
}

func (o oracle) checkDistance(t *rapid.T, plan []time.Time) {
	distance := func(at time.Time) time.Duration {
		length := time.Duration(o.length(o.day(at)).all) * time.Minute
		return max(time.Second, (length / time.Duration(4*o.Pace.Max())).Truncate(time.Second))
	}
	for i, due := range plan {
		if i > 0 && due.Sub(plan[i-1]) < min(distance(due), distance(plan[i-1])) {
			t.Fatalf("%v is too close to %v", due, plan[i-1])
		}
		for _, taken := range o.Taken {
			if due.Sub(taken).Abs() < distance(due) {
				t.Fatalf("%v is too close to %v, which is taken", due, taken)
			}
		}
	}
}

// checkDays goes through the days until the last one, which may hold the rest.
func (o oracle) checkDays(t *rapid.T, plan []time.Time) {
	if len(plan) == 0 {
		return
	}
	planned, taken := o.perDay(plan), o.perDay(o.Taken)
	for day, n := range planned {
		if n+taken[day] > o.Pace.Max() {
			t.Fatalf("%s has %d leads and %d taken at a %s pace", day, n, taken[day], o.Pace)
		}
	}
	later := o.perDay(slices.DeleteFunc(slices.Clone(o.Taken), func(t time.Time) bool { return !t.After(o.Now) }))
	today, _ := o.read(o.Now)
	last := o.day(plan[len(plan)-1])
	for at := today.Add(-wholeDay); ; at = at.Add(wholeDay) { // a clock put back over midnight repeats yesterday's end
		day := at.Format(time.DateOnly)
		n, length := planned[day], o.length(day)
		if length.left < 5 { // as little as a clock change may leave
			if day == last {
				return
			}
			continue
		}
		// Minutes are a little too coarse for the share of a day that has begun.
		share, blur := float64(length.left)/float64(length.all), 0.5
		if length.left < length.all {
			blur += float64(o.Pace.Max()) / float64(length.all)
		}
		if most := float64(o.Pace.Max())*share + blur; n > 0 && float64(n+later[day]) > most {
			t.Fatalf("%s has %d leads and %d taken for %.2f of its hours at a %s pace", day, n, later[day], share, o.Pace)
		}
		if day == last {
			return
		}
		least := min(math.Ceil(float64(o.Pace.Min())*share-blur)-float64(later[day]), float64(o.Pace.Min()-taken[day]))
		if float64(n) < least {
			t.Fatalf("%s has only %d leads and %d taken for %.2f of its hours at a %s pace", day, n, taken[day], share, o.Pace)
		}
	}
}
