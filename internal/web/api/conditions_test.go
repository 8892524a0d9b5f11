package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestEveryItemHasATag reads every item that the API's document has, and spares its reader what did not change.
func TestEveryItemHasATag(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	read := 0
	for _, o := range w.operations() {
		if o.method != "GET" || !strings.HasSuffix(o.path, "}") && o.id != "get-workspace" && o.id != "get-message-template" {
			continue
		}
		read++
		path := w.address(o, w.ours, lead.RoleAdmin)
		admin := w.ours.keys[lead.RoleAdmin]
		etag := w.do(admin, "GET", path, nil).is(200).header.Get("ETag")
		if !strings.HasPrefix(etag, `"`) || !strings.HasSuffix(etag, `"`) || len(etag) < 20 {
			t.Errorf("%s: ETag %q", o, etag)
		}
		for _, fits := range []string{etag, "W/" + etag, "*", `"x", W/"y,z" ,` + etag, ` , "x",,` + etag + ","} {
			r := w.do(admin, "GET", path, nil, "If-None-Match", fits)
			if r.status != 304 || r.body != "" || r.header.Get("ETag") != etag || r.header.Get("Content-Type") != "" {
				t.Errorf("%s with If-None-Match %s: %d %v %s", o, fits, r.status, r.header, r.body)
			}
		}
		for _, misfits := range []string{`"x"`, strings.Trim(etag, `"`), etag[:len(etag)-1], `"` + etag + `"`, "", "*, *", `W/x`} {
			if r := w.do(admin, "GET", path, nil, "If-None-Match", misfits); r.status != 200 || r.header.Get("ETag") != etag {
				t.Errorf("%s with If-None-Match %s: %d %s", o, misfits, r.status, r.header.Get("ETag"))
			}
		}
		w.do(admin, "GET", path, nil, "If-Match", etag).is(200)
		w.do(admin, "GET", path, nil, "If-Match", `"x"`).refuses(412, "conflict")
	}
	if read < 17 {
		t.Errorf("%d items", read)
	}
}

// TestEveryChangeTakesAPrecondition tries every change of one item with tags that it does not have.
func TestEveryChangeTakesAPrecondition(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	before := w.rows(w.ours.id)
	admin, tried := w.ours.keys[lead.RoleAdmin], 0
	for _, o := range w.operations() {
		if o.method == "GET" || o.method == "POST" || o.id == "delete-session" || o.id == "delete-absence" || strings.HasPrefix(o.path+"/", "/v1/me/") { // nobody reads these by themselves
			continue
		}
		tried++
		path := w.address(o, w.ours, lead.RoleAdmin)
		etag := w.do(admin, "GET", path, nil).is(200).header.Get("ETag")
		for _, misfits := range []string{`"x"`, "W/" + etag, `"` + strings.Repeat(`x", "`, 1_000) + `"`, strings.Trim(etag, `"`), ""} {
			r := w.do(admin, o.method, path, w.bodyFor(o), "If-Match", misfits)
			if r.status != 412 || r.at("code") != "conflict" || !strings.Contains(r.at("detail").(string), "read it again") {
				t.Errorf("%s with If-Match %.50s: %d %s", o, misfits, r.status, r.body)
			}
		}
		for _, fits := range []string{"*", etag, `"x",` + etag} {
			if r := w.do(admin, o.method, path, w.bodyFor(o), "If-None-Match", fits); r.status != 412 {
				t.Errorf("%s with If-None-Match %s: %d %s", o, fits, r.status, r.body)
			}
		}
	}
	if w.unchanged(w.ours.id, before); tried < 20 {
		t.Errorf("%d changes", tried)
	}
	for _, o := range w.operations() {
		if o.method == "PATCH" || o.method == "PUT" || o.method == "DELETE" {
			path := strings.Replace(o.path, "{id}", uuid.NewString(), 1)
			if r := w.do(admin, o.method, path, w.bodyFor(o), "If-Match", `"x"`); path != o.path && r.status != 404 && r.status != 422 {
				t.Errorf("%s of nothing: %d %s", o, r.status, r.body)
			}
		}
	}
}

// bodyFor is a body that an operation takes.
func (w *walk) bodyFor(o operation) any {
	switch kind, schema := w.bodyOf(o); {
	case kind == "":
		return nil
	case o.id == "put-group":
		return ring(uuid.MustParse(w.ours.own["member_id"]))
	default:
		return w.sample(schema, "", w.ours)
	}
}

