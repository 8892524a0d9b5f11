package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// ours begins the statements of the test itself.
const ours = "/* the test's own */ "

// everywhere is what looks into all workspaces, and so goes to all shards, for one of these reasons.
const (
	findsDue = "the scheduler, of which there is one, finds in which workspaces something is due; what is done there is of each by itself"
	retains  = "what is old is deleted, whosever it is"
	measures = "series and the audit are of the whole installation"
	operates = "an operator names a workspace, or lists them"
)

var everywhere = []struct {
	name, why string
	do        func(context.Context, *store.Store, time.Time) error
}{
	{"feed bulk batches", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.FeedBulk(ctx, 4, 10)
		return err
	}},
	{"feed again", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.ToFeedAgain(ctx, at)
		_, failed := s.FeedAgain(ctx, lead.QueueFresh, at, 10)
		return errors.Join(err, failed)
	}},
	{"take without a queue", "workers whom the queue does not reach find what is due", func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.Unqueued(ctx, 10)
		return err
	}},
	{"find what to arm", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error { _, err := s.ToArm(ctx, at); return err }},
	{"find what is armed", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.Armed(ctx, at, at.Add(time.Hour), 10)
		return err
	}},
	{"find what is overdue", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error { _, err := s.Overdue(ctx); return err }},
	{"find whose plan is to be made anew", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.ToReplan(ctx, 10)
		return err
	}},
	{"find who waits", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.ToRelease(ctx, 10)
		return err
	}},
	{"find what was not answered", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.AlarmsDue(ctx, 10)
		return err
	}},
	{"find of what to remind", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.RemindersDue(ctx)
		return err
	}},
	{"owe reminders", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		return s.WithTx(ctx, func(t *store.Tx) error { _, err := t.OweReminders(ctx, 10); return err })
	}},
	{"feed messages", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.FeedMessages(ctx, 10)
		return err
	}},
	{"feed webhooks", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.FeedWebhooks(ctx, 10)
		return err
	}},
	{"feed fetches", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.FeedFetches(ctx, at, 10)
		return err
	}},
	{"find what is being undone", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.OpenUndos(ctx, at, 10)
		return err
	}},
	{"find what to simulate", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.OwedSimulations(ctx, at, 10)
		return err
	}},
	{"find lost cursors", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.RebuildLost(ctx)
		return errors.Join(s.SettleTurns(ctx), err)
	}},
	{"fail stale imports", findsDue, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.FailStaleImports(ctx, at)
		return err
	}},
	{"add up tallies", findsDue, func(ctx context.Context, s *store.Store, _ time.Time) error { _, err := s.FoldTallies(ctx); return err }},
	{"delete old answers", retains, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.DeleteOldIdempotencyKeys(ctx, at)
		_, failed := s.DeleteOldArrivalKeys(ctx, at)
		return errors.Join(err, failed)
	}},
	{"delete old deliveries", retains, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.DeleteOldDeliveries(ctx, at, 10)
		_, failed := s.DeleteOldEvents(ctx, at, 10)
		return errors.Join(err, failed)
	}},
	{"delete old sessions", retains, func(ctx context.Context, s *store.Store, at time.Time) error { return s.DeleteOldSessions(ctx, at) }},
	{"delete old links", retains, func(ctx context.Context, s *store.Store, at time.Time) error {
		return errors.Join(s.DeleteOldSignInLinks(ctx, at), s.DeleteOldSignInFlows(ctx, at), s.DeleteOldMessageLinks(ctx, at),
			s.DeleteOldTelegramLinks(ctx, at), s.DeleteOldUnsubscribeLinks(ctx, at))
	}},
	{"delete old simulations", retains, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.DeleteOldSimulations(ctx, at)
		return err
	}},
	{"measure rings", measures, func(ctx context.Context, s *store.Store, at time.Time) error {
		_, err := s.SharesSince(ctx, at.Add(-time.Hour))
		_, failed := s.MixesSince(ctx, at.Add(-time.Hour))
		return errors.Join(err, failed)
	}},
	{"measure integrations", measures, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.Rhythms(ctx, 10)
		_, failed := s.IntegrationHealth(ctx)
		return errors.Join(s.CountEvents(ctx), err, failed)
	}},
	{"measure backlogs", measures, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, first := s.Backlogs(ctx)
		_, second := s.MessageBacklogs(ctx)
		_, third := s.WebhookHealth(ctx)
		return errors.Join(first, second, third)
	}},
	{"audit", measures, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.Audit(ctx) // what it finds is not the matter here: nobody is there who acts, and no scheduler feeds messages
		return err
	}},
	{"list workspaces", operates, func(ctx context.Context, s *store.Store, _ time.Time) error { _, err := s.Workspaces(ctx); return err }},
	{"find a workspace", operates, func(ctx context.Context, s *store.Store, _ time.Time) error {
		_, err := s.FindWorkspace(ctx, "acme")
		return err
	}},
}

