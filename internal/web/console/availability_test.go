package console_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHoursAbsencesAndLimits sets when a member takes leads, and sees it said where their groups are shown.
func TestHoursAbsencesAndLimits(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	aina, badri := s.make("members", map[string]any{"name": "Aina"}), s.make("members", map[string]any{"name": "Badri"})
	group := "/console/groups/" + s.ring("sales", aina, badri)
	here := "/console/members/" + aina
	s.get(here).is(http.StatusOK).shows("at any time", "any number", "None to come.")
	form := s.get(here + "/hours").is(http.StatusOK)
	wrong := s.post(here+"/hours", form.opened("on_duty", "yes", "works", "hours", "mon", "9-12", "per_day", "many"))
	wrong.is(http.StatusUnprocessableEntity).shows("This is no whole number.")
	s.post(here+"/hours", form.opened("on_duty", "yes", "works", "hours", "mon", "12:00-12:00")).is(http.StatusUnprocessableEntity).shows(`id="f-works-error"`)
	s.leadsTo(s.post(here+"/hours", form.opened("on_duty", "yes", "works", "hours", "mon", "9:00-12:30, 14:00-24:00", "per_day", "5", "open", "20")), "Saved.")
	s.get(here).shows("Monday 09:00–12:30, 14:00–24:00", "5 a day, 20 open")
	s.get(here+"/hours").shows(`value="09:00-12:30, 14:00-24:00"`, `value="5"`)

	tomorrow := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	s.post(here+"/absences/new", s.get(here+"/absences/new").is(http.StatusOK).sends("from", tomorrow, "to", "2000-01-01")).is(http.StatusUnprocessableEntity).shows(`id="f-to-error"`)
	s.leadsTo(s.post(here+"/absences/new", s.get(here+"/absences/new").sends("from", tomorrow, "to", tomorrow, "note", "dentist")), "dentist")
	s.get(here).shows(tomorrow + " to " + tomorrow + ", dentist")

	s.leadsTo(s.post(here+"/hours", s.get(here+"/hours").opened("works", "always")), "off duty")
	s.get(group).is(http.StatusOK).shows("off duty", "waits until somebody can")
	other := s.ring("evening", badri)
	s.leadsTo(s.post(group+"/policy", s.get(group+"/policy").is(http.StatusOK).opened("when_away", "owe", "owe_at_most", "4", "then", "group", "group_id", other, "after_minutes", "15")), "Saved.")
	s.get(group).shows("is owed up to 4 turns", "goes on to evening after 15 minutes")
	s.post(group+"/policy", s.get(group+"/policy").opened("when_away", "owe", "owe_at_most", "x", "then", "group", "after_minutes", "1")).is(http.StatusUnprocessableEntity).shows("Choose the group that takes them.")

	// What a group's form does not show it keeps.
	s.api("PUT", "/v1"+strings.TrimPrefix(group, "/console"), map[string]any{"name": "sales", "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": aina, "caps": map[string]any{"per_hour": 3}}}}}})
	form = s.get(group + "/edit").is(http.StatusOK)
	s.post(group+"/edit", form.opened("do", "save", "name", "sales", "method", "round_robin", "row", "0", "weight.0", "1", "seat.0", "0", "member.0.0", aina, "notify.0.0", "yes",
		"caps.0.0", html.UnescapeString(form.between(`name="caps.0.0" value="`, `"`)))).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM groups WHERE listed @> '[{"members":[{"caps":{"per_hour":3}}]}]' AND when_away = 'owe'`); n != 1 {
		t.Error("the form of the group lost what it does not show")
	}
	s.make("leads", map[string]any{"name": "L", "distribute": map[string]any{"group_id": strings.TrimPrefix(group, "/console/groups/")}})
	s.distribute()
	s.get(group).shows("1 lead wait")
	s.get("/console/pending-leads").shows("waits for somebody")
}

// TestAnAgentGoesOffDuty has an agent switch, and sees what that does.
func TestAnAgentGoesOffDuty(t *testing.T) {
	t.Parallel()
	s, member := anAgent(t, 1)
	home := s.get("/my/").is(http.StatusOK).shows("On duty", "Go off duty")
	s.leadsTo(s.post("/my/duty", home.sends()), "Off duty")
	if s.api("GET", "/v1/members/"+member, nil)["on_duty"] != false {
		t.Error("they are still on duty")
	}
	s.leadsTo(s.post("/my/duty", s.get("/my/").shows("Go on duty").sends("on", "yes")), "On duty")
	s.get("/my/settings").is(http.StatusOK).shows("When I work", "at any time")
}
