package app

import (
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// committed does what a transaction left to be done: it hands its hints to the queue, and counts.
func (a *App) committed(left store.Committed) {
	a.feeder.Feed(left.Hints...)
	for channel, n := range left.Received {
		a.metrics.LeadsReceived.WithLabelValues(channel).Add(float64(n))
	}
	a.metrics.Distributions.WithLabelValues(string(lead.Cancelled), "").Add(float64(left.Cancelled))
}
