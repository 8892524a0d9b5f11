package deploy_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// A query is one of somebody's, to be held against what there is.
type query struct{ of, expr string }

// TestQueriesNameWhatIsThere holds every query of rules, dashboard and autoscaler against the series of a running system:
// each series that it names is there, has the labels that it asks for, and some of the values.
func TestQueriesNameWhatIsThere(t *testing.T) {
	t.Parallel()
	there := seriesOf(scrape(t, running(t, testenv.New(t), nil)))
	var queries []query
	for _, a := range alerts(t) {
		queries = append(queries, query{a.Alert, a.Expr})
	}
	queries = append(queries, dashboardQueries(t)...)
	for _, trigger := range readYAML[object](t, "k8s/keda/worker.yaml").Spec.Triggers {
		queries = append(queries, query{"KEDA", trigger.Metadata["query"]})
	}
	if len(queries) < 50 {
		t.Errorf("there are only %d queries", len(queries))
	}
	for _, q := range queries {
		for _, wrong := range there.unknown(t, namedIn(q.expr)) {
			t.Errorf("%s: %s", q.of, wrong)
		}
	}
	for _, q := range []string{
		`up{jobs="x"}`, `rate(leadwheel_leads_received_total{channel="fax"}[5m]) > 0`, `max(leadwheel_lead)`, `sum by (channel) (up)`,
		`leadwheel_dead_tasks / on (task) leadwheel_dead_tasks`, `up and leadwheel_dead_tasks{queue=~"b.*"}`,
		`rate(leadwheel_http_request_duration_seconds_bucket{le="0.4"}[5m])`,
	} {
		if len(there.unknown(t, namedIn(q))) != 1 {
			t.Errorf("nothing unknown is seen in %s, but %+v", q, namedIn(q))
		}
	}
}

// rateInterval is what Grafana puts into a query for a time that suits the scrapes.
const rateInterval = "$__rate_interval"

// dashboardQueries are those of all panels and annotations. What a legend names is to be there as well.
func dashboardQueries(t *testing.T) (all []query) {
	t.Helper()
	data, err := os.ReadFile("grafana/dashboards/leadwheel.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Type    string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(data, &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q asks for nothing", p.Title)
		}
		for _, target := range p.Targets {
			of := "panel " + p.Title
			all = append(all, query{of, strings.ReplaceAll(target.Expr, rateInterval, "5m")})
			for _, label := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
				all = append(all, query{of + ", legend", "sum by (" + label[1] + ") (" + strings.ReplaceAll(target.Expr, rateInterval, "5m") + ")"})
			}
		}
	}
	return all
}

var legendLabel = regexp.MustCompile(`{{(\w+)}}`)

// series are the label values of each series, by its name and the label's.
type series map[string]map[string][]string

// seriesOf are the series that Prometheus has of what a target shows.
func seriesOf(families map[string]*dto.MetricFamily) series {
	s := series{"up": {}}
	for name, f := range families {
		names := []string{name}
		if f.GetType() == dto.MetricType_HISTOGRAM {
			names = []string{name + "_bucket", name + "_sum", name + "_count"}
		}
		for _, n := range names {
			s[n] = make(map[string][]string)
			for _, m := range f.GetMetric() {
				for _, l := range m.GetLabel() {
					s[n][l.GetName()] = append(s[n][l.GetName()], l.GetValue())
				}
			}
			if strings.HasSuffix(n, "_bucket") {
				for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
					s[n]["le"] = append(s[n]["le"], strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64))
				}
			}
		}
	}
	for name := range s { // what Prometheus adds
		s[name]["job"], s[name]["instance"] = []string{"leadwheel"}, []string{"127.0.0.1:9090"}
	}
	return s
}

// unknown lists what a query names that is not there.
func (s series) unknown(t *testing.T, n named) (wrong []string) {
	t.Helper()
	for _, v := range n.selectors {
		known, found := s[v.series]
		if !found {
			wrong = append(wrong, "there is no series "+v.series)
			continue
		}
		for _, m := range v.matchers {
			if known[m.label] == nil {
				wrong = append(wrong, v.series+" has no label "+m.label)
			} else if !slices.ContainsFunc(known[m.label], func(value string) bool { return matches(t, m.kind, m.value, value) }) {
				wrong = append(wrong, v.series+" has no value "+m.label+m.kind+m.value)
			}
		}
	}
	for _, l := range n.labels {
		if !slices.ContainsFunc(n.selectors, func(v selector) bool { return s[v.series][l] != nil }) {
			wrong = append(wrong, "no series of the query has the label "+l)
		}
	}
	return wrong
}

// matches tells whether one of Prometheus' matchers takes a value.
func matches(t *testing.T, kind, want, value string) bool {
	t.Helper()
	pattern, err := regexp.Compile("^(?:" + want + ")$")
	if err != nil {
		t.Error(err)
		return false
	}
	switch kind {
	case "=":
		return value == want
	case "!=":
		return value != want
	case "=~":
		return pattern.MatchString(value)
	default:
		return !pattern.MatchString(value)
	}
}
