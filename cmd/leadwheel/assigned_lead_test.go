package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestCopiesAreWorkedOn finds a member's copy, and has it followed up and no more.
func TestCopiesAreWorkedOn(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t) // with a member Mia and a group Sales
	y := &typist{tb: t, flags: flags}
	workspace, err := env.Store.FindWorkspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	made := parse[leadItem](t, y.types(exitOK, "lead", "create", "--name", "Nur Aina", "--phone", "0123456789", "--group", "Sales", "--json"))
	env.Distribute(t, workspace.ID)

	all := parse[part[assignedLeadItem]](t, y.line(exitOK, "assigned-lead list --member Mia --group Sales --lead "+made.ID.String()+" --from 1h --json")).Items
	if len(all) != 1 || all[0].FollowUpAt != nil || textCell(all[0].Name) != "Nur Aina" {
		t.Fatalf("it lists %+v", all)
	}
	id := all[0].ID.String()
	y.shows("assigned-lead list --search 012-345", id, "Mia", "Nur Aina")
	for _, none := range []string{"--to 1h", "--source Expo", "--status contacted", "--lead " + uuid.NewString()} {
		if got := y.line(exitOK, "assigned-lead list "+none); strings.Contains(got, id) {
			t.Errorf("with %s it lists\n%s", none, got)
		}
	}
	began := time.Now().Truncate(time.Second)
	y.types(exitOK, "assigned-lead", "edit", id, "--status", "contacted", "--notes", "calls back", "--follow-up", "2d", "--field", "budget=500")
	edited := parse[assignedLeadItem](t, y.line(exitOK, "assigned-lead show --json "+id))
	if at := edited.FollowUpAt; at == nil || at.Before(began.Add(48*time.Hour)) || at.After(time.Now().Add(49*time.Hour)) || edited.Status != "contacted" {
		t.Errorf("it became %+v", edited)
	}
	y.shows("assigned-lead show "+id, "Mia", "Sales", made.ID.String(), "contacted", "calls back", "field budget")
	y.types(exitOK, "assigned-lead", "edit", id, "--follow-up", "2030-01-02T03:04:05+08:00")
	if at := parse[assignedLeadItem](t, y.line(exitOK, "assigned-lead show --json "+id)).FollowUpAt; at == nil || !at.Equal(time.Date(2030, 1, 1, 19, 4, 5, 0, time.UTC)) {
		t.Errorf("it is followed up at %v", at)
	}
	y.types(exitOK, "assigned-lead", "edit", id, "--follow-up", "", "--notes", "")
	if after := parse[assignedLeadItem](t, y.line(exitOK, "assigned-lead show --json "+id)); after.FollowUpAt != nil || after.Notes != "" || after.Status != "contacted" {
		t.Errorf("it was cleared to %+v", after)
	}
	if source := parse[leadItem](t, y.line(exitOK, "lead show --json "+made.ID.String())); source.Fields["budget"] != nil {
		t.Errorf("the source lead became %+v", source)
	}
	y.line(exitUsage, "assigned-lead edit "+id)
	y.line(exitUsage, "assigned-lead edit "+id+" --follow-up soon")
	y.line(exitRefused, "assigned-lead edit "+id+" --status married")
	y.line(exitRefused, "assigned-lead show "+uuid.NewString())
}
