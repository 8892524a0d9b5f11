package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// An Answer is what a server answered, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Send sends a request and reads the answer. Headers are pairs.
func Send(ctx context.Context, client *http.Client, method, address string, body io.Reader, headers ...string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return Answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("reading the answer to %s %s: %w", method, address, err)
	}
	return Answer{response.StatusCode, response.Header, string(data)}, nil
}

// MustBe fails the test unless an answer has a status.
func MustBe(tb testing.TB, status, want int, body string) {
	tb.Helper()
	if status != want {
		tb.Fatalf("status %d, want %d: %s", status, want, body)
	}
}

// Object is a body's JSON object.
func Object(tb testing.TB, body string) map[string]any {
	tb.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		tb.Fatalf("%v in %q", err, body)
	}
	return v
}

// Items are the objects of a body that is a list of the API.
func Items(tb testing.TB, body string) []map[string]any {
	tb.Helper()
	var items []map[string]any
	for _, it := range Object(tb, body)["items"].([]any) {
		items = append(items, it.(map[string]any))
	}
	return items
}
