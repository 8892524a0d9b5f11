package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// Members, groups, sources, leads and assignments are made, changed and ended by commands alone.
func TestCommandsRunAWorkspace(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t) // with a member Mia, a group Sales and a source Expo
	y := &typist{tb: t, flags: flags}
	typeMembers(t, y)
	typeGroups(t, y)
	typeSources(t, y)
	typeLeads(t, y)
	typeAssignments(t, y)
	typeIntegrations(t, y)
	typeSettings(y)
	typeEnds(t, y)
}

func typeSettings(y *typist) {
	y.shows("settings show", "language       en", "timezone")
	y.shows("settings edit --language ms --undo-minutes 30", "language       ms", "undo_minutes   30")
	y.shows("settings show --json", `"language": "ms"`)
	y.shows("member edit Siew --language en --json", `"language": "en"`)
	y.shows("member edit Siew --json --language=", `"language": null`)
	y.line(exitUsage, "settings edit --language tlh")
	y.line(exitUsage, "settings edit")
	y.line(exitRefused, "settings edit --timezone Mars")
}

func typeMembers(t *testing.T, y *typist) {
	made := parse[memberItem](t, y.types(exitOK, "member", "create", "Siew Ling", "--email", "siew@example.com", "--quiet", "22:00-07:00", "--notify-by", "email", "--json"))
	if made.Name != "Siew Ling" || *made.Email != "siew@example.com" || made.QuietHours.To != "07:00" || len(*made.NotifyBy) != 1 {
		t.Errorf("it made %+v", made)
	}
	y.shows("member create Ben", "The member Ben, ", " is added.")
	y.shows("member list", "Siew Ling", "siew@example.com", "Mia")
	y.types(exitOK, "member", "edit", "Siew Ling", "--name", "Siew", "--quiet", "", "--email", "", "--notify-by", "none", "--timezone", "Asia/Kuching")
	y.shows("member show Siew", "Asia/Kuching", "never")
	after := parse[memberItem](t, y.line(exitOK, "member show Siew --json"))
	if after.Email != nil || after.QuietHours != nil || after.NotifyBy == nil || len(*after.NotifyBy) != 0 {
		t.Errorf("what was cleared is %+v", after)
	}
	y.types(exitOK, "member", "edit", "Siew", "--notify-by", "")
	if after = parse[memberItem](t, y.line(exitOK, "member show Siew --json")); after.NotifyBy != nil {
		t.Errorf("as told by default is %v", *after.NotifyBy)
	}
	typeReferences(y, "member", "Siew", "member create Carl")
	y.shows("member list --external-id siew-1 --email nobody@example.com --json", `"items": []`)
	y.shows("member deactivate Ben --pending leave", "no more leads", "0 are left")
	y.shows("member list", "no ")
	y.line(exitOK, "member activate Ben")
	y.line(exitUsage, "member edit Ben")
	y.types(exitUsage, "member", "edit", "", "--name", "Nobody")
	y.types(exitUsage, "member", "delete", "", "--yes")
	y.line(exitUsage, "member edit Ben --quiet 22:00")
	y.line(exitUsage, "member deactivate Ben --to-group Sales")
	y.line(exitRefused, "member edit Ben --timezone Mars/Olympus")
	y.line(exitRefused, "member show Nobody")
}

// typeReferences gives a thing what another system calls it, and keeps with it, and has another refused.
func typeReferences(y *typist, noun, name, create string) {
	y.line(exitOK, noun+" edit "+name+" --external-id siew-1 --metadata branch=Penang --metadata tier=1")
	y.shows(noun+" list --external-id siew-1 --json", `"branch": "Penang"`, `"tier": "1"`)
	y.line(exitOK, noun+" edit "+name+" --metadata tier= --metadata team=a")
	y.shows(noun+" list --external-id siew-1 --json", `"branch": "Penang"`, `"team": "a"`, name)
	y.line(exitRefused, create+" --external-id siew-1")
	y.line(exitUsage, noun+" edit "+name+" --metadata tier")
	y.shows(noun+" list --external-id siew-2 --json", `"items": []`)
}

