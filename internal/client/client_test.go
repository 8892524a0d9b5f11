package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// serve answers requests with handle and returns a client for it.
func serve(t *testing.T, handle http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL+"/", " lw_key\n")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCallSendsAndReadsJSON(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"got":%q}`, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Content-Type")+" "+string(body))
	})
	var answer struct{ Got string }
	if err := c.Call(t.Context(), "POST", "/v1/x?y=1", map[string]int{"a": 1}, &answer); err != nil {
		t.Fatal(err)
	}
	if want := `POST /v1/x?y=1 Bearer lw_key application/json {"a":1}`; answer.Got != want {
		t.Errorf("the server got %q, not %q", answer.Got, want)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
		status, exit     int
	}{
		{"refused", `{"detail":"it is wrong","code":"invalid_request","errors":[{"location":"body.x","message":"too long"}]}`, "it is wrong; body.x: too long", 422, 3},
		{"in trouble", `{"detail":"try again","code":"unavailable"}`, "try again", 503, 1},
		{"too many", `{"detail":"slower","code":"rate_limited"}`, "slower", 429, 1},
		{"not Leadwheel", `<html>`, "answered 404 Not Found", 404, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			err := c.Get(t.Context(), "/v1/x", nil)
			var p *client.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Error(), test.want) || p.Status != test.status || p.ExitCode() != test.exit {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	c, err := client.New("http://127.0.0.1:1", "lw_key")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), "/v1/x", nil); err == nil || !strings.Contains(err.Error(), "LEADWHEEL_URL") {
		t.Errorf("got %v", err)
	}
}

// pages serves three items on two pages.
func pages(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("cursor") == "" {
		fmt.Fprintf(w, `{"items":[{"id":%q,"name":"Sales"},{"id":%q,"name":"Twice"}],"next_cursor":"c&=d"}`, id(1), id(2))
		return
	}
	fmt.Fprintf(w, `{"items":[{"id":%q,"name":"Twice"}],"next_cursor":null}`, id(3))
}

func id(n byte) uuid.UUID { return uuid.UUID{15: n} }

func TestListWalksPages(t *testing.T) {
	t.Parallel()
	c := serve(t, pages)
	var got []string
	for item, err := range client.List[struct{ Name string }](t.Context(), c, "/v1/groups", nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item.Name)
	}
	if diff := cmp.Diff([]string{"Sales", "Twice", "Twice"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := serve(t, pages)
	for given, want := range map[string]uuid.UUID{"Sales": id(1), id(9).String(): id(9)} {
		if got, err := c.Find(t.Context(), "group", "/v1/groups", given); got != want || err != nil {
			t.Errorf("%s: got %s, %v", given, got, err)
		}
	}
	for _, given := range []string{"sales", "Twice"} {
		var name *client.NameError
		if _, err := c.Find(t.Context(), "group", "/v1/groups", given); !errors.As(err, &name) || name.Several != (given == "Twice") || name.ExitCode() != 3 {
			t.Errorf("%s: got %v", given, err)
		}
	}
}

func TestUploadIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"detail":"no such group"}`)
	})
	file := strings.NewReader(strings.Repeat("x", 1<<20))
	err := c.Upload(t.Context(), "/v1/imports", "text/csv", file, file.Size(), nil)
	if err == nil || err.Error() != "no such group" || file.Len() != 1<<20 {
		t.Errorf("got %v after %d bytes were read", err, 1<<20-file.Len())
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("Accept")) })
	var b bytes.Buffer
	if err := c.Download(t.Context(), "/v1/x", "text/csv", &b); err != nil || b.String() != "text/csv" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, given := range [][2]string{{"localhost:8080", "lw_key"}, {"http://", "lw_key"}, {"ftp://host", "lw_key"}, {"http://127.0.0.1:8080", " "}} {
		if _, err := client.New(given[0], given[1]); err == nil {
			t.Errorf("%q is taken", given)
		}
	}
}
