package api_test

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// exported is the list of leads as CSV, and its rows without what an import decides anew, sorted.
func (s *site) exported() (file string, rows []string) {
	s.t.Helper()
	file = s.do(s.admin, "GET", "/v1/leads", nil, "Accept", "text/csv").is(200).body
	all, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range all[1:] {
		var kept []string
		for i, cell := range row {
			if !slices.Contains([]string{"id", "channel", "integration_id", "source_id", "created_at", "updated_at", "duplicate_of"}, all[0][i]) {
				kept = append(kept, all[0][i]+"="+cell)
			}
		}
		rows = append(rows, strings.Join(kept, "|"))
	}
	slices.Sort(rows)
	return file, rows
}

var madeID = regexp.MustCompile(`external_id=row:[0-9a-f]{32}\|`)

func TestOwnListOfLeadsComesBackAsItWas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := []string{
		"=1+1", "'=1+1", "''Abd", "'Abd", "＝SUM(A1)", "-5% Ltd", "@ada", "+60 12", "Total", "#N/A", `="x"`, `"Ada"`, `say \"hi\", "you"`, "two\nlines", "Zoë 张伟",
		"6.0123456781E+10", "END", "a,b;c|d", "\u200e=x",
	}
	var leads []store.NewLead
	for i, name := range names {
		leads = append(leads, store.NewLead{
			Name: name, Email: fmt.Sprintf("=a%d@example.com", i), Phone: "+60 12-345 67" + fmt.Sprint(80+i), Channel: "api", Origin: "api", ExternalID: fmt.Sprintf("=x-%d", i),
			Fields: []byte(`{"a \"b\"":"=1","list":[1,{"x":null}],"Notes":"l1\nl2, \\\" end"}`),
		})
	}
	leads[3].Test = true
	leads[4].Attribution, leads[4].Consent = []byte(`{"ad_name":"=v1","click_id":"c","campaign_id":"00120"}`), []byte(`{"marketing":true}`)
	leads = append(leads, store.NewLead{Name: "only a name", Channel: "api", Origin: "api"})
	if err := s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddLeads(t.Context(), s.workspace, lead.QueueBulk, leads)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file, want := s.exported()

	other := newSite(t)
	r := other.upload(other.admin, "", file).is(202)
	if got := r.counts(); got != fmt.Sprintf("completed: %d = %d + 0 + 0", len(leads), len(leads)) || fmt.Sprint(r.at("warnings")) != "[]" {
		t.Error(r.body)
	}
	_, got := other.exported()
	for i, row := range got { // a lead without an id of its own gets one
		got[i] = madeID.ReplaceAllString(row, "external_id=|")
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != len(leads) {
		t.Error(diff)
	}
	if again := other.upload(other.admin, "", file).is(202).counts(); again != fmt.Sprintf("completed: %d = 0 + %d + 0", len(leads), len(leads)) {
		t.Errorf("the second time: %s", again)
	}
}

func TestOwnListOfLeadsKeepsItsSources(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	expo := s.source("Expo")
	s.post("/v1/leads", map[string]any{"name": "Ada", "source_id": expo, "external_id": "1"}).is(201)
	file, _ := s.exported()
	changed := strings.ReplaceAll(strings.Replace(file, "Ada", "Bea", 1), ",1,", ",2,")
	if got := s.upload(s.admin, "", changed).is(202).counts(); got != "completed: 1 = 1 + 0 + 0" {
		t.Error(got)
	}
	if n := s.count(`SELECT count(*) FROM leads WHERE source_id = $1`, expo); n != 2 {
		t.Errorf("%d leads of the source", n)
	}
	broken := strings.Replace(file, "{}", "{", 1)
	if r := s.upload(s.admin, "", broken).is(202); r.counts() != "completed: 1 = 0 + 0 + 1" {
		t.Error(r.body)
	}
}
