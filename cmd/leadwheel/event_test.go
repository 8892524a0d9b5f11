package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

// TestDeliveriesAreReplayed mends an integration whose deliveries were refused and held, and has them read again.
func TestDeliveriesAreReplayed(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	secret := func(text string) string { return "@" + keptFile(t, "key", []byte(text)) }
	made := parse[integrationItem](t, y.types(exitOK, "integration", "create", "Google form", "--kind", "google", "--secret", secret("old"), "--group", "Sales", "--json"))
	deliver := func(lead string, want int) {
		t.Helper()
		body := `{"lead_id":"` + lead + `","google_key":"new","user_column_data":[{"column_id":"FULL_NAME","string_value":"Ada ` + lead + `"}]}`
		answer, err := webtest.Send(t.Context(), http.DefaultClient, http.MethodPost, flags.URL+made.URL, strings.NewReader(body), "Content-Type", "application/json")
		if err != nil {
			t.Fatal(err)
		}
		webtest.MustBe(t, answer.Status, want, answer.Body)
	}
	deliver("one", http.StatusUnauthorized)
	deliver("two", http.StatusUnauthorized)

	refused := parse[part[eventItem]](t, y.types(exitOK, "event", "list", "Google form", "--outcome", "refused", "--json")).Items
	if len(refused) != 2 {
		t.Fatalf("it lists %+v", refused)
	}
	if table := y.types(exitOK, "event", "list", "Google form", "--limit", "1"); !strings.Contains(table, refused[0].ID.String()) || !strings.Contains(y.asked, "--cursor") {
		t.Errorf("it lists\n%s and says %q", table, y.asked)
	}
	shown := y.types(exitOK, "event", "show", "Google form", refused[0].ID.String())
	if !strings.Contains(shown, "Ada two") || strings.Contains(shown, `"new"`) {
		t.Errorf("it shows\n%s", shown)
	}
	one := []string{"event", "replay", "Google form", refused[1].ID.String()}
	if table := y.types(exitOK, one...); !strings.Contains(table, "refused") {
		t.Errorf("by the old secret it is\n%s", table)
	}
	y.types(exitOK, "integration", "edit", "Google form", "--secret", secret("new"))
	y.types(exitUsage, "event", "replay", "Google form")
	y.types(exitUsage, append(one, "--outcome", "refused")...)
	y.types(exitUsage, "event", "replay", "Google form", "--outcome", "eaten")
	y.types(exitRefused, append(one, uuid.NewString())...) // which comes behind one that is replayed
	all := parse[list[eventItem]](t, y.types(exitOK, "event", "replay", "Google form", "--outcome", "refused", "--json")).Items
	if len(all) != 1 || all[0].ID != refused[0].ID || all[0].Outcome != "lead" || all[0].Made != 1 {
		t.Errorf("of what was left it replayed %+v", all)
	}
	y.types(exitOK, one...) // again, which makes no second lead
	if leads := parse[part[leadItem]](t, y.line(exitOK, "lead list --json")).Items; len(leads) != 2 || textCell(leads[0].Name) != "Ada two" {
		t.Errorf("the leads are %+v", leads)
	}
	if none := y.types(exitOK, "event", "replay", "Google form", "--incomplete", "--json"); len(parse[list[eventItem]](t, none).Items) != 0 {
		t.Errorf("of none it replayed %s", none)
	}
	y.types(exitRefused, "event", "list", "Nowhere")
	y.types(exitRefused, "event", "show", "Google form", uuid.NewString())
}
