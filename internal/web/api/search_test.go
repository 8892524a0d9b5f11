package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSearch holds that leads, assigned leads and customers are found by words and by phones in any spelling.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	for _, l := range []map[string]any{
		{"name": "Siti Rahman", "email": "Siti.Rahman@example.com", "phone": "012-345 6789"},
		{"name": "José O'Hara \\ Tan", "phone": "+44 20 7946 0018"},
		{"name": "Siti Tan", "email": "other@gmail.com", "phone": "ext 12"},
	} {
		id, _ := s.copies(l, m)
		s.post("/v1/leads/"+id+"/convert", nil).is(201)
	}
	_, other := s.newWorkspace("other")
	key := s.memberKey(m)
	for q, want := range map[string][]string{
		"siti": {"Siti Rahman", "Siti Tan"}, "SITI r": {"Siti Rahman"}, "tan": {"José O'Hara \\ Tan", "Siti Tan"}, "jose o'h": {"José O'Hara \\ Tan"},
		"siti.rahman@example.com": {"Siti Rahman"}, "example.com": {"Siti Rahman"}, "o.ther@gmail.com": {"Siti Tan"},
		"0123456789": {"Siti Rahman"}, "+60 (12) 345-6789": {"Siti Rahman"}, "60123456789": {"Siti Rahman"}, "012345": {"Siti Rahman"}, "12345": {"Siti Rahman"}, "12-345": {"Siti Rahman"}, "6789": {"Siti Rahman"}, "<siti.rahman@example.com>,": {"Siti Rahman"}, "siti.rahman": {"Siti Rahman"}, "@example.com": {"Siti Rahman"},
		"+442079460018": {"José O'Hara \\ Tan"}, "0018": {"José O'Hara \\ Tan"}, "nobody": nil, "siti nobody": nil, "!!": nil, "'": nil, "\\": {},
		" ": {"José O'Hara \\ Tan", "Siti Rahman", "Siti Tan"},
	} {
		for _, list := range []string{"leads", "assigned-leads", "customers"} {
			var got []string
			path := "/v1/" + list + "?q=" + url.QueryEscape(q)
			for _, it := range s.get(path).items() {
				got = append(got, it["name"].(string))
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
				t.Errorf("%s, %q: %s", list, q, diff)
			}
			if items := s.do(other, "GET", path, nil).items(); len(items) != 0 {
				t.Errorf("%s, %q: another workspace finds %v", list, q, items)
			}
		}
		if got := s.do(key, "GET", "/v1/assigned-leads?q="+url.QueryEscape(q), nil).items(); len(got) != len(want) {
			t.Errorf("%q: the member finds %v", q, got)
		}
	}
	s.get("/v1/leads?q="+strings.Repeat("x", 201)).refuses(422, "invalid_request", "query.q")

	// Whoever is renamed is found by the new name.
	id := s.get("/v1/assigned-leads?q=rahman").items()[0]["id"].(string)
	s.patch("/v1/assigned-leads/"+id, `{"name":"Zara","email":null,"phone":null}`).is(200)
	if n := len(s.get("/v1/assigned-leads?q=rahman").items()); n != 0 || len(s.get("/v1/assigned-leads?q=zara").items()) != 1 || len(s.get("/v1/leads?q=rahman").items()) != 1 {
		t.Errorf("%d copies are still found by the old name", n)
	}
}

func TestAssignedLeadFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	web := s.source("web")
	s.copies(map[string]any{"name": "1", "source_id": web}, a)
	_, second := s.copies(map[string]any{"name": "2"}, b)
	s.patch("/v1/assigned-leads/"+second[0], `{"status":"won"}`).is(200)
	g := s.group(a)
	s.post("/v1/leads", map[string]any{"name": "3", "distribute": map[string]any{"group_id": g}}).is(201)
	s.distribute()
	at := s.get("/v1/assigned-leads/" + second[0]).at("assigned_at").(string)
	for query, want := range map[string][]string{
		"": {"3", "2", "1"}, "status=won": {"2"}, "status=new": {"3", "1"}, "status=none": nil, "source_id=" + web.String(): {"1"},
		"group_id=" + g.String(): {"3"}, "member_id=" + a.String(): {"3", "1"}, "member_id=" + a.String() + "&status=won": nil,
		"from=" + url.QueryEscape(at): {"3", "2"}, "to=" + url.QueryEscape(at): {"1"}, "q=2&status=won": {"2"},
	} {
		var got []string
		for _, it := range s.get("/v1/assigned-leads?" + query).items() {
			got = append(got, fmt.Sprint(it["name"]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	key := s.memberKey(a)
	if items := s.do(key, "GET", "/v1/assigned-leads?status=new&q=3", nil).items(); len(items) != 1 {
		t.Error(items)
	}
	for _, filter := range []string{"source_id", "group_id", "member_id", "source_lead_id"} {
		s.do(key, "GET", "/v1/assigned-leads?"+filter+"="+g.String(), nil).refuses(403, "forbidden")
	}
}
