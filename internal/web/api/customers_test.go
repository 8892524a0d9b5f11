package api_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// copies distributes a new lead to members and returns its id and the ids of their copies.
func (s *site) copies(lead map[string]any, members ...uuid.UUID) (id string, copies []string) {
	s.t.Helper()
	lead["distribute"] = map[string]any{"member_ids": members}
	id = s.post("/v1/leads", lead).is(201).id()
	s.distribute()
	for _, m := range members {
		items := s.get("/v1/assigned-leads?source_lead_id=" + id + "&member_id=" + m.String()).items()
		if len(items) != 1 {
			s.t.Fatalf("member %s has %v", m, items)
		}
		copies = append(copies, items[0]["id"].(string))
	}
	return id, copies
}

func TestConversion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	source := s.source("web")
	l, copies := s.copies(map[string]any{"name": "L", "email": "l@example.com", "phone": "012-345 6789", "fields": map[string]any{"x": 1}, "source_id": source}, a, b)
	s.patch("/v1/sources/"+source.String(), `{"for_customers":false}`).is(200)
	s.patch("/v1/assigned-leads/"+copies[0], `{"name":"A's","notes":"called"}`).is(200)
	keyA, keyB := s.memberKey(a), s.memberKey(b)

	mine := s.do(keyA, "POST", "/v1/assigned-leads/"+copies[0]+"/convert", nil).is(201)
	same(t, map[string]any{
		"assigned_lead_id": copies[0], "name": "A's", "email": "l@example.com", "phone": "012-345 6789", "phone_e164": "+60123456789",
		"fields": map[string]any{"x": 1.0}, "source": "web", "notes": "called",
	}, mine.object())
	theirs := s.do(keyB, "POST", "/v1/assigned-leads/"+copies[1]+"/convert", nil).is(201)
	whole := s.post("/v1/leads/"+l+"/convert", nil).is(201)
	if whole.at("lead_id") != l || whole.at("source_id") != source.String() || whole.at("name") != "L" {
		t.Error(whole.body)
	}
	if mine.id() == theirs.id() || mine.id() == whole.id() || theirs.id() == whole.id() {
		t.Error("each copy and the source lead converts to its own customer")
	}
	for key, path := range map[string]string{keyA: "/v1/assigned-leads/" + copies[0], keyB: "/v1/assigned-leads/" + copies[1], s.admin: "/v1/leads/" + l} {
		again := s.do(key, "POST", path+"/convert", nil).is(200)
		if first := (map[string]reply{keyA: mine, keyB: theirs, s.admin: whole})[key]; again.body != first.body {
			t.Errorf("converted again: %s, not %s", again.body, first.body)
		}
	}
	s.do(keyB, "POST", "/v1/assigned-leads/"+copies[0]+"/convert", nil).refuses(404, "not_found")
	s.do(keyA, "POST", "/v1/leads/"+l+"/convert", nil).refuses(403, "forbidden")
	s.post("/v1/leads/"+uuid.NewString()+"/convert", nil).is(404)

	// What is converted lives apart from what it came from.
	s.patch("/v1/customers/"+mine.id(), `{"name":"Customer","phone":"0198887777"}`).is(200)
	if got := s.get("/v1/assigned-leads/" + copies[0]); got.at("name") != "A's" || got.at("phone_e164") != "+60123456789" {
		t.Error(got.body)
	}
	s.delete("/v1/leads/" + l).is(204)
	if got := s.get("/v1/customers/" + whole.id()).is(200); got.at("name") != "L" {
		t.Error(got.body)
	}
	s.post("/v1/leads/"+l+"/convert", nil).is(404)
	if items := s.get("/v1/customers").items(); len(items) != 3 {
		t.Error(items)
	}
}

func TestConversionAtOnceMakesOneCustomer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	l, copies := s.copies(map[string]any{"name": "L"}, s.member("A"))
	for _, path := range []string{"/v1/leads/" + l, "/v1/assigned-leads/" + copies[0]} {
		statuses, ids := make([]int, 20), make([]string, 20)
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() {
				r := s.post(path+"/convert", nil)
				statuses[i], ids[i] = r.status, r.id()
			})
		}
		all.Wait()
		made := 0
		for i := range statuses {
			if statuses[i] == 201 {
				made++
			} else if statuses[i] != 200 {
				t.Errorf("%s: status %d", path, statuses[i])
			}
			if ids[i] != ids[0] {
				t.Errorf("%s: customers %s and %s", path, ids[0], ids[i])
			}
		}
		if made != 1 {
			t.Errorf("%s: %d customers were made", path, made)
		}
	}
	if n := s.count(`SELECT count(*) FROM customers`); n != 2 {
		t.Errorf("%d customers", n)
	}
}