func typeGroups(t *testing.T, y *typist) {
	y.line(exitOK, "group create Inbound --member Siew --member Ben")
	y.shows("group show Inbound", "round_robin,", "1     1       Siew", "2     1       Ben")
	y.types(exitOK, "group", "create", "Pairs", "--slot", "Siew, Ben=2", "--slot", "Mia")
	y.shows("group show Pairs", "round_robin_multiple", "1     2       Siew, Ben", "2     1       Mia")
	y.shows("group edit Inbound --slot Ben=3 --slot Siew", "Saved as version 2")
	y.shows("group show Inbound", "round_robin,", "1     3       Ben", "2     1       Siew")
	y.line(exitOK, "group edit Inbound --slot Siew --slot Ben")
	y.shows("group list", "Inbound", "Pairs", "Sales")
	typeReferences(y, "group", "Inbound", "group create Others --member Siew")
	y.line(exitUsage, "group edit Inbound --slot Siew --add Ben")
	y.line(exitUsage, "group edit Inbound --slot =2")
	y.line(exitUsage, "group create Nobodies")
	y.line(exitUsage, "group create Both --member Siew --slot Ben")
	y.line(exitUsage, "group create Odd --slot Ben=many")
	y.line(exitUsage, "group create Odd --slot Ben,,Mia")
	y.line(exitRefused, "group create Odd --member Nobody")
}

func typeSources(t *testing.T, y *typist) {
	y.shows("source create Fair --no-for-customers", "The source Fair, ")
	y.types(exitOK, "source", "edit", "Fair", "--name", "Job fair", "--no-enabled")
	all := y.line(exitOK, "source list")
	if !strings.Contains(all, "Job fair  no       yes        no") {
		t.Errorf("the sources are\n%s", all)
	}
	if offered := y.line(exitOK, "source list --for lead"); strings.Contains(offered, "Job fair") || !strings.Contains(offered, "Expo") {
		t.Errorf("offered are\n%s", offered)
	}
	y.line(exitOK, "source create Expp")
	y.line(exitRefused, "source create expp")
	y.line(exitRefused, "source merge Expp --into Expo") // nobody can be asked
	y.shows("source merge Expp --into Expo --yes", "Expo")
	y.line(exitRefused, "source edit Expp --no-enabled") // it is a name of Expo's now
}

func typeLeads(t *testing.T, y *typist) {
	made := parse[leadItem](t, y.types(exitOK, "lead", "create", "--name", "Nur Aina", "--phone", "+60 12-345 6789",
		"--field", "budget=500", "--field", "note=a=b", "--source", "Expo", "--external-id", "x1", "--json"))
	id := made.ID.String()
	bare := parse[leadItem](t, y.line(exitOK, "lead create --name Fay --phone 0123456701 --field budget= --json"))
	if _, has := bare.Fields["budget"]; has {
		t.Errorf("an empty field is kept: %v", bare.Fields)
	}
	y.line(exitOK, "lead delete --yes "+bare.ID.String())
	y.types(exitOK, "lead", "edit", id, "--field", "budget=", "--email", "aina@example.com")
	y.shows("lead show "+id, "Nur Aina", "aina@example.com", "Expo", "field note", "a=b")
	if after := parse[leadItem](t, y.line(exitOK, "lead show --json "+id)); after.Fields["budget"] != nil {
		t.Errorf("the fields are %v", after.Fields)
	}
	for _, name := range []string{"Bea", "Cai", "Dan"} {
		y.line(exitOK, "lead create --name "+name+" --phone +601234567"+string('0'+name[0]%10)+"0")
	}
	y.line(exitOK, "lead create --name Eve --phone 0123456700 --group Inbound --at 12h")
	if found := y.types(exitOK, "lead", "list", "--search", "012-345 6789"); !strings.Contains(found, "Nur Aina") || strings.Contains(found, "Bea") {
		t.Errorf("found are\n%s", found)
	}
	if y.shows("lead list --unassigned --limit 2", "Eve"); !strings.Contains(y.asked, "--cursor") {
		t.Errorf("of five leads two are shown, and it says %q", y.asked)
	}
	y.line(exitUsage, "lead list --assigned --unassigned")
	y.line(exitUsage, "lead create --name X --pace slow")
	y.line(exitUsage, "lead create --name X --field budget")
	y.line(exitUsage, "lead edit "+id)
	y.line(exitRefused, "lead create --field budget=1")
	y.line(exitRefused, "lead show "+uuid.NewString())
}

