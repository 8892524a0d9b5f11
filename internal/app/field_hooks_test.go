package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// A fieldHook is a delivery to a generic integration, and what is right to make of it.
type fieldHook struct {
	files []string
	// mapping is the integration's, key an Idempotency-Key.
	mapping map[string]any
	key     string
	want    []shown
	// statuses are the answers'; empty means 200 for each.
	statuses []int
	// outcome is that of the last event, lead where it is empty.
	outcome string
}

var fieldHooks = []fieldHook{
	{
		files: []string{"08-hook-undefined-0.json", "08-hook-undefined-1.json", "08-hook-undefined-2.json", "08-hook-undefined-3.json"},
		want:  []shown{{Name: "Person 0"}, {Name: "Person 1"}, {Name: "Person 2"}, {Name: "Person 3"}},
	},
	{
		files: []string{"10-samekey-0.json", "10-samekey-1.json", "10-samekey-2.json"}, key: "constant",
		statuses: []int{200, 422, 422}, want: []shown{{Name: "Person 0"}}, outcome: "-",
	},
	{
		files: []string{"53-gravity.json"}, mapping: map[string]any{"name": "1.3", "email": "2", "phone": "3", "external_id": "id"},
		want: []shown{{Name: "Aisyah", Email: "aisyah@example.com", PhoneE164: "+60123456781", ExternalID: "31"}},
	},
	{files: []string{"55-hubspot.json"}, want: []shown{{Name: "Aisyah Tan", Email: "aisyah@example.com", PhoneE164: "+60123456781"}}},
	{files: []string{"57-nameobject.json"}, want: []shown{{Name: "Aisyah Tan", Email: "aisyah@example.com"}}},
	{
		files: []string{"59-nested.json"}, mapping: map[string]any{"name": []string{"contact.first_name", "contact.last_name"}, "email": "contact.email"},
		want: []shown{{Name: "Aisyah Tan", Email: "aisyah@example.com"}},
	},
	{files: []string{"60-plus.form"}, want: []shown{{Name: "Foreign Guest", PhoneE164: "+6591234567"}}},
	{files: []string{"73-words.json"}, outcome: "unmapped"},
	{files: []string{"77-json.xml"}, want: []shown{{Name: "Ada Lim", Email: "ada@example.com"}}},
}

var hookTypes = map[string]string{".json": "application/json", ".form": "application/x-www-form-urlencoded", ".xml": "application/xml"}

// TestDeliveriesFromTheField sends bodies of the kinds that other programs' users had trouble with.
func TestDeliveriesFromTheField(t *testing.T) {
	t.Parallel()
	running := startField(t)
	for i, h := range fieldHooks {
		t.Run(fmt.Sprint(i, " ", h.files[0]), func(t *testing.T) {
			s := newField(t, running)
			integration := map[string]any{"kind": "generic", "name": "site", "group_id": s.group}
			if h.mapping != nil {
				integration["mapping"] = h.mapping
			}
			hook := s.integration(integration)
			for i, file := range h.files {
				header := map[string]string{"Content-Type": hookTypes[filepath.Ext(file)]}
				if h.key != "" {
					header["Idempotency-Key"] = h.key
				}
				want := http.StatusOK
				if len(h.statuses) > 0 {
					want = h.statuses[i]
				}
				if status, answer := s.send(http.MethodPost, hook.URL, header, s.fieldInput(file)); status != want {
					t.Errorf("%s was answered with %d instead of %d: %s", file, status, want, answer)
				}
			}
			s.holds(h.want)
			if h.outcome != "-" {
				s.lastOutcome(hook, h.outcome)
			}
		})
	}
	t.Run("71-1001.json", func(t *testing.T) {
		s := newField(t, running)
		hook := s.integration(map[string]any{"kind": "generic", "name": "site"})
		status, _ := s.send(http.MethodPost, hook.URL, map[string]string{"Content-Type": "application/json"}, s.fieldInput("71-1001.json"))
		var leads int
		s.must(s.DB.Get(&leads, `SELECT count(*) FROM leads WHERE workspace_id = $1`, s.workspace))
		if status != http.StatusOK || leads != 1001 {
			t.Errorf("a list of 1,001 was answered with %d, and %d leads are there", status, leads)
		}
	})
}

