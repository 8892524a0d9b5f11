package lead

import (
	"slices"
	"time"
)

// Channel is a way by which members are told of their leads.
type Channel string

// The channels.
const (
	Telegram Channel = "telegram"
	Email    Channel = "email"
)

// Channels lists all channels, in the order in which they are preferred.
func Channels() []Channel { return []Channel{Telegram, Email} }

// ChooseChannels is how a member is to be told: by all of the channels they chose that reach them, else by the first that
// does. A nil choice is none, an empty one is the wish not to be told. reach lists the channels that reach them, in the
// order of Channels.
func ChooseChannels(choice, reach []Channel) []Channel {
	if choice != nil && len(choice) == 0 || len(reach) == 0 {
		return nil
	}
	var chosen []Channel
	for _, c := range reach {
		if slices.Contains(choice, c) {
			chosen = append(chosen, c)
		}
	}
	if len(chosen) == 0 {
		return reach[:1]
	}
	return chosen
}

// Until is the moment until which a time's hours last, the zero time where it is not in the hours.
func (h Hours) Until(t time.Time, zone *time.Location) (end time.Time) {
	today := h.day(t, zone)
	for day := today - 1; day <= today+1; day++ { // a clock change may stretch or part a day's hours
		for _, s := range h.window(day, zone) {
			if at := max(t.Unix(), end.Unix()); s.from <= at && at < s.to {
				end = time.Unix(s.to, 0).UTC()
			}
		}
	}
	return end
}