// TestWhatAMemberSeesOfCustomers holds that members see what they converted, and nothing by which they could learn of
// what was before or beside it.
func TestWhatAMemberSeesOfCustomers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	source := s.source("web")
	l, copies := s.copies(map[string]any{"name": "L", "source_id": source}, a, b)
	keyA, keyB := s.memberKey(a), s.memberKey(b)
	whole := s.post("/v1/leads/"+l+"/convert", nil).is(201).id()
	byAdmin := s.post("/v1/assigned-leads/"+copies[1]+"/convert", nil).is(201).id()
	mine := s.do(keyA, "POST", "/v1/assigned-leads/"+copies[0]+"/convert", nil).is(201)
	path := "/v1/customers/" + mine.id()

	seen := []reply{
		mine, s.do(keyA, "GET", path, nil).is(200), s.do(keyA, "PATCH", path, `{"notes":"n","name":"Mine"}`).is(200),
		s.do(keyA, "GET", "/v1/customers", nil).is(200), s.do(keyA, "GET", "/v1/customers", nil, "Accept", "text/csv").is(200),
		s.do(keyA, "GET", "/v1/customers?q=mine", nil).is(200),
	}
	for _, r := range seen {
		for _, hidden := range []string{l, source.String(), a.String(), b.String(), copies[1], whole, byAdmin} {
			if strings.Contains(r.body, hidden) {
				t.Errorf("shows %s: %s", hidden, r.body)
			}
		}
	}
	if items := s.do(keyA, "GET", "/v1/customers", nil).items(); len(items) != 1 || items[0]["name"] != "Mine" {
		t.Error(items)
	}
	for _, id := range []string{whole, byAdmin, uuid.NewString()} {
		s.do(keyA, "GET", "/v1/customers/"+id, nil).refuses(404, "not_found")
		s.do(keyA, "PATCH", "/v1/customers/"+id, `{"name":"x"}`).refuses(404, "not_found")
	}
	for of, want := range map[string]int{copies[0]: 1, copies[1]: 0} {
		if items := s.do(keyA, "GET", "/v1/customers?assigned_lead_id="+of, nil).items(); len(items) != want {
			t.Errorf("of copy %s: %v", of, items)
		}
	}
	if items := s.get("/v1/customers?lead_id=" + l).items(); len(items) != 1 || items[0]["id"] != whole {
		t.Error(items)
	}
	for _, filter := range []string{"member_id", "source_id", "lead_id"} {
		s.do(keyA, "GET", "/v1/customers?"+filter+"="+source.String(), nil).refuses(403, "forbidden")
	}

	// What an admin converted is the member's once they convert it too: it is the same customer.
	s.do(keyB, "GET", "/v1/customers/"+byAdmin, nil).is(404)
	if again := s.do(keyB, "POST", "/v1/assigned-leads/"+copies[1]+"/convert", nil).is(200); again.id() != byAdmin {
		t.Error(again.body)
	}
	s.do(keyB, "GET", "/v1/customers/"+byAdmin, nil).is(200)
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	web, shop := s.source("web"), s.source("shop")
	l := s.post("/v1/leads", map[string]any{"name": "L", "source_id": web}).is(201).id()
	path := "/v1/customers/" + s.post("/v1/leads/"+l+"/convert", nil).is(201).id()
	s.patch("/v1/sources/"+web.String(), `{"enabled":false}`).is(200)
	got := s.patch(path, `{"email":"x@example.com","fields":{"a":1},"notes":"n","source_id":"`+web.String()+`"}`).is(200)
	if got.at("source_id") != web.String() || got.at("email") != "x@example.com" || got.at("notes") != "n" {
		t.Error(got.body)
	}
	if got := s.patch(path, `{"source_id":"`+shop.String()+`"}`).is(200); got.at("source") != "shop" || got.at("source_id") != shop.String() {
		t.Error(got.body)
	}
	s.patch(path, `{"source_id":"`+web.String()+`"}`).refuses(422, "source_not_eligible", "body.source_id")
	if got := s.patch(path, `{"source_id":null}`).is(200); got.at("source") != nil || got.at("source_id") != nil {
		t.Error(got.body)
	}
	for body, location := range map[string]string{
		`{"name":null,"email":null}`: "body.name", `{"member_id":"x"}`: "body.member_id", `{"notes":"` + strings.Repeat("x", 1001) + `"}`: "body.notes",
	} {
		s.patch(path, body).refuses(422, "invalid_request", location)
	}
	csv := s.do(s.admin, "GET", "/v1/customers", nil, "Accept", "text/csv").is(200).body
	if !strings.HasPrefix(csv, "id,name,email,phone,phone_e164,") || strings.Count(csv, "\n") != 2 {
		t.Error(csv)
	}
}
