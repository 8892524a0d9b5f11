package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/internal/web/reference"
	"github.com/leadwheel/leadwheel/store"
)

// A call is who makes a request, and what makes the request the same when it comes again.
type call struct {
	store.Caller
	key            string // as it was sent
	address        string // that it came from, empty where that is not known
	browser        string // as it calls itself
	wantsCSV       bool
	path           string // that was asked for
	query          url.Values
	idempotencyKey string
	hash           []byte
	// act is what goes into the audit log, nil for what does not belong there, and addressed the ids in its address.
	act       *store.Act
	addressed []uuid.UUID
	// replayed is set where the answer is one that was kept.
	replayed bool
}

// callKey is the key of a request's call in its context.
type callKey struct{}

// register adds an operation. Its handler gets the authenticated call; its errors become problems in one place.
func register[I, O any](a *API, op huma.Operation, handle func(context.Context, *call, *I) (*O, error)) {
	document(&op)
	op.MaxBodyBytes = -1 // readBody has bounded and read the body
	op.BodyReadTimeout = -1
	times := timesOf(reflect.TypeFor[I]())
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		c := ctx.Value(callKey{}).(*call)
		if err := tidyTimes(times, in, c.query); err != nil {
			return nil, err
		}
		out, err := handle(ctx, c, in)
		if again := new(O); err != nil && a.doneBefore(ctx, c, err, again) {
			out, err = again, nil
		}
		if err == nil {
			a.checkLogged(ctx, c, op.OperationID)
			return out, nil
		}
		return nil, a.problem(ctx, op.OperationID, err)
	})
	if op.Method == http.MethodGet {
		a.readers[op.Path] = readerOf(handle)
	}
	path := a.huma.OpenAPI().Paths[op.Path]
	amend(path)
	registered := operationOf(path, op.Method)
	a.limits[op.OperationID] = limitsOf(a.huma.OpenAPI().Components.Schemas, registered)
	a.forms[op.OperationID] = formOf(registered)
}

// problem says what an error means to the caller, and logs what is ours to look into.
func (a *API) problem(ctx context.Context, operation string, err error) *problem.Problem {
	p := problem.From(err)
	if p.Status >= http.StatusInternalServerError {
		a.logFailure(ctx, operation, err)
	}
	return p
}

// logFailure logs an error of ours.
func (a *API) logFailure(ctx context.Context, operation string, err error) {
	a.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("operation", operation), slog.Any("error", err))
}

// refuse answers a request from a middleware.
func refuse(ctx huma.Context, p *problem.Problem) {
	_, w := humago.Unwrap(ctx)
	p.Write(w)
}

// Document is the OpenAPI document, as JSON.
func (a *API) Document() ([]byte, error) { return publish(a.huma.OpenAPI()) }

// serveDocument serves the OpenAPI document, and the same for people. Both are written when somebody asks first.
func (a *API) serveDocument(mux humago.Mux) {
	document := sync.OnceValues(a.Document)
	page := sync.OnceValues(func() (*reference.Page, error) {
		data, err := document()
		if err != nil {
			return nil, err
		}
		return reference.New(data)
	})
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, r *http.Request) {
		data, err := document()
		if err != nil {
			a.problem(r.Context(), "get-openapi", err).Write(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(data) // the client is gone where this fails
	})
	mux.HandleFunc("GET /v1/docs", func(w http.ResponseWriter, r *http.Request) {
		shown, err := page()
		if err != nil {
			a.problem(r.Context(), "get-docs", err).Write(w)
			return
		}
		shown.ServeHTTP(w, r)
	})
}