// TestHotStatementsAreRouted goes all ways of a lead, and looks into each statement as Postgres understood it: whatever table it
// reads or writes is to be restricted to one workspace, the same for all of them, as Citus needs it to send the statement to one shard. The
// statements that Postgres makes itself, for foreign keys, are among them. Then it does what looks into all workspaces, each of
// which is to be seen doing so: what does no more is taken off the list.
func TestHotStatementsAreRouted(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	d := testenv.NewDedicated(t, testenv.WithClock(c.Now), testenv.WithChannels(lead.Channels()...))
	w := newWorldOn(t, &d.Env)
	for i, letter := range []byte("ABCDEF") {
		w.member(letter, func(m *store.Member) {
			m.TelegramChatID, m.Email = string(rune('1'+i)), strings.ToLower(string(letter))+"@example.com"
		})
	}
	p := &hotPath{world: w, clock: c, group: w.group("A B C D")}
	recording(t, d)
	for _, s := range hotSteps {
		p.mark(s.name)
		s.do(p)
	}
	for _, e := range everywhere {
		p.mark(e.name)
		if err := e.do(t.Context(), d.Store, c.Now()); err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
	}
	seen, unrouted := w.routed(d.PostgresServer.Log())
	for _, s := range append([]routedStep{{}}, hotSteps...) { // the first is what was sent before them
		for _, wrong := range unrouted[s.name] {
			t.Errorf("to %s: %s", s.name, wrong)
		}
		if s.do != nil && seen[s.name] == 0 {
			t.Errorf("to %s no statement was sent that was not before", s.name)
		}
	}
	if all := total(seen, hotSteps); all < leastHot {
		t.Errorf("only %d statements were sent on the ways of a lead", all)
	}
	for _, e := range everywhere {
		if len(unrouted[e.name]) == 0 {
			t.Errorf("to %s nothing looks into all workspaces any more, though %s", e.name, e.why)
		}
	}
}

// leastHot is how many statements are sent on the ways of a lead at the least: docs/sizing.md says so.
const leastHot = 250

func total(seen map[string]int, steps []routedStep) (n int) {
	for _, s := range steps {
		n += seen[s.name]
	}
	return n
}

// mark begins a step in the server's log.
func (p *hotPath) mark(name string) {
	p.t.Helper()
	if _, err := p.DB.ExecContext(p.t.Context(), ours+"SELECT '"+name+"'"); err != nil {
		p.t.Fatal(err)
	}
}

// routed counts the statements on distributed tables that were first sent in each step, and lists what is wrong with those
// that would not go to one shard.
func (w *world) routed(log string) (seen map[string]int, unrouted map[string][]string) {
	w.t.Helper()
	catalog := readShardCatalog(w.t, w.DB)
	trees, err := loggedTrees(log)
	if err != nil {
		w.t.Fatal(err)
	}
	step := ""
	seen, unrouted = map[string]int{}, map[string][]string{}
	for _, tree := range trees {
		if own, is := strings.CutPrefix(tree.text, ours); is {
			if name, is := strings.CutPrefix(own, "SELECT '"); is {
				step = strings.TrimSuffix(name, "'")
			}
			continue
		}
		if catalog.distributed(tree) {
			seen[step]++
		}
		for _, wrong := range catalog.unrouted(tree) {
			unrouted[step] = append(unrouted[step], wrong+":\n"+tree.text)
		}
	}
	return seen, unrouted
}
