package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// follow reads a list in the order of changes, two at a time, and returns the ids in that order.
func (s *site) follow(list string, since time.Time) (ids []string) {
	s.t.Helper()
	query := url.Values{"sort": {"updated_at"}, "limit": {"2"}}
	if !since.IsZero() {
		query.Set("updated_since", since.Format(time.RFC3339Nano))
	}
	last := ""
	for {
		r := s.get(list + "?" + query.Encode())
		for _, it := range r.items() {
			if at := it["updated_at"].(string); parsed(s.t, at).Before(parsed(s.t, last)) {
				s.t.Errorf("%s: %s comes after %s", list, at, last)
			} else {
				last = at
			}
			ids = append(ids, it["id"].(string))
		}
		next, more := r.at("next_cursor").(string)
		if !more {
			return ids
		}
		query.Set("cursor", next)
	}
}

func parsed(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestFollowingChanges(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group := s.group(s.member("M"))
	for list, one := range map[string]func(i int) map[string]any{
		"/v1/members": func(i int) map[string]any { return map[string]any{"name": fmt.Sprint(i)} },
		"/v1/leads":   func(i int) map[string]any { return map[string]any{"name": fmt.Sprint(i)} },
		"/v1/sources": func(i int) map[string]any { return map[string]any{"name": fmt.Sprint(i)} },
		"/v1/integrations": func(i int) map[string]any {
			return map[string]any{"name": fmt.Sprint(i), "kind": "generic", "group_id": group}
		},
	} {
		start := s.Store.Now()
		var ids []string
		for i := range 5 {
			ids = append(ids, s.post(list, one(i)).is(201).id())
		}
		if diff := cmp.Diff(ids, s.follow(list, start)); diff != "" {
			t.Errorf("%s as made (-want +got):\n%s", list, diff)
		}
		since := s.Store.Now()
		for _, i := range []int{3, 0} {
			s.patch(list+"/"+ids[i], `{"name":"changed"}`).is(map[bool]int{true: 409, false: 200}[list == "/v1/sources" && i == 0])
		}
		changed := []string{ids[3], ids[0]}
		if list == "/v1/sources" { // no two have one name
			changed = changed[:1]
		}
		if diff := cmp.Diff(changed, s.follow(list, since)); diff != "" {
			t.Errorf("%s as changed (-want +got):\n%s", list, diff)
		}
		var newest []string
		for _, it := range s.get(list + "?updated_since=" + url.QueryEscape(since.Format(time.RFC3339Nano))).items() {
			newest = append(newest, it["id"].(string))
		}
		if slices.Sort(changed); !slices.Equal(slices.Sorted(slices.Values(newest)), changed) {
			t.Errorf("%s changed since: %v, want %v", list, newest, changed)
		}
	}
	r := s.get("/v1/leads?limit=1").at("next_cursor").(string)
	s.get("/v1/leads?sort=updated_at&cursor="+r).refuses(422, "invalid_request", "query.cursor")
	r = s.get("/v1/leads?limit=1&sort=updated_at").at("next_cursor").(string)
	s.get("/v1/leads?cursor="+r).refuses(422, "invalid_request", "query.cursor")
	s.get("/v1/leads?sort=name").refuses(422, "invalid_request", "query.sort")
	lines := strings.Split(s.get("/v1/leads?sort=updated_at&format=csv").is(200).body, "\n")
	if len(lines) != 7 || !strings.Contains(lines[5], "changed") || strings.Contains(lines[1], "changed") {
		t.Errorf("CSV by change: %q", lines)
	}
	if found := s.get("/v1/leads?sort=updated_at&q=changed").items(); len(found) != 2 || found[0]["updated_at"].(string) > found[1]["updated_at"].(string) {
		t.Errorf("found by a word, by change: %v", found)
	}
}

// TestChangesOfEveryList has each list that shows when its items were changed take the parameters, and none other.
func TestChangesOfEveryList(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	since := url.QueryEscape(w.Store.Now().Add(-time.Hour).Format(time.RFC3339Nano))
	lists := 0
	for _, o := range w.operations() {
		if o.method != "GET" || o.hasID() || !w.takes(o, "sort") {
			continue
		}
		lists++
		path := w.address(o, w.ours, lead.RoleAdmin)
		join := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]
		for role, key := range w.ours.keys {
			if !o.may(role) {
				continue
			}
			all := len(w.do(key, "GET", path, nil).items())
			if n := len(w.do(key, "GET", path+join+"sort=updated_at&updated_since="+since, nil).items()); n != all || n == 0 {
				t.Errorf("%s as %s: %d of %d", o, role, n, all)
			}
		}
	}
	if lists != 9 {
		t.Errorf("%d lists", lists)
	}
}

// takes reports whether an operation has a parameter.
func (w *walk) takes(o operation, name string) bool {
	parameters, _ := o.described["parameters"].([]any)
	return slices.ContainsFunc(parameters, func(p any) bool { return p.(map[string]any)["name"] == name })
}