// A hook is an integration that was made.
type hook struct{ ID, URL string }

func (s *scene) integration(body map[string]any) hook {
	s.t.Helper()
	var made hook
	status, err := s.post("/v1/integrations", body, &made)
	s.must(err)
	if status != http.StatusCreated {
		s.t.Fatalf("the integration was answered with %d", status)
	}
	return made
}

// An event is one of an integration's, as the API shows it.
type event struct{ ID, Outcome, Detail string }

func (s *scene) events(h hook) []event {
	s.t.Helper()
	var list struct{ Items []event }
	s.get("/v1/integrations/"+h.ID+"/events", &list)
	return list.Items
}

func (s *scene) lastOutcome(h hook, want string) {
	s.t.Helper()
	if want == "" {
		want = "lead"
	}
	if events := s.events(h); len(events) == 0 || events[0].Outcome != want {
		s.t.Errorf("the last event is not %s: %+v", want, events)
	}
}

// graphOf plays the Graph API with the answers of some leads, by their ids.
func graphOf(t *testing.T, leads map[string]string) string {
	t.Helper()
	graph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := path.Base(r.URL.Path)
		answers, known := leads[id]
		if !known {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":{"code":100,"error_subcode":33}}`)
			return
		}
		fmt.Fprintf(w, `{"id":%q,"created_time":"2026-01-01T00:59:55+0000","form_id":"77","field_data":%s}`, id, answers)
	}))
	t.Cleanup(graph.Close)
	return graph.URL
}

// meta makes a Meta integration and notifies it of leads.
func (s *scene) meta(ids ...string) hook {
	s.t.Helper()
	made := s.integration(map[string]any{"kind": "meta", "name": "ads", "group_id": s.group, "secret": "app-secret", "access_token": "t"})
	s.notifyOf(made.URL, "app-secret", ids...)
	return made
}

// fetchBefore has a Meta integration bring a lead, and returns the integration's id.
func (s *scene) fetchBefore(id string) string {
	s.t.Helper()
	made := s.meta(id)
	testenv.Eventually(s.t, 30*time.Second, func() error {
		if n := len(s.shownLeads()); n != 1 {
			return fmt.Errorf("%d leads were fetched", n)
		}
		return nil
	})
	return made.ID
}

// TestFetchedLeadsFromTheField has a platform give leads whose questions nobody foresaw.
func TestFetchedLeadsFromTheField(t *testing.T) {
	t.Parallel()
	running := startField(t)
	t.Run("answers in Malay", func(t *testing.T) {
		s := newField(t, running)
		s.fetchBefore("7001")
		s.holds([]shown{{Name: "Siti Aminah", Email: "siti@example.com", PhoneE164: "+60123456786"}})
	})
	// Of two leads one cannot be made: the event tells, and a mapping and a replay make it.
	t.Run("one without a known contact", func(t *testing.T) {
		s := newField(t, running)
		made := s.meta("7002", "7003")
		var all []event
		testenv.Eventually(t, 30*time.Second, func() error {
			all = s.events(made)
			text, err := json.Marshal(all)
			s.must(err)
			if len(s.shownLeads()) != 1 || !strings.Contains(string(text), "unmapped") && !strings.Contains(string(text), "1 of 2") {
				return fmt.Errorf("nothing tells of the lead that was not made: %s", text)
			}
			return nil
		})
		if status, answer := s.send(http.MethodPatch, "/v1/integrations/"+made.ID, map[string]string{"Content-Type": "application/json"}, []byte(`{"mapping":{"name":"xq_17"}}`)); status != http.StatusOK {
			t.Fatalf("the mapping was answered with %d: %s", status, answer)
		}
		for _, e := range all {
			if status, answer := s.send(http.MethodPost, "/v1/integrations/"+made.ID+"/events/"+e.ID+"/replay", nil, nil); status >= 300 {
				t.Errorf("the replay was answered with %d: %s", status, answer)
			}
		}
		testenv.Eventually(t, 30*time.Second, func() error {
			if n := len(s.shownLeads()); n != 2 {
				return fmt.Errorf("%d leads are there", n)
			}
			return nil
		})
		s.holds([]shown{{Name: "Good Lead"}, {Name: "Ravi"}})
	})
}
