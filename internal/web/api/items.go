package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// An itemKind is what tags and preconditions have to know of items that are read at one path.
type itemKind struct {
	// kind is empty where nobody can change them.
	kind store.ItemKind
	// moves are the members of an answer that change without anybody's changing the item.
	moves []string
	// once are those which only the answer to what made or changed it has.
	once []string
}

// itemKinds are the items that can be changed or removed, by the path at which each is read.
var itemKinds = map[string]itemKind{
	"/v1/workspace":           {kind: store.ItemWorkspace},
	"/v1/message-template":    {kind: store.ItemMessageTemplate},
	"/v1/rules":               {kind: store.ItemRules},
	"/v1/members/{id}":        {kind: store.ItemMember, moves: []string{"pending"}},
	"/v1/groups/{id}":         {kind: store.ItemGroup, moves: []string{"next"}, once: []string{"pending"}},
	"/v1/sources/{id}":        {kind: store.ItemSource},
	"/v1/leads/{id}":          {kind: store.ItemLead, moves: []string{"given_to"}, once: []string{"warnings"}},
	"/v1/pending-leads/{id}":  {kind: store.ItemPending},
	"/v1/assigned-leads/{id}": {kind: store.ItemAssignedLead},
	"/v1/customers/{id}":      {kind: store.ItemCustomer},
	"/v1/opportunities/{id}":  {kind: store.ItemOpportunity, moves: []string{"contact"}},
	"/v1/integrations/{id}":   {kind: store.ItemIntegration, moves: []string{"health", "warning", "warned_at"}},
	"/v1/webhooks/{id}":       {kind: store.ItemWebhook, moves: []string{"failing_since"}, once: []string{"secret"}},
	"/v1/api-keys/{id}":       {kind: store.ItemAPIKey, moves: []string{"last_used_at", "addresses"}, once: []string{"api_key"}},
	"/v1/people/{id}":         {kind: store.ItemPerson, moves: []string{"seen_at"}, once: []string{"url", "sent_by", "expires_at"}},
	"/v1/assignments/{id}":    {once: []string{"already_assigned"}},
}

// An itemReader reads an item as a caller sees it.
type itemReader func(ctx context.Context, c *call, id uuid.UUID) (any, error)

// readerOf is the handler of an item's GET, for whoever has nothing but its id.
func readerOf[I, O any](handle func(context.Context, *call, *I) (*O, error)) itemReader {
	return func(ctx context.Context, c *call, id uuid.UUID) (any, error) {
		in := new(I)
		if named, is := any(in).(interface{ name(uuid.UUID) }); is {
			named.name(id)
		}
		out, err := handle(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(out).Elem().FieldByName("Body").Interface(), nil
	}
}

// An answered is what the answers of an operation are: items of a kind, which are read by another, at its path.
type answered struct {
	itemKind
	read string
	path string
}

// describeItems finds the operations that answer an item, which are those whose answer is described as some GET of one, and
// describes their tags, and the conditions that those on an item take.
func (a *API) describeItems() {
	found := make(map[string]answered) // by the reference to its schema
	for path, item := range a.huma.OpenAPI().Paths {
		_, known := itemKinds[path]
		if item.Get == nil || !known && !strings.HasSuffix(path, "}") {
			continue
		}
		for _, ref := range answersOf(item.Get) {
			found[ref] = answered{itemKinds[path], item.Get.OperationID, path}
		}
	}
	for made, ref := range map[string]string{"CreatedAPIKey": "APIKey", "CreatedWebhook": "Webhook"} {
		found[schemaRef+made] = found[schemaRef+ref]
	}
	for path, item := range a.huma.OpenAPI().Paths {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			op := operationOf(item, method)
			if op == nil {
				continue
			}
			for _, ref := range answersOf(op) {
				if it, is := found[ref]; is {
					a.answers[op.OperationID] = it
				}
			}
			a.describeConditions(path, op)
		}
	}
}

// answersOf are the references to the schemas of an operation's success.
func answersOf(op *huma.Operation) (refs []string) {
	for status, response := range op.Responses {
		content := response.Content["application/json"]
		if status[0] != '2' || content == nil || content.Schema == nil {
			continue
		}
		for _, s := range append([]*huma.Schema{content.Schema}, content.Schema.OneOf...) {
			if s.Ref != "" {
				refs = append(refs, s.Ref)
			}
		}
	}
	return refs
}

