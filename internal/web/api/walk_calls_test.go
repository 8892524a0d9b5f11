package api_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An operation is one of the API's, as its document describes it.
type operation struct {
	method, path, id string
	roles            []lead.Role
	described        map[string]any
}

func (o operation) String() string          { return o.method + " " + o.path }
func (o operation) may(role lead.Role) bool { return slices.Contains(o.roles, role) }
func (o operation) hasID() bool             { return strings.Contains(o.path, "{") }

// address is an operation's path with real ids in it: each is of the first item that a role of the tenant sees in the
// list before it, or else an admin.
func (w *walk) address(o operation, of tenant, role lead.Role) string {
	w.t.Helper()
	if o.id == "list-sources" {
		return o.path + "?for=lead" // without it a member is refused
	}
	path := o.path
	for {
		at := pathParam.FindStringIndex(path)
		if at == nil {
			return path
		}
		list := strings.TrimSuffix(path[:at[0]], "/")
		path = path[:at[0]] + w.firstOf(of, role, list) + path[at[1]:]
	}
}

func (w *walk) firstOf(of tenant, role lead.Role, list string) string {
	w.t.Helper()
	key := of.keys[role]
	if id, known := w.found[key+list]; known {
		return id
	}
	r := w.do(key, "GET", list, nil)
	if r.status == 403 || len(r.items()) == 0 { // agents have sessions of their own, and a member's key none
		r = w.do(of.keys[lead.RoleAdmin], "GET", list, nil)
	}
	if len(r.items()) == 0 { // a person has what no key has
		r = w.do(of.keys[lead.RoleManager], "GET", list, nil)
	}
	items := r.items()
	if len(items) == 0 {
		w.t.Fatalf("there is nothing in %s for the walk to try; have newTenant make one", list)
	}
	w.found[key+list] = items[0]["id"].(string)
	return w.found[key+list]
}

// call calls an operation with the smallest body that its description allows, in which ids are a tenant's.
func (w *walk) call(o operation, key, path string, of tenant) reply {
	w.t.Helper()
	kind, schema := w.bodyOf(o)
	switch {
	case kind == "":
		return w.do(key, o.method, path, nil)
	case schema == nil:
		return w.do(key, o.method, path, "name\nx\n", "Content-Type", kind)
	}
	return w.do(key, o.method, path, w.sample(schema, "", of))
}

// bodyOf is the media type of an operation's body, and its schema where it is JSON.
func (w *walk) bodyOf(o operation) (kind string, schema map[string]any) {
	described, is := o.described["requestBody"].(map[string]any)
	if !is {
		return "", nil
	}
	kinds := described["content"].(map[string]any)
	if json, is := kinds["application/json"].(map[string]any); is {
		return "application/json", json["schema"].(map[string]any)
	}
	return slices.Min(slices.Collect(maps.Keys(kinds))), nil
}

// foreignBodies are bodies of an operation, good but for one id each, which is a foreign tenant's.
func (w *walk) foreignBodies(o operation, own, foreign tenant) []any {
	if _, schema := w.bodyOf(o); schema != nil {
		return w.foreignValues(schema, "", own, foreign)
	}
	return nil
}

func (w *walk) foreignValues(schema map[string]any, name string, own, foreign tenant) (values []any) {
	schema = w.resolve(schema)
	switch kindOf(schema) {
	case "object":
		properties, _ := schema["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			for _, v := range w.foreignValues(properties[name].(map[string]any), name, own, foreign) {
				object := w.sample(schema, "", own).(map[string]any)
				object[name] = v
				values = append(values, object)
			}
		}
	case "array":
		for _, v := range w.foreignValues(schema["items"].(map[string]any), strings.TrimSuffix(name, "s"), own, foreign) {
			values = append(values, []any{v})
		}
	case "string":
		if schema["format"] == "uuid" {
			values = append(values, foreign.idFor(name))
		}
	}
	return values
}

// sample is a value that a schema allows, with no more in it than is required.
func (w *walk) sample(schema map[string]any, name string, own tenant) any {
	schema = w.resolve(schema)
	if enum, is := schema["enum"].([]any); is {
		return enum[0]
	}
	switch kindOf(schema) {
	case "object":
		object := map[string]any{}
		properties, _ := schema["properties"].(map[string]any)
		required, _ := schema["required"].([]any)
		for _, name := range required {
			object[name.(string)] = w.sample(properties[name.(string)].(map[string]any), name.(string), own)
		}
		return object
	case "array":
		return []any{w.sample(schema["items"].(map[string]any), strings.TrimSuffix(name, "s"), own)}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	switch schema["format"] {
	case "uuid":
		return own.idFor(name)
	case "date-time":
		return w.Store.Now().Add(time.Hour).Format(time.RFC3339)
	case "email":
		return "x@example.com"
	case "uri":
		return "https://example.com/"
	}
	return "x"
}

func kindOf(schema map[string]any) any {
	if kinds, is := schema["type"].([]any); is {
		return kinds[0]
	}
	return schema["type"]
}

// resolve follows a schema's references.
func (w *walk) resolve(schema map[string]any) map[string]any {
	for {
		ref, is := schema["$ref"].(string)
		if !is {
			return schema
		}
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		schema = w.described["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
	}
}

// idFor is the id that a tenant has for a field of a request.
func (t tenant) idFor(name string) string {
	if id, known := t.own[name]; known {
		return id
	}
	return uuid.NewString()
}
