package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestAlertsReachPeople has Prometheus and Alertmanager watch a running Leadwheel, breaks distribution, and waits for the
// alert to reach a receiver, and for its end to reach it once distribution works again.
func TestAlertsReachPeople(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	a := running(t, &d.Env, nil)
	people := watched(t, a)

	// The database refuses every lead of one name, as a constraint or trigger that somebody added would.
	d.DB.MustExec(`ALTER TABLE assigned_leads ADD CONSTRAINT whim CHECK (name <> 'Unwanted')`)
	pushLead(t, &d.Env, "Unwanted")
	raised := people.waitFor(t, "LeadwheelInternalErrors", "firing")
	if page := raised.Annotations["runbook_url"]; !strings.HasSuffix(page, "/docs/runbooks/LeadwheelInternalErrors.md") || raised.Labels["severity"] != "critical" {
		t.Errorf("what arrived is %+v", raised)
	}
	d.RedisServer.Kill()
	people.waitFor(t, "LeadwheelRedisDown", "firing")
	d.RedisServer.Start()
	d.DB.MustExec(`ALTER TABLE assigned_leads DROP CONSTRAINT whim`)
	people.waitFor(t, "LeadwheelRedisDown", "resolved")
	people.waitFor(t, "LeadwheelInternalErrors", "resolved")
}

// An alert is one as Alertmanager tells receivers.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// A receiver is who gets the alerts.
type receiver struct {
	got chan alert
	// others came while another was waited for.
	others []alert
}

// waitFor waits for an alert in a state, which may have come while another was waited for.
func (r *receiver) waitFor(t *testing.T, name, status string) alert {
	t.Helper()
	is := func(a alert) bool { return a.Labels["alertname"] == name && a.Status == status }
	if i := slices.IndexFunc(r.others, is); i >= 0 {
		return r.others[i]
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case a := <-r.got:
			if is(a) {
				return a
			}
			r.others = append(r.others, a)
		case <-late.C:
			t.Fatalf("%s %s did not arrive; what did: %v", name, status, r.others)
		}
	}
}

// pushLead stores a lead of a name for the group.
func pushLead(t *testing.T, env *testenv.Env, name string) {
	t.Helper()
	var group struct {
		Workspace uuid.UUID `db:"workspace_id"`
		ID        uuid.UUID `db:"group_id"`
	}
	if err := env.DB.Get(&group, `SELECT workspace_id, group_id FROM groups`); err != nil {
		t.Fatal(err)
	}
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddLeads(t.Context(), group.Workspace, lead.QueueBulk, []store.NewLead{
			{Name: name, Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: group.ID}},
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// watched starts Prometheus and Alertmanager with the files that are delivered, in haste, and returns what the receiver
// gets.
func watched(t *testing.T, a *app.App) *receiver {
	t.Helper()
	people := &receiver{got: make(chan alert, 1000)}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message struct{ Alerts []alert }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		for _, one := range message.Alerts {
			people.got <- one
		}
	}))
	t.Cleanup(hook.Close)
	dir := t.TempDir()
	manager, prometheus := testenv.FreeAddress(t), testenv.FreeAddress(t)

	config := readYAML[map[string]any](t, "prometheus/alertmanager.yaml")
	config["route"].(map[string]any)["group_wait"] = "0s"
	config["route"].(map[string]any)["group_interval"] = "1s"
	config["receivers"].([]any)[0].(map[string]any)["webhook_configs"].([]any)[0].(map[string]any)["url"] = hook.URL
	background(t, program(t, "prometheus-alertmanager", "alertmanager"), "--config.file="+writeYAML(t, dir, "alertmanager.yaml", config),
		"--storage.path="+filepath.Join(dir, "alertmanager"), "--web.listen-address="+manager, "--cluster.listen-address=")

	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(hurried(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	config = readYAML[map[string]any](t, "prometheus/prometheus.yaml")
	config["global"] = map[string]string{"scrape_interval": "1500ms", "scrape_timeout": "1500ms", "evaluation_interval": "500ms"}
	config["alerting"].(map[string]any)["alertmanagers"] = targets(manager)
	job := config["scrape_configs"].([]any)[0].(map[string]any)
	delete(job, "dns_sd_configs")
	delete(job, "authorization") // its key is a secret of the installation, and what only this machine reaches needs none
	job["static_configs"] = targets(strings.TrimPrefix(a.OpsURL(), "http://"))[0]["static_configs"]
	background(t, program(t, "prometheus"), "--config.file="+writeYAML(t, dir, "prometheus.yaml", config),
		"--storage.tsdb.path="+filepath.Join(dir, "prometheus"), "--web.listen-address="+prometheus, "--rules.alert.resend-delay=1s")
	testenv.Eventually(t, patience, func() error { return knows(t, prometheus, `leadwheel_overdue_seconds`) })
	return people
}

// knows returns an error unless Prometheus has a value for a query: it does not see a rise from before it looked.
func knows(t *testing.T, prometheus, query string) error {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+prometheus+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct{ Result []any }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if len(answer.Data.Result) == 0 {
		return fmt.Errorf("Prometheus has no value for %s", query)
	}
	return nil
}

func targets(address string) []map[string]any {
	return []map[string]any{{"static_configs": []any{map[string]any{"targets": []string{address}}}}}
}

// windows are the times in a file of rules that pass sixty times as fast in the test.
var windows = regexp.MustCompile(`(\[|for: )(\d+)m`)

// hurried makes seconds of minutes, and three of one, since Prometheus looks every one and a half.
func hurried(rules string) string {
	return windows.ReplaceAllStringFunc(rules, func(s string) string {
		parts := windows.FindStringSubmatch(s)
		n, _ := strconv.Atoi(parts[2]) // it is digits
		return fmt.Sprintf("%s%ds", parts[1], max(n, 3))
	})
}

func writeYAML(t *testing.T, dir, name string, v any) string {
	t.Helper()
	data, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// background runs a program until the test ends, and shows what it wrote if the test failed.
func background(t *testing.T, name string, args ...string) {
	t.Helper()
	var output strings.Builder
	cmd := exec.Command(name, args...) //nolint:noctx // ended below, in good order
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // where it has ended, its output says why
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(name), &output)
		}
	})
}
