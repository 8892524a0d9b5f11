package console_test

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
	"github.com/leadwheel/leadwheel/store"
)

// A site is a workspace, the server that serves it, and a browser that can be signed in.
type site struct {
	*testenv.Env
	t         *testing.T
	workspace uuid.UUID
	admin     string
	url       string
	browser   *http.Client
}

func newSite(t *testing.T, options ...testenv.Option) *site {
	t.Helper()
	s := &site{Env: testenv.New(t, options...), t: t}
	s.ExpectHandedOn(t)
	s.workspace, s.admin = s.newWorkspace("acme")
	served := webtest.Serve(t, s.Env, slog.New(slog.DiscardHandler))
	s.url, s.browser = served.URL, served.Client
	var err error
	if s.browser.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// signedIn is a new site whose browser is signed in.
func signedIn(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	return s
}

func (s *site) newWorkspace(name string) (uuid.UUID, string) {
	s.t.Helper()
	return s.NewWorkspace(s.t, name)
}

func (s *site) key(workspace uuid.UUID, k store.APIKey) string {
	s.t.Helper()
	return s.NewKey(s.t, workspace, k)
}

// A shownPage is what the server answered a browser.
type shownPage struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (s *site) send(method, address string, body io.Reader, headers ...string) shownPage {
	s.t.Helper()
	answer, err := webtest.Send(s.t.Context(), s.browser, method, s.url+address, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, address, err)
	}
	return shownPage{s.t, answer.Status, answer.Header, answer.Body}
}

func (s *site) get(address string) shownPage {
	s.t.Helper()
	return s.send("GET", address, nil)
}

// post sends a form, as a browser does from a page of the console.
func (s *site) post(address string, form url.Values, headers ...string) shownPage {
	s.t.Helper()
	return s.send("POST", address, strings.NewReader(form.Encode()),
		append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"}, headers...)...)
}

// api calls the API with the admin's key, and returns the answer's object.
func (s *site) api(method, path string, body any) map[string]any {
	s.t.Helper()
	return s.apiAs(s.admin, method, path, body)
}

func (s *site) apiAs(key, method, path string, body any) map[string]any {
	s.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	got := s.send(method, path, bytes.NewReader(data), "Authorization", "Bearer "+key, "Content-Type", "application/json")
	if got.status >= 300 {
		s.t.Fatalf("%s %s: status %d: %s", method, path, got.status, got.body)
	}
	var answer map[string]any
	if got.body != "" {
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, got.body)
		}
	}
	return answer
}

// make posts to a collection of the API and returns the new thing's id.
func (s *site) make(collection string, body map[string]any) string {
	s.t.Helper()
	return s.api("POST", "/v1/"+collection, body)["id"].(string)
}

func (s *site) distribute() { s.t.Helper(); s.Distribute(s.t, s.workspace) }

func (s *site) count(query string, args ...any) int {
	s.t.Helper()
	return s.Count(s.t, query, args...)
}

func (p shownPage) is(status int) shownPage {
	p.t.Helper()
	webtest.MustBe(p.t, p.status, status, p.body)
	return p
}

// shows fails the test unless the page has all these texts, as people read them.
func (p shownPage) shows(texts ...string) shownPage {
	p.t.Helper()
	read := html.UnescapeString(p.body)
	for _, text := range texts {
		if !strings.Contains(read, text) {
			p.t.Errorf("the page does not show %q:\n%s", text, p.body)
		}
	}
	return p
}

func (p shownPage) lacks(texts ...string) shownPage {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.t.Errorf("the page has %q:\n%s", text, p.body)
		}
	}
	return p
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// form is the page's first form that has a path, with the ids ticked.
func (p shownPage) form(ids ...string) url.Values {
	p.t.Helper()
	form := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(p.body, -1) {
		if !form.Has(field[1]) {
			form.Set(field[1], html.UnescapeString(field[2]))
		}
	}
	if strings.Contains(p.body, `<button class="main" name="sure" value="yes">`) { // the question is answered by this button
		form.Set("sure", "yes")
	}
	if form.Get("once") == "" || form.Get("path") == "" {
		p.t.Fatalf("the page has no form:\n%s", p.body)
	}
	if len(ids) > 0 {
		form["id"] = ids
	}
	return form
}

// ticks are the ids that can be ticked.
func (p shownPage) ticks() []string {
	var all []string
	for _, m := range regexp.MustCompile(`type="checkbox" name="id" value="([^"]+)"`).FindAllStringSubmatch(p.body, -1) {
		all = append(all, m[1])
	}
	return all
}