func (a *API) describeConditions(path string, op *huma.Operation) {
	if _, tagged := a.answers[op.OperationID]; tagged {
		for status, response := range op.Responses {
			if status[0] != '2' {
				continue
			}
			headersOf(response)["ETag"] = &huma.Param{
				Description: "What the item was when this was answered: for If-Match of a change, or If-None-Match of a later read.",
				Schema:      &huma.Schema{Type: huma.TypeString},
			}
		}
		if op.Method == http.MethodGet {
			op.Parameters = append(op.Parameters, conditionParam("If-None-Match", "Tags, or *: where the item still has one of them the answer is 304, without a body."))
			op.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
		}
	}
	if _, read := a.answers[op.OperationID]; op.Method == http.MethodPost || itemKinds[path].kind == "" && !read {
		return
	}
	op.Parameters = append(op.Parameters, conditionParam("If-Match", "Tags, or *: where the item has none of them any more, since somebody changed it, nothing is done and the answer is 412."))
	failed := *op.Responses["401"]
	failed.Description = http.StatusText(http.StatusPreconditionFailed)
	op.Responses["412"] = &failed
}

func conditionParam(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

// conditional gives answers that are items their tags, and holds requests to what they say of them. What changes an item
// checks it in the transaction that changes it.
func (a *API) conditional(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	c, op, path := callOf(ctx.Context()), ctx.Operation(), itemKinds[ctx.Operation().Path]
	asked := conditionsOf(r.Header)
	if path.kind != "" && asked.any() && op.Method != http.MethodGet && op.Method != http.MethodPost {
		id, _ := uuid.Parse(ctx.Param("id")) // what has no id has no item either
		ctx = huma.WithContext(ctx, store.WithPrecondition(ctx.Context(), a.precondition(c, op, id, asked)))
	}
	answer, is := a.answers[op.OperationID]
	if !is || !mayCall(c.Role, answer.read) { // nobody could use the tag of what they may not read
		next(ctx)
		return
	}
	kept := &keptContext{humaContext: ctx}
	next(kept)
	if kept.status == 0 {
		return // a middleware refused it
	}
	if kept.status < http.StatusMultipleChoices {
		if e := tagOf(kept.body.Bytes(), answer.itemKind); e != (etag{}) {
			ctx.SetHeader("ETag", e.String())
			if op.Method == http.MethodGet && kept.spare(ctx, asked.status(op.Method, e)) {
				return
			}
		}
	}
	ctx.SetStatus(kept.status)
	_, _ = ctx.BodyWriter().Write(kept.body.Bytes()) // the client is gone where this fails
}

// precondition is what a request says of the item that it changes. Where the caller finds no such item, it is for the change
// to say so.
func (a *API) precondition(c *call, op *huma.Operation, id uuid.UUID, asked conditions) *store.Precondition {
	k := itemKinds[op.Path]
	return &store.Precondition{Workspace: c.Workspace, Kind: k.kind, ID: id, Check: func(ctx context.Context) error {
		body, err := a.readers[op.Path](ctx, c, id)
		if p := problem.From(err); err != nil && p.Status == http.StatusNotFound {
			return nil
		} else if err != nil {
			return err
		}
		var data bytes.Buffer
		if err := huma.DefaultJSONFormat.Marshal(&data, body); err != nil {
			return err
		}
		if asked.status(op.Method, tagOf(data.Bytes(), k)) != 0 {
			return changedMeanwhile()
		}
		return nil
	}}
}

func changedMeanwhile() *problem.Problem {
	return problem.New(http.StatusPreconditionFailed, "somebody else changed this meanwhile, and nothing was done; read it again and decide anew")
}

// keptContext is a huma.Context whose answer is kept until its tag is known.
type keptContext struct {
	humaContext
	status int
	body   bytes.Buffer
}

// SetStatus keeps the status.
func (k *keptContext) SetStatus(code int) { k.status = code }

// Status gives what was kept.
func (k *keptContext) Status() int { return k.status }

// BodyWriter keeps the body.
func (k *keptContext) BodyWriter() io.Writer { return &k.body }

// Unwrap gives the context around which this one is.
func (k *keptContext) Unwrap() huma.Context { return k.humaContext }

// spare answers in the place of what was kept where a read's conditions have it so.
func (k *keptContext) spare(ctx huma.Context, status int) bool {
	switch status {
	case http.StatusNotModified:
		_, w := humago.Unwrap(ctx)
		w.Header().Del("Content-Type")
		ctx.SetStatus(status)
	case http.StatusPreconditionFailed:
		refuse(ctx, changedMeanwhile())
	}
	return status != 0
}
