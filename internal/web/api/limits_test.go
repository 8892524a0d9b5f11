package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// limited serves a site by one more process, which has limits, and believes proxies on this machine. The site then asks that one.
func limited(s *site, l api.Limits, rdb redis.UniversalClient) *metrics.Metrics {
	s.t.Helper()
	return s.serveBy(slog.New(slog.DiscardHandler), func(d *api.Deps) {
		d.Limits, d.Redis, d.Proxies = l, rdb, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}).Metrics
}

// asksToWait fails the test unless a reply says to wait, how long, and what to do.
func (r reply) asksToWait() {
	r.t.Helper()
	r.refuses(429, "rate_limited")
	if seconds, err := strconv.Atoi(r.header.Get("Retry-After")); err != nil || seconds < 1 || !strings.Contains(r.body, "wait for") {
		r.t.Errorf("Retry-After is %q: %s", r.header.Get("Retry-After"), r.body)
	}
}

func from(address string) []string { return []string{"X-Forwarded-For", address} }

// TestKeysAreLimited asks as fast as it can with one key of one a second, by two processes in turns, and then with another.
func TestKeysAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := s.key(store.APIKey{Role: lead.RoleAdmin})
	s.get("/v1/workspace").is(200)
	m := limited(s, api.Limits{Key: 1}, s.Redis)
	first := s.url
	limited(s, api.Limits{Key: 1}, s.Redis)
	addresses := []string{first, s.url}
	for i := 0; ; i++ {
		s.url = addresses[i%2]
		got := s.get("/v1/workspace")
		if !strings.HasPrefix(got.header.Get("RateLimit-Policy"), `"key";q=1;w=1`) || !strings.HasPrefix(got.header.Get("RateLimit"), `"key";r=0;t=`) {
			t.Fatalf("the headers are %v", got.header)
		}
		if got.status == 429 {
			got.asksToWait()
			break
		}
		if got.is(200); i == 100 {
			t.Fatal("a hundred requests went through")
		}
	}
	s.url = first
	s.do(other, "GET", "/v1/workspace", nil).is(200)
	testenv.Eventually(t, 20*time.Second, func() error {
		if got := s.get("/v1/workspace"); got.status != 200 {
			return fmt.Errorf("status %d", got.status)
		}
		return nil
	})
	for testutil.ToFloat64(m.Limited.WithLabelValues("key")) == 0 { // by this process
		s.get("/v1/workspace")
	}
}

// TestPersonsAreLimited counts a member over all their keys, and who is signed in for themselves.
func TestPersonsAreLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member, another := s.member("A"), s.member("B")
	one, two := s.memberKey(member), s.memberKey(member)
	begin := func() string { return s.post("/v1/sessions", nil).is(201).at("token").(string) }
	ada, bea := begin(), begin()
	limited(s, api.Limits{Person: 4}, s.Redis)
	for range 2 {
		s.do(one, "GET", "/v1/assigned-leads", nil).is(200)
		s.do(two, "GET", "/v1/customers", nil).is(200)
	}
	s.do(one, "GET", "/v1/assigned-leads", nil).asksToWait()
	s.do(two, "GET", "/v1/customers", nil).asksToWait()
	s.do(s.memberKey(another), "GET", "/v1/customers", nil).is(200)
	for range 4 {
		s.do(ada, "GET", "/v1/leads", nil).is(200)
	}
	s.do(ada, "GET", "/v1/leads", nil).asksToWait()
	s.do(bea, "GET", "/v1/leads", nil).is(200)
	for range 10 {
		s.get("/v1/leads").is(200) // a program
	}
}

