package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

const (
	// MaxBody is the largest request body, in bytes, but for imports, which stream.
	MaxBody = 8 << 20

	bodyTimeout = time.Minute
)

// streamed marks operations that read their body themselves, as it comes in.
const streamed = "streamed"

// readBody reads a request's body within its bounds and refuses what no field may hold, so that operations find text
// that the database takes. It also works out what makes the request the same when it comes again.
func (a *API) readBody(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	c := callOf(ctx.Context())
	query, p := checkQuery(r.URL)
	c.query, c.wantsCSV = query, wantsCSV(query.Get("format"), r.Header.Get("Accept"))
	if p == nil {
		p = checkContentType(ctx.Operation(), r)
	}
	if p == nil && r.Method == http.MethodPost {
		c.idempotencyKey, p = idempotencyKeyOf(r)
	}
	var body []byte
	if p == nil && ctx.Operation().RequestBody != nil && ctx.Operation().Metadata[streamed] == nil {
		body, p = readAll(w, r)
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

func readAll(w http.ResponseWriter, r *http.Request) ([]byte, *problem.Problem) {
	// Not every writer has deadlines: a test's recorder hasn't.
	deadlines := http.NewResponseController(w)
	_ = deadlines.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem.New(http.StatusRequestEntityTooLarge,
			fmt.Sprintf("the body is larger than %d bytes; send it in parts, or as an import", MaxBody))
	case err != nil:
		return nil, problem.New(http.StatusBadRequest, "the body could not be read to its end")
	}
	_ = deadlines.SetReadDeadline(time.Time{}) // else it stays, for what the server still reads of a body that is given up
	return body, checkText(body)
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
