// Package client calls Leadwheel's own HTTP API. The operators' commands and the console call it, as any other client would: it may know
// nothing of the API but what the API's document tells everybody.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// callTimeout bounds a call with a small body. Uploads take as long as they take.
	callTimeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 32 << 20
)

// A Client calls the API of one server with one API key. It may be used concurrently.
type Client struct {
	base string
	key  string
	http *http.Client
}

// New makes a client for the server at base, such as http://127.0.0.1:8080. key is an API key, lw_….
func New(base, key string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is not the address of a server; give one such as http://127.0.0.1:8080", base)
	}
	if strings.TrimSpace(key) == "" {
		return nil, errors.New("there is no API key; set LEADWHEEL_API_KEY to one made by `leadwheel apikey create`")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64 // callers may be many
	// An upload that the server refuses is then refused before it is sent.
	transport.ExpectContinueTimeout = 5 * time.Second
	return &Client{base: strings.TrimRight(base, "/"), key: strings.TrimSpace(key), http: &http.Client{Transport: transport}}, nil
}

// Over makes a client whose requests transport carries, for callers that hold more of the server than its address.
func Over(transport http.RoundTripper, key string) *Client {
	return &Client{base: "http://leadwheel", key: key, http: &http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Call sends a JSON request and reads the JSON answer into answer. path starts with a slash and may have a query; a nil
// body sends none, a nil answer reads none. Where the server refuses, the error is a *Problem.
func (c *Client) Call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var send io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing the request to %s: %w", path, err)
		}
		send = bytes.NewReader(data)
	}
	r, err := c.request(ctx, method, path, send)
	if err != nil {
		return err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.do(r, answer)
}

// Get reads the JSON at path into answer; see Call.
func (c *Client) Get(ctx context.Context, path string, answer any) error {
	return c.Call(ctx, http.MethodGet, path, nil, answer)
}

// Upload sends a body of any length, size bytes or -1 where that is not known, and reads the JSON answer; see Call.
func (c *Client) Upload(ctx context.Context, path, contentType string, body io.Reader, size int64, answer any) error {
	r, err := c.request(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Expect", "100-continue")
	return c.do(r, answer)
}

// Download copies what is at path to w.
func (c *Client) Download(ctx context.Context, path, accept string, w io.Writer) error {
	r, err := c.request(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", accept)
	response, err := c.send(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("reading the answer to GET %s: %w", path, err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, fmt.Errorf("preparing %s %s: %w", method, path, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Accept", "application/json")
	return r, nil
}

// do sends a request and reads its answer as JSON.
func (c *Client) do(r *http.Request, answer any) error {
	response, err := c.send(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(answer); err != nil {
		return fmt.Errorf("reading the answer to %s %s: %w", r.Method, r.URL.Path, err)
	}
	return nil
}

// send returns the response where it is a success. The caller closes its body.
func (c *Client) send(r *http.Request) (*http.Response, error) {
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("calling Leadwheel at %s (is it running, and is LEADWHEEL_URL right?): %w", c.base, err)
	}
	if response.StatusCode < 300 {
		return response, nil
	}
	defer response.Body.Close()
	return nil, problemOf(response)
}
