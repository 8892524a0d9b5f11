package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// readObstacles reads why receivers of a group cannot take a lead now, so that whyNot says it.
func (v *visit) readObstacles(group string) error {
	var list struct{ Items []object }
	if err := v.get("/v1/groups/"+url.PathEscape(group)+"/availability", &list); err != nil {
		return err
	}
	v.obstacles = make(map[string]string)
	for _, one := range list.Items {
		reason := one.text("reason")
		if reason == "" || reason == string(lead.ObstacleInactive) {
			continue
		}
		words := v.worded("reason", reason)
		if until := momentOf(one, "until"); !until.IsZero() {
			words = v.say("%s until %s", words, v.shortly(until))
		}
		v.obstacles[one.text("member_id")] = words
	}
	return nil
}

// shortly is a moment to come in as few words as tell it: today's by the clock.
func (v *visit) shortly(at time.Time) string {
	at, now := at.In(v.zone), v.now.In(v.zone)
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format("15:04")
	}
	return v.tongue.Date(at, "Mon 2 Jan 15:04")
}

// waitingFor says how many leads wait for a group, empty where none does.
func (v *visit) waitingFor(group string) (string, error) {
	var n struct {
		Count int
		More  bool
	}
	if err := v.get("/v1/pending-leads/count?state=waiting&group_id="+url.QueryEscape(group), &n); err != nil || n.Count == 0 {
		return "", err
	}
	return v.say("%s wait for somebody who can take them. They go out by themselves, oldest first.", v.leads(n.Count)), nil
}

// policyInWords says what a group does about receivers who cannot take a lead.
func (v *visit) policyInWords(one object) string {
	sentences := []string{v.answerInWords(one)}
	if one.text("when_away") == "owe" {
		sentences = append(sentences, v.say("Whoever cannot take a lead is owed up to %s turns.", one.text("owe_at_most")))
	} else {
		sentences = append(sentences, v.say("Whoever cannot take a lead is passed over."))
	}
	then, minutes := v.say("What nobody can take waits until somebody can."), one.text("overflow.after_minutes")
	switch name, _ := v.names.of("groups", one.text("overflow.group_id")); {
	case one.text("overflow.then") == "group" && minutes != "0":
		then = v.say("What nobody can take goes on to %s after %s minutes.", name, minutes)
	case one.text("overflow.then") == "group":
		then = v.say("What nobody can take goes on to %s.", name)
	case one.text("overflow.then") == "fail":
		then = v.say("What nobody can take fails.")
	}
	return strings.TrimSpace(strings.Join(append(sentences, then), " "))
}

// answerInWords says in what time a group wants its leads taken up, empty where in none.
func (v *visit) answerInWords(one object) string {
	minutes := one.text("answer_within.minutes")
	if minutes == "" {
		return ""
	}
	within := v.say("A lead is to be taken up within %s minutes", minutes)
	if one.text("answer_within.count") == string(lead.CountWorkingHours) {
		within = v.say("A lead is to be taken up within %s minutes of work", minutes)
	}
	if one.text("answer_within.then") == string(lead.ThenTell) {
		return v.say("%s, else those in charge are told.", within)
	}
	return v.say("%s, else it goes to the next, %s times at most.", within, one.text("answer_within.at_most"))
}

// editPolicy asks what becomes of leads that somebody, or nobody, of a group can take.
func editPolicy(v *visit) (*page, error) {
	one, f, err := v.openItem("groups", "policy", policyValues)
	if err != nil {
		return nil, err
	}
	return v.policyForm(one, f)
}

func savePolicy(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("groups")
	if err != nil {
		return nil, err
	}
	body := policyBody(one, f)
	return v.save(f, edit{http.MethodPut, "/v1/groups/" + one.text("id"), body, "group", policyValues, policyField}, here, func() (*page, error) {
		return v.policyForm(one, f)
	})
}

