package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestOpportunities(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	l, copies := s.copies(map[string]any{"name": "L"}, s.member("A"))
	customer := s.post("/v1/leads/"+s.post("/v1/leads", `{"name":"C"}`).is(201).id()+"/convert", nil).is(201).id()
	for name, id := range map[string]string{"lead_id": l, "assigned_lead_id": copies[0], "customer_id": customer} {
		made := s.post("/v1/opportunities", map[string]any{name: id, "title": " Roof ", "stage": "offer", "amount": 12500.5, "currency": "MYR"}).is(201)
		if made.at(name) != id || made.at("title") != "Roof" || made.at("stage") != "offer" || made.at("amount") != 12500.5 || made.at("currency") != "MYR" || made.at("source_id") != nil ||
			made.at("contact") != map[string]string{"lead_id": "L", "assigned_lead_id": "L", "customer_id": "C"}[name] {
			t.Error(made.body)
		}
		if got := s.get("/v1/opportunities/" + made.id()).is(200); got.body != made.body {
			t.Error(got.body)
		}
		if items := s.get("/v1/opportunities?" + name + "=" + id).items(); len(items) != 1 || items[0]["id"] != made.id() {
			t.Error(items)
		}
	}
	if items := s.get("/v1/opportunities").items(); len(items) != 3 {
		t.Error(items)
	}
	made := s.post("/v1/opportunities", map[string]any{"lead_id": l, "title": "T"}).is(201)
	if made.at("stage") != "open" || made.at("amount") != nil || made.at("currency") != nil {
		t.Error(made.body)
	}
	path := "/v1/opportunities/" + made.id()
	for given, want := range map[string]string{"0": "0", "1e3": "1000", "0.1": "0.1", "999999999999999.9999": "999999999999999.9999", "100": "100", "2.50": "2.5",
		`"16777217.01"`: "16777217.01", `"999999999999999.9999"`: "999999999999999.9999", `"0.1000"`: "0.1"} {
		if got := s.patch(path, `{"amount":`+given+`}`).is(200); !strings.Contains(got.body, `"amount":`+want+`,`) {
			t.Errorf("%s became %s", given, got.body)
		}
	}
	if got := s.patch(path, `{"amount":null,"currency":null,"stage":"won","title":"U"}`).is(200); got.at("amount") != nil || got.at("stage") != "won" || got.at("title") != "U" {
		t.Error(got.body)
	}
	if items := s.get("/v1/opportunities?stage=won").items(); len(items) != 1 {
		t.Error(items)
	}
	for body, location := range map[string]string{
		`{"amount":-1}`: "body.amount", `{"amount":0.00001}`: "body.amount", `{"amount":1e15}`: "body.amount", `{"amount":1e20}`: "body.amount",
		`{"amount":"1e3"}`: "body.amount", `{"amount":""}`: "body.amount", `{"amount":"-1"}`: "body.amount", `{"amount":"0.00001"}`: "body.amount",
		`{"amount":"1000000000000000"}`: "body.amount", `{"amount":true}`: "body.amount", `{"currency":"XYZ"}`: "body.currency", `{"currency":"myr"}`: "body.currency",
		`{"title":" "}`: "body.title", `{"title":null}`: "body.title", `{"stage":""}`: "body.stage", `{"lead_id":"` + uuid.NewString() + `"}`: "body.lead_id",
	} {
		s.patch(path, body).refuses(422, "invalid_request", location)
	}
	for _, on := range []map[string]any{{}, {"lead_id": l, "customer_id": customer}, {"lead_id": uuid.New()}} {
		on["title"] = "T"
		s.post("/v1/opportunities", on).refuses(422, "invalid_request", "body.lead_id")
	}
	s.delete("/v1/leads/" + l).is(204)
	s.post("/v1/opportunities", map[string]any{"lead_id": l, "title": "T"}).refuses(422, "invalid_request", "body.lead_id")
	s.get(path).is(200)
	csv := s.do(s.admin, "GET", "/v1/opportunities", nil, "Accept", "text/csv").is(200).body
	if !strings.HasPrefix(csv, "id,title,stage,amount,") || !strings.Contains(csv, ",12500.5,MYR,") {
		t.Error(csv)
	}
}

