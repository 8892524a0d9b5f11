package api_test

import (
	"strings"
	"testing"
)

func TestPhonesAreReadByTheWorkspacesRegion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	l := "/v1/leads/" + s.post("/v1/leads", `{"phone":"012-345 6789","distribute":{"member_ids":["`+m.String()+`"]}}`).is(201).id()
	s.distribute()
	one := s.get("/v1/assigned-leads").items()[0]
	if one["phone"] != "012-345 6789" || one["phone_e164"] != "+60123456789" {
		t.Error(one)
	}
	if got := s.patch(l, `{"phone":"call me"}`).is(200); got.at("phone_e164") != nil || got.at("phone") != "call me" {
		t.Error(got.body)
	}
	s.patch("/v1/workspace", `{"region":"SG"}`).is(200)
	if got := s.patch(l, `{"phone":"9123 4567"}`).is(200); got.at("phone_e164") != "+6591234567" {
		t.Error(got.body)
	}
	copied := s.patch("/v1/assigned-leads/"+one["id"].(string), `{"phone":"+44 20 7946 0018"}`).is(200)
	if copied.at("phone_e164") != "+442079460018" || s.get(l).at("phone_e164") != "+6591234567" {
		t.Error(copied.body)
	}
	csv := s.do(s.admin, "GET", "/v1/leads", nil, "Accept", "text/csv").is(200).body
	if !strings.Contains(csv, ",phone_e164,") || !strings.Contains(csv, ",+6591234567,") {
		t.Error(csv)
	}
}

func TestASaveThatLeavesTheSourceAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	web := s.source("web").String()
	l := "/v1/leads/" + s.post("/v1/leads", `{"name":"x","source_id":"`+web+`"}`).is(201).id()
	s.patch("/v1/sources/"+web, `{"for_leads":false}`).is(200)
	if got := s.patch(l, `{"name":"y","source_id":"`+web+`"}`).is(200); got.at("source_id") != web {
		t.Error(got.body)
	}
	s.patch(l, `{"source_id":null}`).is(200)
	s.patch(l, `{"source_id":"`+web+`"}`).refuses(422, "source_not_eligible", "body.source_id")
}
