package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/store"
)

// TestScrapesAskNothingAGroup scrapes an installation without groups, and one with a thousand of them and of integrations, of which all
// have series: it asks the database as often, and says how long that takes.
func TestScrapesAskNothingAGroup(t *testing.T) {
	t.Parallel()
	const scrapes = 10
	env := testenv.New(t)
	none, _, _ := scrapeOften(t, env, scrapes, nil)
	rings := make([]metrics.Ring, 1000)
	integrations := make([]metrics.Integration, len(rings))
	workspace, _ := env.NewWorkspace(t, "acme")
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		m, err := tx.CreateMember(t.Context(), workspace, store.Member{Name: "Aisyah"})
		for i := 0; i < len(rings) && err == nil; i++ {
			var g store.Group
			g, err = tx.CreateGroup(t.Context(), workspace, store.GroupSpec{
				Name: fmt.Sprint("group ", i), Method: lead.RoundRobin, Listed: []lead.Listed{{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}}},
			})
			rings[i] = metrics.Ring{Workspace: workspace, Group: g.ID, Turn: 1, Asked: true}
			integrations[i] = metrics.Integration{Workspace: workspace, Integration: uuid.New(), Kind: "google", LastAt: time.Now()}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	thousand, took, text := scrapeOften(t, env, scrapes, func(m *metrics.Metrics) { m.Rings.Set(rings); m.Integrations.Set(integrations) })
	if n := strings.Count(text, "\nleadwheel_ring_turns{"); n != len(rings) {
		t.Fatalf("%d groups are shown", n)
	}
	t.Logf("%d statements without groups and %d with a thousand, in %d scrapes; the fastest took %s, for %d kB", none, thousand, scrapes, took, len(text)>>10)
	if none < 5*scrapes || thousand > none+scrapes {
		t.Errorf("%d scrapes ask the database %d times without groups, %d times with a thousand", scrapes, none, thousand)
	}
}

// scrapeOften scrapes a process' metrics and returns how many statements that took, the shortest time, and what was shown last.
func scrapeOften(t *testing.T, env *testenv.Env, times int, fill func(*metrics.Metrics)) (statements int, fastest time.Duration, text string) {
	t.Helper()
	committed := func() (n int) {
		return env.Count(t, `SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`)
	}
	before := committed()
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL, Redis: env.Redis})
	if err != nil {
		t.Fatal(err)
	}
	log, registry := slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	m := metrics.New(registry)
	if fill != nil {
		fill(m)
	}
	registry.MustRegister(newCollector(st, env.Redis, 1, log), newIntegrationCollector(st, log), newImportCollector(st, log), newMessageCollector(st, log))
	ops := web.NewOps(web.OpsOptions{Metrics: registry, Named: m.Named, Redis: env.Redis, Log: log})
	for i := range times {
		w, started := httptest.NewRecorder(), time.Now()
		ops.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", nil))
		if took := time.Since(started); i == 0 || took < fastest {
			fastest = took
		}
		text = w.Body.String()
	}
	others := httptest.NewRecorder()
	web.NewOps(web.OpsOptions{Metrics: registry, Named: m.Named, Redis: env.Redis, QueuesClosed: true, Log: log}).
		ServeHTTP(others, httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/metrics", nil))
	if shown := others.Body.String(); strings.Contains(shown, `_id="`) || !strings.Contains(shown, "leadwheel_pending_leads{") {
		t.Errorf("who has no key is shown %s", shown)
	}
	if err := st.Close(); err != nil { // what a connection did is counted at its end at the latest
		t.Fatal(err)
	}
	last := -1
	testenv.Eventually(t, 10*time.Second, func() error {
		now := committed() - before
		defer func() { last = now }()
		if now != last && now-last > 1 || now < times {
			return fmt.Errorf("%d statements are counted, and more are coming in", now)
		}
		statements = now
		return nil
	})
	return statements, fastest, text
}
