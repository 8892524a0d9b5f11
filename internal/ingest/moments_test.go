package ingest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// When an entry was made is nothing that the person answered: it goes to attribution, which members do not see. What was
// asked stays.
func TestPlatformsTimesAreNoAnswers(t *testing.T) {
	t.Parallel()
	const at = "2026-01-01T00:59:55Z"
	for body, want := range map[string]string{
		`{"name":"Ada","lead_submit_time":"2026-01-01T00:59:55Z"}`:                                                                                                                 at,
		`{"submittedAt":1767229195000,"fields":[{"name":"firstname","value":"Ada"}]}`:                                                                                              at,
		`{"id":"31","date_created":"2026-01-01 00:59:55","date_updated":"2026-01-01 01:00:00","name":"Ada"}`:                                                                       "2026-01-01 00:59:55",
		`{"name":"Ada","context":{"createdAt":"2026-01-01T00:59:55Z"}}`:                                                                                                            at,
		`{"createdAt":"2026-01-01T00:59:55Z","data":{"createdAt":"2026-01-01T00:59:55Z","fields":[{"label":"Name","value":"Ada"}]}}`:                                               at,
		`{"name":"Ada","timestamp":1767229195}`:                                                                                                                                    at,
		`{"fields":{"name":{"title":"Name","value":"Ada"}},"meta":{"date":{"title":"Date","value":"January 1, 2026"},"time":{"title":"Time","value":"9:06 am"}}}`:                  "January 1, 2026",
		`name=Ada&submission_date=2026-01-01+00%3A59%3A55`:                                                                                                                         "2026-01-01 00:59:55",
		`name=Ada&meta[date][value]=January+1,+2026&meta[time][value]=9:06+am`:                                                                                                     "January 1, 2026",
		`<?adf version="1.0"?><adf><prospect><requestdate>2026-01-01T00:59:55Z</requestdate><customer><contact><name part="full">Ada</name></contact></customer></prospect></adf>`: at,
	} {
		p, err := generic{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil || len(p.Leads) != 1 {
			t.Fatalf("%s: %v", body, err)
		}
		made, _, err := newLead(store.Hook{}, p.Leads[0])
		var attribution map[string]string
		if err != nil || json.Unmarshal(made.Attribution, &attribution) != nil || attribution[submittedAt] != want || made.Name != "Ada" {
			t.Errorf("%s\nis %s from %s, %v", body, made.Name, made.Attribution, err)
		}
		for _, part := range []string{"2026", "1767229195", "9:06"} {
			if strings.Contains(string(made.Fields), part) {
				t.Errorf("%s\nkeeps %s", body, made.Fields)
			}
		}
	}
	for _, body := range []string{
		`{"name":"Ada","fields":[{"label":"Created at","value":"2026-01-01 10:00:00"}]}`, // which somebody was asked
		`{"name":"Ada","timestamp":"whenever you like"}`,
		`{"name":"Ada","visit_date":"2026-01-01 10:00:00"}`,
		`{"name":"Ada","date":"2026-01-01"}`,
	} {
		p, err := generic{}.Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		if made, _, err := newLead(store.Hook{}, p.Leads[0]); err != nil || len(made.Fields) < 10 {
			t.Errorf("%s\nkeeps %s, %v", body, made.Fields, err)
		}
	}
	// A question of a platform's form stays, whatever its name.
	for kind, body := range map[lead.Kind]string{
		lead.KindTikTok: `{"object":1,"entry":[{"id":1,"changes":[{"field":"created_at","value":"2026-01-01 10:00:00"}]}]}`,
		lead.KindGoogle: `{"lead_id":"1","user_column_data":[{"column_id":"created_at","string_value":"2026-01-01 10:00:00"}]}`,
	} {
		p, err := providers[kind].Parse(store.IntegrationSettings{}, Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		if made, _, err := newLead(store.Hook{}, p.Leads[0]); err != nil || !strings.Contains(string(made.Fields), "created_at") {
			t.Errorf("%s: %s, %v", kind, made.Fields, err)
		}
	}
}