// TestOpportunitiesFollowTheirLead holds that an opportunity of a lead is its customer's once the lead is converted, keeps
// its source, and picks new ones as customers do.
func TestOpportunitiesFollowTheirLead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	leads := s.post("/v1/sources", `{"name":"leads","for_customers":false}`).is(201).id()
	customers := s.post("/v1/sources", `{"name":"customers","for_leads":false}`).is(201).id()
	l, copies := s.copies(map[string]any{"name": "L", "source_id": leads}, s.member("A"))
	for name, id := range map[string]string{"lead_id": l, "assigned_lead_id": copies[0]} {
		of := strings.ReplaceAll(strings.TrimSuffix(name, "_id"), "_", "-") + "s"
		if name == "lead_id" {
			of = "leads"
		}
		s.post("/v1/opportunities", map[string]any{name: id, "title": "T", "source_id": customers}).refuses(422, "source_not_eligible", "body.source_id")
		made := s.post("/v1/opportunities", map[string]any{name: id, "title": "T", "source_id": leads}).is(201)
		path := "/v1/opportunities/" + made.id()
		s.patch(path, `{"source_id":"`+customers+`"}`).refuses(422, "source_not_eligible", "body.source_id")

		customer := s.post("/v1/"+of+"/"+id+"/convert", nil).is(201)
		if customer.at("source_id") != leads {
			t.Error(customer.body)
		}
		if got := s.patch(path, `{"stage":"offer"}`).is(200); got.at("source_id") != leads || got.at("customer_id") != customer.id() {
			t.Error(got.body)
		}
		s.patch(path, `{"source_id":"`+leads+`"}`).is(200)
		if got := s.patch(path, `{"source_id":"`+customers+`"}`).is(200); got.at("source") != "customers" {
			t.Error(got.body)
		}
		s.patch(path, `{"source_id":"`+leads+`"}`).refuses(422, "source_not_eligible", "body.source_id")

		s.post("/v1/opportunities", map[string]any{name: id, "title": "T", "source_id": leads}).refuses(422, "source_not_eligible", "body.source_id")
		later := s.post("/v1/opportunities", map[string]any{name: id, "title": "T", "source_id": customers}).is(201)
		if later.at("customer_id") != customer.id() {
			t.Error(later.body)
		}
		if plain := s.post("/v1/opportunities", map[string]any{name: id, "title": "T"}).is(201); plain.at("source_id") != nil {
			t.Error(plain.body)
		}
		if items := s.get("/v1/opportunities?customer_id=" + customer.id()).items(); len(items) != 3 {
			t.Error(items)
		}
	}
}

func TestWhatAMemberSeesOfOpportunities(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	source := s.source("web")
	l, copies := s.copies(map[string]any{"name": "L"}, a, b)
	keyA, keyB := s.memberKey(a), s.memberKey(b)
	onLead := s.post("/v1/opportunities", map[string]any{"lead_id": l, "title": "whole"}).is(201).id()
	mine := s.do(keyA, "POST", "/v1/opportunities", map[string]any{"assigned_lead_id": copies[0], "title": "mine", "source_id": source}).is(201)
	byAdmin := s.post("/v1/opportunities", map[string]any{"assigned_lead_id": copies[0], "title": "for A"}).is(201).id()
	theirs := s.post("/v1/opportunities", map[string]any{"assigned_lead_id": copies[1], "title": "theirs"}).is(201).id()
	customer := s.do(keyA, "POST", "/v1/assigned-leads/"+copies[0]+"/convert", nil).is(201).id()
	s.do(keyA, "POST", "/v1/opportunities", map[string]any{"customer_id": customer, "title": "on the customer"}).is(201)
	foreign := s.post("/v1/leads/"+l+"/convert", nil).is(201).id()

	list := s.do(keyA, "GET", "/v1/opportunities", nil)
	if items := list.items(); len(items) != 3 {
		t.Error(items)
	}
	for _, r := range []reply{mine, list, s.do(keyA, "PATCH", "/v1/opportunities/"+byAdmin, `{"stage":"x"}`).is(200)} {
		for _, hidden := range []string{l, source.String(), a.String(), b.String(), copies[1], foreign, theirs, onLead} {
			if strings.Contains(r.body, hidden) {
				t.Errorf("shows %s: %s", hidden, r.body)
			}
		}
	}
	for _, id := range []string{onLead, theirs} {
		s.do(keyA, "GET", "/v1/opportunities/"+id, nil).refuses(404, "not_found")
		s.do(keyA, "PATCH", "/v1/opportunities/"+id, `{"title":"x"}`).refuses(404, "not_found")
	}
	for name, id := range map[string]string{"lead_id": l, "assigned_lead_id": copies[1], "customer_id": foreign} {
		s.do(keyA, "POST", "/v1/opportunities", map[string]any{name: id, "title": "x"}).refuses(422, "invalid_request", "body."+name)
	}
	if items := s.do(keyA, "GET", "/v1/opportunities?assigned_lead_id="+copies[1], nil).items(); len(items) != 0 {
		t.Error(items)
	}
	s.do(keyA, "GET", "/v1/opportunities?lead_id="+l, nil).refuses(403, "forbidden")
	if items := s.do(keyB, "GET", "/v1/opportunities", nil).items(); len(items) != 1 {
		t.Error(items)
	}
}
