package console

import (
	"cmp"
	"slices"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A target is to whom leads are to go, and when, as a form asks for it.
type target struct {
	Group  input
	People []person
	// PeopleError is what is wrong with the people, PaceError with the pace.
	PeopleError, PaceError string
	// Named says that people are ticked, Later that it is not to be now.
	Named, Later bool
	Paces        []person
	At           input
	Zone         string
}

// A person is one of several to be ticked.
type person struct {
	Value, Label string
	Checked      bool
}

// maxBoxes bounds the people who are listed with a box each; more are a list to choose several from.
const maxBoxes = 60

// Crowd says that there are too many people for a box each.
func (t *target) Crowd() bool { return len(t.People) > maxBoxes }

// target asks to whom leads are to go; nobody is what the choice of no group is called. Whoever cannot receive is not offered.
func (v *visit) target(f *form, nobody string) *target {
	t := &target{Named: len(f.values["member_ids"]) > 0 || f.errors["member_ids"] != "", Later: f.value("when") == "later", Zone: v.zone.String(), PeopleError: f.errors["member_ids"], PaceError: f.errors["pace"]}
	groups := append([]option{{Label: nobody}}, v.names.options("groups", v.hasReceiver)...)
	for _, idle := range v.names.options("groups", func(g object) bool { return !v.hasReceiver(g) }) {
		groups = append(groups, option{Label: v.say("%s (nobody can receive)", idle.Label), Off: true})
	}
	t.Group = f.made(input{Kind: "select", Name: "group_id", Label: v.say("Group"), Hint: v.say("One turn a lead: each goes to whoever is next."), Options: groups})
	for _, m := range v.names.options("members", isActive) {
		t.People = append(t.People, person{m.Value, m.Label, slices.Contains(f.values["member_ids"], m.Value)})
	}
	pace := cmp.Or(f.value("pace"), string(lead.Normal))
	for _, p := range lead.Paces {
		t.Paces = append(t.Paces, person{string(p), v.say(paceNames[string(p)]), string(p) == pace})
	}
	t.Paces = append(t.Paces, person{"at", v.say("At a time"), pace == "at"})
	t.At = f.made(input{Kind: "datetime-local", Name: "at", Label: v.say("Time"), Hint: v.say("By the clock of %s.", t.Zone)})
	return t
}

// hasReceiver says whether a group has anybody who can receive.
func (v *visit) hasReceiver(group object) bool {
	for _, s := range receiversOf(group) {
		for _, m := range s.Members {
			if v.whyNot(m.MemberID.String()) == "" {
				return true
			}
		}
	}
	return false
}

// distribution is what a form says of to whom and when, as the API takes it, nil where that is nobody. What is wrong is left
// beside the fields, and ok is false.
func (v *visit) distribution(f *form) (d map[string]any, ok bool) {
	d = map[string]any{}
	group, members := f.value("group_id"), f.values["member_ids"]
	switch {
	case group != "" && len(members) > 0:
		f.errors["group_id"] = v.say("Choose either a group or people, not both.")
	case group == routed:
		d["route"] = true
	case group != "":
		d["group_id"] = group
	case len(members) > 0:
		d["member_ids"] = members
	default:
		return nil, true
	}
	at, pace := f.value("at"), f.value("pace")
	switch {
	case f.value("when") != "later":
	case pace == "at" && at == "":
		f.errors["at"] = v.say("Say at what time.")
	case pace == "at":
		moment, err := v.moment("at", at)
		if err != nil {
			f.errors["at"] = v.say("This is no moment; write it as 2026-03-01T09:00.")
		}
		d["at"] = moment
	case at != "":
		f.errors["at"] = v.say("Choose “At a time” for this, or leave it empty.")
	case pace == "":
		f.errors["pace"] = v.say("Choose how fast, or a time.")
	default:
		d["pace"] = pace
	}
	return d, len(f.errors) == 0
}
