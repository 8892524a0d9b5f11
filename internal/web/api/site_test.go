package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
	"github.com/leadwheel/leadwheel/store"
)

// A site is a workspace and the HTTP server that serves it.
type site struct {
	*testenv.Env
	t         *testing.T
	workspace uuid.UUID
	// admin is the workspace's first admin key.
	admin  string
	url    string
	client *http.Client
	logs   *testenv.Log
	// described is the OpenAPI document, once an answer was held against it.
	described map[string]any
	// close stops the server and what goes with it; it may be called before the test ends.
	close func()
}

func newSite(t *testing.T, opts ...testenv.Option) *site {
	t.Helper()
	return newSiteOn(t, testenv.New(t, opts...))
}

func newSiteOn(t *testing.T, env *testenv.Env) *site {
	t.Helper()
	s := &site{Env: env, t: t, logs: &testenv.Log{}}
	s.ExpectHandedOn(t)
	s.workspace, s.admin = s.newWorkspace("acme")
	s.serve()
	return s
}

func (s *site) serve() {
	log := slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.close = s.serveBy(log, func(*api.Deps) {}).Close
	s.t.Cleanup(func() {
		s.close()
		if strings.Contains(s.logs.String(), "not in the audit log") {
			s.t.Errorf("an operation changed something and left it out of the audit log:\n%s", s.logs)
		}
	})
}

// serveBy serves the site by a process of its own, with what change makes of the usual, and has the site ask that one.
func (s *site) serveBy(log *slog.Logger, change func(*api.Deps)) *webtest.Server {
	s.t.Helper()
	served := webtest.Serve(s.t, s.Env, log, func(o *web.Options) { change(&o.API) })
	s.url, s.client = served.URL, served.Client
	return served
}

// newWorkspace makes a workspace and an admin's key to it.
func (s *site) newWorkspace(name string) (uuid.UUID, string) {
	s.t.Helper()
	return s.NewWorkspace(s.t, name)
}

func (s *site) keyTo(workspace uuid.UUID, k store.APIKey) string {
	s.t.Helper()
	return s.NewKey(s.t, workspace, k)
}

func (s *site) key(k store.APIKey) string {
	s.t.Helper()
	return s.keyTo(s.workspace, k)
}

func (s *site) memberKey(member uuid.UUID) string {
	s.t.Helper()
	return s.key(store.APIKey{Role: lead.RoleMember, MemberID: &member})
}

// A reply is what the server answered.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do sends a request as key. A body that is no string is sent as JSON; headers are pairs.
func (s *site) do(key, method, path string, body any, headers ...string) reply {
	s.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	if body != nil {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	if key != "" {
		headers = append([]string{"Authorization", "Bearer " + key}, headers...)
	}
	headers = append([]string{"X-Request-Id", "the-same-always"}, headers...) // so that answers can be compared
	answer, err := webtest.Send(s.t.Context(), s.client, method, s.url+path, content, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	got := reply{s.t, answer.Status, answer.Header, answer.Body}
	s.conforms(method, path, got)
	return got
}

func (s *site) get(path string) reply          { s.t.Helper(); return s.do(s.admin, "GET", path, nil) }
func (s *site) post(path string, b any) reply  { s.t.Helper(); return s.do(s.admin, "POST", path, b) }
func (s *site) patch(path string, b any) reply { s.t.Helper(); return s.do(s.admin, "PATCH", path, b) }
func (s *site) delete(path string) reply       { s.t.Helper(); return s.do(s.admin, "DELETE", path, nil) }

// is fails the test unless the reply has the status.
func (r reply) is(status int) reply {
	r.t.Helper()
	webtest.MustBe(r.t, r.status, status, r.body)
	return r
}

// object is the reply's JSON object.
func (r reply) object() map[string]any { r.t.Helper(); return webtest.Object(r.t, r.body) }

// at is the value under a name of the reply's JSON object.
func (r reply) at(name string) any { r.t.Helper(); return r.object()[name] }

func (r reply) id() string { r.t.Helper(); return r.at("id").(string) }

func (r reply) uuid() uuid.UUID { r.t.Helper(); return uuid.MustParse(r.id()) }

// items are the objects of a list.
func (r reply) items() []map[string]any { r.t.Helper(); return webtest.Items(r.t, r.is(200).body) }

// refuses fails the test unless the reply is a problem with this status and code, and the field if one is given.
func (r reply) refuses(status int, code string, location ...string) {
	r.t.Helper()
	r.is(status)
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		r.t.Errorf("content type %q: %s", got, r.body)
	}
	p := r.object()
	if p["code"] != code || p["status"] != float64(status) || p["title"] == "" || p["detail"] == "" || p["type"] != "about:blank" {
		r.t.Errorf("want a problem with status %d and code %s, got %s", status, code, r.body)
	}
	if len(location) == 0 {
		return
	}
	var got []string
	fields, _ := p["errors"].([]any)
	for _, f := range fields {
		got = append(got, f.(map[string]any)["location"].(string))
	}
	if diff := cmp.Diff(location, got); diff != "" {
		r.t.Errorf("locations (-want +got):\n%s%s", diff, r.body)
	}
}

// member makes a member and returns their id.
func (s *site) member(name string) uuid.UUID {
	s.t.Helper()
	return s.post("/v1/members", map[string]any{"name": name}).is(201).uuid()
}

// group makes a round robin of members and returns its id.
func (s *site) group(members ...uuid.UUID) uuid.UUID {
	s.t.Helper()
	return s.post("/v1/groups", ring(members...)).is(201).uuid()
}

func ring(members ...uuid.UUID) map[string]any {
	var slots []any
	for _, m := range members {
		slots = append(slots, map[string]any{"members": []any{map[string]any{"member_id": m}}})
	}
	return map[string]any{"name": "sales", "method": "round_robin", "slots": slots}
}

func (s *site) source(name string) uuid.UUID {
	s.t.Helper()
	return s.post("/v1/sources", map[string]any{"name": name}).is(201).uuid()
}

func (s *site) distribute() { s.t.Helper(); s.Distribute(s.t, s.workspace) }

func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	return s.Count(s.t, query, args...)
}

// rows is everything that is stored of a workspace, by table, but for when its keys were used.
func (s *site) rows(workspace uuid.UUID) map[string]string {
	s.t.Helper()
	var tables []string
	if err := s.DB.Select(&tables, `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'`); err != nil {
		s.t.Fatal(err)
	}
	rows := map[string]string{}
	for _, table := range tables {
		var text string
		if err := s.DB.Get(&text, fmt.Sprintf(`SELECT coalesce(string_agg(r, E'\n' ORDER BY r), '')
			FROM (SELECT (to_jsonb(t) - '{last_used_at,addresses,seen_at}'::text[])::text AS r FROM %s t WHERE workspace_id = $1) all_rows`, table), workspace); err != nil {
			s.t.Fatal(err)
		}
		rows[table] = text
	}
	return rows
}