func typeAssignments(t *testing.T, y *typist) {
	leads := parse[part[leadItem]](t, y.line(exitOK, "lead list --json")).Items
	plan := y.line(exitOK, "assign --all --only-unassigned --group Inbound --pace slow --preview")
	if strings.Count(plan, "\n") != 5 || !strings.Contains(plan, "Siew") || !strings.Contains(y.asked, "--seed ") {
		t.Errorf("the plan is\n%s and it says %q", plan, y.asked)
	}
	_, rest, _ := strings.Cut(y.asked, "--seed ")
	seed, _, _ := strings.Cut(rest, " ")
	if again := y.line(exitOK, "assign --all --only-unassigned --group Inbound --pace slow --preview --seed "+seed); again != plan {
		t.Errorf("the seed makes another plan:\n%s\n%s", plan, again)
	}
	y.shows("assign --member Siew --member Ben --at 7d "+leads[1].ID.String()+" "+leads[2].ID.String(), ": 4 to go out; 0 that somebody had")
	y.shows("assign --all --only-unassigned --group Inbound --pace slow --seed "+seed, ": 2 to go out; 3 that somebody had already were left out")
	y.shows("assignment list", "Inbound", "members")
	y.shows("assign --all --source Expo --search nobody --group Inbound", "No lead matches")
	y.typed, y.person = "n\n", true
	if y.line(exitRefused, "assign --all --group Inbound"); !strings.Contains(y.asked, "Assign the 5 leads that match? [y/N]") {
		t.Errorf("it asked %q", y.asked)
	}
	y.typed, y.person = "", false
	y.line(exitUsage, "assign --all")
	y.line(exitUsage, "assign --group Inbound")
	y.line(exitUsage, "assign --all --group Inbound --pace slow --at 1h")
	y.line(exitUsage, "assign --source Expo --group Inbound "+leads[0].ID.String())
	y.line(exitRefused, "assign --group Nowhere "+leads[0].ID.String())
}

