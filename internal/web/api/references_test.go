package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// referenced are the collections of things that other systems have ids for, each with a body of one.
func referenced(s *site) map[string]func(more map[string]any) map[string]any {
	with := func(body, more map[string]any) map[string]any {
		for name, v := range more {
			body[name] = v
		}
		return body
	}
	m := s.member("listed")
	n := 0
	return map[string]func(map[string]any) map[string]any{
		"/v1/members": func(more map[string]any) map[string]any { return with(map[string]any{"name": "A"}, more) },
		"/v1/sources": func(more map[string]any) map[string]any {
			n++
			return with(map[string]any{"name": fmt.Sprint("source ", n)}, more)
		},
		"/v1/groups": func(more map[string]any) map[string]any { return with(ring(m), more) },
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, body := range referenced(s) {
		made := s.post(path, body(map[string]any{"external_id": " crm-1 ", "metadata": map[string]string{"branch": "Penang", "tier": "1"}})).is(201)
		if made.at("external_id") != "crm-1" {
			t.Errorf("%s: %s", path, made.body)
		}
		other := s.post(path, body(nil)).is(201)
		if other.at("external_id") != nil || len(other.at("metadata").(map[string]any)) != 0 {
			t.Errorf("%s: %s", path, other.body)
		}
		taken := s.post(path, body(map[string]any{"external_id": "crm-1"}))
		taken.refuses(409, "conflict", "body.external_id")
		if taken.at("existing_id") != made.id() {
			t.Errorf("%s: %s, whose it is is %s", path, taken.body, made.id())
		}
		change := func(id string, more map[string]any) reply {
			if path == "/v1/groups" {
				return s.do(s.admin, "PUT", path+"/"+id, body(more))
			}
			return s.patch(path+"/"+id, more)
		}
		taken = change(other.id(), map[string]any{"external_id": "crm-1"})
		taken.refuses(409, "conflict", "body.external_id")
		if taken.at("existing_id") != made.id() {
			t.Errorf("%s: %s", path, taken.body)
		}
		if found := s.get(path + "?external_id=crm-1").items(); len(found) != 1 || found[0]["id"] != made.id() {
			t.Errorf("%s: found %v", path, found)
		}
		if found := s.get(path + "?external_id=CRM-1").items(); len(found) != 0 {
			t.Errorf("%s: found %v", path, found)
		}
		if csv := s.get(path + "?format=csv&external_id=crm-1"); !strings.Contains(csv.body, `"{""branch"":""Penang"",""tier"":""1""}"`) {
			t.Errorf("%s: %s", path, csv.body)
		}
		// Absent leaves alone.
		if got := change(made.id(), map[string]any{"name": "renamed"}).is(200); got.at("external_id") != "crm-1" || len(got.at("metadata").(map[string]any)) != 2 {
			t.Errorf("%s: %s", path, got.body)
		}
		got := change(made.id(), map[string]any{"external_id": nil, "metadata": nil}).is(200)
		if got.at("external_id") != nil || len(got.at("metadata").(map[string]any)) != 0 {
			t.Errorf("%s: %s", path, got.body)
		}
		change(other.id(), map[string]any{"external_id": "crm-1"}).is(200)

		// Another workspace has ids of its own.
		_, foreign := s.newWorkspace("other " + path)
		if path != "/v1/groups" {
			s.do(foreign, "POST", path, body(map[string]any{"external_id": "crm-1"})).is(201)
		}
	}
}

func TestMetadataIsMergedAndBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := "/v1/members/" + s.post("/v1/members", `{"name":"A","metadata":{"a":"1","b":"2"}}`).is(201).id()
	got := s.patch(m, `{"metadata":{"a":null,"c":"3","never":null}}`).is(200).at("metadata")
	if diff := cmp.Diff(map[string]any{"b": "2", "c": "3"}, got); diff != "" {
		t.Error(diff)
	}
	many := func(n int) map[string]string {
		all := make(map[string]string)
		for i := range n {
			all[fmt.Sprint("k", i)] = strings.Repeat("é", 500)
		}
		return all
	}
	s.patch(m, map[string]any{"metadata": many(49)}).refuses(422, "invalid_request", "body.metadata") // with b and c it has 51
	s.patch(m, map[string]any{"metadata": nil}).is(200)
	s.patch(m, map[string]any{"metadata": many(50)}).is(200)
	s.patch(m, `{"metadata":{"one more":"1"}}`).refuses(422, "invalid_request", "body.metadata")
	s.patch(m, `{"metadata":{"one more":"1","k0":null}}`).is(200)
	for path, body := range referenced(s) {
		s.post(path, body(map[string]any{"metadata": many(51)})).refuses(422, "invalid_request", "body.metadata")
		s.post(path, body(map[string]any{"metadata": map[string]string{"": "1"}})).refuses(422, "invalid_request", "body.metadata")
		s.post(path, body(map[string]any{"metadata": map[string]string{strings.Repeat("k", 101): "1"}})).refuses(422, "invalid_request", "body.metadata")
		s.post(path, body(map[string]any{"metadata": map[string]string{"k": strings.Repeat("x", 501)}})).refuses(422, "invalid_request", "body.metadata.k")
		s.post(path, body(map[string]any{"metadata": map[string]any{"k": 1}})).refuses(422, "invalid_request", "body.metadata.k")
		s.post(path, body(map[string]any{"metadata": []string{}})).refuses(422, "invalid_request", "body.metadata")
		s.post(path, body(map[string]any{"external_id": "  "})).refuses(422, "invalid_request", "body.external_id")
		s.post(path, body(map[string]any{"external_id": strings.Repeat("x", 201)})).refuses(422, "invalid_request", "body.external_id")
	}
}

