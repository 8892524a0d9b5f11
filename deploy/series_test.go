package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/scheduler"
	"github.com/leadwheel/leadwheel/store"
)

// running starts Leadwheel with every role, after a group has handed out leads, so that it shows every series it has.
func running(t *testing.T, env *testenv.Env, change func(*app.Config)) *app.App {
	t.Helper()
	distributeOne(t, env)
	config := app.Config{
		DatabaseURL: env.DatabaseURL, RedisURL: env.RedisURL, Listen: "127.0.0.1:0", OpsListen: "127.0.0.1:0",
		Roles: app.Roles(), Version: "test", Shown: scheduler.Shown{Rings: 10, Integrations: 10}, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&config)
	}
	a, err := app.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })   // the test may have killed what it stands on
	for _, path := range []string{"/v1/leads", "/healthz"} { // a route has series from when it is first asked for
		if _, err := ask(t, a.URL()+path); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// ask reads what there is at an address, whatever that is.
func ask(t *testing.T, url string) ([]byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// distributeOne makes a workspace with a group, and gives it a lead; and an integration that has delivered something.
func distributeOne(t *testing.T, env *testenv.Env) {
	t.Helper()
	workspace, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		m, err := tx.CreateMember(t.Context(), workspace.ID, store.Member{Name: "Aisyah"})
		if err != nil {
			return err
		}
		by := lead.BalanceSource
		g, err := tx.CreateGroup(t.Context(), workspace.ID, store.GroupSpec{
			GroupPolicy: store.GroupPolicy{BalanceBy: &by},
			Name:        "Sales", Method: lead.RoundRobin, Listed: []lead.Listed{{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}}},
		})
		if err != nil {
			return err
		}
		_, err = tx.AddLeads(t.Context(), workspace.ID, lead.QueueFresh, []store.NewLead{
			{Name: "Siti", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: g.ID}},
		})
		if err != nil {
			return err
		}
		i, err := tx.CreateIntegration(t.Context(), workspace.ID, store.Integration{ID: uuid.New(), Kind: lead.KindGeneric, Name: "Any", Enabled: true})
		if err != nil {
			return err
		}
		_, err = tx.AddArrivals(t.Context(), workspace.ID, lead.QueueFresh, []store.Arrival{{Event: &store.Event{
			ID: uuid.New(), IntegrationID: i.ID, ReceivedAt: env.Store.Now(), Body: []byte("{}"), Outcome: lead.EventUnmapped,
		}}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, b := range env.TakeHints() {
		if _, err := env.Store.Distribute(t.Context(), b.Workspace, b.ID); err != nil {
			t.Fatal(err)
		}
	}
}

// scrape reads the series that a running system shows, once a group's and an integration's are among them.
func scrape(t *testing.T, a *app.App) map[string]*dto.MetricFamily {
	t.Helper()
	var families map[string]*dto.MetricFamily
	testenv.Eventually(t, patience, func() error {
		text, err := ask(t, a.OpsURL()+"/metrics")
		if err != nil {
			return err
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		if families, err = parser.TextToMetricFamilies(bytes.NewReader(text)); err != nil {
			return err
		}
		if families["leadwheel_ring_turns"] == nil || families["leadwheel_integration_quiet"] == nil {
			return fmt.Errorf("no ring or no integration is shown among %d metrics", len(families))
		}
		return nil
	})
	return families
}

// TestEverySeriesIsListed compares the page's table with the series of a running system.
func TestEverySeriesIsListed(t *testing.T) {
	t.Parallel()
	families := scrape(t, running(t, testenv.New(t), nil))
	var table strings.Builder
	table.WriteString("| series | type | labels | |\n|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(families)) {
		f := families[name]
		if !strings.HasPrefix(name, "leadwheel_") && !strings.HasPrefix(name, "asynq_") {
			continue
		}
		labels := make(map[string]bool)
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels["`"+l.GetName()+"`"] = true
			}
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", name, strings.ToLower(f.GetType().String()),
			strings.Join(slices.Sorted(maps.Keys(labels)), ", "), f.GetHelp())
	}
	holdsTable(t, monitoring, "series", table.String())
}

// TestEveryCheckIsListed compares the page's table with the checks of an audit.
func TestEveryCheckIsListed(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	table.WriteString("| check | promise | remedy |\n|---|---|---|\n")
	for _, c := range store.AuditChecks() {
		fmt.Fprintf(&table, "| `%s` | %s | `%s` |\n", c.Name, c.Promise, c.Remedy)
	}
	holdsTable(t, "../docs/audit.md", "checks", table.String())
}
