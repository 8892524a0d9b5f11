package api_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A place is one in the body of an operation: with gives a body that is good but for what is put there.
type place struct {
	at   string
	with func(value any) any
}

// places are those in a schema whose own schema is fit.
func (w *walk) places(schema map[string]any, own tenant, at string, depth int, fit func(map[string]any) bool) (all []place) {
	schema = w.resolve(schema)
	if depth > 6 {
		return nil
	}
	if fit(schema) {
		all = append(all, place{at, func(value any) any { return value }})
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		for _, p := range w.places(properties[name].(map[string]any), own, at+"."+name, depth+1, fit) {
			all = append(all, place{p.at, func(value any) any {
				object := w.sample(schema, "", own).(map[string]any)
				object[name] = p.with(value)
				return object
			}})
		}
	}
	if items, is := schema["items"].(map[string]any); is {
		for _, p := range w.places(items, own, at+"[0]", depth+1, fit) {
			all = append(all, place{p.at, func(value any) any { return []any{p.with(value)} }})
		}
	}
	return all
}

// oddTimes are times that RFC 3339 can write, or nearly, and whether they are refused for sure.
var oddTimes = map[string]bool{
	"2026-12-01T10:00:00+16:00": false, "2026-12-01T10:00:00+23:59": false, "2026-12-01T10:00:00-23:59": false, "2026-12-01T10:00:00+14:00": false,
	"2026-12-01T10:00:00.123456789Z": false, "9999-12-31T23:59:59Z": false, "9999-12-31T23:59:59.999999999Z": false, "9999-12-31T23:59:59+23:59": false,
	"0001-01-01T00:00:01Z": false, "2026-12-01T10:00:00+24:00": true, "2026-12-01T10:00:00-24:00": true, "0000-01-01T00:00:00Z": true,
	"0000-12-31T23:59:59-23:59": false, "0001-01-01T00:00:00Z": true, "0001-01-01T00:00:00+23:59": true, "0000-01-01T00:00:00+23:59": true,
	"9999-12-31T23:59:59-23:59": true, "9999-12-31T23:59:59-00:01": true, "2026-06-30T23:59:60Z": true, "2026-12-01T24:00:00Z": true,
	"10000-01-01T00:00:00Z": true, "-0001-01-01T00:00:00Z": true, "2026-02-30T00:00:00Z": true, "2026-12-01": true, "2026-12-01 10:00:00Z": true,
}

// TestOddTimes gives every operation that takes a time odd ones, wherever it takes it. Those that can be kept are taken, or refused for
// what they would do; others are refused by the name of the field.
func TestOddTimes(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	admin, tried := w.ours.keys[lead.RoleAdmin], 0
	check := func(o operation, at, text string, refused bool, r reply) {
		tried++
		if r.status >= 500 {
			t.Errorf("%s with %s %s: %d %s", o, at, text, r.status, r.body)
		}
		if refused && (r.status != 422 || !strings.Contains(r.body, `"`+at+`"`)) {
			t.Errorf("%s with %s %s: %d %s", o, at, text, r.status, r.body)
		}
	}
	isTime := func(schema map[string]any) bool { return schema["format"] == "date-time" }
	paths := w.addresses()
	for _, o := range w.operations() {
		path := paths[o.id]
		for _, name := range w.queried(o, isTime) {
			for text, refused := range oddTimes {
				query := w.neededQuery(o)
				query.Set(name, text)
				check(o, "query."+name, text, refused, w.do(admin, o.method, path+"?"+query.Encode(), nil))
			}
		}
		_, schema := w.bodyOf(o)
		if schema == nil {
			continue
		}
		for _, p := range w.places(schema, w.ours, "body", 0, isTime) {
			for text, refused := range oddTimes {
				check(o, p.at, text, refused, w.do(admin, o.method, path, p.with(text)))
			}
		}
	}
	if tried < 40*len(oddTimes) {
		t.Errorf("only %d times were tried", tried)
	}
}

// queried are the parameters of an operation's query whose schemas are fit.
func (w *walk) queried(o operation, fit func(map[string]any) bool) (names []string) {
	params, _ := o.described["parameters"].([]any)
	for _, p := range params {
		if param := p.(map[string]any); param["in"] == "query" && fit(w.resolve(param["schema"].(map[string]any))) {
			names = append(names, param["name"].(string))
		}
	}
	return names
}

// neededQuery is a query with what an operation needs.
func (w *walk) neededQuery(o operation) url.Values {
	query := url.Values{}
	params, _ := o.described["parameters"].([]any)
	for _, p := range params {
		if param := p.(map[string]any); param["in"] == "query" && param["required"] == true {
			name := param["name"].(string)
			query.Set(name, fmt.Sprint(w.sample(param["schema"].(map[string]any), name, w.ours)))
		}
	}
	return query
}

// addresses are the paths of all operations, by their ids, as long as everything is there.
func (w *walk) addresses() map[string]string {
	w.t.Helper()
	paths := map[string]string{}
	for _, o := range w.operations() {
		paths[o.id], _, _ = strings.Cut(w.address(o, w.ours, lead.RoleAdmin), "?")
	}
	return paths
}

// TestOddShapes puts arrays and objects of every depth where operations take lists. All are refused by the name of the list.
func TestOddShapes(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	admin, tried := w.ours.keys[lead.RoleAdmin], 0
	isList := func(schema map[string]any) bool { return kindOf(schema) == "array" }
	paths := w.addresses()
	for _, o := range w.operations() {
		_, schema := w.bodyOf(o)
		if schema == nil {
			continue
		}
		path := paths[o.id]
		for _, p := range w.places(schema, w.ours, "body", 0, isList) {
			for _, odd := range []any{
				[]any{[]any{"x"}}, []any{[]any{[]any{}}}, []any{[]any{"x"}, []any{"x"}}, []any{map[string]any{"x": []any{}}, []any{}}, []any{nil, nil},
				[]any{1, 1.5, true}, map[string]any{}, "x",
			} {
				tried++
				if r := w.do(admin, o.method, path, p.with(odd)); r.status != 422 || !strings.Contains(r.body, `"`+p.at) {
					t.Errorf("%s with %v for %s: %d %s", o, odd, p.at, r.status, r.body)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d shapes were tried", tried)
	}
}
