package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// patience is what a program under test has for anything.
const patience = time.Minute

const rulesFile = "prometheus/rules.yaml"

// rules are what of a file of rules matters here.
type rules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func readYAML[T any](t *testing.T, path string) (v T) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func alerts(t *testing.T) (all []rule) {
	t.Helper()
	for _, g := range readYAML[rules](t, rulesFile).Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// program finds one of the programs that deploy/local/install.sh installs for tests.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed; run deploy/local/install.sh monitoring", names[0])
	return ""
}

// ruleTests are the files with examples of when the alerts are raised.
var ruleTests = []string{"prometheus/rules.test.yaml", "prometheus/rules.days.test.yaml"}

// TestRules has promtool check the rules, and run their tests. It evaluates every rule at every step of every example, of
// which each looks at one alert or two, so each example gets a file of only these; `make soak` runs the files as they are.
func TestRules(t *testing.T) {
	t.Parallel()
	tests := ruleTests
	if os.Getenv("LEADWHEEL_SOAK") == "" {
		tests = apart(t)
	}
	for _, args := range [][]string{
		{"check", "rules", rulesFile}, {"check", "config", "--syntax-only", "prometheus/prometheus.yaml"}, append([]string{"test", "rules"}, tests...),
	} {
		out, err := exec.CommandContext(t.Context(), program(t, "promtool"), args...).CombinedOutput()
		if err != nil {
			t.Errorf("promtool %v: %v\n%s", args[:2], err, out)
		}
	}
}

// apart writes each example into a file of its own, with the rules of which it speaks and those that record series.
func apart(t *testing.T) (files []string) {
	t.Helper()
	dir := t.TempDir()
	for _, path := range ruleTests {
		file := readYAML[map[string]any](t, path)
		for i, example := range file["tests"].([]any) {
			of := make(map[string]bool)
			for _, raised := range example.(map[string]any)["alert_rule_test"].([]any) {
				of[raised.(map[string]any)["alertname"].(string)] = true
			}
			name := fmt.Sprintf("%d.%s", i+1, filepath.Base(path))
			file["rule_files"] = []string{writeYAML(t, dir, "rules."+name, rulesOf(t, of))}
			file["tests"] = []any{example}
			files = append(files, writeYAML(t, dir, name, file))
		}
	}
	return files
}

// rulesOf is the file of rules with no other alerts than these.
func rulesOf(t *testing.T, names map[string]bool) map[string]any {
	t.Helper()
	file, found := readYAML[map[string]any](t, rulesFile), 0
	for _, g := range file["groups"].([]any) {
		group := g.(map[string]any)
		group["rules"] = slices.DeleteFunc(group["rules"].([]any), func(r any) bool {
			alert, is := r.(map[string]any)["alert"].(string)
			if names[alert] {
				found++
			}
			return is && !names[alert]
		})
	}
	if found != len(names) {
		t.Errorf("%d of the alerts %v are in %s", found, names, rulesFile)
	}
	return file
}

// TestEveryAlertIsTried looks for an example in which each alert is raised, and one in which it is not.
func TestEveryAlertIsTried(t *testing.T) {
	t.Parallel()
	type examples struct {
		Tests []struct {
			Alerts []struct {
				Name     string `yaml:"alertname"`
				Expected []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		} `yaml:"tests"`
	}
	raised, silent := make(map[string]bool), make(map[string]bool)
	for _, path := range ruleTests {
		for _, test := range readYAML[examples](t, path).Tests {
			for _, a := range test.Alerts {
				raised[a.Name] = raised[a.Name] || len(a.Expected) > 0
				silent[a.Name] = silent[a.Name] || len(a.Expected) == 0
			}
		}
	}
	for _, a := range alerts(t) {
		if !raised[a.Alert] || !silent[a.Alert] {
			t.Errorf("%s: there is an example in which it is raised: %v, in which it is not: %v", a.Alert, raised[a.Alert], silent[a.Alert])
		}
	}
}

// TestEveryAlertHasAPage looks for what those who are woken need.
func TestEveryAlertHasAPage(t *testing.T) {
	t.Parallel()
	const folder, base = "../docs/runbooks", "https://github.com/leadwheel/leadwheel/blob/main/docs/runbooks/"
	pages := make(map[string]bool)
	var table strings.Builder
	table.WriteString("| alert | severity | after | |\n|---|---|---|---|\n")
	for _, a := range alerts(t) {
		if a.Labels["severity"] != "critical" && a.Labels["severity"] != "warning" || a.Annotations["summary"] == "" {
			t.Errorf("%s has no severity or no summary", a.Alert)
		}
		if a.Annotations["runbook_url"] != base+a.Alert+".md" {
			t.Errorf("the page of %s is %s", a.Alert, a.Annotations["runbook_url"])
		}
		page, err := os.ReadFile(filepath.Join(folder, a.Alert+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		pages[a.Alert+".md"] = true
		for _, part := range []string{"# " + a.Alert + "\n", "\n## Look\n", "\n## Do\n"} {
			if !strings.Contains(string(page), part) {
				t.Errorf("the page of %s lacks %q", a.Alert, part)
			}
		}
		after := a.For
		if after == "" {
			after = "at once"
		}
		meaning, _, _ := strings.Cut(strings.ReplaceAll(strings.SplitN(string(page), "\n\n", 3)[1], "\n", " "), ". ")
		fmt.Fprintf(&table, "| [%s](runbooks/%s.md) | %s | %s | %s |\n", a.Alert, a.Alert, a.Labels["severity"], after, strings.TrimSuffix(meaning, "."))
	}
	found, err := filepath.Glob(folder + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range found {
		if !pages[filepath.Base(path)] {
			t.Errorf("%s is the page of no alert", path)
		}
	}
	holdsTable(t, monitoring, "alerts", table.String())
}
