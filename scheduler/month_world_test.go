package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// A month is a workspace with 30 members, and a scheduler, a queue and a worker for which time goes as the test says.
type month struct {
	*testenv.Dedicated
	t         *testing.T
	clock     atomic.Int64 // seconds since 1970; it begins in a year, so that the queue itself fires nothing
	scheduler *Scheduler
	inspector *asynq.Inspector

	workspace uuid.UUID
	hours     lead.Hours
	zones     map[uuid.UUID]*time.Location
	paces     map[uuid.UUID]lead.Pace
	groups    map[lead.Pace]uuid.UUID
	rings     map[lead.Pace][]uuid.UUID
	away      []uuid.UUID // who were deactivated, to come back
	duty

	planned, deleted int
	first            time.Time
	seen             uuid.UUID // the last of history that was counted
	got              map[memberDay]map[lead.Pace]int
	disturbed        map[memberDay]bool // days on which less than the pace is no surprise
	enough           map[memberDay]bool // days for which there were leads enough
	today            map[uuid.UUID]time.Time

	schedulerDown, workerDown, redisDown bool
}

type memberDay struct {
	member uuid.UUID
	day    time.Time
}

func (d memberDay) String() string {
	return fmt.Sprintf("member %s, %s", d.member, d.day.Format(time.DateOnly))
}

var zoneNames = []string{"Asia/Kuala_Lumpur", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Europe/London"}

func newMonth(t *testing.T) *month {
	t.Helper()
	m := &month{
		t: t, hours: lead.Hours{From: 9 * 60, To: 21 * 60},
		zones: map[uuid.UUID]*time.Location{}, paces: map[uuid.UUID]lead.Pace{}, groups: map[lead.Pace]uuid.UUID{},
		rings: map[lead.Pace][]uuid.UUID{}, got: map[memberDay]map[lead.Pace]int{}, disturbed: map[memberDay]bool{},
		enough: map[memberDay]bool{}, today: map[uuid.UUID]time.Time{},
	}
	m.clock.Store(time.Now().AddDate(1, 0, 0).Truncate(24 * time.Hour).Unix())
	m.first = m.now().Truncate(24 * time.Hour)
	m.Dedicated = testenv.NewDedicated(t, testenv.WithClock(m.now))
	w, err := m.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: zoneNames[0], Region: "MY"})
	m.must(err)
	m.workspace = w.ID
	for _, pace := range lead.Paces {
		for i := range 10 {
			zone, err := time.LoadLocation(zoneNames[i%len(zoneNames)])
			m.must(err)
			one, err := m.Store.CreateMember(t.Context(), w.ID, store.Member{Name: fmt.Sprint(pace, i), Timezone: zone.String()})
			m.must(err)
			m.zones[one.ID], m.paces[one.ID] = zone, pace
			m.rings[pace] = append(m.rings[pace], one.ID)
		}
		m.tx(func(tx *store.Tx) error {
			g, err := tx.CreateGroup(t.Context(), w.ID, m.spec(pace))
			m.groups[pace] = g.ID
			return err
		})
	}
	m.hire()
	m.startParts()
	return m
}

// startParts makes a scheduler that does nothing by itself, and starts a worker.
func (m *month) startParts() {
	log := slog.New(slog.DiscardHandler)
	m.scheduler = &Scheduler{store: m.Store, queue: newQueue(m.Redis, 1), metrics: metrics.New(prometheus.NewRegistry()), log: log}
	m.inspector = m.scheduler.queue.inspector
	server := asynq.NewServerFromRedisClient(m.Redis, asynq.Config{
		Concurrency: 4, Queues: map[string]int{string(lead.QueueDue): 1}, TaskCheckInterval: time.Millisecond,
		LogLevel: asynq.FatalLevel, ShutdownTimeout: time.Second,
	})
	m.must(server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		p, err := tasks.Decode[tasks.Distribute](task.Payload())
		if err == nil {
			_, err = m.Store.Distribute(ctx, p.Workspace, p.Batch)
		}
		return err
	})))
	m.t.Cleanup(server.Shutdown)
}

func (m *month) now() time.Time { return time.Unix(m.clock.Load(), 0).UTC() }

func (m *month) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *month) tx(do func(*store.Tx) error) {
	m.t.Helper()
	m.must(m.Store.WithTx(m.t.Context(), do))
}

func (m *month) count(query string, args ...any) int {
	m.t.Helper()
	return m.Count(m.t, query, args...)
}

// run lets time pass.
func (m *month) run(d time.Duration) {
	m.t.Helper()
	for end := m.now().Add(d); m.now().Before(end); {
		m.clock.Add(int64(min(tick, end.Sub(m.now())) / time.Second))
		if !m.schedulerDown {
			m.schedule()
		}
		switch {
		case m.redisDown:
		case m.workerDown:
			m.quiet() // what is fed again needs no firing, and no work may span two hours
		default:
			m.fire()
		}
		m.tally()
	}
}

// schedule does a round of the scheduler's jobs.
func (m *month) schedule() {
	m.t.Helper()
	ctx := m.t.Context()
	if m.redisDown { // what it arms now never reaches the queue
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, _ = m.scheduler.arm(short)
		return
	}
	for wait := time.Duration(0); wait == 0; {
		var err error
		wait, err = m.scheduler.arm(ctx)
		m.must(err)
	}
	m.must(m.scheduler.handOver(ctx))
	m.must(m.scheduler.feedAgain(ctx))
}