// TestOneExternalIDOfManyAtOnce has members race for one id.
func TestOneExternalIDOfManyAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const racers = 8
	replies := make([]reply, racers)
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() { replies[i] = s.post("/v1/members", `{"name":"A","external_id":"one"}`) })
	}
	all.Wait()
	winner := ""
	for _, r := range replies {
		if r.status == 201 {
			if winner != "" {
				t.Error("two have it")
			}
			winner = r.id()
		}
	}
	for _, r := range replies {
		if r.status != 201 && (r.status != 409 || r.at("existing_id") != winner) {
			t.Errorf("%d %s; %s has it", r.status, r.body, winner)
		}
	}
}

// TestAnExternalIDIsFreeAgain removes those who have one.
func TestAnExternalIDIsFreeAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, body := range referenced(s) {
		made := s.post(path, body(map[string]any{"external_id": "crm-1"})).is(201)
		s.delete(path + "/" + made.id()).is(204)
		again := s.post(path, body(map[string]any{"external_id": "crm-1"})).is(201)
		if found := s.get(path + "?external_id=crm-1").items(); len(found) != 1 || found[0]["id"] != again.id() {
			t.Errorf("%s: %v", path, found)
		}
	}
}

func TestMembersAreNotShownWhatOthersKeep(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/v1/sources", `{"name":"web","external_id":"crm-1","metadata":{"cost":"9"}}`).is(201)
	key := s.memberKey(s.member("A"))
	for _, format := range []string{"json", "csv"} {
		if r := s.do(key, "GET", "/v1/sources?for=lead&format="+format, nil).is(200); strings.Contains(r.body, "crm-1") || strings.Contains(r.body, "cost") {
			t.Error(r.body)
		}
	}
	s.do(key, "GET", "/v1/sources?for=lead&external_id=crm-1", nil).refuses(403, "forbidden")
}

func TestListsByAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.post("/v1/members", `{"name":"A","email":"Aisyah@Example.com"}`).is(201).id()
	s.post("/v1/members", `{"name":"B","email":"b@example.com"}`).is(201)
	p := s.post("/v1/people", `{"name":"P","email":"P.P@gmail.com","role":"manager"}`).is(201).id()
	l := s.post("/v1/leads", `{"name":"L","email":"L@Example.com"}`).is(201).id()
	s.post("/v1/leads", `{"name":"M","email":"ml@example.com"}`).is(201)
	for path, want := range map[string]string{
		"/v1/members?email=aisyah@example.COM": a, "/v1/people?email=pp@gmail.com": p, "/v1/leads?email=l@example.com": l,
	} {
		if found := s.get(path).items(); len(found) != 1 || found[0]["id"] != want {
			t.Errorf("%s: %v, want %s", path, found, want)
		}
	}
	for _, path := range []string{"/v1/members", "/v1/people", "/v1/leads"} {
		for _, odd := range []string{"nobody@example.com", "no address", "'; --", "%"} {
			if found := s.get(path + "?email=" + url.QueryEscape(odd)).items(); len(found) != 0 {
				t.Errorf("%s has %v of %q", path, found, odd)
			}
		}
	}
	if n := s.get("/v1/leads/count?email=l@example.com").at("count"); n != 1.0 {
		t.Errorf("counted %v", n)
	}
	s.post("/v1/leads/delete", `{"filter":{"email":"L@example.com","matched":1}}`).is(200)
	s.get("/v1/leads/" + uuid.MustParse(l).String()).is(404)
}

// TestLeadsSayWhoPushedThem finds leads by the program that pushed them through the queue.
func TestLeadsSayWhoPushedThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, origin := range []string{store.QueueOrigin("crm"), store.QueueOrigin("shop"), "api"} {
		channel, _, _ := strings.Cut(origin, ":")
		if err := s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.AddLeads(t.Context(), s.workspace, lead.QueueFresh, []store.NewLead{{Name: "of " + origin, Channel: channel, Origin: origin, ExternalID: "1"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	found := s.get("/v1/leads?push_channel=crm").items()
	if len(found) != 1 || found[0]["name"] != "of queue:crm" || found[0]["push_channel"] != "crm" {
		t.Errorf("found %v", found)
	}
	for _, none := range []string{"queue:crm", "api", "%25"} {
		if found := s.get("/v1/leads?push_channel=" + none).items(); len(found) != 0 {
			t.Errorf("%s finds %v", none, found)
		}
	}
	if csv := s.get("/v1/leads?format=csv&push_channel=shop"); !strings.HasSuffix(csv.body, ",shop\n") {
		t.Error(csv.body)
	}
	s.post("/v1/leads/delete", `{"filter":{"push_channel":"crm","matched":1}}`).is(200)
}