// TestGuessingIsLimited tries keys from an address until it is asked to wait: then no key from there is looked at that was not used
// of late, so that a right guess is not told from a wrong one. Who works there goes on.
func TestGuessingIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fresh, away := s.key(store.APIKey{Role: lead.RoleAdmin}), s.member("away")
	awayKey := s.memberKey(away)
	s.patch("/v1/members/"+away.String(), `{"active":false}`).is(200)
	m := limited(s, api.Limits{Key: 1000, GuessesAddress: 6, SignIns: 1000}, s.Redis)
	here, there := from("198.51.100.7"), from("2001:db8::1")
	s.do(s.admin, "GET", "/v1/workspace", nil, here...).is(200)
	wrong := s.admin[:len(s.admin)-1] + "7a"[strings.Count(s.admin[len(s.admin)-1:], "7"):][:1]
	s.do(wrong, "GET", "/v1/workspace", nil, here...).is(401)
	s.do("", "GET", "/v1/leads", nil, here...).is(401)
	s.do("lw_x", "POST", "/v1/leads", `{"name":"x"}`, here...).is(401)
	s.do("lws_x", "DELETE", "/v1/sessions/current", nil, here...).is(401)
	s.do(awayKey, "GET", "/v1/customers", nil, here...).is(403)
	s.do(wrong, "POST", "/v1/sessions", nil, here...).is(401)
	for _, key := range []string{wrong, "", "lw_x", "lws_x", awayKey, fresh} {
		s.do(key, "GET", "/v1/workspace", nil, here...).asksToWait()
		s.do(key, "POST", "/v1/sessions", nil, here...).asksToWait()
	}
	s.do(s.admin, "GET", "/v1/workspace", nil, here...).is(200)
	s.do(s.admin, "POST", "/v1/sessions", nil, here...).is(201)
	s.do(fresh, "GET", "/v1/workspace", nil, there...).is(200)
	s.do(fresh, "GET", "/v1/workspace", nil, here...).is(200) // it is known by now
	s.do(wrong, "GET", "/v1/workspace", nil, "X-Forwarded-For", "8.8.8.8, 198.51.100.7").asksToWait()
	if n := testutil.ToFloat64(m.Limited.WithLabelValues("guesses_address")); n != 13 {
		t.Errorf("%v were counted as refused, want 13", n)
	}
}

// TestGuessingFromManyAddressesIsLimited has each guess come from elsewhere.
func TestGuessingFromManyAddressesIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	fresh := s.key(store.APIKey{Role: lead.RoleAdmin})
	limited(s, api.Limits{Key: 1000, GuessesAddress: 2, Guesses: 8}, s.Redis)
	s.get("/v1/workspace").is(200)
	for i := range 8 {
		s.do("lw_x", "POST", "/v1/sessions", nil, from(fmt.Sprintf("198.51.100.%d", i))...).is(401)
	}
	s.do("lw_x", "POST", "/v1/sessions", nil, from("203.0.113.1")...).asksToWait()
	s.do(fresh, "POST", "/v1/sessions", nil, from("203.0.113.2")...).asksToWait()
	s.do(s.admin, "POST", "/v1/sessions", nil, from("203.0.113.3")...).is(201)
}

// TestSigningInIsLimited signs in at the console and by the API from one address, with good keys and bad ones.
func TestSigningInIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limited(s, api.Limits{SignIns: 4}, s.Redis)
	console := func(key, address string) reply {
		return s.do("", "POST", "/console/sign-in", url.Values{"key": {key}}.Encode(),
			"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", address)
	}
	console(s.admin, "198.51.100.7").is(303)
	console("lw_wrong", "198.51.100.7").is(401)
	s.do(s.admin, "POST", "/v1/sessions", nil, from("198.51.100.7")...).is(201)
	s.do("lw_wrong", "POST", "/v1/sessions", nil, from("198.51.100.7")...).is(401)
	for _, key := range []string{"lw_wrong", s.admin} {
		s.do(key, "POST", "/v1/sessions", nil, from("198.51.100.7")...).asksToWait()
		got := console(key, "198.51.100.7").is(429)
		if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 1 ||
			!strings.Contains(got.body, "wait for") || !strings.Contains(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("the console answers %v %s", got.header, got.body)
		}
	}
	console(s.admin, "203.0.113.1").is(303)
	s.do(s.admin, "GET", "/v1/workspace", nil, from("198.51.100.7")...).is(200)
}

// TestNothingIsLimitedWithoutRedis asks a process whose Redis is not there.
func TestNothingIsLimitedWithoutRedis(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rdb, err := tasks.OpenRedis("redis://127.0.0.1:1/0")
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	limited(s, api.Limits{Key: 1, Person: 1, Guesses: 1, GuessesAddress: 1, SignIns: 1}, rdb)
	for range 20 {
		s.get("/v1/workspace").is(200)
		s.do("lw_x", "POST", "/v1/sessions", nil).is(401)
		s.post("/v1/sessions", nil).is(201)
	}
}

// reading is how many statements of this database wait for a lock.
func (s *site) reading() int {
	s.t.Helper()
	return s.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock'`)
}

