package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/doctor"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("postgres:///x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db := "DATABASE_URL=postgres:///x"
	for name, test := range map[string]struct {
		settings []string
		args     string
		want     string
	}{
		"no command":           {nil, "", "expected one of"},
		"unknown command":      {nil, "fly", "unexpected argument fly"},
		"unknown flag":         {nil, "up --fast", "unknown flag --fast"},
		"no database":          {nil, "migrate up", "--database-url"},
		"empty database":       {[]string{"DATABASE_URL="}, "migrate up", "--database-url"},
		"no such role":         {[]string{db, "REDIS_URL=redis://x"}, "serve --roles=cook", `"cook"`},
		"bad log format":       {[]string{"LEADWHEEL_LOG_FORMAT=xml"}, "up", `"xml"`},
		"two ways to say it":   {[]string{db, "DATABASE_URL_FILE=" + secret}, "migrate up", "leave one out"},
		"no such file":         {[]string{"DATABASE_URL_FILE=/nowhere/secret"}, "migrate up", "/nowhere/secret"},
		"no time zone":         {[]string{db}, "workspace create Acme --region MY", "--timezone"},
		"bad region":           {[]string{db}, "workspace create Acme --timezone UTC --region MYS", "two-letter"},
		"member key of nobody": {[]string{db}, "apikey create --workspace Acme --role member", "--member"},
		"admin key of a group": {[]string{db}, "apikey create --workspace Acme --role admin --group Sales", "--group"},
		"bad expiry":           {[]string{db}, "apikey create --workspace Acme --role admin --expires soon", `"soon" is neither`},
		"bad id":               {[]string{db}, "apikey revoke mine", "UUID"},
		"no limit":             {[]string{"LEADWHEEL_API_KEY=lw_x"}, "history --limit 0", "--limit 0"},
		"no API key":           {nil, "history", "LEADWHEEL_API_KEY"},
		"bad address":          {[]string{"LEADWHEEL_API_KEY=lw_x"}, "group list --url localhost", "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := command(t, exitUsage, test.settings, strings.Fields(test.args)...)
			if stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("it printed %q and said %q, want %q said", stdout, stderr, test.want)
			}
		})
	}
}

// printNoData are the commands that have nothing to print as JSON.
var printNoData = []string{"up", "serve", "ready", "completion", "man"}

