package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// fillRule fills in a rule of a form of rules.
func fillRule(form url.Values, key string, values map[string]string) {
	if !strings.Contains(" "+strings.Join(form["row"], " ")+" ", " "+key+" ") {
		form.Add("row", key)
	}
	form.Set("on."+key, "yes")
	for name, value := range values {
		form.Set(name+"."+key, value)
	}
}

// TestRulesAreBuiltWithoutScripts: three boxes each, or written out, in an order that buttons change; what is wrong stands beside its
// box, and a lead that is keyed in goes by them and tells so.
func TestRulesAreBuiltWithoutScripts(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	group := s.make("groups", map[string]any{"name": "Klang", "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": s.make("members", map[string]any{"name": "Aisyah"})}}}}})
	s.get("/console/groups").is(http.StatusOK).shows(`href="/console/rules"`)
	s.get("/console/leads/new").is(http.StatusOK).lacks("by the rules")
	const at = "/console/rules"
	page := s.get(at).is(http.StatusOK).shows("No rules yet", ">Add rule<", ">Save<")
	form := page.sends("do", "add", "seen", hiddenOf(page, "seen"))
	s.post(at, form).is(http.StatusOK).shows("Rule 1", ">Field<", ">Is<", ">Value<", ">Goes to<", ">Move up<", `source == ""`)
	fillRule(form, "0", map[string]string{"name": "fair", "by": "source", "is": "==", "value": `The "Fair"`, "to": group})
	fillRule(form, "1", map[string]string{"name": "big", "by": "text", "when": `fields["budget"] > nonsense`, "to": "none"})
	fillRule(form, "2", map[string]string{"name": "rest", "by": "all", "to": ""})
	form.Set("do", "save")
	s.post(at, form).is(http.StatusUnprocessableEntity).shows("Choose a group, or nobody.")
	form.Set("to.2", group)
	s.post(at, form).is(http.StatusUnprocessableEntity).shows("line 1, column 20", `id="f-when.1-error"`)
	form.Set("when.1", `fields["budget"] > 1000`)
	form.Set("do", "up:1")
	moved := s.post(at, form).is(http.StatusOK)
	if strings.Index(moved.body, `value="big"`) > strings.Index(moved.body, `value="fair"`) {
		t.Error("the second rule did not move up")
	}
	form.Set("do", "save")
	s.post(at, form).is(http.StatusSeeOther)
	again := s.get(at).is(http.StatusOK).shows(`source == "The \"Fair\""`)

	// Somebody else saves theirs: what was written is kept, theirs is shown, and the next press saves.
	s.api("PUT", "/v1/rules", map[string]any{"version": 1, "rules": []any{map[string]any{"name": "theirs", "then": map[string]any{"none": true}}}})
	mine := again.sends("do", "save", "seen", hiddenOf(again, "seen"))
	for i, name := range []string{"fair", "big", "rest"} {
		key := string(rune('0' + i))
		fillRule(mine, key, map[string]string{"name": name, "by": "all", "to": group})
	}
	mine.Set("value.0", "Klang")
	mine.Set("by.0", "fields")
	mine.Set("of.0", "city")
	mine.Set("is.0", "startsWith")
	told := s.post(at, mine).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this list of rules", "theirs: true → nobody", `value="city"`)
	mine.Set("seen", hiddenOf(told, "seen"))
	s.post(at, mine).is(http.StatusSeeOther)

	// A lead that is keyed in goes by them.
	form = s.get("/console/leads/new").is(http.StatusOK).shows("by the rules").sends("name", "Siti", "group_id", "route", "when", "now", "more", "city: Klang Utara")
	s.post("/console/leads/new", form).is(http.StatusSeeOther)
	s.distribute()
	leads := s.get("/console/leads").is(http.StatusOK)
	href := leads.between(`href="/console/leads/0`, `"`)
	s.get("/console/leads/0"+href).is(http.StatusOK).shows("The rule “fair” took it, of version 3 of the rules.", "Given to")
	s.get("/console/imports/new").is(http.StatusOK).shows("by the rules")

	// Rules whose group is gone take no leads, which today's page tells.
	s.api("DELETE", "/v1/groups/"+group, nil)
	s.get("/console/").is(http.StatusOK).shows("Rules whose group was deleted: fair, big, rest")
	s.get(at).is(http.StatusOK).shows("a group that was deleted")
}