func TestTagsThatFit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/members", `{"name":"Aina"}`).is(201)
	path := "/v1/members/" + made.id()
	first := made.header.Get("ETag")
	if got := s.get(path).header.Get("ETag"); got != first || first == "" {
		t.Errorf("made as %s, read as %s", first, got)
	}
	second := s.do(s.admin, "PATCH", path, `{"name":"Aisyah"}`, "If-Match", first).is(200).header.Get("ETag")
	if got := s.get(path).header.Get("ETag"); got != second || second == first {
		t.Errorf("changed from %s to %s, read as %s", first, second, got)
	}
	s.do(s.admin, "PATCH", path, `{"name":"Aina"}`, "If-Match", first).refuses(412, "conflict")
	s.do(s.admin, "DELETE", path, nil, "If-Match", first).refuses(412, "conflict")
	s.do(s.admin, "PATCH", path, `{"name":"Aminah"}`, "If-Match", "*").is(200)
	s.do(s.admin, "PATCH", path, `{"name":"Aminah"}`).is(200)

	// What is planned for a member moves by itself: the tag is another, and the member can be edited all the same.
	etag := s.get(path).header.Get("ETag")
	l := s.post("/v1/leads", `{"name":"x"}`).is(201)
	s.post("/v1/assignments", map[string]any{"lead_ids": []string{l.id()}, "member_ids": []string{made.id()}, "pace": "slow"}).is(202)
	if r := s.do(s.admin, "GET", path, nil, "If-None-Match", etag); r.status != 200 || r.header.Get("ETag") == etag {
		t.Errorf("with something planned: %d %s", r.status, r.header)
	}
	s.do(s.admin, "PATCH", path, `{"name":"Aina"}`, "If-Match", etag).is(200)
	s.do(s.admin, "DELETE", path+"?pending=delete", nil, "If-Match", s.get(path).header.Get("ETag")).is(204)
	s.do(s.admin, "DELETE", path, nil, "If-Match", "*").refuses(404, "not_found")
}

// TestPreconditionsTellNothing has a member try another's copy.
func TestPreconditionsTellNothing(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	path := "/v1/assigned-leads/" + w.ours.own["assigned_lead_id"]
	w.do(w.ours.others[lead.RoleMember], "PATCH", path, `{"notes":"x"}`, "If-Match", `"x"`).refuses(404, "not_found")
	own := w.do(w.ours.keys[lead.RoleMember], "GET", path, nil).is(200).header.Get("ETag")
	w.do(w.ours.keys[lead.RoleMember], "PATCH", path, `{"notes":"y"}`, "If-Match", own).is(200)
	w.do(w.ours.keys[lead.RoleMember], "PATCH", path, `{"notes":"z"}`, "If-Match", own).refuses(412, "conflict")
	if r := w.do(w.ours.keys[lead.RoleIntegration], "POST", "/v1/leads", `{"name":"x"}`); r.is(201).header.Get("ETag") != "" {
		t.Error("an integration gets the tag of a lead that it cannot read")
	}
}

// TestOneOfManyEditsWins has eight change the same item at once, all of whom read it before.
func TestOneOfManyEditsWins(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	admin := w.ours.keys[lead.RoleAdmin]
	own := w.ours.own
	second := w.do(admin, "POST", "/v1/members", `{"name":"Other"}`).is(201).uuid()
	for path, body := range map[string]func(i int) any{
		"/v1/workspace":                                 named,
		"/v1/members/" + own["member_id"]:               named,
		"/v1/sources/" + own["source_id"]:               named,
		"/v1/leads/" + own["lead_id"]:                   named,
		"/v1/customers/" + own["customer_id"]:           named,
		"/v1/assigned-leads/" + own["assigned_lead_id"]: func(i int) any { return map[string]any{"notes": fmt.Sprint(i)} },
		"/v1/pending-leads/" + own["id"]: func(i int) any {
			return map[string]any{"due_at": w.Store.Now().AddDate(0, 0, 3+i)}
		},
		"/v1/groups/" + own["group_id"]: func(i int) any {
			r := ring(second, uuid.MustParse(own["member_id"]))
			r["name"] = fmt.Sprint(i)
			return r
		},
		"/v1/message-template": func(i int) any { return map[string]any{"template": fmt.Sprint("New lead ", i)} },
	} {
		method := "PATCH"
		if strings.Contains(path, "/groups/") || strings.HasSuffix(path, "template") {
			method = "PUT"
		}
		etag := w.do(admin, "GET", path, nil).is(200).header.Get("ETag")
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				switch r := w.do(admin, method, path, body(i), "If-Match", etag); r.status {
				case http.StatusOK:
					won.Add(1)
				case http.StatusPreconditionFailed:
				default:
					t.Errorf("%s %s: %d %s", method, path, r.status, r.body)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%s %s: %d of 8 won", method, path, won.Load())
		}
	}
}

func named(i int) any { return map[string]any{"name": fmt.Sprint("Name ", i)} }