// TestARequestOfAServerInTroubleIsNamed asks a server that answers no command, and one that refuses.
func TestARequestOfAServerInTroubleIsNamed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		code int
		said string
	}{
		http.StatusInternalServerError: {exitFailed, ": it broke\nIn the server's log it is the request r-17.\n"},
		http.StatusNotFound:            {exitRefused, ": it broke\n"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"detail": "it broke", "request_id": "r-17"}`)
		}))
		t.Cleanup(server.Close)
		if _, said := command(t, want.code, nil, "lead", "list", "--url", server.URL, "--api-key", "lw_key"); !strings.HasSuffix(said, want.said) {
			t.Errorf("where the answer is %d it says %q", status, said)
		}
	}
}

func TestHelpHasExamples(t *testing.T) {
	t.Parallel()
	overview, _ := command(t, exitOK, nil, "--help")
	_, commands, _ := strings.Cut(overview, "Commands:\n")
	for line := range strings.Lines(commands) {
		words, isCommand := strings.CutPrefix(line, "  ")
		if !isCommand || strings.HasPrefix(words, " ") {
			continue // a description goes on
		}
		name, _, _ := strings.Cut(strings.TrimSpace(words), "  ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			help, _ := command(t, exitOK, nil, append(strings.Fields(name), "--help")...)
			if !strings.Contains(help, "Example") || !strings.Contains(help, "leadwheel "+name) {
				t.Errorf("its help has no example:\n%s", help)
			}
			if !slices.Contains(printNoData, name) && !strings.Contains(help, "--json") {
				t.Errorf("it takes no --json:\n%s", help)
			}
		})
	}
}

// TestCommandsAreBuiltAlone asks for each command's flags as it is run, and for all where one speaks of others.
func TestCommandsAreBuiltAlone(t *testing.T) {
	t.Parallel()
	built := func(args ...string) (names []string) {
		parser, err := kong.New(grammar(args), words(), kong.Vars{"version": ""})
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range parser.Model.Children {
			names = append(names, command.Name)
		}
		return names
	}
	all := built()
	for _, name := range all {
		want := []string{name}
		if slices.Contains([]string{"man", "completion", "complete"}, name) {
			want = all
		}
		if got := built(name, "--help"); !slices.Equal(got, want) {
			t.Errorf("for %s are built %v", name, got)
		}
	}
	if got := built("--help"); len(all) < 30 || !slices.Equal(got, all) {
		t.Errorf("for help on all are built %v", got)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := commandJSON[map[string]string](t, nil, "version")
	if got["version"] == "" || !strings.HasPrefix(got["go"], "go1.") {
		t.Errorf("it printed %v", got)
	}
	for _, args := range [][]string{{"--version"}, {"version"}} {
		if line, _ := command(t, exitOK, nil, args...); !strings.HasPrefix(line, "leadwheel "+got["version"]+" ") || !strings.HasSuffix(line, got["go"]+"\n") {
			t.Errorf("leadwheel %v printed %q", args, line)
		}
	}
}

func TestBuildIsNamed(t *testing.T) {
	t.Parallel()
	b := build{Version: "0.1.0", Commit: "13c12689606e1d0eaaa11b826c561a2e42981581", Date: "2026-11-30T10:41:41Z", Go: "go1.26.8"}
	if got := b.String(); got != "leadwheel 0.1.0 (commit 13c12689606e of 2026-11-30T10:41:41Z) go1.26.8" {
		t.Errorf("it is called %q", got)
	}
}

// emptyDatabase makes a database without a schema on the test's server, and returns its address.
func emptyDatabase(t *testing.T, env *testenv.Env) string {
	t.Helper()
	u, err := url.Parse(env.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path += "_empty"
	name := strings.TrimPrefix(u.Path, "/")
	if _, err := env.DB.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := env.DB.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return u.String()
}

func TestMigrateAndServe(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	settings := []string{
		"DATABASE_URL=" + emptyDatabase(t, env), "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
	}
	for _, args := range [][]string{{"serve"}, {"workspace", "list"}} {
		if _, stderr := command(t, exitRefused, settings, args...); !strings.Contains(stderr, "leadwheel migrate up") {
			t.Errorf("on an empty database %v says %q", args, stderr)
		}
	}
	if before := commandJSON[list[store.Migration]](t, settings, "migrate", "status"); before.Items[0].Applied {
		t.Errorf("an empty database has %+v", before)
	}
	for _, m := range commandJSON[list[store.Migration]](t, settings, "migrate", "up").Items {
		if !m.Applied {
			t.Errorf("after migrating there is still %+v", m)
		}
	}
	p := start(t, settings, "serve", "--roles=worker,scheduler")
	p.until(&p.stderr, `"msg":"serving","roles":["worker","scheduler"],"address":""`)
	p.stop(syscall.SIGTERM)
}

func TestWorkspacesAndKeys(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	settings := []string{"DATABASE_URL=" + env.DatabaseURL}
	made := commandJSON[struct {
		ID     uuid.UUID `json:"id"`
		Name   string    `json:"name"`
		APIKey string    `json:"api_key"`
	}](t, settings, "workspace", "create", "Acme", "--timezone", "Asia/Kuala_Lumpur", "--region", "my")
	caller, err := env.Store.Authenticate(t.Context(), made.APIKey)
	if err != nil || caller.Workspace != made.ID || caller.Role != lead.RoleAdmin || made.Name != "Acme" {
		t.Fatalf("it made %+v, whose key is %+v, %v", made, caller, err)
	}
	command(t, exitRefused, settings, "workspace", "create", "Mars", "--timezone", "Mars/Olympus", "--region", "MY")
	all := commandJSON[list[workspaceItem]](t, settings, "workspace", "list")
	if len(all.Items) != 1 || all.Items[0].ID != made.ID || all.Items[0].Region != "MY" {
		t.Errorf("the workspaces are %+v", all)
	}

	member, err := env.Store.CreateMember(t.Context(), made.ID, store.Member{Name: "Aisyah"})
	if err != nil {
		t.Fatal(err)
	}
	type key struct {
		ID     uuid.UUID `json:"id"`
		APIKey string    `json:"api_key"`
	}
	create := []string{"apikey", "create", "--workspace", "Acme", "--role", "member", "--expires", "30d", "--member"}
	hers := commandJSON[key](t, settings, append(create, "Aisyah")...)
	caller, err = env.Store.Authenticate(t.Context(), hers.APIKey)
	if err != nil || *caller.MemberID != member.ID || caller.ExpiresAt.Sub(env.Store.Now()).Hours() < 719 {
		t.Errorf("the member's key is %+v, %v", caller, err)
	}
	command(t, exitRefused, settings, append(create, "Nobody")...)
	command(t, exitRefused, settings, "apikey", "create", "--workspace", "Nobody", "--role", "admin")

	if err := env.Store.TouchAPIKey(t.Context(), made.ID, hers.ID, "192.0.2.7", env.Store.Now(), 0); err != nil {
		t.Fatal(err)
	}
	keys := commandJSON[list[apiKeyItem]](t, settings, "apikey", "list", "--workspace", made.ID.String())
	if len(keys.Items) != 2 || keys.Items[0].ID != hers.ID || keys.Items[0].LastUsedAt == nil || keys.Items[1].LastUsedAt != nil {
		t.Errorf("the keys are %+v", keys)
	}
	command(t, exitUsage, settings, "apikey", "rotate", hers.ID.String(), "--overlap", "721h")
	next := commandJSON[key](t, settings, "apikey", "rotate", hers.ID.String(), "--overlap", "1h")
	if caller, err = env.Store.Authenticate(t.Context(), next.APIKey); err != nil || *caller.MemberID != member.ID {
		t.Errorf("the key that follows is %+v, %v", caller, err)
	}
	commandJSON[any](t, settings, "apikey", "revoke", hers.ID.String())
	if _, err := env.Store.Authenticate(t.Context(), hers.APIKey); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("the revoked key: %v", err)
	}
	command(t, exitRefused, settings, "apikey", "revoke", hers.ID.String())
	logged(t, env, made.ID, "workspace create", "apikey create", "apikey rotate", "apikey revoke")
}

// logged fails the test unless a workspace's audit log has these commands, oldest first.
func logged(t *testing.T, env *testenv.Env, workspace uuid.UUID, want ...string) {
	t.Helper()
	entries, err := env.Store.AuditLog(t.Context(), workspace, store.AuditFilter{}, store.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(entries) {
		if e.APIKeyID != nil || len(e.IDs) == 0 {
			t.Errorf("the entry is %+v", e)
		}
		got = append(got, e.Operation)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the audit log has %q, want %q", got, want)
	}
}

func TestSettingFromFile(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	file := filepath.Join(t.TempDir(), "database")
	if err := os.WriteFile(file, []byte(" "+env.DatabaseURL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, exitOK, []string{"DATABASE_URL_FILE=" + file}, "migrate", "status")
	// A flag goes before both ways of the environment.
	command(t, exitOK, []string{"DATABASE_URL_FILE=/nowhere"}, "migrate", "status", "--database-url", env.DatabaseURL)
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	type report struct {
		OK     bool
		Checks []doctor.Check
	}
	dir := t.TempDir()
	good := commandJSON[report](t, []string{"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL}, "doctor", "--data-dir", dir)
	for _, check := range good.Checks {
		if check.State == doctor.Broken || check.State == doctor.Warning && check.Advice == "" {
			t.Errorf("on good servers there is %+v", check)
		}
	}
	if !good.OK || len(good.Checks) < 12 {
		t.Errorf("it reports %+v", good)
	}
	for name, settings := range map[string][]string{
		"old schema":     {"DATABASE_URL=" + emptyDatabase(t, env)},
		"no database":    {"DATABASE_URL=postgres://me:hunter2@127.0.0.1:1/x?sslmode=disable"},
		"no redis":       {"REDIS_URL=redis://:hunter2@127.0.0.1:1/0"},
		"bad address":    {"DATABASE_URL=postgres://me:hunter2/x@127.0.0.1/x"},
		"bad redis":      {"REDIS_URL=redis://:hunter2/x@127.0.0.1/0"},
		"server is down": {"LEADWHEEL_URL=http://127.0.0.1:1"},
		"no mail server": {"LEADWHEEL_SMTP_URL=smtp://me:hunter2@127.0.0.1:1", "LEADWHEEL_MAIL_FROM=me@example.com"},
		"no Telegram":    {"LEADWHEEL_TELEGRAM_URL=http://127.0.0.1:1", "LEADWHEEL_TELEGRAM_TOKEN=1:hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := command(t, exitFailed, settings, "doctor", "--json", "--data-dir", dir)
			if bad := parse[report](t, stdout); bad.OK || !strings.HasPrefix(stderr, "leadwheel: broken: ") {
				t.Errorf("it reports %+v and says %q", bad, stderr)
			}
			if strings.Contains(stdout+stderr, "hunter2") {
				t.Errorf("it gives the password away: %s%s", stdout, stderr)
			}
		})
	}
}

func TestBadAddressKeepsItsPassword(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	for _, settings := range [][]string{
		{"DATABASE_URL=postgres://me:hunter2/x@localhost/x"},
		{"DATABASE_URL=postgres://me:hunter2%x@localhost/x"},
		{"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=redis://:hunter2%x@localhost/0"},
	} {
		for _, name := range []string{"serve", "up"} {
			settings := append([]string{"REDIS_URL=redis://localhost:1", "LEADWHEEL_DATA_DIR=" + t.TempDir()}, settings...)
			if _, stderr := command(t, exitFailed, settings, name); strings.Contains(stderr, "hunter2") || !strings.Contains(stderr, "%-encoded") {
				t.Errorf("%s with %v says %q", name, settings, stderr)
			}
		}
	}
}

func TestDeadTasks(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	settings := []string{"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL}
	ws := uuid.Must(uuid.NewV7())
	keep := func(id, kind, payload string) {
		t.Helper()
		err := env.Store.KeepDeadTask(t.Context(), store.DeadTask{
			Workspace: ws, Queue: "ingest", TaskID: id, Kind: kind, Payload: []byte(payload), Error: "no such group", FailedAt: env.Store.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	keep("1", "lead:ingest", `{"v":1,"workspace_id":"`+ws.String()+`","channel":"web","leads":[{"external_id":"7","name":"Secret Person"}]}`)
	keep("2", "lead:ingest", `{"v":9}`)
	keep("3", "lead:distribute", `{}`)

	stdout, _ := command(t, exitOK, settings, "dead", "list", "--json")
	if strings.Contains(stdout, "Secret") || strings.Contains(stdout, "payload") {
		t.Errorf("the list shows what is in the tasks: %s", stdout)
	}
	dead := parse[list[struct{ ID string }]](t, stdout).Items
	if len(dead) != 3 {
		t.Fatalf("the list is %s", stdout)
	}
	command(t, exitOK, settings, "dead", "retry", dead[0].ID)
	if n := env.Redis.LLen(t.Context(), "asynq:{ingest}:pending").Val(); n != 1 {
		t.Errorf("%d tasks are in the queue again, want 1", n)
	}
	command(t, exitRefused, settings, "dead", "retry", dead[0].ID)
	command(t, exitRefused, settings, "dead", "retry", dead[1].ID)
	command(t, exitRefused, settings, "dead", "retry", dead[2].ID)
	command(t, exitOK, settings, "dead", "delete", dead[1].ID)
	command(t, exitOK, settings, "dead", "delete", dead[2].ID)
	if left := commandJSON[list[json.RawMessage]](t, settings, "dead", "list"); len(left.Items) != 0 {
		t.Errorf("left are %s", left.Items)
	}
	logged(t, env, ws, "dead retry", "dead delete", "dead delete")
}