// lockLeads keeps everybody from reading leads until unlock is called.
func (s *site) lockLeads() (unlock func()) {
	s.t.Helper()
	tx, err := s.DB.Beginx()
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := tx.ExecContext(s.t.Context(), `LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`); err != nil {
		s.t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

func (s *site) untilReading(n int) {
	s.t.Helper()
	testenv.Eventually(s.t, 20*time.Second, func() error {
		if got := s.reading(); got != n {
			return fmt.Errorf("%d are reading, want %d", got, n)
		}
		return nil
	})
}

// TestAStormOfOneWorkspaceLeavesOthersRoom has one workspace list, search and export with 24 requests at once, none of which gets on,
// and looks at what reaches Postgres: two of them, and with those all that another workspace asks.
func TestAStormOfOneWorkspaceLeavesOthersRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/v1/leads", `{"name":"Ada","email":"ada@example.com"}`).is(201)
	_, other := s.newWorkspace("other")
	m := limited(s, api.Limits{Reads: 2, AllReads: 8, ReadTime: time.Minute}, s.Redis)
	unlock := s.lockLeads()
	defer unlock()
	storm := []string{
		"/v1/leads", "/v1/leads?q=ada", "/v1/leads?format=csv", "/v1/leads?limit=500&q=a&assigned=true", "/v1/sources/counts", "/v1/leads?external_id=x",
	}
	ended := make(chan reply)
	ask := func(key, path string) { go func() { ended <- s.do(key, "GET", path, nil) }() }
	const all = 24
	for i := range all {
		ask(s.admin, storm[i%len(storm)])
	}
	s.untilReading(2)
	most := 0
	ask(other, "/v1/leads")
	ask(other, "/v1/leads?q=ada")
	s.untilReading(4)
	s.do(other, "GET", "/v1/customers", nil, "X-Request", "3").asksToWait() // its third waits, and is asked to come again
	for range all - 2 {                                                     // those that wait are asked to come again
		if got := <-ended; got.status == 429 {
			got.asksToWait()
		} else {
			t.Errorf("answered %d %s", got.status, got.body)
		}
		most = max(most, s.reading())
	}
	if most > 4 {
		t.Errorf("%d were reading at once, want two of each workspace", most)
	}
	if n := testutil.ToFloat64(m.Limited.WithLabelValues("reads")); n != all-1 {
		t.Errorf("%v were counted as refused, want %d", n, all-1)
	}
	s.untilReading(4)
	unlock()
	for range 4 {
		(<-ended).is(200)
	}
	s.get("/v1/leads?format=csv").is(200)
}

// TestWaitingListsAreBounded sends more at once than may wait. Those are asked to come again at once, while the others wait: these are
// answered as soon as one can read.
func TestWaitingListsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limited(s, api.Limits{Reads: 1, ReadTime: time.Minute}, s.Redis)
	unlock := s.lockLeads()
	defer unlock()
	const all, waiting = 150, 64
	ended := make(chan reply, all)
	for range all {
		go func() { ended <- s.do(s.admin, "GET", "/v1/leads", nil) }()
	}
	for range all - waiting - 10 { // the bound is about that
		(<-ended).asksToWait()
	}
	unlock()
	read := 0
	for range waiting + 10 {
		if got := <-ended; got.status == 200 {
			read++
		}
	}
	if read < waiting/2 {
		t.Errorf("%d of those that waited were answered, want about %d", read, waiting)
	}
}

// TestPostgresStopsWhatTakesTooLong reads what does not end.
func TestPostgresStopsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := limited(s, api.Limits{ReadTime: 300 * time.Millisecond}, s.Redis)
	unlock := s.lockLeads()
	defer unlock()
	for _, path := range []string{"/v1/leads", "/v1/leads?q=ada", "/v1/leads?format=csv", "/v1/sources/counts"} {
		got := s.get(path)
		got.refuses(503, "unavailable")
		if !strings.Contains(got.body, "ask for less") || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %v %s", path, got.header, got.body)
		}
		if n := s.reading(); n != 0 {
			t.Errorf("%s: %d still read", path, n)
		}
	}
	s.post("/v1/privacy/export", `{"email":"ada@example.com"}`).refuses(503, "unavailable")
	if n := testutil.ToFloat64(m.Limited.WithLabelValues("read_time")); n != 5 {
		t.Errorf("%v were counted as stopped, want 5", n)
	}
	unlock()
	s.get("/v1/leads").is(200)
}

// TestPostgresStopsWhenTheClientGoes breaks off what waits for Postgres, and what waits for its place.
func TestPostgresStopsWhenTheClientGoes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limited(s, api.Limits{Reads: 1, ReadTime: time.Minute}, s.Redis)
	unlock := s.lockLeads()
	defer unlock()
	ctx, goAway := context.WithCancel(t.Context())
	defer goAway()
	gone := make(chan error)
	for range 3 {
		go func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/leads", nil)
			if err == nil {
				r.Header.Set("Authorization", "Bearer "+s.admin)
				var response *http.Response
				if response, err = s.client.Do(r); err == nil {
					err = response.Body.Close()
				}
			}
			gone <- err
		}()
	}
	s.untilReading(1)
	goAway()
	for range 3 {
		if <-gone == nil {
			t.Error("one was answered")
		}
	}
	s.untilReading(0)
	unlock()
	s.get("/v1/leads").is(200)
}
