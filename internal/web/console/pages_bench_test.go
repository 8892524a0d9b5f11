package console_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

var (
	// pageRows is how many leads, entries of history and so on a workspace has whose pages are measured.
	pageRows = flag.Int("pages.rows", 1_000_000, "rows of each list")
	// pageMax is what a page is to take at the most, of the server's time; half of the runs may take longer.
	pageMax = flag.Duration("pages.max", 100*time.Millisecond, "how long a page may take")
)

// apart is how long there is between two leads: a million come within a year.
const apart = 30 * time.Second

// heaviest is how many bytes a page may have before it is compressed, with 50 rows.
const heaviest = 60 << 10

// A longSite is a workspace with long lists, 50 groups and a browser that is signed in.
type longSite struct {
	b         *testing.B
	env       *testenv.Env
	workspace uuid.UUID
	key, url  string
	browser   *http.Client
	groups    []string
}

// BenchmarkPages measures each page at a million rows: its server's time and its weight before it is compressed.
func BenchmarkPages(b *testing.B) {
	s := newLongSite(b)
	s.fill()
	first := func(list string) string {
		return s.api("GET", "/v1/"+list, nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	}
	for _, address := range []string{
		"", "leads", "leads?q=wilhelmina", "leads?assigned=false", "leads?matching=1&from=" + time.Now().Format(time.DateOnly), "leads/new", "leads/" + first("leads"),
		"assigned-leads", "groups", "groups/" + s.groups[0], "groups/" + s.groups[0] + "/edit", "groups/new", "pending-leads", "pending-leads/days", "history",
		"history?outcome=failed", "history?reason=internal_error", "history?member_id=01800000-0000-7000-8000-000000000001",
		"assignments", "members", "members/01800000-0000-7000-8000-000000000001", "members/new", "sources", "sources/01800000-0000-7000-8000-000100000001",
		"integrations", "imports", "customers", "opportunities", "notifications", "webhooks", "settings", "people", "api-keys", "sessions", "audit-log",
	} {
		b.Run("/"+address, func(b *testing.B) { s.measure(b, "/console/"+address) })
	}
}

// measure asks for a page some times.
func (s *longSite) measure(b *testing.B, address string) {
	weight := len(s.get(b, address))
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		s.get(b, address)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(weight), "bytes")
	if median > *pageMax {
		b.Errorf("%s takes %s", address, median)
	}
	if weight > heaviest {
		b.Errorf("%s has %d bytes", address, weight)
	}
}

func newLongSite(b *testing.B) *longSite {
	b.Helper()
	s := &longSite{b: b, env: testenv.New(b)}
	s.workspace, s.key = s.env.NewWorkspace(b, "acme")
	served := webtest.Serve(b, s.env, slog.New(slog.DiscardHandler))
	s.url, s.browser = served.URL, served.Client
	var err error
	if s.browser.Jar, err = cookiejar.New(nil); err != nil {
		b.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.url+"/console/sign-in", strings.NewReader(url.Values{"key": {s.key}}.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.send(b, r)
	return s
}

// fill makes the long lists that the store's are measured with, the last of them today, and groups that have handed them out.
func (s *longSite) fill() {
	text, err := os.ReadFile("../../../store/testdata/lists.sql")
	if err != nil {
		s.b.Fatal(err)
	}
	start := time.Now()
	people, lists, found := strings.Cut(strings.NewReplacer(
		":'workspace'", "'"+s.workspace.String()+"'", ":'mark'", "'"+base64.RawURLEncoding.EncodeToString(s.workspace[len(s.workspace)-3:])+"'", ":rows", fmt.Sprint(*pageRows),
		", (:'small'::uuid, :'small_mark', 1000)", "", // no small workspace beside it
		"2025-10-09", start.Add(-time.Duration(*pageRows)*apart).UTC().Format(time.RFC3339), "interval '1 second'", fmt.Sprintf("interval '%d seconds'", apart/time.Second),
	).Replace(string(text)), "CREATE UNLOGGED TABLE bench AS")
	if !found {
		s.b.Fatal("lists.sql has no table to begin with")
	}
	s.env.DB.MustExecContext(s.b.Context(), people)
	for i := range 50 {
		var slots []any
		for j := range 8 {
			slots = append(slots, map[string]any{"members": []any{map[string]any{"member_id": fmt.Sprintf("01800000-0000-7000-8000-0000%08d", (i+j)%50+1)}}})
		}
		made := s.api("POST", "/v1/groups", map[string]any{"name": fmt.Sprint("Group ", i), "method": "round_robin", "slots": slots})
		s.groups = append(s.groups, made["id"].(string))
	}
	s.env.DB.MustExecContext(s.b.Context(), fmt.Sprintf(
		`CREATE FUNCTION bench_group(n int) RETURNS uuid IMMUTABLE LANGUAGE sql RETURN ('{%s}'::uuid[])[n - 60]`, strings.Join(s.groups[:5], ",")))
	s.env.DB.MustExecContext(s.b.Context(), "CREATE UNLOGGED TABLE bench AS"+strings.ReplaceAll(lists, "bench_id('0006', ", "bench_group("))
	// What is planned is what 50 people are planned at the fastest pace for a month and a half, and some of the leads are nobody's yet.
	s.env.DB.MustExecContext(s.b.Context(), `WITH last AS (SELECT pending_id, row_number() OVER (ORDER BY pending_id DESC) AS n FROM pending_leads)
		UPDATE pending_leads AS p SET due_at = now() + n * interval '3 minutes' FROM last WHERE last.pending_id = p.pending_id AND n <= 20000`)
	s.env.DB.MustExecContext(s.b.Context(), `DELETE FROM pending_leads WHERE due_at > now() + interval '1 year'`)
	s.env.DB.MustExecContext(s.b.Context(), `DELETE FROM assigned_leads WHERE abs(hashtext(assigned_lead_id::text)) % 200 = 0`)
	s.env.DB.MustExecContext(s.b.Context(), `VACUUM (FULL) pending_leads`)
	s.env.DB.MustExecContext(s.b.Context(), `VACUUM ANALYZE`)
	s.b.Logf("%d rows of each were made in %s", *pageRows, time.Since(start).Round(time.Second))
}

func (s *longSite) get(b *testing.B, address string) []byte {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.url+address, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "identity")
	return s.send(b, r)
}

func (s *longSite) api(method, path string, body any) (answer map[string]any) {
	s.b.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		s.b.Fatal(err)
	}
	r, err := http.NewRequestWithContext(s.b.Context(), method, s.url+path, bytes.NewReader(data))
	if err != nil {
		s.b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	if err := json.Unmarshal(s.send(s.b, r), &answer); err != nil {
		s.b.Fatalf("%s: %v", path, err)
	}
	return answer
}

func (s *longSite) send(b *testing.B, r *http.Request) []byte {
	b.Helper()
	response, err := s.browser.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusBadRequest {
		b.Fatalf("%s: %d, %v: %.300s", r.URL, response.StatusCode, err, data)
	}
	return data
}
