package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestCommandsSayWhoCanTakeALead sets when members work, when they are away and how many leads they get, and shows who can take one.
func TestCommandsSayWhoCanTakeALead(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t) // with a member Mia and a group Sales
	y := &typist{tb: t, flags: flags}
	y.line(exitOK, "member create Ben")
	y.types(exitOK, "group", "create", "Offers", "--method", "first_to_accept", "--slot", "Mia,Ben")
	y.shows("group show Offers", "first_to_accept")
	y.shows("group availability Offers", "Mia", "Ben", "yes")

	y.shows("member duty Ben off", "is off duty")
	y.shows("group availability Offers", "no ", "off duty")
	y.shows("member duty Ben on", "is on duty")
	y.line(exitUsage, "member duty Ben maybe")

	y.shows("member hours Ben", "any time")
	y.line(exitOK, "member hours Ben --day mon-fri=09:00-12:30,13:30-18:00 --day sat=22:00-02:00")
	y.shows("member hours Ben", "mon  09:00-12:30, 13:30-18:00", "sat  22:00-02:00")
	y.shows("group availability Offers --at 2030-01-06T04:00:00Z", "outside hours", "2030-01-0") // a Sunday
	for _, wrong := range []string{"--day fri-mon=09:00-18:00", "--day mon", "--day mon=9", "--day noday=09:00-18:00", "--always --day mon=09:00-18:00"} {
		y.line(exitUsage, "member hours Ben "+wrong)
	}
	y.line(exitRefused, "member hours Ben --day mon=9-18:00")
	y.shows("member hours Ben --always", "there at any time")

	y.types(exitOK, "member", "absence", "add", "Ben", "2030-01-01", "2030-01-07", "--note", "year's end")
	y.shows("member absence list Ben", "2030-01-01", "2030-01-07", "year's end")
	y.shows("group availability Offers --at 2030-01-06T04:00:00Z", "away")
	y.line(exitRefused, "member absence add Ben 2030-01-07 2030-01-01")
	all := parse[struct{ Items []absenceItem }](t, y.line(exitOK, "member absence list Ben --json"))
	y.shows("member absence remove Ben "+all.Items[0].ID.String(), "is taken back")
	y.line(exitRefused, "member absence remove Ben "+all.Items[0].ID.String())

	y.shows("member caps Ben", "per_day", "any number")
	y.line(exitOK, "member caps Ben --per-day 5 --open 20")
	y.types(exitOK, "member", "caps", "Ben", "--open", "")
	if caps := parse[map[string]*int](t, y.line(exitOK, "member caps Ben --json")); caps["per_day"] == nil || *caps["per_day"] != 5 || caps["open"] != nil {
		t.Errorf("the caps are %v", caps)
	}
	y.line(exitUsage, "member caps Ben --per-day many")
	y.shows("member caps Ben --none", "without limits")
}

// TestGroupEditKeepsCaps edits a group whose receivers have caps, and whose leads are offered.
func TestGroupEditKeepsCaps(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	y.line(exitOK, "member create Ben")
	y.types(exitOK, "group", "create", "Offers", "--method", "first_to_accept", "--slot", "Mia,Ben")
	var g map[string]any
	read := func() string {
		t.Helper()
		text := y.line(exitOK, "group show Offers --json")
		if err := json.Unmarshal([]byte(text), &g); err != nil {
			t.Fatal(err)
		}
		return text
	}
	read()
	slots := g["slots"].([]any)
	slots[0].(map[string]any)["members"].([]any)[0].(map[string]any)["caps"] = map[string]any{"per_day": 3}
	api, err := call(flags)
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"name": "Offers", "method": "first_to_accept", "slots": slots}
	if err := api.Call(t.Context(), http.MethodPut, "/v1/groups/"+g["id"].(string), body, nil); err != nil {
		t.Fatal(err)
	}
	y.line(exitOK, "member create Siew")
	y.line(exitOK, "group edit Offers --add Siew")
	if text := read(); !strings.Contains(text, `"per_day": 3`) && !strings.Contains(text, `"per_day":3`) {
		t.Errorf("the caps are gone: %s", text)
	}
	y.types(exitOK, "group", "edit", "Offers", "--slot", "Mia,Siew", "--slot", "Ben")
	if read(); g["method"] != "first_to_accept" {
		t.Errorf("the method is %v", g["method"])
	}
}
