package console_test

import (
	"net/http"
	"net/url"
	"testing"
)

// opened is what a form sends that was opened now, as a browser fills it in, with some fields set.
func (p shownPage) opened(filled ...string) url.Values {
	p.t.Helper()
	form := p.sends()
	form.Set("seen", p.between(`name="seen" value="`, `"`))
	for i := 0; i < len(filled); i += 2 {
		form.Set(filled[i], filled[i+1])
	}
	return form
}

// TestTwoPeopleEditOneThing: the second is told what the first has changed, keeps what they wrote, takes over what they left alone, and
// may then save.
func TestTwoPeopleEditOneThing(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	member := s.make("members", map[string]any{"name": "Siew Ling", "email": "s@example.com"})
	source := s.make("sources", map[string]any{"name": "Fair"})
	l := s.make("leads", map[string]any{"name": "Siti", "fields": map[string]any{"City": "Ipoh"}})
	for _, c := range []struct {
		address, api string
		theirs       map[string]any
		mine         []string // what the form holds: a field that I changed, one that I left alone
		shows, kept  string
		check        func(map[string]any) bool
	}{
		{
			"members/" + member + "/edit", "members/" + member, map[string]any{"email": "new@example.com", "name": "Siew"},
			[]string{"name", "Siew Ling Tan", "email", "s@example.com"}, "made this “Siew” meanwhile", `value="new@example.com"`,
			func(m map[string]any) bool { return m["name"] == "Siew Ling Tan" && m["email"] == "new@example.com" },
		},
		{
			"sources/" + source + "/edit", "sources/" + source, map[string]any{"for_customers": false, "name": "October fair"},
			[]string{"name", "Spring fair", "enabled", "yes", "for_leads", "yes", "for_customers", "yes"}, "made this “October fair” meanwhile", `id="f-for_leads" checked`,
			func(m map[string]any) bool { return m["name"] == "Spring fair" && m["for_customers"] == false },
		},
		{
			"leads/" + l + "/edit", "leads/" + l, map[string]any{"name": "Siti Rahman", "fields": map[string]any{"City": "Kuala Lumpur"}},
			[]string{"name", "Siti R.", "more", "City: Ipoh"}, "made this “Siti Rahman” meanwhile", "City: Kuala Lumpur",
			func(m map[string]any) bool {
				return m["name"] == "Siti R." && m["fields"].(map[string]any)["City"] == "Kuala Lumpur"
			},
		},
	} {
		page := s.get("/console/" + c.address).is(http.StatusOK)
		s.api("PATCH", "/v1/"+c.api, c.theirs)
		again := s.post("/console/"+c.address, page.opened(c.mine...)).is(http.StatusUnprocessableEntity).
			shows("Somebody else has changed this", c.shows, `value="`+c.mine[1]+`"`, c.kept, "theirs is shown", `id="f-name-note"`)
		form := again.opened(c.mine...)
		switch c.api {
		case "members/" + member:
			form.Set("email", "new@example.com")
		case "sources/" + source:
			form.Del("for_customers")
		default:
			form.Set("more", "City: Kuala Lumpur")
		}
		s.leadsTo(s.post("/console/"+c.address, form), "Saved.")
		if got := s.api("GET", "/v1/"+c.api, nil); !c.check(got) {
			t.Errorf("%s is %v", c.api, got)
		}
		// An older form is refused again, and one that says nothing of what it was made of is as in a program without preconditions.
		s.post("/console/"+c.address, page.opened(c.mine...)).is(http.StatusUnprocessableEntity)
	}
}

// TestTwoPeopleEditTheWorkspaceAndAGroup, each of which has a form of its own.
func TestTwoPeopleEditTheWorkspaceAndAGroup(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b, c := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"}), s.make("members", map[string]any{"name": "Chong"})
	settings := s.get("/console/settings").is(http.StatusOK)
	s.api("PATCH", "/v1/workspace", map[string]any{"region": "SG", "features": map[string]any{"scheduled_distribution": false}})
	s.post("/console/settings", settings.opened(
		"name", "Acme", "timezone", "Asia/Kuala_Lumpur", "region", "ID", "leads_distribution", "yes", "scheduled_distribution", "yes",
		"from", "09:00", "to", "21:00", "policy", "allow", "days", "30", "statuses", "new", "won_status", "",
	)).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this workspace", "made this “SG” meanwhile", `value="ID"`, "theirs is shown")
	if w := s.api("GET", "/v1/workspace", nil); w["region"] != "SG" {
		t.Errorf("the region is %v by now", w["region"])
	}

	group := s.ring("Sales", a, b)
	at := "/console/groups/" + group + "/edit"
	row := func(form url.Values, key, member string) url.Values {
		form.Add("row", key)
		form.Set("seat."+key, "0")
		form.Set("member."+key+".0", member)
		form.Set("weight."+key, "1")
		form.Set("notify."+key+".0", "yes")
		return form
	}
	opened := s.get(at).is(http.StatusOK)
	s.api("PUT", "/v1/groups/"+group, map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": a}}, "weight": 3}, map[string]any{"members": []any{map[string]any{"member_id": c}}},
	}})
	// Who has changed the name alone takes over the other's receivers.
	form := row(row(opened.opened("name", "Sellers", "method", "round_robin", "do", "save"), "0", a), "1", b)
	s.post(at, form).is(http.StatusUnprocessableEntity).
		shows("Somebody else has changed this group", "theirs is shown", `value="Sellers"`, `value="`+c+`" selected`).lacks(`value="` + b + `" selected`)
	// Who has changed them too keeps their own, and sees the other's.
	form = row(row(opened.opened("name", "Sales", "method", "round_robin", "do", "save"), "0", b), "1", a)
	again := s.post(at, form).is(http.StatusUnprocessableEntity).shows("made this “Aisyah ×3, Chong” meanwhile", `value="`+b+`" selected`)
	form = row(row(again.opened("name", "Sales", "method", "round_robin", "do", "save"), "0", b), "1", a)
	s.leadsTo(s.post(at, form), "Saved.")
}
