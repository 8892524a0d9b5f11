package chaos_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

const (
	// upgradeVariable has the test of upgrades run. fromVariable names the program that there was before, by a commit or a path, and toVariable
	// the path of one that comes after.
	upgradeVariable = "UPGRADE"
	fromVariable    = "UPGRADE_FROM"
	toVariable      = "UPGRADE_TO"
	// between is for how long everybody works between two replacements.
	between = 2 * time.Second
)

// TestRollingUpgrade replaces every process of an installation, one by one and under load: the last release's by this program's, these by those
// of a version that adds to the schema, and those by this program's again. No request fails, nothing is lost and nothing is there twice.
func TestRollingUpgrade(t *testing.T) {
	t.Parallel()
	if os.Getenv(upgradeVariable) == "" {
		t.Skip("it is for `make test-upgrade`")
	}
	dir := t.TempDir()
	old, this := previous(t), buildIn(t, root, filepath.Join(dir, "this"), nil)
	next := os.Getenv(toVariable)
	if next == "" {
		next = buildIn(t, root, filepath.Join(dir, "next"), expansion())
	}
	w := newServers(t, settings{seed: 1, strict: true, brisk: true}, old)
	w.DB.MustExec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
	w.command(old, "migrate", "up")
	w.populate(place{"api", 0}, place{"api", 1}, place{"worker", 0}, place{"worker", 1}, place{"scheduler", 0}, place{"scheduler", 1})
	balancer := newBalancer(t, w.apis)
	w.apis = []string{balancer.address}
	w.peopleOf(old)
	w.listen()
	check := w.amid(nil, 2*time.Second, func() {
		pause(t.Context(), between)
		w.rollTo("this program", this, true, balancer)
		w.rollTo("a newer one", next, true, balancer)
		w.program = this
		w.rollTo("this program again", this, false, balancer)
	})
	for _, p := range w.processes {
		if n := p.falls(); n > 0 {
			t.Errorf("%s ended by itself %d times; see its log", p.name, n)
		}
	}
	t.Logf("the balancer gave %d requests to another process, having reached none", balancer.retried.Load())
	check.report()
}

// rollTo replaces all processes by those of another program: schedulers and workers first, then those that take requests.
func (w *world) rollTo(what, program string, migrate bool, balancer *balancer) {
	w.t.Helper()
	if migrate {
		began := time.Now()
		w.command(program, "migrate", "up")
		w.t.Logf("%s migrated in %s", what, time.Since(began).Round(10*time.Millisecond))
		pause(w.t.Context(), between)
	}
	for _, role := range []string{"scheduler", "worker", "api"} {
		for _, p := range w.processes {
			if p.role != role || w.t.Failed() {
				continue
			}
			// Releases before the one that drains close their listeners at once: operators take them out of the balancer first.
			undrained := role == "api" && !drains(p.program)
			if undrained {
				balancer.take(p.listen, true)
				pause(w.t.Context(), looks*misses)
			}
			took := p.end(w.t)
			p.program = program
			w.must(p.run())
			w.untilReady(p.ops)
			balancer.take(p.listen, false)
			w.t.Logf("%s ended within %s, and is %s", p.name, took.Round(10*time.Millisecond), what)
			pause(w.t.Context(), between)
		}
	}
}

// drains reports whether a program serves on until it is known that it ends.
func drains(program string) bool {
	said, err := exec.Command(program, "serve", "--help").Output() //nolint:noctx // it ends at once
	return err == nil && bytes.Contains(said, []byte("LEADWHEEL_DRAIN"))
}

// command runs a command of a program on the installation, and returns what it printed.
func (w *world) command(program string, args ...string) []byte {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), program, args...)
	cmd.Env = []string{"DATABASE_URL=" + w.DatabaseURL, "REDIS_URL=" + w.RedisURL}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	said, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("leadwheel %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return said
}

