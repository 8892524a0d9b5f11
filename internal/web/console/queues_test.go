package console_test

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
	"github.com/leadwheel/leadwheel/store"
)

// queuesSite is a site whose console has the queue's dashboard, with its browser signed in with an admin's key.
func queuesSite(t *testing.T) *site {
	t.Helper()
	s := &site{Env: testenv.New(t), t: t}
	s.ExpectHandedOn(t)
	s.workspace, s.admin = s.newWorkspace("acme")
	served := webtest.Serve(t, s.Env, slog.New(slog.DiscardHandler), func(o *web.Options) { o.API.Redis = s.Redis })
	s.url, s.browser = served.URL, served.Client
	var err error
	if s.browser.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestQueuesAreForAdmins who have the installation to themselves, and are only looked at.
func TestQueuesAreForAdmins(t *testing.T) {
	t.Parallel()
	s := queuesSite(t)
	for _, address := range []string{"", "api/queues", "static/js/main.5adda2da.chunk.js"} {
		if at := s.get("/console/queues/" + address).is(http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(at, "/console/sign-in") {
			t.Errorf("/console/queues/%s leads to %s", address, at)
		}
	}
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	s.get("/console/settings").is(http.StatusOK).shows(`href="/console/queues/"`, `href="/console/dead-tasks"`)
	page := s.get("/console/queues/").is(http.StatusOK).shows(`src="/console/queues/static/js/main`)
	policy := page.header.Get("Content-Security-Policy")
	if script, _, _ := strings.Cut(policy[strings.Index(policy, "script-src"):], ";"); strings.Count(script, "'sha256-") != strings.Count(page.body, "<script>") || strings.Contains(script, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	s.get("/console/queues/api/queues").is(http.StatusOK).shows(`"queues"`)
	s.get("/console/queues/static/js/main.5adda2da.chunk.js").is(http.StatusOK)
	if at := s.get("/console/queues").header.Get("Location"); at != "/console/queues/" {
		t.Errorf("/console/queues leads to %q", at)
	}
	for _, method := range []string{"POST", "DELETE"} {
		if got := s.send(method, "/console/queues/api/queues/fresh:pause", nil, "Sec-Fetch-Site", "same-origin"); got.status < 400 {
			t.Errorf("%s is answered with %d", method, got.status)
		}
	}
	s.as("manager", "lee@example.com")
	s.get("/console/queues/").is(http.StatusForbidden)
	s.get("/console/queues/api/queues").is(http.StatusForbidden).lacks(`"queues"`)
	s.get("/console/dead-tasks").is(http.StatusForbidden)
	s.get("/console/settings").is(http.StatusOK).lacks("/console/queues/", "/console/dead-tasks")

	s.newWorkspace("rival")
	s.as("admin", "mira@example.com")
	s.get("/console/queues/").is(http.StatusForbidden).shows("Other workspaces are on this installation too")
	s.get("/console/queues/api/queues").is(http.StatusForbidden).lacks(`"queues"`)
	s.get("/console/settings").is(http.StatusOK).lacks("/console/queues/")
}

// TestDeadTasksAreShown with what to do, those of one's own workspace.
func TestDeadTasksAreShown(t *testing.T) {
	t.Parallel()
	s := queuesSite(t)
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	s.get("/console/dead-tasks").is(http.StatusOK).shows("The queue gave up on nothing.")
	rival, _ := s.newWorkspace("rival")
	for workspace, why := range map[uuid.UUID]string{s.workspace: "no <room>", rival: "theirs"} {
		if err := s.Store.KeepDeadTask(t.Context(), store.DeadTask{
			Workspace: workspace, Queue: "fresh", TaskID: uuid.NewString(), Kind: "lead:ingest", Payload: []byte("Aina Secret"), Error: why, FailedAt: time.Now(),
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.get("/console/dead-tasks").is(http.StatusOK).shows("no <room>", "pushed leads", "leadwheel dead retry").lacks("theirs", "Secret", "<room>")
}

// TestTheAuditIsShown says what the last audit found, with what to do, to admins who have the installation to themselves.
func TestTheAuditIsShown(t *testing.T) {
	t.Parallel()
	s := queuesSite(t)
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	s.get("/console/settings").is(http.StatusOK).shows(`href="/console/audit"`)
	s.get("/console/audit").is(http.StatusOK).shows("There was no audit yet.")
	for _, one := range []struct{ damage, shows string }{
		{``, "Every promise was kept when it was last looked at"},
		{`INSERT INTO lead_tallies SELECT workspace_id, 3, 1 FROM workspaces`, "3 leads were stored, 0 are there"},
	} {
		s.DB.MustExec(one.damage)
		report, err := s.Store.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.KeepAudit(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		s.get("/console/audit").is(http.StatusOK).shows(one.shows, "a member gets a lead once")
	}
	s.get("/console/audit").is(http.StatusOK).shows("Broken promises: 1 of", "<code>leads_gone</code>", "get them from a backup")
	s.as("manager", "lee@example.com")
	s.get("/console/audit").is(http.StatusForbidden)
	s.newWorkspace("rival")
	s.as("admin", "mira@example.com")
	s.get("/console/audit").is(http.StatusForbidden).lacks("leads were stored")
}
