package worker

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/notify/email"
	"github.com/leadwheel/leadwheel/internal/notify/notifytest"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

func TestMain(m *testing.M) {
	// These tests wait for the queue to look, for leases and for answers more than they work.
	if err := flag.Set("test.parallel", strconv.Itoa(max(6, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err) // the package testing has it
	}
	testenv.Main(m)
}

// within is what a test waits for what should be there in a moment.
const within = 30 * time.Second

// A shift is a worker and what it works on: a workspace with a group, whose members are told of their leads. There is no
// scheduler: the test itself hands over what is to be done.
type shift struct {
	*testenv.Env
	t         *testing.T
	clock     *testenv.Clock
	queue     *tasks.Client
	inspector *asynq.Inspector
	workspace uuid.UUID
	members   []uuid.UUID // the first has a chat and an e-mail address, the second only the address
	group     uuid.UUID
	box       *secret.Box
	telegram  *notifytest.Telegram
	mail      *notifytest.MailServer
	said      *testenv.Log
	platform  string           // the address of what plays one
	secrets   webhooks.Secrets // of the last webhook
	// options are the worker's. A test may change them before it starts one.
	options Options
	worker  *Worker
}

func newShift(t *testing.T) *shift {
	t.Helper()
	clock := testenv.NewClock(time.Now().Truncate(time.Second))
	return newShiftOn(t, testenv.New(t, testenv.WithClock(clock.Now), testenv.WithChannels(lead.Channels()...)), clock)
}

func newShiftOn(t *testing.T, env *testenv.Env, clock *testenv.Clock) *shift {
	t.Helper()
	s := &shift{
		Env: env, t: t, clock: clock, queue: tasks.NewClient(env.Redis), inspector: asynq.NewInspectorFromRedisClient(env.Redis),
		telegram: notifytest.NewTelegram(t), mail: notifytest.NewMailServer(t, notifytest.NoTLS), said: &testenv.Log{},
	}
	s.workspace, _ = s.NewWorkspace(t, "acme")
	spec := store.GroupSpec{Name: "sales", Method: lead.RoundRobin}
	for i, chat := range []string{"42", ""} {
		m, err := s.Store.CreateMember(t.Context(), s.workspace, store.Member{
			Name: fmt.Sprint("member ", i), Email: fmt.Sprintf("m%d@example.com", i), TelegramChatID: chat,
		})
		s.must(err)
		s.members = append(s.members, m.ID)
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m.ID, Notify: true}}})
	}
	s.tx(func(ctx context.Context, tx *store.Tx) error {
		g, err := tx.CreateGroup(ctx, s.workspace, spec)
		s.group = g.ID
		return err
	})
	var err error
	s.box, err = secret.NewBox(base64.StdEncoding.EncodeToString(make([]byte, secret.KeySize)))
	s.must(err)
	s.options = Options{
		Store: s.Store, Redis: s.Redis, Box: s.box, Metrics: metrics.New(prometheus.NewRegistry()),
		Senders: s.senders(), Webhooks: webhooks.NewSender(webhooks.NewAddresses([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), clock.Now),
		Log: slog.New(slog.NewTextHandler(s.said, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	t.Cleanup(s.options.Webhooks.Close)
	s.TakeHints() // none
	return s
}

func (s *shift) senders() map[lead.Channel]notify.Sender {
	bot := telegram.NewClient(s.telegram.URL, notifytest.BotToken)
	s.t.Cleanup(bot.Close)
	mailer, err := email.NewSender(email.Options{URL: s.mail.URL, From: "leads@example.com", PublicURL: "http://public.example"})
	s.must(err)
	s.t.Cleanup(mailer.Close)
	return map[lead.Channel]notify.Sender{lead.Telegram: telegram.NewSender(bot, telegram.NewLimits(s.Redis, bot)), lead.Email: mailer}
}

// start starts the worker, which the test's end stops.
func (s *shift) start() {
	s.t.Helper()
	s.options.Fetcher = ingest.NewFetcher(ingest.FetcherOptions{
		Store: s.options.Store, Box: s.box, Metrics: s.options.Metrics, Log: s.options.Log, Platforms: ingest.Platforms{MetaURL: s.platform},
	})
	var err error
	s.worker, err = Start(s.options)
	s.must(err)
	s.t.Cleanup(s.stop)
}

func (s *shift) stop() {
	if s.worker != nil {
		s.worker.Stop()
		s.worker = nil
	}
}

func (s *shift) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shift) tx(do func(context.Context, *store.Tx) error) {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error { return do(s.t.Context(), tx) }))
}