// peopleOf is people, by the commands and the API of a program: it may be of another version than this test.
func (w *world) peopleOf(program string) {
	w.t.Helper()
	var made struct {
		ID     uuid.UUID
		APIKey string `json:"api_key"`
	}
	w.must(json.Unmarshal(w.command(program, "workspace", "create", "chaos", "--timezone", "Asia/Kuala_Lumpur", "--region", "MY", "--json"), &made))
	w.workspace, w.apiKey = made.ID, made.APIKey
	c := &caller{crowd: &crowd{world: w, record: newRecord(), ctx: w.t.Context()}}
	c.rng = c.dice(0)
	id := func(path string, body map[string]any) uuid.UUID {
		made, done := c.send(request{method: http.MethodPost, path: path, body: body})
		if !done {
			w.t.Fatalf("POST %s was answered with %d: %s", path, made.status, made.body)
		}
		return uuid.MustParse(made.id())
	}
	for n := range 8 {
		w.members = append(w.members, id("/v1/members", map[string]any{"name": fmt.Sprint("member ", n)}))
	}
	for n, slots := range rings {
		body := map[string]any{"name": fmt.Sprint("group ", n), "method": "round_robin"}
		var listed []any
		for _, slot := range slots {
			var members []any
			for _, m := range slot {
				members = append(members, map[string]any{"member_id": w.members[m]})
			}
			listed = append(listed, map[string]any{"members": members})
		}
		body["slots"] = listed
		switch n {
		case both:
			body["method"] = "round_robin_multiple"
		case answered:
			body["answer_within"] = map[string]any{"minutes": 1, "at_most": 5}
		}
		w.groups[n] = id("/v1/groups", body)
	}
}

// expansion is what makes of this program one whose schema has more, by the path of the file.
func expansion() map[string]string {
	return map[string]string{filepath.Join(root, "store/migrations/99000_next.sql"): `-- +goose Up
ALTER TABLE leads ADD COLUMN next_word text NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN next_word text;
CREATE TABLE next_words (workspace_id uuid NOT NULL, word text NOT NULL, PRIMARY KEY (workspace_id, word));
`}
}

// previous is the program that the environment names, or builds that of the last release: of the commit that the environment names, of the
// newest tag before this commit, or of the commit that gave the changelog its newest version.
func previous(t *testing.T) string {
	t.Helper()
	commit := os.Getenv(fromVariable)
	if file, err := os.Stat(commit); err == nil && file.Mode().IsRegular() {
		return commit
	}
	if commit == "" {
		tag, err := git(t, "describe", "--tags", "--abbrev=0", "--match=v[0-9]*", "HEAD^")
		if err != nil {
			tag = released(t)
		}
		commit = tag
	}
	if _, err := git(t, "cat-file", "-e", commit+"^{commit}"); commit == "" || err != nil {
		if shallow, _ := git(t, "rev-parse", "--is-shallow-repository"); shallow == "true" {
			t.Skipf("this clone is shallow and does not have the last release; run git fetch --unshallow --tags, or name a commit by %s", fromVariable)
		}
		t.Fatalf("there is no commit %q to upgrade from: %v; name one by %s", commit, err, fromVariable)
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "source.tar")
	if said, err := git(t, "archive", "--output="+source, commit); err != nil {
		t.Fatalf("reading the source of %s: %v %s", commit, err, said)
	}
	if said, err := exec.CommandContext(t.Context(), "tar", "-x", "-f", source, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("unpacking the source of %s: %v %s", commit, err, said)
	}
	subject, _ := git(t, "log", "-1", "--format=%h %s", commit)
	t.Logf("upgrading from %s", subject)
	return buildIn(t, dir, filepath.Join(dir, "leadwheel-before"), nil)
}

// released is the commit in which the changelog's newest version first stood, empty where it has none.
func released(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(log)) {
		if strings.HasPrefix(line, "## [") && !strings.Contains(line, "Unreleased") {
			heading, _, _ := strings.Cut(line, " - ")
			commits, err := git(t, "log", "--format=%H", "-S"+heading, "--", "CHANGELOG.md")
			if err != nil {
				t.Fatalf("looking for the commit of %s: %v", heading, err)
			}
			all := strings.Fields(commits)
			if len(all) == 0 {
				return ""
			}
			return all[len(all)-1]
		}
	}
	return ""
}

// git asks git about this repository.
func git(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = root
	said, err := cmd.Output()
	return strings.TrimSpace(string(said)), err
}