func (v *visit) policyForm(one object, f *form) (*page, error) {
	f.choose("when_away", "Whoever cannot take a lead when it is their turn", "", []option{
		{Value: "pass", Label: v.say("is passed over and owed nothing")}, {Value: "owe", Label: v.say("gets it made good when they are back")},
	})
	f.text("text", "owe_at_most", "Turns kept for each", "Made good with every other lead at the most, so that nobody is flooded.")
	f.choose("then", "A lead that nobody can take", "", []option{
		{Value: "wait", Label: v.say("waits until somebody can")}, {Value: "group", Label: v.say("goes on to another group")}, {Value: "fail", Label: v.say("fails")},
	})
	groups := []option{{Label: v.say("Choose…")}}
	for _, g := range v.names.options("groups") {
		if g.Value != one.text("id") {
			groups = append(groups, g)
		}
	}
	f.choose("group_id", "Group", "Where it goes on to.", groups)
	f.text("text", "after_minutes", "After minutes", "0: at once.")
	f.text("text", "answer_minutes", "Minutes to answer", "How long whoever gets a lead by turn, or is offered it, has to take it up. Empty: no time.")
	f.choose("answer_count", "What counts", "", []option{
		{Value: string(lead.CountAlways), Label: v.say("every minute")}, {Value: string(lead.CountWorkingHours), Label: v.say("the minutes in which the member works")},
	})
	f.choose("answer_then", "A lead that nobody takes up in time", "", []option{
		{Value: string(lead.ThenReassign), Label: v.say("is taken back and goes to the next")}, {Value: string(lead.ThenTell), Label: v.say("stays, and those in charge are told")},
	})
	f.text("text", "answer_at_most", "Taken back at most", "How often; then it stays, and those in charge are told.")
	return formPage(v.say("When nobody can: %s", v.called(one)), f, &link{v.called(one), home + "groups/" + one.text("id")}), nil
}

func policyValues(one object) url.Values {
	values := url.Values{
		"when_away": {one.text("when_away")}, "owe_at_most": {one.text("owe_at_most")}, "then": {one.text("overflow.then")},
		"group_id": {one.text("overflow.group_id")}, "after_minutes": {one.text("overflow.after_minutes")},
	}
	for name, empty := range map[string]string{"minutes": "", "count": string(lead.CountAlways), "then": string(lead.ThenReassign), "at_most": "3"} {
		values.Set("answer_"+name, cmp.Or(one.text("answer_within."+name), empty))
	}
	if values.Get("after_minutes") == "" {
		values.Set("after_minutes", "0")
	}
	return values
}

// policyBody is the group with the policy that the form says.
func policyBody(one object, f *form) map[string]any {
	number := func(name string) int {
		n, err := strconv.Atoi(f.value(name))
		if err != nil {
			f.errors[name] = f.say("This is no whole number.")
		}
		return n
	}
	overflow := map[string]any{"then": f.value("then")}
	if f.value("then") == "group" {
		if f.value("group_id") == "" {
			f.errors["group_id"] = f.say("Choose the group that takes them.")
		}
		overflow["group_id"], overflow["after_minutes"] = f.value("group_id"), number("after_minutes")
	}
	slots, _ := draftFrom(one).listed()
	body := map[string]any{
		"name": one.text("name"), "method": one.text("method"), "slots": slots,
		"when_away": f.value("when_away"), "owe_at_most": number("owe_at_most"), "overflow": overflow,
	}
	switch {
	case !f.values.Has("answer_minutes"): // it stays as it is
	case f.value("answer_minutes") == "":
		body["answer_within"] = nil
	default:
		body["answer_within"] = map[string]any{
			"minutes": number("answer_minutes"), "count": f.value("answer_count"), "then": f.value("answer_then"), "at_most": number("answer_at_most"),
		}
	}
	return body
}

// policyField is the form's field for one of the API's.
func policyField(field string) string {
	if name, is := strings.CutPrefix(field, "answer_within."); is {
		return "answer_" + name
	}
	field = strings.TrimPrefix(field, "overflow.")
	if !slices.Contains([]string{"when_away", "owe_at_most", "then", "group_id", "after_minutes"}, field) {
		return ""
	}
	return field
}
