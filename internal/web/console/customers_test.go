package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestCustomersAreMadeAndChanged by converting a lead and a copy, with the rules for sources said beside the field.
func TestCustomersAreMadeAndChanged(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Siew Ling"})
	leadsOnly := s.make("sources", map[string]any{"name": "Leads only", "for_customers": false})
	both := s.make("sources", map[string]any{"name": "Both"})
	for _, name := range []string{"Off", "Ex"} {
		id := s.make("sources", map[string]any{"name": name})
		s.api("PATCH", "/v1/sources/"+id, map[string]any{"enabled": false})
	}
	l := s.make("leads", map[string]any{"name": hostile, "phone": "012-345 6789", "source_id": leadsOnly, "fields": map[string]any{"City": "Kuala Lumpur", "deep": map[string]any{"kept": true}},
		"distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	copied := s.first("assigned-leads")["id"].(string)
	s.get("/console/customers").is(http.StatusOK).shows("No customers yet.", "by Convert")

	var customers []string
	for _, page := range []string{"leads/" + l, "assigned-leads/" + copied} {
		shown := s.get("/console/"+page).is(http.StatusOK).shows(">Convert</button>", ">New opportunity</a>")
		asked := s.post("/console/acts/convert", shown.form(page[strings.Index(page, "/")+1:])).is(http.StatusOK).shows("keeps the source")
		made := s.post("/console/acts/convert", asked.form(page[strings.Index(page, "/")+1:])).is(http.StatusSeeOther).header.Get("Location")
		if !strings.HasPrefix(made, "/console/customers/") {
			t.Fatalf("converting %s leads to %s", page, made)
		}
		customer, _, _ := strings.Cut(strings.TrimPrefix(made, "/console/customers/"), "?")
		customers = append(customers, customer)
		s.get(made).is(http.StatusOK).shows("Customers made: 1.", hostile, "Leads only", ">Edit</a>", ">New opportunity</a>").lacks("<script>alert")
		s.get("/console/" + page).shows(`href="/console/customers/` + customer + `"`)
	}
	here := "/console/customers/" + customers[0]
	edit := s.get(here+"/edit").is(http.StatusOK).shows(`value="`+leadsOnly+`" selected>Leads only`, ">Both</option>", "City: Kuala Lumpur").lacks(">Off</option>", "deep")
	s.post(here+"/edit", edit.sends("name", "", "phone", "", "email", "")).is(http.StatusUnprocessableEntity).shows(`role="alert"`)
	s.post(here+"/edit", edit.sends("name", "Siti", "more", "no question")).is(http.StatusUnprocessableEntity).shows(`id="f-more-error"`, `value="Siti"`)
	s.post(here+"/edit", edit.sends("name", "Siti", "source_id", s.first("sources")["id"].(string))).is(http.StatusUnprocessableEntity).
		shows(`id="f-source_id-error"`, "choose one that is offered")
	s.leadsTo(s.post(here+"/edit", edit.sends("name", "Siti", "email", "siti@example.com", "source_id", both, "notes", "a\r\nb", "more", "Rooms: 3")), "Saved.")
	got := s.api("GET", "/v1/customers/"+customers[0], nil)
	fields := got["fields"].(map[string]any)
	if got["name"] != "Siti" || got["phone"] != nil || got["source"] != "Both" || got["notes"] != "a\nb" || fields["Rooms"] != "3" || fields["City"] != nil || fields["deep"] == nil {
		t.Errorf("the customer is %v", got)
	}
	s.post(here+"/edit", edit.sends("name", "Another", "seen", hiddenOf(edit, "seen"))).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this customer", "Siti")
	foreignPages(t, s, "customers", func(key string) string {
		theirs := s.apiAs(key, "POST", "/v1/leads", map[string]any{"name": "Theirs"})["id"].(string)
		return s.apiAs(key, "POST", "/v1/leads/"+theirs+"/convert", nil)["id"].(string)
	})
}

// hiddenOf is what a hidden field of a page holds.
func hiddenOf(p shownPage, name string) string {
	for _, field := range hidden.FindAllStringSubmatch(p.body, -1) {
		if field[1] == name {
			return field[2]
		}
	}
	return ""
}

// foreignPages holds that another workspace's things, and what is nothing, have no pages to edit.
func foreignPages(t *testing.T, s *site, collection string, theirs func(key string) string) {
	t.Helper()
	_, foreign := s.newWorkspace("rival")
	for _, id := range []string{theirs(foreign), "x", "%2e%2e"} {
		here := "/console/" + collection + "/" + id
		s.get(here).is(http.StatusNotFound).lacks("Theirs")
		s.get(here + "/edit").is(http.StatusNotFound).lacks("Theirs")
		s.post(here+"/edit", url.Values{"name": {"Stolen"}, "title": {"Stolen"}}).is(http.StatusNotFound)
	}
}

// TestOpportunitiesAreMadeAndChanged on a lead, on a copy and on a customer.
func TestOpportunitiesAreMadeAndChanged(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Siew Ling"})
	forLeads := s.make("sources", map[string]any{"name": "For leads", "for_customers": false})
	forCustomers := s.make("sources", map[string]any{"name": "For customers", "for_leads": false})
	l := s.make("leads", map[string]any{"name": "Siti", "distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	copied := s.first("assigned-leads")["id"].(string)
	customer := s.api("POST", "/v1/leads/"+s.make("leads", map[string]any{"name": "Ben"})+"/convert", nil)["id"].(string)
	s.get("/console/opportunities").is(http.StatusOK).shows("No opportunities yet.", "New opportunity")
	for on, source := range map[string]string{"lead_id=" + l: forLeads, "assigned_lead_id=" + copied: forLeads, "customer_id=" + customer: forCustomers} {
		blank := s.get("/console/opportunities/new?" + on).is(http.StatusOK).shows(`value="` + source + `"`)
		other := forCustomers
		if source == forCustomers {
			other = forLeads
		}
		blank.lacks(`value="` + other + `"`)
		s.post("/console/opportunities/new?"+on, blank.sends("title", "", "amount", "5")).is(http.StatusUnprocessableEntity).shows(`id="f-title-error"`, `value="5"`)
		s.post("/console/opportunities/new?"+on, blank.sends("title", "Condo", "amount", "much")).is(http.StatusUnprocessableEntity).shows(`id="f-amount-error"`)
		s.post("/console/opportunities/new?"+on, blank.sends("title", "Condo", "source_id", other)).is(http.StatusUnprocessableEntity).shows(`id="f-source_id-error"`, "choose one that is offered")
		good := blank.sends("title", "Condo", "amount", "500,000", "currency", "myr", "source_id", source)
		made := s.post("/console/opportunities/new?"+on, good).is(http.StatusSeeOther).header.Get("Location")
		if again := s.post("/console/opportunities/new?"+on, good).is(http.StatusSeeOther).header.Get("Location"); again != made {
			t.Errorf("sent twice, the form leads to %s and %s", made, again)
		}
		s.get(made).is(http.StatusOK).shows("Added.", "Condo", "open", "MYR", "500000", ">Edit</a>")
	}
	list := s.get("/console/opportunities").is(http.StatusOK).shows("MYR 500000", "All as CSV")
	for name, want := range map[string]int{"Siti": 2, "Ben": 1} {
		if n := strings.Count(list.body, "<bdi>"+name+"</bdi>"); n != want {
			t.Errorf("%d rows are of %s, want %d", n, name, want)
		}
	}
	s.get("/console/opportunities?stage=won").is(http.StatusOK).lacks("Condo")
	s.get("/console/leads/"+l).shows("Opportunities", "Condo")
	s.get("/console/customers/"+customer).shows("Opportunities", "Condo")

	// Once the lead is a customer, what is offered for customers counts.
	s.api("POST", "/v1/leads/"+l+"/convert", nil)
	s.get("/console/opportunities/new?lead_id=" + l).is(http.StatusOK).shows("For customers").lacks(`value="` + forLeads + `"`)
	id := s.api("GET", "/v1/opportunities?lead_id="+l, nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	here := "/console/opportunities/" + id
	edit := s.get(here+"/edit").is(http.StatusOK).shows(`value="`+forLeads+`" selected`, `value="`+forCustomers+`"`, `value="Condo"`)
	s.leadsTo(s.post(here+"/edit", edit.sends("title", "House", "stage", "viewing", "source_id", forCustomers)), "Saved.")
	got := s.api("GET", "/v1/opportunities/"+id, nil)
	if got["title"] != "House" || got["stage"] != "viewing" || got["amount"] != nil || got["currency"] != nil || got["source"] != "For customers" {
		t.Errorf("the opportunity is %v", got)
	}
	s.post(here+"/edit", edit.sends("title", "Other", "stage", "open", "source_id", forLeads, "seen", hiddenOf(edit, "seen"))).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this opportunity", "House")
	for _, on := range []string{"", "?lead_id=x", "?lead_id=" + customer, "?customer_id=" + l} {
		s.get("/console/opportunities/new" + on).is(http.StatusNotFound)
	}
	foreignPages(t, s, "opportunities", func(key string) string {
		theirs := s.apiAs(key, "POST", "/v1/leads", map[string]any{"name": "Theirs"})["id"].(string)
		return s.apiAs(key, "POST", "/v1/opportunities", map[string]any{"lead_id": theirs, "title": "Theirs"})["id"].(string)
	})
}
