package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A TaskOutcome is what became of one run of a task.
type TaskOutcome string

// The outcomes. One that is postponed found the database away, or came too early, and costs no try; one that is given up is tried no
// more.
const (
	TaskDone      TaskOutcome = "done"
	TaskRetried   TaskOutcome = "retried"
	TaskPostponed TaskOutcome = "postponed"
	TaskGivenUp   TaskOutcome = "given_up"
)

// Tasks are the runs of the queue's tasks by this process.
type Tasks struct {
	runs     *prometheus.CounterVec   // kind, outcome
	duration *prometheus.HistogramVec // kind
}

func newTasks() *Tasks {
	return &Tasks{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_tasks_total",
			Help: "Runs of the queue's tasks, by kind and outcome: done, retried, postponed (which costs no try: the database was away, or it was too early), or given_up.",
		}, []string{"kind", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "leadwheel_task_duration_seconds", Help: "Time that a run of a task took, by kind. A webhook that is slow goes on beside its task.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"kind"}),
	}
}

// Describe implements prometheus.Collector.
func (t *Tasks) Describe(ch chan<- *prometheus.Desc) { t.runs.Describe(ch); t.duration.Describe(ch) }

// Collect implements prometheus.Collector.
func (t *Tasks) Collect(ch chan<- prometheus.Metric) { t.runs.Collect(ch); t.duration.Collect(ch) }

// Expect makes the series of a kind of tasks that this process runs.
func (t *Tasks) Expect(kind string) {
	for _, o := range []TaskOutcome{TaskDone, TaskRetried, TaskPostponed, TaskGivenUp} {
		t.runs.WithLabelValues(kind, string(o))
	}
	t.duration.WithLabelValues(kind)
}

// Ran counts a run of a task.
func (t *Tasks) Ran(kind string, outcome TaskOutcome, took time.Duration) {
	t.runs.WithLabelValues(kind, string(outcome)).Inc()
	t.duration.WithLabelValues(kind).Observe(took.Seconds())
}
