package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/top"
)

// The operators' views look at a server through its API.
func TestOperatorsViews(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	p := start(t, []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
	}, "up", "--data-dir", t.TempDir(), "--json")
	p.until(&p.stdout, "\n}\n")
	said := parse[announcement](t, p.stdout.String())
	api, err := client.New(said.URL, said.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	var pushed struct{ ID string }
	for range 2 {
		body := map[string]any{"name": "Ada", "distribute": map[string]any{"group_id": said.GroupID}}
		if err := api.Call(t.Context(), http.MethodPost, "/v1/leads", body, &pushed); err != nil {
			t.Fatal(err)
		}
	}

	settings := []string{"LEADWHEEL_URL=" + said.URL, "LEADWHEEL_API_KEY=" + said.APIKey}
	var all list[historyEntry]
	testenv.Eventually(t, patience, func() error {
		if all = commandJSON[list[historyEntry]](t, settings, "history", "--group", "Sales", "--from", "1h"); len(all.Items) != 2 {
			return fmt.Errorf("history has %d entries, want 2", len(all.Items))
		}
		return nil
	})
	for args, want := range map[string]int{
		"--limit 1": 1, "--member Aisyah": 1, "--member Chandra": 0, "--outcome failed": 0, "--to 1h": 0, "--lead " + pushed.ID: 1,
	} {
		if got := commandJSON[list[json.RawMessage]](t, settings, append([]string{"history"}, strings.Fields(args)...)...); len(got.Items) != want {
			t.Errorf("history %s has %d entries, want %d", args, len(got.Items), want)
		}
	}
	if err := api.Call(t.Context(), http.MethodPost, "/v1/leads", map[string]any{"name": "Eve", "email": "eve@example.com"}, nil); err != nil {
		t.Fatal(err)
	}
	command(t, exitUsage, settings, "privacy", "export")
	if found, _ := command(t, exitOK, settings, "privacy", "export", "--email", "EVE@example.com"); !strings.Contains(found, `"Eve"`) {
		t.Errorf("the export is %s", found)
	}
	command(t, exitRefused, settings, "privacy", "erase", "--email", "eve@example.com")
	if erased, _ := command(t, exitOK, settings, "privacy", "erase", "--email", "eve@example.com", "--yes"); !strings.Contains(erased, "leads") {
		t.Errorf("it erased %s", erased)
	}
	table, _ := command(t, exitOK, settings, "history")
	show, _ := command(t, exitOK, settings, "group", "show", "Sales", "--next", "2")
	groups, _ := command(t, exitOK, settings, "group", "list")
	ruled, asked := savedRules(t, settings, said.GroupID.String(), pushed.ID)
	for text, wants := range map[string][]string{
		table:  {"AT ", "succeeded", "Aisyah", "Ben", "Sales"},
		show:   {"SLOT  WEIGHT  MEMBERS", "2     Chandra", "3     Aisyah"},
		groups: {said.GroupID.String(), "round_robin"},
		ruled:  {"version 1", "fair", "nobody", "Sales", `source == "Fair"`},
		asked:  {pushed.ID, "rest", "Sales"},
	} {
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("there is no %q in:\n%s", want, text)
			}
		}
	}
	operatorsEditAGroup(t, settings, api, said)
	if g := commandJSON[group](t, settings, "group", "show", said.GroupID.String()); len(g.Next) != 20 || g.Next[0].Turn != 2 {
		t.Errorf("the group is %+v", g)
	}
	pendingViews(t, api, said, settings)
	sessionViews(t, api, settings)
	runbookCommands(t, append(settings, "LEADWHEEL_OPS_URL="+strings.TrimSuffix(said.QueuesURL, "/queues"),
		"DATABASE_URL="+env.DatabaseURL, "REDIS_URL="+env.RedisURL))
	command(t, exitRefused, settings, "group", "show", "Nobody")
	command(t, exitRefused, []string{settings[0], "LEADWHEEL_API_KEY=lw_x"}, "group", "list")
	command(t, exitOK, []string{"LEADWHEEL_URL=" + said.URL}, "doctor", "--data-dir", t.TempDir())
	p.stop(syscall.SIGINT)
	command(t, exitFailed, settings, "history")
}