func typeIntegrations(t *testing.T, y *typist) {
	secret := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(secret, []byte("hush-hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	y.types(exitOK, "integration", "create", "Contact page", "--kind", "form", "--group", "Inbound", "--source", "Expo")
	shown := y.types(exitOK, "integration", "show", "Contact page")
	if !strings.Contains(shown, y.flags.URL+"/hooks/form/") || !strings.Contains(shown, "Inbound") || !strings.Contains(shown, "Expo") {
		t.Errorf("it shows\n%s", shown)
	}
	y.types(exitOK, "integration", "edit", "Contact page", "--no-enabled", "--source", "", "--map", "phone=Reach at")
	y.shows("integration list", "Contact page  form  no       Inbound  -")
	got := y.types(exitOK, "integration", "create", "Sheet", "--kind", "google", "--secret", "@"+secret, "--json")
	if strings.Contains(got, "hush") {
		t.Errorf("the secret is shown: %s", got)
	}
	y.types(exitUsage, "integration", "create", "Sheet", "--kind", "google", "--secret", "@/nowhere")
	y.types(exitUsage, "integration", "create", "Sheet", "--kind", "carrier-pigeon")
	y.types(exitRefused, "integration", "create", "Page", "--kind", "form", "--group", "Nowhere")
}

// typeEnds deletes, which asks who is there, and refuses where nobody is.
func typeEnds(t *testing.T, y *typist) {
	lead := parse[part[leadItem]](t, y.line(exitOK, "lead list --limit 1 --json")).Items[0].ID.String()
	for _, line := range []string{"member delete Mia", "source delete Fresh", "lead delete " + lead, "lead delete --all --search Bea", "integration delete Sheet"} {
		if strings.Contains(line, "Fresh") {
			y.line(exitOK, "source create Fresh")
		}
		if y.line(exitRefused, line); !strings.Contains(y.asked, "--yes") {
			t.Errorf("leadwheel %s, with nobody to ask, says %q", line, y.asked)
		}
		y.person = true
		for _, no := range []string{"", "\n", "no\n", "yep\n"} {
			if y.typed = no; true {
				y.line(exitRefused, line)
			}
			if name := line[strings.LastIndex(line, " ")+1:]; !strings.Contains(line, "lead ") && !strings.Contains(y.asked, " "+name+", 01") {
				t.Errorf("leadwheel %s asks %q, without its name and id", line, y.asked)
			}
			if !strings.Contains(y.asked, "? ") || !strings.Contains(y.asked, "[y/N]") {
				t.Errorf("leadwheel %s asks %q", line, y.asked)
			}
		}
		y.typed = "Yes\n"
		y.line(exitOK, line)
		y.typed, y.person = "", false
	}
	typeOldEnds(t, y)
	if left := y.line(exitOK, "member list"); strings.Contains(left, "Mia") {
		t.Errorf("the members are\n%s", left)
	}
	y.line(exitRefused, "lead show "+lead)
	y.line(exitRefused, "source delete Expo --yes") // a lead has it
	y.line(exitOK, "group delete Pairs")            // as scripts of earlier versions have it
}

// typeOldEnds are commands that scripts run without --yes, from before there was one: they ask only who is there.
func typeOldEnds(t *testing.T, y *typist) {
	for _, line := range []string{
		"pending delete --all --member Siew", "group delete Pairs", "session end --all", "import cancel " + uuid.NewString(), "import undo " + uuid.NewString(), "assignment undo " + uuid.NewString(), "privacy erase --email aina@example.com",
	} {
		y.typed, y.person = "n\n", true
		if y.line(exitRefused, line); !strings.Contains(y.asked, "[y/N]") || !strings.Contains(y.asked, "nothing was done") {
			t.Errorf("leadwheel %s says %q", line, y.asked)
		}
		y.typed, y.person = "", false
	}
	y.shows("pending delete --all --member Siew", " deleted")
}

// TestRunsAreUndoneByCommand undoes an assignment and an import, after a question, and prints what came of it.
func TestRunsAreUndoneByCommand(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	y.line(exitOK, "member create Nora")
	y.line(exitOK, "lead create --name Aina")
	y.line(exitOK, "assign --all --member Nora")
	first := func(of string) string {
		var all struct{ Items []struct{ ID string } }
		if err := json.Unmarshal([]byte(y.line(exitOK, of+" list --json")), &all); err != nil {
			t.Fatal(err)
		}
		return all.Items[0].ID
	}
	run := first("assignment")
	if y.line(exitRefused, "assignment undo "+run); !strings.Contains(y.asked, "--yes") {
		t.Errorf("it says %q", y.asked)
	}
	y.shows("assignment undo --yes "+run, "Undone: 0 copies taken back, 1 pending leads deleted, 0 copies stay.")
	y.shows("assignment undo --yes --json "+run, `"deleted": 1`)
	file := filepath.Join(t.TempDir(), "leads.csv")
	if err := os.WriteFile(file, []byte("name,email\nA,a@x.example\nB,b@x.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	y.line(exitOK, "import file "+file)
	imported := first("import")
	y.shows("import undo --yes "+imported, "Undone:", "Of its leads 2 were deleted and 0 stay.")
}

// TestFairnessByCommand prints what each receiver of a group was due and got.
func TestFairnessByCommand(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	y.shows("fairness Sales --from 7d", "MEMBER", "MEDIAN")
	y.shows("fairness Sales --by source --json", `"items"`)
	y.line(exitRefused, "fairness Nowhere")
}

// TestSimulateByCommand replays leads through what is and what might be.
func TestSimulateByCommand(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	y.line(exitOK, "lead create --name A --group Sales")
	for _, b := range env.TakeHints() {
		if _, err := env.Store.Distribute(t.Context(), b.Workspace, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	worked := make(chan struct{})
	defer close(worked)
	go func() { // the worker
		for {
			select {
			case <-worked:
				return
			case <-time.After(20 * time.Millisecond):
				for _, h := range env.TakeHints() {
					_ = env.Store.Simulate(context.WithoutCancel(t.Context()), h.Workspace, h.ID)
				}
			}
		}
	}()
	y.shows("simulate --last 10", "1 leads, 0 would have ended otherwise", "Mia", "Sales", "reproduce all that happened")
	file := filepath.Join(t.TempDir(), "drafts.json")
	if err := os.WriteFile(file, []byte(`{"rules":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	y.shows("simulate --json --from 7d "+file, `"state": "done"`)
	y.line(exitUsage, "simulate --last 10 --from 7d")
	y.line(exitRefused, "simulate --last 100001")
}
