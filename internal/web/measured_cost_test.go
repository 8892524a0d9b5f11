package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

// mostShare is how much of the time that a single costs may go to counting and timing its request.
const mostShare = 0.01

// TestMeasuringCostsLittle compares a request that does nothing with the same one measured, in turns, and what that costs more with a lead
// that comes by HTTP: with what this process has to do for one, without a client, the network and Postgres.
func TestMeasuringCostsLittle(t *testing.T) {
	c := newCosts(t)
	for range 3 {
		c.round()
	}
	t.Logf("measuring costs %s of %s, %.3f %%", c.measuring(), c.single, 100*c.share())
	if c.measuring() <= 0 || c.share() > mostShare {
		t.Errorf("measuring costs %s of the %s of a single", c.measuring(), c.single)
	}
}

// BenchmarkMeasured is the same in as many rounds as it takes to be sure.
func BenchmarkMeasured(b *testing.B) {
	c := newCosts(b)
	for b.Loop() {
		c.round()
	}
	b.ReportMetric(float64(c.measuring()), "ns/measured")
	b.ReportMetric(float64(c.single)/1e3, "µs/single")
	b.ReportMetric(100*c.share(), "%")
}

// What a round has: turns of requests that do nothing, so short that most are not interrupted, and singles.
const (
	turns   = 50
	perTurn = 200
	singles = 20
)

// costs are the least that requests were seen to cost: other work on the machine makes them cost more, and never less.
type costs struct {
	tb               testing.TB
	idle, idleBeside http.Handler // without the measuring, and with it
	whole            http.Handler
	key, group       string
	n                int

	plain, measured, single time.Duration
}

func newCosts(tb testing.TB) *costs {
	env := testenv.New(tb)
	_, key := env.NewWorkspace(tb, "acme")
	var o web.Options
	webtest.Serve(tb, env, discard, func(served *web.Options) { o = *served })
	public := web.NewPublic(o)
	tb.Cleanup(public.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/leads", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	c := &costs{
		tb: tb, idle: mux, idleBeside: web.Measured(metrics.New(prometheus.NewRegistry()).HTTP, mux), whole: public, key: key,
		plain: time.Hour, measured: time.Hour, single: time.Hour,
	}
	member := c.post("/v1/members", `{"name":"Aina"}`)
	c.group = c.post("/v1/groups", fmt.Sprintf(`{"name":"Sales","method":"round_robin","slots":[{"members":[{"member_id":%q}]}]}`, member))
	return c
}

func (c *costs) measuring() time.Duration { return c.measured - c.plain }
func (c *costs) share() float64           { return float64(c.measuring()) / float64(c.single) }

// round asks everybody in turn.
func (c *costs) round() {
	for range turns {
		c.plain = min(c.plain, c.ask(c.idle))
		c.measured = min(c.measured, c.ask(c.idleBeside))
	}
	before := c.worked()
	for range singles {
		c.n++
		c.post("/v1/leads", fmt.Sprintf(`{"name":"Single %d","phone":"+6013%07d","distribute":{"group_id":%q}}`, c.n, c.n, c.group))
	}
	c.single = min(c.single, (c.worked()-before)/singles)
}

// ask asks for nothing a few times, and returns how long one takes.
func (c *costs) ask(h http.Handler) time.Duration {
	r, answer := httptest.NewRequestWithContext(c.tb.Context(), http.MethodPost, "/v1/leads", nil), nowhere{http.Header{}}
	began := time.Now()
	for range perTurn {
		h.ServeHTTP(answer, r)
	}
	return time.Since(began) / perTurn
}

// nowhere is where answers go that nobody reads.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header            { return n.header }
func (n nowhere) Write(data []byte) (int, error) { return len(data), nil }
func (n nowhere) WriteHeader(int)                {}

// post posts what is to be made and returns its id, if the answer has one.
func (c *costs) post(path, body string) string {
	r := httptest.NewRequestWithContext(c.tb.Context(), http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	if c.whole.ServeHTTP(answer, r); answer.Code != http.StatusCreated {
		c.tb.Fatalf("%d %s", answer.Code, answer.Body)
	}
	var made struct{ ID string }
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &made); err != nil {
			c.tb.Fatal(err)
		}
	}
	return made.ID
}

// worked is how long the processors have worked for this process.
func (c *costs) worked() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		c.tb.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