// add stores n leads for the group and returns the hints at their batches.
func (s *shift) add(n int, at time.Time) []lead.Hint {
	s.t.Helper()
	leads := make([]store.NewLead, n)
	for i := range leads {
		leads[i] = store.NewLead{Name: fmt.Sprint("Siti ", i), Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: s.group, At: at}}
	}
	s.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddLeads(ctx, s.workspace, lead.QueueFresh, leads)
		return err
	})
	return s.TakeHints()
}

// give gives n leads to the group's members, and owes them messages.
func (s *shift) give(n int) {
	s.t.Helper()
	for _, h := range s.add(n, time.Time{}) {
		_, err := s.Store.Distribute(s.t.Context(), s.workspace, h.ID)
		s.must(err)
	}
}

// hint hands hints to the queue, as ones that have not been there.
func (s *shift) hint(hints ...lead.Hint) {
	s.t.Helper()
	for _, h := range hints {
		h.Generation += int(time.Now().UnixNano())
		s.must(s.queue.Distribute(s.t.Context(), h))
	}
}

// push has a task run that its client cannot make, at most once where tries is 0.
func (s *shift) push(kind, queue, payload string, tries int) (id string) {
	s.t.Helper()
	info, err := asynq.NewClientFromRedisClient(s.Redis).EnqueueContext(s.t.Context(),
		asynq.NewTask(kind, []byte(payload)), asynq.Queue(queue), asynq.MaxRetry(tries))
	s.must(err)
	return info.ID
}

// drain waits until a queue has no task that waits to run or runs.
func (s *shift) drain(queue string) {
	s.t.Helper()
	s.until(func() error {
		info, err := s.inspector.GetQueueInfo(queue)
		if err == nil && info.Pending+info.Active > 0 {
			err = fmt.Errorf("%s: %d tasks wait and %d run", queue, info.Pending, info.Active)
		}
		return err
	})
}

// only is the one task of a queue that is in a state; the test waits for it.
func (s *shift) only(queue string, state asynq.TaskState) (only *asynq.TaskInfo) {
	s.t.Helper()
	list := map[asynq.TaskState]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		asynq.TaskStatePending: s.inspector.ListPendingTasks, asynq.TaskStateActive: s.inspector.ListActiveTasks,
		asynq.TaskStateRetry: s.inspector.ListRetryTasks, asynq.TaskStateArchived: s.inspector.ListArchivedTasks,
	}[state]
	s.until(func() error {
		all, err := list(queue)
		if err != nil || len(all) != 1 {
			return errors.Join(err, fmt.Errorf("%d tasks of %s are in state %s", len(all), queue, state))
		}
		only = all[0]
		return nil
	})
	return only
}

// none fails the test where tasks of a queue are left in any state.
func (s *shift) none(queue string) {
	s.t.Helper()
	s.drain(queue)
	info, err := s.inspector.GetQueueInfo(queue)
	s.must(err)
	if info.Size != 0 {
		s.t.Errorf("%s: %d tasks are left, of them %d to be tried again and %d dead", queue, info.Size, info.Retry, info.Archived)
	}
}

func (s *shift) until(check func() error) {
	s.t.Helper()
	testenv.Eventually(s.t, within, check)
}

// untilCount waits until a query counts n.
func (s *shift) untilCount(n int, query string, args ...any) {
	s.t.Helper()
	s.until(func() error {
		if got := s.Count(s.t, query, args...); got != n {
			return fmt.Errorf("%s: %d, want %d", query, got, n)
		}
		return nil
	})
}

// counts fails the test unless a counter is at n.
func (s *shift) counts(n float64, c prometheus.Counter, what string) {
	s.t.Helper()
	if got := testutil.ToFloat64(c); got != n {
		s.t.Errorf("counted %s: %v, want %v", what, got, n)
	}
}
