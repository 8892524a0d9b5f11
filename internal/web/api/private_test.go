package api_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestNothingIsKeptOnTheWay asks at every address that there is, as somebody and as nobody, and has no cache told that it may keep
// the answer; what is wrong with an address or a method is none to be kept either.
func TestNothingIsKeptOnTheWay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	check := func(key, method, path string, body any) {
		t.Helper()
		if got := s.do(key, method, path, body); got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %d with Cache-Control %q", method, path, got.status, got.header.Get("Cache-Control"))
		}
	}
	asked, parameter := 0, regexp.MustCompile(`\{\w+\}`)
	for path, operations := range s.document().Paths {
		path = parameter.ReplaceAllString(path, uuid.NewString())
		for method := range operations {
			if path == "/v1/imports" && method == "post" {
				continue // its body is a file
			}
			var body any
			if method != "get" && method != "delete" {
				body = `{}`
			}
			check(s.admin, strings.ToUpper(method), path, body)
			check("", strings.ToUpper(method), path, body)
			asked++
		}
	}
	if asked < 90 {
		t.Errorf("only %d operations were asked", asked)
	}
	for _, path := range []string{
		"/healthz", "/readyz", "/console/", "/console/sign-in", "/console/leads", "/console/nothing/x", "/nothing", "/v1/nothing", "/v1/leads/%00", "/%00",
		"/hooks/generic/x", "/hooks/form/" + strings.Repeat("x", 30), "/hooks/meta/x?hub.mode=subscribe", "/unsubscribe/x", "/v1/openapi.json",
	} {
		check("", "GET", path, nil)
		check("", "POST", path, `{}`)
		check(s.admin, "PATCH", path, `{}`)
	}
	if strings.Contains(s.logs.String(), `"level":"ERROR"`) {
		t.Errorf("there is an error in the log:\n%s", s.logs)
	}
}

// TestFilesAreSaved takes every list that is to be had as CSV, and the rejected rows of an import: a browser saves each, under a name.
func TestFilesAreSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	file := s.do(s.admin, "POST", "/v1/imports?group_id="+s.group(s.member("A")).String(), "name,phone\nx,\n,\n", "Content-Type", "text/csv").is(202).id()
	paths := map[string]string{"/v1/imports/" + file + "/rejects": "import-rejects"}
	for path, operations := range s.document().Paths {
		get, is := operations["get"]
		if !is || strings.Contains(path, "{") {
			continue
		}
		if _, is := get.Responses["200"].Content["text/csv"]; is {
			name := strings.TrimPrefix(get.OperationID, "list-")
			if path == "/v1/fairness" {
				path, name = path+"?group_id="+s.group(s.member("B")).String(), "fairness"
			}
			paths[path] = name
		}
	}
	if len(paths) < 8 {
		t.Fatalf("only %d files were found", len(paths))
	}
	for path, name := range paths {
		key := s.admin
		if strings.HasPrefix(path, "/v1/my/") { // which others than members have nothing of
			key = s.memberKey(s.member("C"))
		}
		got := s.do(key, "GET", path, nil, "Accept", "text/csv").is(200)
		if d := got.header.Get("Content-Disposition"); d != `attachment; filename="`+name+`.csv"` {
			t.Errorf("%s comes with Content-Disposition %q", path, d)
		}
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s comes with %v", path, got.header)
		}
	}
}
