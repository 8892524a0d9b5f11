package console

import (
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// receiversOf are a group's receivers as they are listed.
func receiversOf(group object) []lead.Listed {
	var all []lead.Listed
	slots, _ := group.get("slots").([]any)
	for _, s := range slots {
		slot, _ := s.(object)
		listed := lead.Listed{Weight: 1}
		if n, is := slot.get("weight").(json.Number); is {
			if weight, err := n.Int64(); err == nil {
				listed.Weight = int(weight)
			}
		}
		members, _ := slot.get("members").([]any)
		for _, m := range members {
			one, _ := m.(object)
			r := lead.Receiver{MemberID: uuidOf(one.text("member_id")), Notify: one.is("notify")}
			if caps, capped := one.get("caps").(object); capped {
				r.Caps = capsOf(caps)
			}
			listed.Members = append(listed.Members, r)
		}
		all = append(all, listed)
	}
	return all
}

// whyNot says why a member cannot receive leads now, empty where they can.
func (v *visit) whyNot(member string) string {
	switch one := v.names.one("members", member); {
	case one == nil:
		return v.say("removed")
	case !one.is("active"):
		return v.say("deactivated")
	case v.obstacles[member] != "":
		return v.obstacles[member]
	case !one.is("on_duty"):
		return v.say("off duty")
	}
	return ""
}

// capsOf are caps as the API has them.
func capsOf(caps object) *lead.Caps {
	all := &lead.Caps{}
	for name, into := range byName(all) {
		if n, err := strconv.Atoi(caps.text(name)); err == nil {
			*into = &n
		}
	}
	return all
}

// byName are caps by what the API calls them.
func byName(caps *lead.Caps) map[string]**int {
	return map[string]**int{
		"per_hour": &caps.PerHour, "per_day": &caps.PerDay, "per_week": &caps.PerWeek, "per_month": &caps.PerMonth, "open": &caps.Open,
	}
}

// uuidOf is an id of the API's, none where it is no id.
func uuidOf(text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return uuid.Nil
	}
	return id
}
