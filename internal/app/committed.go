package app

import (
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// committed does what a transaction left to be done: it hands its hints to the queue, and counts.
func (a *App) committed(left store.Committed) {
	a.feeder.Feed(left.Hints...)
	if left.Bulk {
		a.feeder.Wake(tasks.WakeBulk)
	}
	if left.Webhooks {
		a.feeder.Wake(tasks.WakeWebhooks)
	}
	for channel, n := range left.Received {
		a.metrics.LeadsReceived.WithLabelValues(channel).Add(float64(n))
	}
	a.metrics.RulesBroken.Add(float64(left.RulesBroken))
	a.metrics.Distributions.WithLabelValues(string(lead.Cancelled), "").Add(float64(left.Cancelled))
	for _, answer := range left.Answered {
		outcome := "answered"
		if answer.Late {
			outcome = "answered_late"
		}
		a.metrics.Answers.WithLabelValues(outcome).Inc()
		a.metrics.AnswerTime.Observe(answer.After.Seconds())
	}
	a.metrics.Answers.WithLabelValues("reminded").Add(float64(left.Reminded))
	a.metrics.Distributions.WithLabelValues(string(lead.Withdrawn), "").Add(float64(left.Withdrawn))
	a.metrics.Distributions.WithLabelValues(string(lead.Undone), "").Add(float64(left.Undone))
	a.metrics.Answers.WithLabelValues("withdrawn").Add(float64(left.Withdrawn))
	a.metrics.Answers.WithLabelValues("overdue").Add(float64(left.Overdue))
	a.metrics.Answers.WithLabelValues("offered").Add(float64(left.Offered))
	a.metrics.Answers.WithLabelValues("lapsed").Add(float64(left.Lapsed))
	a.metrics.Distributions.WithLabelValues(string(lead.Lapsed), "").Add(float64(left.Lapsed))
}
