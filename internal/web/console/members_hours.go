package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/language"
)

// days are the days of a week as people and the API call them, in the order of a week.
var days = []struct {
	Name  string
	Label language.Text
}{
	{"mon", "Monday"}, {"tue", "Tuesday"}, {"wed", "Wednesday"}, {"thu", "Thursday"}, {"fri", "Friday"}, {"sat", "Saturday"}, {"sun", "Sunday"},
}

// capNames are the caps as people and the API call them.
var capNames = []struct {
	Name         string
	Label, Words language.Text
}{
	{"per_hour", "Leads an hour", "an hour"}, {"per_day", "Leads a day", "a day"}, {"per_week", "Leads a week", "a week"},
	{"per_month", "Leads a month", "a month"}, {"open", "Open leads", "open"},
}

// editHours asks when a member takes leads, and how many.
func editHours(v *visit) (*page, error) {
	one, f, err := v.openItem("members", "hours", hoursValues)
	if err != nil {
		return nil, err
	}
	return v.hoursForm(one, f)
}

func saveHours(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("members")
	if err != nil {
		return nil, err
	}
	body := hoursBody(f)
	return v.save(f, edit{http.MethodPatch, "/v1/members/" + one.text("id"), body, "member", hoursValues, hoursField}, here, func() (*page, error) {
		return v.hoursForm(one, f)
	})
}

func (v *visit) hoursForm(one object, f *form) (*page, error) {
	f.check("on_duty", "On duty", "Off duty they get no leads by turn until they are back; what is given to them by name still comes.")
	f.add(input{Kind: "select", Name: "works", Label: v.say("Works"), Wide: true, Options: []option{
		{Value: "always", Label: v.say("at any time")}, {Value: "hours", Label: v.say("in the hours below, by their own clock")},
	}})
	for _, d := range days {
		hint := language.Text("")
		if d.Name == "mon" {
			hint = "As in 09:00-12:30, 14:00-18:00. Over midnight: 22:00-06:00. Empty: no leads on that day."
		}
		f.text("text", d.Name, d.Label, hint)
	}
	for _, c := range capNames {
		f.text("text", c.Name, c.Label, "")
	}
	f.Fields[len(f.Fields)-1].Hint = v.say("Those whose status is not closed: see Settings. Empty limits are none. They hold over all groups.")
	return formPage(v.say("Hours and limits of %s", v.called(one)), f, &link{v.called(one), home + "members/" + one.text("id")}), nil
}

// hoursValues are what the form of a member's hours and limits holds.
func hoursValues(one object) url.Values {
	values := url.Values{"works": {"always"}}
	if one.is("on_duty") {
		values.Set("on_duty", "yes")
	}
	if one.get("working_hours") != nil {
		values.Set("works", "hours")
		for _, d := range days {
			values.Set(d.Name, spansInWords(one, d.Name))
		}
	}
	for _, c := range capNames {
		values.Set(c.Name, one.text("caps."+c.Name))
	}
	return values
}

// spansInWords are a weekday's spans of working hours as a form has them.
func spansInWords(one object, day string) string {
	spans, _ := one.get("working_hours." + day).([]any)
	var all []string
	for _, s := range spans {
		if span, is := s.(object); is {
			all = append(all, span.text("from")+"-"+span.text("to"))
		}
	}
	return strings.Join(all, ", ")
}

// hoursBody is what the form says; what cannot be read is among its errors.
func hoursBody(f *form) map[string]any {
	body := map[string]any{"on_duty": f.value("on_duty") != "", "working_hours": nil}
	if f.value("works") == "hours" {
		hours := map[string]any{}
		for _, d := range days {
			spans := []map[string]string{}
			for span := range strings.SplitSeq(f.value(d.Name), ",") {
				from, to, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(span), "–", "-"), "-")
				if from = strings.TrimSpace(from); from != "" {
					spans = append(spans, map[string]string{"from": padded(from), "to": padded(strings.TrimSpace(to))})
				}
			}
			hours[d.Name] = spans
		}
		body["working_hours"] = hours
	}
	caps := map[string]any{}
	for _, c := range capNames {
		caps[c.Name] = nil
		if text := f.value(c.Name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				f.errors[c.Name] = f.say("This is no whole number.")
			}
			caps[c.Name] = n
		}
	}
	body["caps"] = caps
	return body
}

