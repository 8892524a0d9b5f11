package app_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestErrorsTellOfNoOne has tasks fail in ways that quote people's data, and looks at what the queue, its dashboard, the
// database's notes and the log say of it.
func TestErrorsTellOfNoOne(t *testing.T) {
	t.Parallel()
	c := newCorrespondence(t, testenv.New(t), 1)
	c.edit(c.members[0], func(m *store.Member) { m.Email = "siti@example.com" })
	c.mail.Recipients(func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 2, 1}, Message: "<SITI@Example.com>: no mailbox of \"Siti Rahman\""}
	})
	ids := c.storeLeads(2)
	log := &testenv.Log{}
	a := c.startWith(func(cfg *app.Config) {
		cfg.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}, app.Roles()...)
	c.assign(ids[:1])
	c.untilTold(30 * time.Second)

	// What a trigger on leads says ends a push, what one on history says is tried again.
	c.DB.MustExec(strings.NewReplacer("TABLE", "leads", "SOME_CODE", "P0001").Replace(refusing))
	c.DB.MustExec(strings.NewReplacer("TABLE", "history", "SOME_CODE", "XX000").Replace(refusing))
	queue := asynq.NewClientFromRedisClient(c.Redis)
	for _, task := range []*asynq.Task{
		asynq.NewTask(tasks.KindIngest, []byte(`{"v":1,"Siti Rahman":"siti@example.com"}`)),
		asynq.NewTask(tasks.KindIngest, []byte(`{"v":1,"leads":[{"name":60123456789}]}`)),
		asynq.NewTask(tasks.KindIngest, []byte(fmt.Sprintf(`{"v":1,"workspace_id":%q,"channel":"x","group_id":%q,"leads":[{"name":"Siti Rahman","external_id":"1"}]}`, c.workspace, c.group))),
		asynq.NewTask("nobody's", nil),
	} {
		if _, err := queue.Enqueue(task, asynq.Queue(tasks.QueueIngest)); err != nil {
			t.Fatal(err)
		}
	}
	c.assign(ids[1:])
	shown := ""
	testenv.Eventually(t, 40*time.Second, func() error {
		shown = ""
		for _, page := range []string{"bulk/retry_tasks", "ingest/archived_tasks"} {
			shown += c.dashboard(a, page)
		}
		dead, err := c.Store.DeadTasks(t.Context())
		if err != nil {
			return err
		}
		if len(dead) != 4 || !strings.Contains(shown, "XX000") {
			return fmt.Errorf("there are %d dead tasks, and the dashboard shows %s", len(dead), shown)
		}
		for _, d := range dead {
			shown += d.Error
		}
		return nil
	})
	var noted []string
	c.must(c.DB.Select(&noted, `SELECT coalesce(error, '') FROM batches UNION ALL SELECT coalesce(error, '') FROM notifications`))
	for place, text := range map[string]string{"the queue": shown, "the database": strings.Join(noted, "\n"), "the log": log.String()} {
		if len(text) < 40 {
			t.Errorf("%s says nothing: %q", place, text)
		}
		for line := range strings.Lines(text) {
			for _, word := range []string{"siti", "rahman", "example.com", "345 6789", "60123456789"} {
				if strings.Contains(strings.ToLower(line), word) {
					t.Errorf("%s tells of %s: %s", place, word, line)
				}
			}
		}
	}
}

const refusing = `
	CREATE FUNCTION refuse_TABLE() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		RAISE EXCEPTION 'Siti Rahman, siti@example.com' USING ERRCODE = 'SOME_CODE', DETAIL = '(+60 12-345 6789)';
	END $$;
	CREATE TRIGGER refuse BEFORE INSERT ON TABLE EXECUTE FUNCTION refuse_TABLE()`

// dashboard is what a page of the queues' dashboard says.
func (s *scene) dashboard(a *app.App, page string) string {
	s.t.Helper()
	_, body := get(s.t, a.OpsURL()+"/queues/api/queues/"+page)
	return body
}
