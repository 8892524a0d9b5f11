package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestTheGuideIsTicked as its steps are done, and gives way to the day's numbers with the first lead.
func TestTheGuideIsTicked(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	ticked := func(n int) shownPage {
		t.Helper()
		got := s.get("/console/").is(http.StatusOK).shows("Add your people", "Make a group", "Key in a test lead", `href="/console/members/new"`, `href="/console/groups/new"`, `href="/console/leads/new"`)
		if is := strings.Count(got.body, ">done<"); is != n {
			t.Errorf("%d steps are ticked, want %d", is, n)
		}
		return got
	}
	ticked(0).shows("All is well").lacks("By the hour", `http-equiv="refresh"`)
	m := s.make("members", map[string]any{"name": "Siew Ling", "email": "ling@example.com"})
	ticked(1)
	s.make("groups", map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": m}}}}})
	ticked(2)
	s.make("leads", map[string]any{"name": "Siti", "phone": "+60123456789"})
	s.get("/console/").is(http.StatusOK).lacks("Key in a test lead").shows("By the hour", "Most came in between")
}

// TestTodayCounts what came in and became of it, with refusals apart from trouble.
func TestTodayCounts(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
	s.api("PATCH", "/v1/members/"+b, map[string]any{"active": false})
	var l string
	for _, to := range []string{b, a, a} {
		l = s.make("leads", map[string]any{"name": "Siti", "phone": "+60123456789", "distribute": map[string]any{"member_ids": []string{to}}})
	}
	s.distribute()
	s.make("assignments", map[string]any{"lead_ids": []string{l}, "member_ids": []string{a}}) // who has it already
	s.distribute()
	s.make("leads", map[string]any{"name": "Later", "distribute": map[string]any{"member_ids": []string{a}, "pace": "slow"}})
	got := s.get("/console/").is(http.StatusOK).shows(
		`<b class="plain">4</b> Came in`, `<b class="good">2</b> Given`, `<b class="warn">0</b> Waiting`, `<b class="plain">1</b> Pending`, `<b class="bad">1</b> Failed`,
		"Not given, as it should be", `<b class="plain">1</b> already has it`, "Distributions that failed in the last day (deactivated): 1", "See them, and try them again",
		"Who got how many today", "Aisyah", `<svg class="chart"`, `role="img"`,
	)
	got.lacks("in the last day (already has it)", "All is well")
	if _, after, _ := strings.Cut(got.body, "Who got how many"); !strings.Contains(after, `<b>2</b>`) || strings.Contains(strings.SplitN(after, "</ul>", 2)[0], "Ben") {
		t.Error("who got how many is not told")
	}
}

// TestTodayDoesNotSayThatMessagesWork where none can be sent.
func TestTodayDoesNotSayThatMessagesWork(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Siew Ling", "email": "ling@example.com"})
	s.get("/console/").is(http.StatusOK).shows("Nobody can be told of their leads: neither e-mail nor Telegram is set up.", "See how each is told").lacks("All is well")
	s.api("PATCH", "/v1/members/"+m, map[string]any{"notify_by": []string{}}) // who wants no messages misses none
	s.get("/console/").is(http.StatusOK).shows("All is well").lacks("Nobody can be told", "messages and webhooks work")
}
