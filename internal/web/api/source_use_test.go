package api_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestSourcesInUseStay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	unused := s.source("unused").String()
	s.delete("/v1/sources/" + unused).is(204)
	s.get("/v1/sources/"+unused).refuses(404, "not_found")
	s.patch("/v1/sources/"+unused, `{"enabled":true}`).is(404)
	s.delete("/v1/sources/" + unused).is(404)
	s.post("/v1/leads", `{"name":"x","source_id":"`+unused+`"}`).refuses(422, "source_not_eligible", "body.source_id")
	s.source("Unused") // its name is free again

	on := map[string]func(source uuid.UUID){
		"lead": func(source uuid.UUID) {
			s.post("/v1/leads", map[string]any{"name": "L", "source_id": source}).is(201)
		},
		"assigned lead": func(source uuid.UUID) {
			l, _ := s.copies(map[string]any{"name": "L", "source_id": source}, s.member("A"))
			s.patch("/v1/leads/"+l, `{"source_id":null}`).is(200)
		},
		"customer": func(source uuid.UUID) {
			l := s.post("/v1/leads", map[string]any{"name": "L", "source_id": source}).is(201).id()
			s.post("/v1/leads/"+l+"/convert", nil).is(201)
			s.patch("/v1/leads/"+l, `{"source_id":null}`).is(200)
		},
		"opportunity": func(source uuid.UUID) {
			l := s.post("/v1/leads", `{"name":"L"}`).is(201).id()
			s.post("/v1/opportunities", map[string]any{"title": "T", "lead_id": l, "source_id": source}).is(201)
		},
		"integration": func(source uuid.UUID) {
			s.post("/v1/integrations", map[string]any{"kind": "generic", "name": "I", "source_id": source}).is(201)
		},
		"key": func(source uuid.UUID) { s.key(store.APIKey{Role: lead.RoleIntegration, SourceID: &source}) },
	}
	for name, use := range on {
		source := s.source(name)
		use(source)
		s.delete("/v1/sources/"+source.String()).refuses(409, "conflict", "path.id")
		s.patch("/v1/sources/"+source.String(), `{"enabled":false}`).is(200)
	}
}

