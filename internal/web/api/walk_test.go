package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// These tests call every operation that the API's document has, with the ids of things that are there, as everybody who
// must not get through. Operations that are added later are in them by themselves; newTenant makes what they need.

// outcasts are keys to a workspace that open nothing any more, or never did, by what is wrong with them.
func (s *site) outcasts(workspace uuid.UUID) (unknown, away map[string]string) {
	s.t.Helper()
	past := s.Store.Now().Add(-time.Second)
	revoked, text, err := s.Store.CreateAPIKey(s.t.Context(), workspace, store.APIKey{Role: lead.RoleAdmin})
	if err == nil {
		err = s.Store.RevokeAPIKey(s.t.Context(), workspace, revoked.ID)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	good := s.keyTo(workspace, store.APIKey{Role: lead.RoleAdmin})
	unknown = map[string]string{
		"no key": "", "garbage": "lw_!", "a revoked key": text, "an expired key": s.keyTo(workspace, store.APIKey{Role: lead.RoleAdmin, ExpiresAt: &past}),
		"another secret": good[:len(good)-8] + "aaaaaaaa", // the workspace is right
	}
	away = map[string]string{}
	for name, how := range map[string]string{"a deactivated member": `active = false`, "a removed member": `active = false, removed_at = now()`} {
		m, err := s.Store.CreateMember(s.t.Context(), workspace, store.Member{Name: name})
		if err != nil {
			s.t.Fatal(err)
		}
		away[name] = s.keyTo(workspace, store.APIKey{Role: lead.RoleMember, MemberID: &m.ID})
		s.DB.MustExec(`UPDATE members SET `+how+` WHERE member_id = $1`, m.ID)
	}
	return unknown, away
}

func TestKeysThatOpenNothing(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	w.firstOf(w.ours, lead.RoleAdmin, "/v1/members") // before there are some who have nothing
	unknown, away := w.outcasts(w.ours.id)
	before := w.rows(w.ours.id)
	for _, o := range w.operations() {
		path := w.address(o, w.ours, lead.RoleAdmin)
		for name, key := range unknown {
			if r := w.call(o, key, path, w.ours); r.status != 401 {
				t.Errorf("%s with %s: %d %s", o, name, r.status, r.body)
			}
		}
		for name, key := range away {
			if r := w.call(o, key, path, w.ours); r.status != 403 {
				t.Errorf("%s with the key of %s: %d %s", o, name, r.status, r.body)
			}
		}
	}
	w.unchanged(w.ours.id, before)
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	before := w.rows(w.ours.id)
	for _, o := range w.operations() {
		path := w.address(o, w.ours, lead.RoleAdmin)
		for role, key := range w.ours.keys {
			if o.may(role) {
				continue
			}
			if r := w.call(o, key, path, w.ours); r.status != 403 {
				t.Errorf("%s as %s, who may not: %d %s", o, role, r.status, r.body)
			}
		}
	}
	w.unchanged(w.ours.id, before)
	for _, o := range w.operations() { // those who may get through, here to something that is not there
		path := pathParam.ReplaceAllString(o.path, uuid.NewString())
		if o.id == "list-sources" {
			path += "?for=lead" // without it a member is refused
		}
		for role, key := range w.ours.keys {
			if o.id == "end-sessions" || o.id == "get-installation-audit" { // that would sign the manager out; this is for none where two share
				continue
			}
			if r := w.do(key, o.method, path, nil); o.may(role) && (r.status == 401 || r.status == 403) {
				t.Errorf("%s as %s, who may: %d %s", o, role, r.status, r.body)
			}
		}
	}
}

// TestPathsWithTextThatIsNoID finds nothing at them, as with an id that nothing has.
func TestPathsWithTextThatIsNoID(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	before := w.rows(w.ours.id)
	for _, o := range w.operations() {
		if !o.hasID() || !o.may(lead.RoleAdmin) {
			continue
		}
		for _, text := range []string{"x", "0", "%20", uuid.NewString() + "0", "%C3%A9"} {
			w.call(o, w.ours.keys[lead.RoleAdmin], pathParam.ReplaceAllString(o.path, text), w.ours).refuses(404, "not_found")
		}
	}
	w.unchanged(w.ours.id, before)
}

// TestForeignWorkspace has the keys of one workspace try what is another's: by address, by filter, and in bodies.
func TestForeignWorkspace(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	theirs := w.newTenant("theirs")
	before := w.rows(w.ours.id)
	ids := w.ids(w.ours.id)
	quiet := func(o operation, r reply) {
		t.Helper()
		for _, id := range uuidText.FindAllString(r.body, -1) {
			if ids[id] {
				t.Errorf("%s gives away %s: %s", o, id, r.body)
			}
		}
	}
	for _, o := range w.operations() {
		for role, key := range theirs.keys {
			if o.hasID() {
				r := w.call(o, key, w.address(o, w.ours, lead.RoleAdmin), theirs)
				if want := map[bool]int{true: 404, false: 403}[o.may(role)]; r.status != want {
					t.Errorf("%s as a foreign %s: %d, want %d: %s", o, role, r.status, want, r.body)
				}
			}
			if !o.may(role) {
				continue
			}
			for _, query := range w.filters(o, w.ours) {
				r := w.do(key, o.method, w.address(o, theirs, role)+query, nil)
				if quiet(o, r); r.status >= 500 {
					t.Errorf("%s%s: %d %s", o, query, r.status, r.body)
				}
			}
			for _, body := range w.foreignBodies(o, theirs, w.ours) {
				r := w.do(key, o.method, w.address(o, theirs, role), body)
				if quiet(o, r); r.status >= 500 || r.status < 300 && r.object()["count"] != 0.0 {
					t.Errorf("%s with foreign ids in %v: %d %s", o, body, r.status, r.body)
				}
			}
		}
	}
	w.unchanged(w.ours.id, before)
	for table, rows := range w.rows(theirs.id) {
		for _, id := range uuidText.FindAllString(rows, -1) {
			if ids[id] {
				t.Errorf("%s of one workspace is in the rows of another's %s: %s", id, table, rows)
			}
		}
	}
}

// TestNobodySeesThatOthersGotThings compares, byte for byte, what a key sees before and after others got things.
func TestNobodySeesThatOthersGotThings(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	theirs := w.newTenant("theirs")
	look := func() map[string]string {
		seen := map[string]string{}
		for role, key := range theirs.keys {
			maps.Copy(seen, w.seen("foreign", role, key))
		}
		for role, key := range w.ours.others {
			maps.Copy(seen, w.seen("other", role, key))
		}
		return seen
	}
	before := look()
	w.fill(w.ours)
	w.newTenant("third")
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestOthersOfTheSameRole has members and integrations try what is another member's and another integration's.
func TestOthersOfTheSameRole(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	before := w.rows(w.ours.id)
	tried := 0
	for _, o := range w.operations() {
		for role, key := range w.ours.others {
			if !o.may(role) || !o.hasID() {
				continue
			}
			tried++
			if r := w.call(o, key, w.address(o, w.ours, role), w.ours); r.status != 404 {
				t.Errorf("%s as another %s: %d %s", o, role, r.status, r.body)
			}
		}
	}
	if tried < 4 {
		t.Errorf("only %d operations were tried", tried)
	}
	w.unchanged(w.ours.id, before)
}

var (
	pathParam = regexp.MustCompile(`\{[^}]*\}`)
	uuidText  = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	lastUse   = regexp.MustCompile(`"(last_used_at|seen_at)":("[^"]*"|null)|"addresses":\[[^\]]*\]`)
)

// A walk is a site with a workspace that has something of everything.
type walk struct {
	*site
	ours  tenant
	found map[string]string // ids, by whose list they are from
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	s, _ := newTimedSite(t)
	return &walk{site: s, ours: s.newTenant("ours"), found: map[string]string{}}
}

func (w *walk) unchanged(workspace uuid.UUID, before map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(before, w.rows(workspace)); diff != "" {
		w.t.Errorf("those who may not have changed something (-before +after):\n%s", diff)
	}
}

// ids are all that stand in a workspace's rows.
func (w *walk) ids(workspace uuid.UUID) map[string]bool {
	w.t.Helper()
	ids := map[string]bool{}
	for _, rows := range w.rows(workspace) {
		for _, id := range uuidText.FindAllString(rows, -1) {
			ids[id] = true
		}
	}
	return ids
}

// seen is what the holder of a key sees, by address: lists, as JSON and CSV, and what is first in them.
func (w *walk) seen(who string, role lead.Role, key string) map[string]string {
	w.t.Helper()
	seen := map[string]string{}
	for _, o := range w.operations() {
		if o.method != "GET" || !o.may(role) || o.id == "list-audit-log" { // which has what is read here as CSV
			continue
		}
		path := o.path
		if o.id == "list-sources" {
			path += "?for=lead"
		}
		if o.hasID() {
			list := strings.TrimSuffix(o.path[:strings.Index(o.path, "{")], "/")
			items, _ := w.do(key, "GET", list, nil).object()["items"].([]any)
			if len(items) == 0 || strings.Count(o.path, "{") > 1 {
				continue
			}
			path = pathParam.ReplaceAllString(o.path, items[0].(map[string]any)["id"].(string))
		}
		for _, accept := range []string{"application/json", "text/csv"} {
			name := fmt.Sprintf("%s %s %s %s", who, role, path, accept)
			seen[name] = lastUse.ReplaceAllString(w.do(key, "GET", path, nil, "Accept", accept).body, "")
		}
	}
	return seen
}

// filters are queries of an operation, each with an id of a tenant's.
func (w *walk) filters(o operation, of tenant) (queries []string) {
	params, _ := o.described["parameters"].([]any)
	for _, p := range params {
		param := p.(map[string]any)
		if param["in"] == "query" && w.resolve(param["schema"].(map[string]any))["format"] == "uuid" {
			name := param["name"].(string)
			mark := "?"
			if o.id == "list-sources" {
				mark = "&"
			}
			queries = append(queries, mark+url.Values{name: {of.idFor(name)}}.Encode())
		}
	}
	return queries
}

// operations are all that the API has.
func (w *walk) operations() []operation {
	w.t.Helper()
	w.readDocument()
	var all []operation
	paths := w.described["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		methods := paths[path].(map[string]any)
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			o := operation{method: strings.ToUpper(method), path: path, described: methods[method].(map[string]any)}
			o.id = o.described["operationId"].(string)
			for _, role := range o.described["x-roles"].([]any) {
				o.roles = append(o.roles, lead.Role(role.(string)))
			}
			if !o.may("anybody") { // what is open to anybody has its own tests
				all = append(all, o)
			}
		}
	}
	if len(all) < 40 {
		w.t.Fatalf("found only %d operations", len(all))
	}
	return all
}
