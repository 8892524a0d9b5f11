package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"github.com/leadwheel/leadwheel/internal/web/requestid"
)

// inProcess carries requests to a handler in this process.
type inProcess struct {
	api http.Handler
	// remote is the address of whoever makes the console ask, browser what their browser calls itself.
	remote, browser string
	// forwarded is what proxies noted of where its request came from.
	forwarded []string
	// once stands for a form that was sent: its requests that change something are made once, however often it is sent.
	once string
	// match is the tag that what is changed must have, empty where it may have any. tags keeps those of items that are read, by path.
	match string
	tags  map[string]string
}

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.RemoteAddr, sent.RequestURI = t.remote, r.URL.RequestURI()
	sent.Header.Set("User-Agent", t.browser)
	sent.Header["X-Forwarded-For"] = t.forwarded
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	if t.match != "" {
		sent.Header.Set("If-Match", t.match)
	}
	if t.once != "" && r.Method == http.MethodPost {
		key, err := t.idempotencyKey(r)
		if err != nil {
			return nil, err
		}
		sent.Header.Set("Idempotency-Key", key)
	}
	w := &answer{header: http.Header{requestid.Header: {requestid.From(r.Context())}}, status: http.StatusOK}
	t.api.ServeHTTP(w, sent)
	if tag := w.header.Get("ETag"); tag != "" && t.tags != nil && r.Method == http.MethodGet {
		t.tags[r.URL.Path] = tag
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status, Header: w.header, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

// idempotencyKey is one that only the same request from the same form has.
func (t inProcess) idempotencyKey(r *http.Request) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s\n%s\n", t.once, r.URL.RequestURI())
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return "", fmt.Errorf("reading a request to %s again: %w", r.URL.Path, err)
		}
		if _, err := io.Copy(hash, body); err != nil {
			return "", fmt.Errorf("reading a request to %s again: %w", r.URL.Path, err)
		}
	}
	return "console-" + hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// answer keeps what a handler writes.
type answer struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *answer) Write(data []byte) (int, error) {
	a.written = true
	return a.body.Write(data)
}
