package api

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// takeBack lets a change have what a read of the same item answered. What cannot be changed is dropped where it is as it is, and
// refused by its name where it is not.
func (a *API) takeBack(ctx huma.Context, next func(huma.Context)) {
	op, c := ctx.Operation(), callOf(ctx.Context())
	read := a.readers[op.Path]
	if read == nil || op.Method != http.MethodPut && op.Method != http.MethodPatch {
		next(ctx)
		return
	}
	body, err := io.ReadAll(ctx.BodyReader())
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(body, &members) != nil || !a.mayBeRead(op, members) {
		next(ctx) // which refuses what cannot be read
		return
	}
	id, _ := uuid.Parse(ctx.Param("id"))
	now, err := itemNow(ctx, c, read, id)
	if err != nil {
		refuse(ctx, a.problem(ctx.Context(), op.OperationID, err))
		return
	}
	if p := a.dropRead(op, members, now); p != nil {
		refuse(ctx, p)
		return
	}
	if body, err = json.Marshal(members); err != nil {
		refuse(ctx, a.problem(ctx.Context(), op.OperationID, err))
		return
	}
	next(&bodyContext{ctx, body})
}

// mayBeRead reports whether a body has members that the operation does not take, or that mean something else where they are read.
func (a *API) mayBeRead(op *huma.Operation, members map[string]json.RawMessage) bool {
	for name := range members {
		if !a.takes(op, name) || readsOtherwise(op.Path, name) {
			return true
		}
	}
	return false
}

// readsOtherwise reports whether a member of an item that can be changed is something else where it is read: what becomes of what a member
// has pending, and how much that is, or a person's language, and that which holds where they have none.
func readsOtherwise(path, name string) bool {
	return path == "/v1/me" && name == "language" || slices.Contains(itemKinds[path].moves, name)
}

// takes reports whether the body of an operation has a member of a name.
func (a *API) takes(op *huma.Operation, name string) bool {
	schema := op.RequestBody.Content[jsonType].Schema
	if schema.Ref != "" {
		schema = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	_, takes := schema.Properties[name]
	return takes
}

// itemNow is an item as its caller reads it, by its members.
func itemNow(ctx huma.Context, c *call, read itemReader, id uuid.UUID) (now map[string]json.RawMessage, err error) {
	item, err := read(ctx.Context(), c, id)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	if err := huma.DefaultJSONFormat.Marshal(&data, item); err != nil {
		return nil, err
	}
	return now, json.Unmarshal(data.Bytes(), &now)
}

// dropRead takes those members out of a body that are read and not changed.
func (a *API) dropRead(op *huma.Operation, members, now map[string]json.RawMessage) *problem.Problem {
	var fields []problem.Field
	for _, name := range slices.Sorted(maps.Keys(members)) {
		is, has := now[name]
		switch takes := a.takes(op, name); {
		case !has || takes && !readsOtherwise(op.Path, name):
		case sameJSON(is, members[name]):
			delete(members, name)
		case !takes && len(fields) < maxErrors:
			fields = append(fields, problem.Field{Location: "body." + name, Message: "this cannot be changed here; leave it out, or send what was read just now"})
		}
	}
	if fields == nil {
		return nil
	}
	return problem.New(http.StatusUnprocessableEntity, "the request would change what cannot be changed; errors names it", fields...)
}

// sameJSON reports whether two texts of JSON say the same. Times are the same that are of one instant.
func sameJSON(a, b json.RawMessage) bool {
	var values [2]any
	for i, text := range []json.RawMessage{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&values[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(plain(values[0]), plain(values[1]))
}

// plain has the times in a value written in one way.
func plain(v any) any {
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil && strings.Contains(v, "T") {
			return t.UTC()
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return v
}
