package hooks_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
	"github.com/leadwheel/leadwheel/store"
)

// A desk is a workspace with a group of one member, and the server at which leads arrive.
type desk struct {
	*testenv.Env
	t         testing.TB
	workspace uuid.UUID
	group     uuid.UUID
	key       string
	url       string
	client    *http.Client
	metrics   *metrics.Metrics
	logs      *bytes.Buffer
}

// deps lets a test change how the receivers are set up.
type deps func(*hooks.Deps)

func newDesk(t testing.TB, change ...deps) *desk {
	t.Helper()
	return newDeskOn(t, testenv.New(t), change...)
}

func newDeskOn(t testing.TB, env *testenv.Env, change ...deps) *desk {
	t.Helper()
	d := &desk{Env: env, t: t, logs: &bytes.Buffer{}}
	ctx := t.Context()
	d.workspace, d.key = d.NewWorkspace(t, "acme")
	d.ExpectHandedOn(d.t)
	m, err := d.Store.CreateMember(ctx, d.workspace, store.Member{Name: "Aisyah"})
	d.must(err)
	d.must(d.Store.WithTx(ctx, func(tx *store.Tx) error {
		g, err := tx.CreateGroup(ctx, d.workspace, store.GroupSpec{
			Name: "sales", Method: lead.RoundRobin,
			Listed: []lead.Listed{{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}}},
		})
		d.group = g.ID
		return err
	}))
	d.serve(change)
	return d
}

func (d *desk) serve(change []deps) {
	log := slog.New(slog.NewJSONHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelError}))
	served := webtest.Serve(d.t, d.Env, log, func(o *web.Options) {
		for _, c := range change {
			c(&o.Hooks)
		}
	})
	d.url, d.client, d.metrics = served.URL, served.Client, served.Metrics
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// A reply is what the server answered.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// send sends a request; headers are pairs.
func (d *desk) send(method, path, body string, headers ...string) reply {
	d.t.Helper()
	r, err := d.try(method, path, body, headers...)
	d.must(err)
	return r
}

func (d *desk) try(method, path, body string, headers ...string) (reply, error) {
	answer, err := webtest.Send(d.t.Context(), d.client, method, d.url+path, strings.NewReader(body), headers...)
	return reply{d.t, answer.Status, answer.Header, answer.Body}, err
}

// call calls the API as an admin.
func (d *desk) call(method, path string, body any) reply {
	d.t.Helper()
	text := ""
	if body != nil {
		data, err := json.Marshal(body)
		d.must(err)
		text = string(data)
	}
	return d.send(method, path, text, "Authorization", "Bearer "+d.key, "Content-Type", "application/json")
}

func (r reply) is(status int) reply {
	r.t.Helper()
	webtest.MustBe(r.t, r.status, status, r.body)
	return r
}

func (r reply) object() map[string]any { r.t.Helper(); return webtest.Object(r.t, r.body) }

func (r reply) items() []map[string]any { r.t.Helper(); return webtest.Items(r.t, r.is(200).body) }

// object is a JSON object.
type object = map[string]any

// An integration is one that a test made.
type integration struct {
	*desk
	id, url string
}

// integrate makes an integration of a kind, whose leads go to the group.
func (d *desk) integrate(kind string, more object) integration {
	d.t.Helper()
	body := object{"kind": kind, "name": kind, "group_id": d.group}
	for name, value := range more {
		body[name] = value
	}
	made := d.call("POST", "/v1/integrations", body).is(201).object()
	return integration{d, made["id"].(string), made["url"].(string)}
}

func (i integration) post(body string, headers ...string) reply {
	i.t.Helper()
	return i.send("POST", i.url, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

// events are its deliveries, oldest first.
func (i integration) events() []map[string]any {
	i.t.Helper()
	all := i.call("GET", "/v1/integrations/"+i.id+"/events?limit=500", nil).items()
	slices.Reverse(all)
	return all
}

// outcomes are what became of its deliveries, oldest first.
func (i integration) outcomes() string {
	i.t.Helper()
	var all []string
	for _, e := range i.events() {
		all = append(all, e["outcome"].(string))
	}
	return strings.Join(all, " ")
}

func (i integration) replay(event any) reply {
	i.t.Helper()
	return i.call("POST", fmt.Sprintf("/v1/integrations/%s/events/%v/replay", i.id, event), nil)
}

// leads are the workspace's leads, oldest first.
func (d *desk) leads(query ...string) []map[string]any {
	d.t.Helper()
	all := d.call("GET", "/v1/leads?limit=500&"+strings.Join(query, "&"), nil).items()
	slices.Reverse(all)
	return all
}

// only is the workspace's one lead.
func (d *desk) only() map[string]any {
	d.t.Helper()
	all := d.leads()
	if len(all) != 1 {
		d.t.Fatalf("there are %d leads, want 1: %v", len(all), all)
	}
	return all[0]
}

func (d *desk) count(query string, args ...any) int {
	d.t.Helper()
	return d.Count(d.t, query, args...)
}

func (d *desk) distribute() { d.t.Helper(); d.Distribute(d.t, d.workspace) }

// signed is a body's signature in hex.
func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}
