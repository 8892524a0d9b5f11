package worker

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/tasks"
)

// measure gives a shift metrics that can be read back with what it returns.
func (s *shift) measure() (shown func() string) {
	registry := prometheus.NewRegistry()
	s.options.Metrics = metrics.New(registry)
	return func() string {
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, "/", nil))
		return w.Body.String()
	}
}

// shows waits until all series are shown.
func (s *shift) shows(shown func() string, series ...string) {
	s.t.Helper()
	s.until(func() error {
		text := shown()
		for _, one := range series {
			if !strings.Contains(text, one+"\n") {
				return errors.New("there is no " + one)
			}
		}
		return nil
	})
}

// TestRunsAreCounted has tasks that are done, that cannot be read, and whose sender panics.
func TestRunsAreCounted(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	shown := s.measure()
	s.options.Senders[lead.Email] = &brokenSender{Sender: s.options.Senders[lead.Email]}
	s.give(2)
	s.start()
	s.shows(shown, `leadwheel_tasks_total{kind="lead:fetch",outcome="given_up"} 0`, `leadwheel_task_duration_seconds_count{kind="lead:fetch"} 0`)
	s.tell(0, lead.Telegram)
	s.tell(1, lead.Email)
	s.push(tasks.KindNotify, tasks.QueueNotify, `Siti Rahman`, 5)
	s.push("nobody's", tasks.QueueNotify, `{}`, 5)
	// Tried again, the panicking one's task finds the message leased still, and is done.
	s.shows(shown, `leadwheel_tasks_total{kind="member:notify",outcome="done"} 2`, `leadwheel_tasks_total{kind="member:notify",outcome="retried"} 1`,
		`leadwheel_tasks_total{kind="member:notify",outcome="given_up"} 1`, `leadwheel_task_duration_seconds_count{kind="member:notify"} 4`)
	if strings.Contains(shown(), `kind="nobody`) {
		t.Error("a kind that nobody handles has a series")
	}
}

// TestTellingIsTimed tells a member 40 seconds after they got a lead, one an hour after it and half an hour after their quiet hours, and
// a webhook after two minutes.
func TestTellingIsTimed(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	shown := s.measure()
	r := newReceiver(t, nil)
	hook := s.hook(r)
	from := s.clock.Now().UTC().Truncate(time.Minute).Add(-time.Minute)
	at := func(d time.Duration) lead.Clock { t := from.Add(d); return lead.Clock(t.Hour()*60 + t.Minute()) }
	s.DB.MustExec(`UPDATE members SET timezone = 'UTC', quiet_from = $2, quiet_to = $3 WHERE member_id = $1`, s.members[1], int(at(0)), int(at(30*time.Minute)))
	s.give(2)
	s.start()
	s.clock.Advance(40 * time.Second)
	s.tell(0, lead.Telegram)
	s.clock.Advance(80 * time.Second)
	s.tellHook(hook)
	s.clock.Set(from.Add(time.Hour))
	s.tell(1, lead.Email)
	s.shows(shown, `leadwheel_notification_seconds_sum{channel="telegram"} 40`, `leadwheel_notification_seconds_sum{channel="email"} 1800`,
		`leadwheel_webhook_delivery_seconds_sum 240`, `leadwheel_webhook_delivery_seconds_count 2`)
}