// runbookCommands runs those of the commands of the pages for people who were woken that only look.
func runbookCommands(t *testing.T, settings []string) {
	t.Helper()
	ran := make(map[string]bool)
	texts := pages(t)
	for _, path := range slices.Sorted(maps.Keys(texts)) { // in the same order each time: some of them write
		if !strings.Contains(path, "runbooks") {
			continue
		}
		for _, line := range commandsIn(texts[path]) {
			changes := strings.HasPrefix(line, "dead retry") || strings.HasPrefix(line, "dead delete")
			if changes || ran[line] {
				continue
			}
			ran[line] = true
			command(t, exitOK, settings, strings.Fields(line)...)
		}
	}
	view := commandJSON[top.View](t, settings, "top", "--once", "--interval", "10ms")
	if view.Given.Total < 2 || !view.Postgres || !view.Leading || len(view.Groups) != 1 || len(view.Groups[0].Members) != 3 {
		t.Errorf("top shows %+v", view)
	}
	if text, _ := command(t, exitOK, settings, "top", "--once", "--interval", "10ms"); !strings.Contains(text, "Aisyah") || !strings.Contains(text, "fresh") {
		t.Errorf("top shows\n%s", text)
	}
	p := start(t, settings, "top", "--interval", "10ms")
	p.until(&p.stdout, "scheduler leads")
	p.stop(syscall.SIGINT)
	command(t, exitUsage, settings, "top", "--json")
}

// pendingViews plans leads and has commands list, delete and distribute them.
func pendingViews(t *testing.T, api *client.Client, said announcement, settings []string) {
	t.Helper()
	for range 6 {
		body := map[string]any{"name": "Bea", "distribute": map[string]any{"group_id": said.GroupID, "at": time.Now().Add(time.Hour)}}
		if err := api.Call(t.Context(), http.MethodPost, "/v1/leads", body, nil); err != nil {
			t.Fatal(err)
		}
	}
	waiting := commandJSON[list[pendingLead]](t, settings, "pending", "list", "--group", "Sales", "--before", "2h").Items
	if len(waiting) != 6 {
		t.Fatalf("%d leads are pending", len(waiting))
	}
	if table, _ := command(t, exitOK, settings, "pending", "list", "--limit", "1"); !strings.Contains(table, waiting[0].ID.String()) || !strings.Contains(table, "Sales") {
		t.Errorf("pending is\n%s", table)
	}
	for args, want := range map[string]int{
		"pending list --before 30m": 0, "pending list --member Aisyah": 2,
	} {
		if got := commandJSON[list[pendingLead]](t, settings, strings.Fields(args)...); len(got.Items) != want {
			t.Errorf("%s: %d leads, want %d", args, len(got.Items), want)
		}
	}
	type count struct{ Count int }
	if n := commandJSON[count](t, settings, "pending", "distribute-now", waiting[0].ID.String(), waiting[1].ID.String()); n.Count != 2 {
		t.Errorf("%d leads are distributed, want 2", n.Count)
	}
	if n := commandJSON[count](t, settings, "pending", "distribute-now", "--all", "--member", "Aisyah"); n.Count > 2 {
		t.Errorf("%d leads of one member are distributed", n.Count)
	}
	if n := commandJSON[count](t, settings, "pending", "move", "--all", "--at", "3h", "--to", "Aisyah"); n.Count == 0 || n.Count > 4 {
		t.Errorf("%d leads are moved", n.Count)
	}
	command(t, exitUsage, settings, "pending", "move", "--all")
	commandJSON[count](t, settings, "pending", "delete", "--all")
	testenv.Eventually(t, patience, func() error {
		if left := commandJSON[list[pendingLead]](t, settings, "pending", "list"); len(left.Items) > 0 {
			return fmt.Errorf("%d leads are still pending", len(left.Items))
		}
		return nil
	})
	command(t, exitUsage, settings, "pending", "delete")
	command(t, exitUsage, settings, "pending", "delete", "--all", waiting[0].ID.String())
}