// padded is a time of day with both digits of its hour.
func padded(clock string) string {
	if len(clock) == len("9:00") && clock[1] == ':' {
		return "0" + clock
	}
	return clock
}

// hoursField is the form's field for one of the API's.
func hoursField(field string) string {
	if day, is := strings.CutPrefix(field, "working_hours."); is {
		day, _, _ = strings.Cut(day, "[")
		return day
	}
	if field == "working_hours" {
		return "works"
	}
	return strings.TrimPrefix(field, "caps.")
}

// hoursInWords says when a member works.
func (v *visit) hoursInWords(one object) shown {
	if one.get("working_hours") == nil {
		return shown{Text: v.say("at any time")}
	}
	var all []shown
	for _, d := range days {
		if spans := spansInWords(one, d.Name); spans != "" {
			all = append(all, shown{Text: v.say(d.Label) + " " + strings.ReplaceAll(spans, "-", "–")})
		}
	}
	if len(all) == 0 {
		return shown{Text: v.say("never"), Tone: "warn"}
	}
	return shown{Items: all}
}

// capsInWords says how many leads a member gets at the most.
func (v *visit) capsInWords(one object) shown {
	var all []string
	for _, c := range capNames {
		if n := one.text("caps." + c.Name); n != "" {
			all = append(all, n+" "+v.say(c.Words))
		}
	}
	if len(all) == 0 {
		return shown{Text: v.say("any number")}
	}
	return shown{Text: strings.Join(all, ", ")}
}

// An absenceView is an absence to come.
type absenceView struct{ ID, Words string }

// absencesOf lists a member's absences that are not over.
func (v *visit) absencesOf(member string) (all []absenceView, err error) {
	var list struct{ Items []object }
	if err := v.get("/v1/members/"+url.PathEscape(member)+"/absences?limit=200", &list); err != nil {
		return nil, err
	}
	for _, a := range list.Items {
		from, to := a.text("from"), a.text("to")
		words := v.say("%s to %s", from, to)
		over := to < v.now.In(v.zone).Format(time.DateOnly)
		if at, err := time.Parse(time.RFC3339, to); err == nil {
			over = at.Before(v.now)
			since, _ := time.Parse(time.RFC3339, from)
			words = v.say("%s to %s", since.In(v.zone).Format("2 Jan 2006 15:04"), at.In(v.zone).Format("2 Jan 2006 15:04"))
		}
		if over {
			continue
		}
		if note := a.text("note"); note != "" {
			words += ", " + note
		}
		all = append(all, absenceView{a.text("id"), words})
	}
	return all, nil
}

func newAbsence(v *visit) (*page, error) {
	one, err := v.item("members")
	if err != nil {
		return nil, err
	}
	here := home + "members/" + one.text("id")
	return v.absenceForm(one, v.newForm(here+"/absences/new", here, url.Values{}))
}

func addAbsence(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("members")
	if err != nil {
		return nil, err
	}
	f.does(v)
	body := map[string]any{"from": f.value("from"), "to": f.value("to"), "note": f.value("note")}
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/members/"+one.text("id")+"/absences", body, nil)
	if err != nil && f.refused(err, same) {
		return v.absenceForm(one, f)
	}
	if err != nil {
		return nil, err
	}
	return v.done(here, "added")
}

func (v *visit) absenceForm(one object, f *form) (*page, error) {
	f.text("date", "from", "First day", "By their own clock.")
	f.text("date", "to", "Last day", "They are back on the day after.")
	f.text("text", "note", "Notes", "")
	return formPage(f.say("Absence of %s", v.called(one)), f, &link{v.called(one), home + "members/" + one.text("id")}), nil
}

func removeAbsence(v *visit) (*page, error) {
	if err := v.readForm(maxFilled); err != nil {
		return nil, err
	}
	id, absence := v.PathValue("id"), v.PathValue("absence")
	if uuid.Validate(id) != nil || uuid.Validate(absence) != nil {
		return nil, errNoPage
	}
	if err := v.api.Call(v.Context(), http.MethodDelete, "/v1/members/"+id+"/absences/"+absence, nil, nil); err != nil {
		return nil, err
	}
	return v.done(home+"members/"+id, "removed")
}