func TestMergedSources(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.member("A")
	fb, meta, other := s.source("FB").String(), s.source("Meta").String(), s.source("Other").String()
	l, copies := s.copies(map[string]any{"name": "L", "source_id": fb}, a)
	customer := "/v1/customers/" + s.post("/v1/leads/"+l+"/convert", nil).is(201).id()
	opportunity := "/v1/opportunities/" + s.post("/v1/opportunities", map[string]any{"title": "T", "lead_id": l, "source_id": fb}).is(201).id()
	fbID := uuid.MustParse(fb)
	bound := s.key(store.APIKey{Role: lead.RoleIntegration, SourceID: &fbID})

	integration := "/v1/integrations/" + s.post("/v1/integrations", map[string]any{"kind": "generic", "name": "I", "source_id": fb}).is(201).id()

	s.post("/v1/sources/"+fb+"/merge", `{"into":"`+fb+`"}`).refuses(422, "invalid_request", "body.into")
	s.post("/v1/sources/"+fb+"/merge", `{"into":"`+uuid.NewString()+`"}`).refuses(422, "invalid_request", "body.into")
	if got := s.post("/v1/sources/"+fb+"/merge", `{"into":"`+meta+`"}`).is(200); got.id() != meta {
		t.Error(got.body)
	}
	s.post("/v1/sources/"+fb+"/merge", `{"into":"`+other+`"}`).is(404)
	s.get("/v1/sources/" + fb).is(404)

	has := func(want, name string) {
		t.Helper()
		for _, path := range []string{"/v1/leads/" + l, "/v1/assigned-leads/" + copies[0], customer, opportunity} {
			got := s.get(path)
			if got.at("source_id") != want {
				t.Errorf("%s: %s", path, got.body)
			}
			if source, has := got.object()["source"]; has && source != name {
				t.Errorf("%s: %s", path, got.body)
			}
		}
		for _, list := range []string{"leads", "assigned-leads", "customers", "opportunities"} {
			if items := s.get("/v1/" + list + "?source_id=" + want).items(); len(items) != 1 || items[0]["source_id"] != want {
				t.Errorf("%s of %s: %v", list, name, items)
			}
		}
	}
	has(meta, "Meta")
	if got := s.get(integration); got.at("source_id") != meta {
		t.Error(got.body)
	}
	// Files, programs and keys that name the old one mean the new one.
	for key, body := range map[string]string{bound: `{"name":"B"}`, s.admin: `{"name":"B","source_id":"` + fb + `"}`} {
		made := s.do(key, "POST", "/v1/leads", body).is(201)
		if made.at("source_id") != meta {
			t.Error(made.body)
		}
		s.delete("/v1/leads/" + made.id())
	}
	s.do(s.admin, "POST", "/v1/imports", "name,source\nI,fb\n", "Content-Type", "text/csv").is(202)
	items := s.get("/v1/leads?channel=import").items()
	if items[0]["source_id"] != meta {
		t.Error(items)
	}
	s.delete("/v1/leads/" + items[0]["id"].(string))
	// A save that leaves the source alone keeps it, whatever its name, also once what it became is switched off.
	s.patch("/v1/sources/"+meta, `{"name":"Meta Ads","enabled":false}`).is(200)
	for _, path := range []string{"/v1/leads/" + l, "/v1/assigned-leads/" + copies[0], customer} {
		s.patch(path, `{"name":"N","source_id":"`+meta+`"}`).is(200)
	}
	has(meta, "Meta Ads")
	s.post("/v1/sources/"+meta+"/merge", `{"into":"`+other+`"}`).is(200)
	has(other, "Other")
	s.source("FB") // its name is free
	s.delete("/v1/sources/"+other).refuses(409, "conflict", "path.id")
}

func TestCountsBySource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	web, fb, none := s.source("web").String(), s.source("fb").String(), s.source("none").String()
	l, copies := s.copies(map[string]any{"name": "1", "source_id": web}, a, b)
	s.copies(map[string]any{"name": "2", "source_id": fb}, a)
	s.post("/v1/leads", `{"name":"3"}`).is(201)
	s.delete("/v1/leads/" + s.post("/v1/leads", `{"name":"4","source_id":"`+web+`"}`).is(201).id()).is(204)
	for _, id := range copies {
		s.patch("/v1/assigned-leads/"+id, `{"status":"won"}`).is(200)
	}
	s.post("/v1/leads/"+l+"/convert", nil).is(201)
	counts := func() (all []string) {
		for _, it := range s.get("/v1/sources/counts").items() {
			all = append(all, fmt.Sprint(it["name"], " ", it["leads"], " ", it["customers"], " ", it["won"]))
		}
		return all
	}
	if diff := cmp.Diff([]string{"none 0 0 0", "fb 1 0 0", "web 1 1 2", "<nil> 1 0 0"}, counts()); diff != "" {
		t.Error(diff)
	}
	s.post("/v1/sources/"+fb+"/merge", `{"into":"`+none+`"}`).is(200)
	s.post("/v1/workspace/rename-status", `{"from":"won","to":"sold"}`).is(200)
	if diff := cmp.Diff([]string{"none 1 0 0", "web 1 1 2", "<nil> 1 0 0"}, counts()); diff != "" {
		t.Error(diff)
	}
	page := s.get("/v1/sources/counts?limit=2")
	rest := s.get("/v1/sources/counts?cursor=" + page.at("next_cursor").(string)).items()
	if len(page.items()) != 2 || len(rest) != 1 || rest[0]["source_id"] != nil || rest[0]["leads"] != 1.0 {
		t.Error(page.body, rest)
	}
}
