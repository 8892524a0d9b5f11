package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leadwheel/leadwheel/internal/web/inflight"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// MaxBody is the largest request body, in bytes, but for imports, which stream.
const MaxBody = 8 << 20

// streamed marks operations that read their body themselves, as it comes in.
const streamed = "streamed"

// readBody reads a request's body within its bounds and refuses what no field may hold, so that operations find text
// that the database takes, and no more of it than they can bear. It also works out what makes the request the same when it
// comes again.
func (a *API) readBody(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	c := callOf(ctx.Context())
	query, p := checkQuery(r.URL)
	c.path, c.query = r.URL.EscapedPath(), query
	if p == nil {
		p = a.checkAsked(ctx.Operation(), r, c)
	}
	if p == nil {
		p = checkContentType(ctx.Operation(), r)
	}
	if p == nil && r.Method == http.MethodPost {
		c.idempotencyKey, p = idempotencyKeyOf(r)
	}
	var body []byte
	if p == nil && ctx.Operation().RequestBody != nil && ctx.Operation().Metadata[streamed] == nil {
		var release func()
		body, release, p = a.readAll(w, r, ctx.Operation().OperationID)
		defer release()
	}
	if p != nil {
		refuse(ctx, p)
		return
	}
	c.hash = hashOf(r, body)
	next(&bodyContext{ctx, body})
}

// humaContext gets around an embedded huma.Context's name, which is that of one of its methods.
type humaContext = huma.Context

// bodyContext is a huma.Context whose body was read.
type bodyContext struct {
	humaContext
	body []byte
}

// BodyReader gives the body that was read.
func (c *bodyContext) BodyReader() io.Reader { return bytes.NewReader(c.body) }

// Unwrap gives the context around which this one is.
func (c *bodyContext) Unwrap() huma.Context { return c.humaContext }

// readAll reads a body whole. It takes room for it, and for what is made of it, until release is called.
func (a *API) readAll(w http.ResponseWriter, r *http.Request, operation string) (body []byte, release func(), p *problem.Problem) {
	key := callOf(r.Context()).ID.String()
	body, received, err := a.room.Read(r.Context(), key, http.MaxBytesReader(w, r.Body, MaxBody), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, received, problem.New(http.StatusRequestEntityTooLarge,
			fmt.Sprintf("the body is larger than %d bytes; send it in parts, or as an import", MaxBody))
	case errors.Is(err, inflight.ErrBusy):
		return nil, received, noRoom(err)
	case err != nil:
		return nil, received, problem.New(http.StatusBadRequest, "the body could not be read to its end")
	}
	if p := checkBounds(body, a.limits[operation]); p != nil {
		return nil, received, p
	}
	if p := checkText(body); p != nil {
		return nil, received, p
	}
	worked, err := a.room.Work(r.Context(), key, body)
	if err != nil {
		return nil, received, noRoom(err)
	}
	return body, func() { worked(); received() }, nil
}

// checkAsked refuses parameters that an operation does not know, and forms of an answer that it does not have.
func (a *API) checkAsked(op *huma.Operation, r *http.Request, c *call) *problem.Problem {
	form := a.forms[op.OperationID]
	kind := negotiate(form.kinds, c.query.Get("format"), strings.Join(r.Header.Values("Accept"), ","))
	if kind == "" {
		return notAcceptable(form.kinds)
	}
	c.wantsCSV = kind == csvType
	return form.unknown(c.query)
}

// A form is what a request of an operation may ask: by which parameters, and for which media types.
type form struct {
	parameters, kinds []string
	list              bool // it answers with a page of a list
}

func formOf(op *huma.Operation) form {
	f := form{kinds: kindsOf(op)}
	for _, p := range op.Parameters {
		if p.In == "query" {
			f.parameters = append(f.parameters, p.Name)
		}
	}
	slices.Sort(f.parameters)
	f.list = slices.Contains(f.parameters, "cursor")
	return f
}

// unknown refuses parameters that there are none of: a filter that is misspelt would match everything.
func (f form) unknown(query url.Values) *problem.Problem {
	message := "there is no such parameter here; this address takes " + strings.Join(f.parameters, ", ")
	if len(f.parameters) == 0 {
		message = "there is no such parameter here; this address takes none"
	}
	var fields []problem.Field
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if f.list && (name == "updated_since" || name == "sort") {
			continue // whoever follows changes may ask so of every list: one whose items do not tell when they changed gives all of them
		}
		if !slices.Contains(f.parameters, name) && len(fields) < maxErrors {
			fields = append(fields, problem.Field{Location: "query." + shortened(name), Message: message})
		}
	}
	if fields == nil {
		return nil
	}
	return problem.New(http.StatusUnprocessableEntity, "the request has parameters that this address does not know; errors names them", fields...)
}

// shortened is a name as problems tell it, however long it is.
func shortened(name string) string {
	const most = 50
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}

// checkContentType accepts what the operation's description lists, and bodies of no stated type.
func checkContentType(op *huma.Operation, r *http.Request) *problem.Problem {
	given := r.Header.Get("Content-Type")
	if op.RequestBody == nil || given == "" {
		return nil
	}
	name, _, err := mime.ParseMediaType(given)
	if _, known := op.RequestBody.Content[name]; err == nil && known {
		return nil
	}
	return problem.New(http.StatusUnsupportedMediaType, "this body's Content-Type is not one that this address takes; see /v1/openapi.json")
}

func checkQuery(u *url.URL) (url.Values, *problem.Problem) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "the query string is not well formed")
	}
	for name, texts := range values {
		for _, text := range append(texts, name) {
			if !cleanText(text) {
				return nil, problem.New(http.StatusBadRequest, "the query string has text that cannot be stored",
					problem.Field{Location: "query", Message: "this has a NUL or is not UTF-8"})
			}
		}
	}
	return values, nil
}

// hashOf tells requests apart: method, path, query and body.
func hashOf(r *http.Request, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s?%s\n", r.Method, r.URL.EscapedPath(), r.URL.RawQuery)
	h.Write(body)
	return h.Sum(nil)
}

// A Body is an input that takes the request's body as it comes in, for operations that are streamed.
type Body struct {
	Request  *http.Request
	Response http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (b *Body) Resolve(ctx huma.Context) []error {
	b.Request, b.Response = humago.Unwrap(ctx)
	return nil
}

var _ huma.Resolver = (*Body)(nil)
