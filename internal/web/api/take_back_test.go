package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// whoReads is the role that reads and changes what is at a path.
func whoReads(path string) lead.Role {
	if path == "/v1/me" {
		return lead.RoleManager
	}
	if strings.HasPrefix(path, "/v1/me") && !strings.HasPrefix(path, "/v1/members") && !strings.HasPrefix(path, "/v1/message") {
		return lead.RoleMember
	}
	return lead.RoleAdmin
}

// TestEveryItemIsTakenBack sends every item back to where it was read: nothing changes. What cannot be changed is refused by its name
// where it is another.
func TestEveryItemIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	all := map[string]operation{}
	for _, o := range w.operations() {
		all[o.method+" "+o.path] = o
	}
	paths := w.addresses()
	tried, refused := 0, 0
	for _, method := range []string{"PATCH", "PUT"} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			read, is := all["GET"+strings.TrimPrefix(name, method)]
			change := all[name]
			if !is || change.method != method {
				continue
			}
			if len(change.roles) > len(read.roles) {
				t.Errorf("%s is for %v, and reading it for %v", change, change.roles, read.roles)
			}
			tried++
			key, path := w.ours.keys[whoReads(read.path)], paths[read.id]
			before := w.rows(w.ours.id)
			first := w.do(key, "GET", path, nil).is(200)
			again := w.do(key, method, path, first.body)
			if again.status != 200 {
				t.Errorf("%s: %d %s\nof %s", change, again.status, again.body, first.body)
				continue
			}
			if diff := cmp.Diff(first.object(), w.do(key, "GET", path, nil).is(200).object()); diff != "" {
				t.Errorf("%s (-read +then):\n%s", change, diff)
			}
			after := w.rows(w.ours.id)
			delete(before, "audit_log")
			delete(after, "audit_log")
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s (-before +after):\n%s", change, diff)
			}
			refused += w.tryOthers(key, change, path, first)
		}
	}
	if tried < 15 || refused < 60 {
		t.Errorf("%d items, %d members that cannot be changed", tried, refused)
	}
}

// tryOthers sends an item with each of its members changed that cannot be.
func (w *walk) tryOthers(key string, change operation, path string, first reply) (refused int) {
	w.t.Helper()
	_, schema := w.bodyOf(change)
	takes, _ := w.resolve(schema)["properties"].(map[string]any)
	for name := range first.object() {
		if _, is := takes[name]; is {
			continue
		}
		other := first.object()
		other[name] = map[string]any{"another": name}
		if change.method == "PATCH" {
			other = map[string]any{name: "another"}
		}
		refused++
		if r := w.do(key, change.method, path, other); r.status != 422 || !strings.Contains(r.body, `"body.`+name+`"`) {
			w.t.Errorf("%s with another %s: %d %s", change, name, r.status, r.body)
		}
	}
	return refused
}

// TestTimesAreTakenBackInAnyZone has clients that write times in their own way.
func TestTimesAreTakenBackInAnyZone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/members", `{"name":"Aina"}`).is(201)
	path := "/v1/members/" + made.id()
	item := s.get(path).object()
	item["created_at"] = strings.Replace(item["created_at"].(string), "Z", "+00:00", 1)
	item["name"] = "Aisyah"
	if got := s.patch(path, item).is(200).at("name"); got != "Aisyah" {
		t.Errorf("the name is %v", got)
	}
	s.patch(path, item).refuses(422, "invalid_request", "body.updated_at") // it is another by now
	s.patch(path, `{"created_at":"2020-01-01T00:00:00Z","updated_at":null,"nonsense":1}`).refuses(422, "invalid_request", "body.created_at", "body.updated_at")
	s.patch(path, `{"nonsense":1}`).refuses(422, "invalid_request", "body.nonsense")
	s.patch("/v1/members/"+s.workspace.String(), item).refuses(404, "not_found")
}

// TestGroupsByVersion edits a group at the version at which it was read, and at others.
func TestGroupsByVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	path := "/v1/groups/" + s.group(a).String()
	var read map[string]any
	if err := json.Unmarshal([]byte(s.get(path).body), &read); err != nil {
		t.Fatal(err)
	}
	theirs := ring(a, b)
	theirs["version"] = read["version"]
	if got := s.do(s.admin, "PUT", path, theirs).is(200).at("version"); got != read["version"].(float64)+1 {
		t.Errorf("version %v", got)
	}
	s.do(s.admin, "PUT", path, theirs).refuses(409, "conflict", "body.version")
	if got := s.get(path).at("slots").([]any); len(got) != 2 {
		t.Errorf("slots %v", got)
	}
	theirs["version"] = 99
	s.do(s.admin, "PUT", path, theirs).refuses(409, "conflict", "body.version")
	delete(theirs, "version")
	s.do(s.admin, "PUT", path, theirs).is(200)
}