const scheduledTasks = "asynq:{due}:scheduled"

// fire has the queue hand out what is due, and waits until the worker is done with it.
func (m *month) fire() {
	m.t.Helper()
	ctx := m.t.Context()
	m.must(m.scheduler.restoreQueues(ctx)) // the queue's own forwarder does without the registry
	// Hints come before their time, and workers wait for it; this clock moves by hours, so here they come when it is there.
	due, err := m.Redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: scheduledTasks, ByScore: true, Start: "-inf", Stop: fmt.Sprint(m.now().Add(-tasks.HintAhead).Unix()),
	}).Result()
	m.must(err)
	for _, id := range due {
		m.must(m.inspector.RunTask(string(lead.QueueDue), id))
	}
	m.quiet()
	if n := m.Redis.ZCard(ctx, "asynq:{due}:retry").Val(); n > 0 {
		failed, err := m.inspector.ListRetryTasks(string(lead.QueueDue))
		m.must(err)
		m.t.Fatalf("%d tasks failed: %s", n, failed[0].LastErr)
	}
	latest, err := m.Redis.ZRevRangeWithScores(ctx, scheduledTasks, 0, 0).Result()
	m.must(err)
	if len(latest) > 0 && int64(latest[0].Score) > m.now().Add(horizon).Unix() {
		m.t.Errorf("Redis holds what is due after the horizon")
	}
}

// quiet waits until the worker is done with what the queue has handed out.
func (m *month) quiet() {
	m.t.Helper()
	testenv.Eventually(m.t, time.Minute, func() error {
		for _, list := range []string{"pending", "active"} {
			if n, err := m.Redis.LLen(m.t.Context(), "asynq:{due}:"+list).Result(); err != nil || n > 0 {
				return fmt.Errorf("%d tasks are %s, %w", n, list, err)
			}
		}
		return nil
	})
}

// tally counts what went out since it was called last.
func (m *month) tally() {
	m.t.Helper()
	var rows []struct {
		ID     uuid.UUID `db:"history_id"`
		Member uuid.UUID `db:"member_id"`
		Pace   lead.Pace `db:"pace"`
		At     time.Time `db:"at"`
	}
	m.must(m.DB.Select(&rows, `
		SELECT history_id, member_id, pace, at FROM history
		WHERE history_id > $1 AND trigger = 'scheduled' AND outcome = 'succeeded' ORDER BY history_id`, m.seen))
	for _, r := range rows {
		at := memberDay{r.Member, m.hours.Day(r.At, m.zones[r.Member])}
		if m.got[at] == nil {
			m.got[at] = map[lead.Pace]int{}
		}
		m.got[at][r.Pace]++
		m.seen = r.ID
		if !m.works(r.Member, r.At) {
			off, has := m.dayOff[r.Member]
			m.t.Errorf("a planned lead went to member %s at %s, who was unavailable: off duty %v, day off %v %s, away %v", r.Member,
				r.At.In(m.zones[r.Member]), m.off[r.Member], has, off, m.leave[r.Member])
		}
	}
	m.turnOver()
}

// turnOver looks at the members whose day has just ended: there were leads enough for it where some are left of those that
// were planned before it began.
func (m *month) turnOver() {
	m.t.Helper()
	var left map[uuid.UUID]bool
	for member, zone := range m.zones {
		day := m.hours.Day(m.now(), zone)
		ended := m.today[member]
		if m.today[member] = day; ended.IsZero() || ended.Equal(day) {
			continue
		}
		if left == nil {
			left = m.withLeadsSince(m.now().Add(-26 * time.Hour))
		}
		if left[member] {
			m.enough[memberDay{member, ended}] = true
		}
	}
}

// withLeadsSince are the members who have leads pending, at their own pace, that were planned before a time.
func (m *month) withLeadsSince(since time.Time) map[uuid.UUID]bool {
	m.t.Helper()
	var rows []struct {
		Member uuid.UUID `db:"member_id"`
		Pace   lead.Pace `db:"pace"`
	}
	m.must(m.DB.Select(&rows, `
		SELECT DISTINCT member_id, pace FROM pending_leads
		WHERE accepted_at < $1 AND due_at > $2 AND pace IS NOT NULL AND trigger = 'scheduled' AND moved_from IS NULL`, since, m.now()))
	left := map[uuid.UUID]bool{}
	for _, r := range rows {
		left[r.Member] = left[r.Member] || m.paces[r.Member] == r.Pace
	}
	return left
}

// untilDone runs on until nothing is pending.
func (m *month) untilDone(days int) {
	m.t.Helper()
	m.backOnDuty()
	for range days {
		if m.count(`SELECT count(*) FROM pending`) == 0 {
			return
		}
		m.run(24 * time.Hour)
	}
	m.t.Fatalf("after %d more days %d leads are pending", days, m.count(`SELECT count(*) FROM pending`))
}

// disturb excuses members from the least that a day brings, from one moment to another.
func (m *month) disturb(from, to time.Time, members ...uuid.UUID) {
	for _, member := range members {
		last := m.hours.Day(to, m.zones[member])
		for day := m.hours.Day(from, m.zones[member]); !day.After(last); day = day.AddDate(0, 0, 1) {
			m.disturbed[memberDay{member, day}] = true
		}
	}
}
