package lead

import "time"

// AnswerCount says which time counts until an answer is due.
type AnswerCount string

const (
	// CountAlways counts every minute.
	CountAlways AnswerCount = "always"
	// CountWorkingHours counts the minutes in which the member works.
	CountWorkingHours AnswerCount = "working_hours"
)

// AnswerCounts lists every one.
func AnswerCounts() []AnswerCount { return []AnswerCount{CountAlways, CountWorkingHours} }

// AnswerThen says what becomes of a lead that nobody answered in time.
type AnswerThen string

const (
	// ThenReassign takes it back, for the next receiver.
	ThenReassign AnswerThen = "reassign"
	// ThenTell leaves it where it is, and tells whoever is in charge.
	ThenTell AnswerThen = "tell"
)

// AnswerThens lists every one.
func AnswerThens() []AnswerThen { return []AnswerThen{ThenReassign, ThenTell} }

// AnswerWithin is in what time a group wants its leads answered. The zero value wants no answer.
type AnswerWithin struct {
	Minutes int         `json:"minutes"`
	Count   AnswerCount `json:"count"`
	Then    AnswerThen  `json:"then"`
	// AtMost is how often a lead is taken back at the most; after that it stays with who has it.
	AtMost int `json:"at_most"`
}

// None reports whether no answer is wanted.
func (a AnswerWithin) None() bool { return a.Minutes == 0 }

// Alarms are when the member of a lead given at a moment is to be reminded of it, and until when they are to answer.
func (a AnswerWithin) Alarms(given time.Time, c Calendar) (remind, by time.Time) {
	whole := time.Duration(a.Minutes) * time.Minute
	if a.Count == CountWorkingHours {
		return c.Later(given, whole/2), c.Later(given, whole)
	}
	return given.Add(whole / 2), given.Add(whole)
}

// longestLook bounds for how long a calendar is looked through for working time: who works less has no more of it.
const longestLook = 400 * 24 * time.Hour

// Later is when the calendar will have had the member work for so long since a moment.
func (c Calendar) Later(t time.Time, work time.Duration) time.Time {
	for end := t.Add(longestLook); t.Before(end); {
		o, until := c.At(t)
		if until.IsZero() {
			until = t.Add((lookAhead - 1) * 24 * time.Hour)
			if o == "" {
				return t.Add(work)
			}
		}
		if o == "" {
			if worked := until.Sub(t); worked < work {
				work -= worked
			} else {
				return t.Add(work)
			}
		}
		t = until
	}
	return t
}
