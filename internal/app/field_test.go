package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// fieldInputs are the folders of inputs that went wrong with users of other programs. What crosses all of Leadwheel is sent to
// a running one here as those users sent theirs; the packages' own tests have all of them.
var fieldInputs = []string{"../leadfile/testdata/field", "../ingest/testdata/headings", "../web/hooks/testdata/field"}

// A shown is a lead as the API shows it. Of what is expected, empty text is not looked at, and "–" means that there is none.
type shown struct {
	Name       string            `json:"name"`
	Email      string            `json:"email"`
	Phone      string            `json:"phone"`
	PhoneE164  string            `json:"phone_e164"`
	ExternalID string            `json:"external_id"`
	Fields     map[string]any    `json:"fields"`
	ID         string            `json:"id"`
	About      map[string]string `json:"attribution"`
}

// misses says in what a lead is not as wanted, empty where it is.
func (s shown) misses(want shown) string {
	var wrong []string
	check := func(what, got, want string) {
		if want != "" && got != strings.TrimSuffix(want, "–") {
			wrong = append(wrong, fmt.Sprintf("%s is %q instead of %q", what, got, want))
		}
	}
	check("name", s.Name, want.Name)
	check("email", s.Email, want.Email)
	check("phone", s.Phone, want.Phone)
	check("phone_e164", s.PhoneE164, want.PhoneE164)
	check("external_id", s.ExternalID, want.ExternalID)
	for name, value := range want.Fields {
		check("the field "+name, fmt.Sprint(s.Fields[name]), fmt.Sprint(value))
	}
	return strings.Join(wrong, ", ")
}

// newField makes a workspace of its own with a group of two on a Leadwheel that runs already.
func newField(t *testing.T, running *scene) *scene {
	t.Helper()
	s := newScene(t, running.Env, 2)
	s.app = running.app
	return s
}

// startField starts a Leadwheel for all inputs of a kind.
func startField(t *testing.T) *scene {
	t.Helper()
	s := newScene(t, testenv.New(t), 1)
	s.metaURL = graphOf(t, fieldLeads)
	s.start(app.Roles()...)
	return s
}

// send sends a body of any type and returns the status and the answer.
func (s *scene) send(method, path string, header map[string]string, body []byte) (int, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.app.URL()+path, bytes.NewReader(body))
	s.must(err)
	if strings.HasPrefix(path, "/v1/") {
		r.Header.Set("Authorization", "Bearer "+s.key)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	s.must(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	s.must(err)
	return response.StatusCode, answer
}

// get reads an answer of the API.
func (s *scene) get(path string, answer any) {
	s.t.Helper()
	status, text := s.send(http.MethodGet, path, nil, nil)
	if status != http.StatusOK {
		s.t.Fatalf("%s was answered with %d: %s", path, status, text)
	}
	s.must(json.Unmarshal(text, answer))
}

// fieldInput is an input's bytes.
func (s *scene) fieldInput(name string) []byte {
	s.t.Helper()
	for _, folder := range fieldInputs {
		if data, err := os.ReadFile(filepath.Join(folder, name)); err == nil {
			return data
		}
	}
	s.t.Fatalf("the input %s is nowhere", name)
	return nil
}

// shownLeads are the workspace's leads, in the order in which they came.
func (s *scene) shownLeads() []shown {
	s.t.Helper()
	var list struct{ Items []shown }
	s.get("/v1/leads?limit=500", &list)
	slices.Reverse(list.Items)
	return list.Items
}

// holds fails the test unless the workspace's leads are those wanted, each given out once, and all promises are kept.
func (s *scene) holds(want []shown) {
	s.t.Helper()
	got := s.shownLeads()
	if len(got) != len(want) {
		s.t.Fatalf("there are %d leads instead of %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if wrong := got[i].misses(w); wrong != "" {
			s.t.Errorf("lead %d: %s", i+1, wrong)
		}
	}
	testenv.Eventually(s.t, 30*time.Second, func() error {
		var n int
		if err := s.DB.Get(&n, `SELECT count(*) FROM assigned_leads WHERE workspace_id = $1`, s.workspace); err != nil {
			return err
		}
		if n != len(want) {
			return fmt.Errorf("%d copies of %d leads are there", n, len(want))
		}
		return nil
	})
}

// fieldLeads are what the Graph API has: one lead of each of the people whom files name too, one that answered in
// Malay and one whose questions nobody knows.
var fieldLeads = map[string]string{
	"900100200300401": `[{"name":"full_name","values":["Aisyah Tan"]},{"name":"phone_number","values":["+60123456781"]},{"name":"email","values":["aisyah@example.com"]}]`,
	"900100200300404": `[{"name":"full_name","values":["Dee Ng"]},{"name":"phone_number","values":["+60123456784"]},{"name":"email","values":["dee@example.com"]}]`,
	"900100200300405": `[{"name":"full_name","values":["Eve Tan"]},{"name":"phone_number","values":["+60123456785"]}]`,
	"7001":            `[{"name":"nama_penuh","values":["Siti Aminah"]},{"name":"nombor_telefon","values":["+60123456786"]},{"name":"e-mel","values":["siti@example.com"]}]`,
	"7002":            `[{"name":"full_name","values":["Good Lead"]},{"name":"email","values":["good@example.com"]}]`,
	"7003":            `[{"name":"xq_17","values":["Ravi"]},{"name":"xq_18","values":["mornings"]}]`,
}
