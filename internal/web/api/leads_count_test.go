package api_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestLeadsAreCountedAndListedByID counts what a filter of acts takes, and names leads by their ids in one request.
func TestLeadsAreCountedAndListedByID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ids := s.leads(5)
	for query, want := range map[string]float64{"": 5, "q=lead": 5, "q=nobody": 0, "assigned=true": 0, "assigned=false": 5} {
		if r := s.get("/v1/leads/count?" + query).is(200); r.at("count") != want || r.at("more") != false {
			t.Errorf("%q: %s", query, r.body)
		}
	}
	s.get("/v1/leads/count?assigned=maybe").refuses(422, "invalid_request", "query.assigned")
	n := s.get("/v1/leads/count").at("count")
	if r := s.post("/v1/leads/delete", map[string]any{"filter": map[string]any{"matched": n.(float64) + 1}}); r.status != 409 {
		t.Errorf("another number than is counted: %d", r.status)
	}

	rival, key := s.newWorkspace("rival")
	theirs := s.do(key, "POST", "/v1/leads", map[string]any{"name": "Secret"}).is(201).id()
	some := url.QueryEscape(strings.Join([]string{ids[3], theirs, ids[1], uuid.NewString()}, ","))
	items := s.get("/v1/leads?ids=" + some).items()
	if len(items) != 2 || items[0]["id"] != ids[3] || items[1]["id"] != ids[1] {
		t.Errorf("of workspace %s: %v", rival, items)
	}
	if items := s.get("/v1/leads?q=nobody&ids=" + some).items(); len(items) != 0 {
		t.Errorf("filters beside ids are not heeded: %v", items)
	}
	if got := strings.Count(s.get("/v1/leads?format=csv&ids="+some).is(200).body, "\n"); got != 3 {
		t.Errorf("the file has %d lines", got)
	}
	s.get("/v1/leads?ids=x").refuses(422, "invalid_request", "query.ids[0]")
}

// TestListedGroupsTellWhoIsNext as each group tells alone.
func TestListedGroupsTellWhoIsNext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	first, second := s.group(a, b), s.group(b)
	s.post("/v1/leads", map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": first}}).is(201)
	s.distribute()
	s.patch("/v1/members/"+b.String(), map[string]any{"active": false}).is(200)
	for _, listed := range s.get("/v1/groups?next=3").items() {
		alone := s.get("/v1/groups/" + listed["id"].(string) + "?next=3").is(200).at("next").([]any)
		next := listed["next"].([]any)
		if listed["id"] == second.String() && len(next) != 0 || len(next) != len(alone) {
			t.Errorf("listed %v, alone %v", next, alone)
		}
		for i := range next {
			if next[i].(map[string]any)["turn"] != alone[i].(map[string]any)["turn"] {
				t.Errorf("listed %v, alone %v", next, alone)
			}
		}
	}
	if s.get("/v1/groups").items()[0]["next"] != nil {
		t.Error("turns are told that nobody asked for")
	}
	s.get("/v1/groups?next=21").refuses(422, "invalid_request", "query.next")
}