func sessionViews(t *testing.T, api *client.Client, settings []string) {
	t.Helper()
	for range 3 {
		if err := api.Call(t.Context(), http.MethodPost, "/v1/sessions", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	all := commandJSON[list[sessionItem]](t, settings, "session", "list")
	if len(all.Items) != 3 {
		t.Fatalf("there are %d sessions, want 3", len(all.Items))
	}
	command(t, exitOK, settings, "session", "end", all.Items[0].ID.String())
	command(t, exitRefused, settings, "session", "end", all.Items[0].ID.String())
	if said, _ := command(t, exitOK, settings, "session", "end", "--all"); !strings.Contains(said, "ended: 2") {
		t.Errorf("ending all says %q", said)
	}
	command(t, exitUsage, settings, "session", "end")
}

// operatorsEditAGroup takes somebody out of the group for whom a lead is planned, and puts them back where they were.
func operatorsEditAGroup(t *testing.T, settings []string, api *client.Client, said announcement) {
	t.Helper()
	var l, spare struct{ ID string }
	for path, answer := range map[string]any{"/v1/leads": &l, "/v1/groups": &spare} {
		body := map[string]any{"name": "Planned"}
		if path == "/v1/groups" {
			var g map[string]any
			if err := api.Get(t.Context(), "/v1/groups/"+said.GroupID.String(), &g); err != nil {
				t.Fatal(err)
			}
			body = map[string]any{"name": "Spare", "method": g["method"], "slots": g["slots"]}
		}
		if err := api.Call(t.Context(), http.MethodPost, path, body, answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := api.Call(t.Context(), http.MethodPost, "/v1/assignments", map[string]any{
		"lead_ids": []string{l.ID}, "group_id": spare.ID, "at": time.Now().Add(time.Hour),
	}, nil); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Ben", "Chandra"} { // the lead is the first one's, Aisyah's
		command(t, exitOK, settings, "group", "edit", "Spare", "--remove", name)
	}
	if preview, _ := command(t, exitOK, settings, "group", "edit", "Spare", "--remove", "Aisyah", "--add", "Ben", "--dry-run"); !strings.Contains(preview, `"leaves"`) {
		t.Errorf("the preview is %s", preview)
	}
	if _, refused := command(t, exitRefused, settings, "group", "edit", "Spare", "--remove", "Aisyah", "--add", "Ben"); !strings.Contains(refused, "1 for Aisyah") {
		t.Errorf("it was refused with %s", refused)
	}
	if saved, _ := command(t, exitOK, settings, "group", "edit", "Spare", "--remove", "Aisyah", "--add", "Ben", "--pending", "spread"); !strings.Contains(saved, "1 went to others") {
		t.Errorf("it said %s", saved)
	}
	if _, refused := command(t, exitRefused, settings, "group", "delete", "Spare"); !strings.Contains(refused, "1 for Ben") {
		t.Errorf("it was refused with %s", refused)
	}
	command(t, exitUsage, settings, "group", "delete", "Spare", "--to-member", "Ben")
	command(t, exitOK, settings, "group", "delete", "Spare", "--pending", "delete")
	if all := commandJSON[list[historyEntry]](t, settings, "history", "--outcome", "cancelled"); len(all.Items) != 1 {
		t.Errorf("%d were cancelled, want 1", len(all.Items))
	}
	made := commandJSON[list[assignment]](t, settings, "assignment", "list", "--limit", "1")
	if shown, _ := command(t, exitOK, settings, "assignment", "show", made.Items[0].ID.String()); !strings.Contains(shown, "CANCELLED") || made.Items[0].Cancelled != 1 {
		t.Errorf("%+v is shown as %s", made, shown)
	}
}

// savedRules checks and saves rules by commands, and returns what is shown of them, and which takes a lead.
func savedRules(t *testing.T, settings []string, group, lead string) (ruled, asked string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.json")
	keep := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keep(`{"version":0,"rules":[{"name":"fair","when":"source == \"Fair\"","then":{"none":true}},{"name":"rest","when":"nonsense","then":{"group_id":"` + group + `"}}]}`)
	if _, why := command(t, exitRefused, settings, "rules", "check", file); !strings.Contains(why, "rule 2") || !strings.Contains(why, "line 1, column 1") {
		t.Errorf("the check says %s", why)
	}
	keep(`{"version":0,"rules":[{"name":"fair","when":"source == \"Fair\" or fields[\"size\"] == 0","then":{"none":true}},{"name":"rest","when":"","then":{"group_id":"` + group + `"}}]}`)
	if right, _ := command(t, exitOK, settings, "rules", "check", file); !strings.Contains(right, "The rules are right.") {
		t.Errorf("the check says %s", right)
	}
	command(t, exitOK, settings, "rules", "set", file)
	if _, why := command(t, exitRefused, settings, "rules", "set", file); !strings.Contains(why, "version 1") {
		t.Errorf("saved over another version it says %s", why)
	}
	ruled, _ = command(t, exitOK, settings, "rules", "show")
	asked, _ = command(t, exitOK, settings, "rules", "check", "--lead", lead)
	command(t, exitOK, settings, "lead", "create", "--name", "Ruled", "--field", "size=0", "--route")
	return ruled, asked
}
