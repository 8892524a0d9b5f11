package app

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A messageCollector reads how many messages are owed to members, at every scrape.
type messageCollector struct {
	store         *store.Store
	log           *slog.Logger
	owed, overdue *prometheus.Desc
}

func newMessageCollector(s *store.Store, log *slog.Logger) *messageCollector {
	return &messageCollector{
		store: s, log: log,
		owed: prometheus.NewDesc("leadwheel_notifications_owed", "Messages that are owed to members, those that wait for the end of quiet hours among them, by channel.",
			[]string{"channel"}, nil),
		overdue: prometheus.NewDesc("leadwheel_notifications_overdue_seconds", "Age of the oldest message to a member that is due or was tried and not taken, by channel; 0 where there is none.",
			[]string{"channel"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *messageCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.owed; ch <- c.overdue }

// Collect implements prometheus.Collector.
func (c *messageCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	backlogs, err := c.store.MessageBacklogs(ctx)
	if err != nil {
		c.log.Warn("the messages that are owed could not be counted for metrics", "error", err)
		return
	}
	for _, channel := range lead.Channels() {
		b := backlogs[channel]
		overdue := 0.0
		if b.Oldest != nil {
			overdue = max(0, c.store.Now().Sub(*b.Oldest).Seconds())
		}
		gauge(ch, c.owed, float64(b.Owed), string(channel))
		gauge(ch, c.overdue, overdue, string(channel))
	}
}
