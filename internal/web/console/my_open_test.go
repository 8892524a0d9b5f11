package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// messaged is a site with a member who has been sent a message about two leads, and the links in it with the leads that they open.
func messaged(t *testing.T) (s *site, member string, links, leads []string) {
	t.Helper()
	s = newSite(t, testenv.WithChannels(lead.Email))
	member = s.make("members", map[string]any{"name": "Aina", "email": "aina@example.com"})
	for _, name := range []string{"Lead A", "Lead B"} {
		s.make("leads", map[string]any{"name": name, "phone": "+60123450000", "distribute": map[string]any{"member_ids": []any{member}}})
	}
	s.distribute()
	links, leads = s.claim(member)
	return s, member, links, leads
}

// claim takes what is owed to a member in hand, and returns the links in the message.
func (s *site) claim(member string) (links, leads []string) {
	s.t.Helper()
	if err := s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		m, _, err := tx.ClaimMessage(context.Background(), s.workspace, uuid.MustParse(member), lead.Email)
		if m != nil {
			for _, l := range m.Leads {
				links, leads = append(links, "/my/open/"+l.LinkToken), append(leads, "/my/leads/"+l.ID.String())
			}
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return links, leads
}

// TestAMessagesLinkOpensItsLead opens a lead by its link, twice, and does what can be done there; of all else it sees nothing.
func TestAMessagesLinkOpensItsLead(t *testing.T) {
	t.Parallel()
	s, member, links, leads := messaged(t)
	if len(links) != 2 {
		t.Fatalf("%d links", len(links))
	}
	for range 2 {
		if at := s.get(links[0]).is(http.StatusSeeOther).header.Get("Location"); at != leads[0] {
			t.Fatalf("the link leads to %q, not %q", at, leads[0])
		}
	}
	s.get(leads[0]).is(http.StatusOK).shows("Lead A", `href="tel:+60123450000"`).lacks("Lead B", "Convert", "My leads", "Sign out")
	s.post(leads[0]+"/status", url.Values{"status": {"contacted"}}).is(http.StatusSeeOther)
	s.post(leads[0]+"/notes", url.Values{"notes": {"called"}}).is(http.StatusSeeOther)
	s.post(leads[0]+"/follow-up", url.Values{"in": {"week"}}).is(http.StatusSeeOther)
	s.get(leads[0]).is(http.StatusOK).shows("called")
	s.post(leads[0]+"/convert", nil).is(http.StatusForbidden)
	s.post(leads[0]+"/opportunity", url.Values{"title": {"x"}}).is(http.StatusForbidden)
	for _, other := range []string{"/my/", leads[1], "/my/settings", "/console/", "/console/leads"} {
		if at := s.get(other).is(http.StatusSeeOther).header.Get("Location"); !strings.HasPrefix(at, "/console/sign-in") {
			t.Errorf("%s leads to %q", other, at)
		}
	}
	if n := s.count(`SELECT count(*) FROM message_links WHERE position($1 IN encode(token_hash, 'escape')) > 0`, strings.TrimPrefix(links[0], "/my/open/")); n != 0 {
		t.Error("the link itself is kept")
	}
	if n := s.count(`SELECT count(*) FROM audit_log WHERE operation = 'open-message-link' AND $1 = ANY(ids)`, member); n != 2 {
		t.Errorf("%d entries in the audit log", n)
	}
	s.get("/my/open/lwm_" + strings.Repeat("a", 64)).is(http.StatusUnauthorized).shows("opens nothing any more")
}

// TestWhatAMessagesLinkMayNot calls the API with the session that a link begins.
func TestWhatAMessagesLinkMayNot(t *testing.T) {
	t.Parallel()
	s, _, links, leads := messaged(t)
	begun := s.apiAs("", "POST", "/v1/sign-in", map[string]any{"link": strings.TrimPrefix(links[0], "/my/open/")})
	token, id := begun["token"].(string), strings.TrimPrefix(leads[0], "/my/leads/")
	if begun["assigned_lead_id"] != id || begun["person_id"] != nil || begun["api_key_id"] != nil {
		t.Errorf("began %v", begun)
	}
	as := func(method, path, body string) int {
		return s.send(method, path, strings.NewReader(body), "Authorization", "Bearer "+token, "Content-Type", "application/json").status
	}
	for call, want := range map[[3]string]int{
		{"GET", "/v1/assigned-leads/" + id, ""}:                                                      200,
		{"GET", "/v1/assigned-leads", ""}:                                                            403,
		{"GET", "/v1/assigned-leads" + strings.TrimPrefix(leads[1], "/my/leads"), ""}:                404,
		{"PATCH", "/v1/assigned-leads/" + id, `{"name":"x"}`}:                                        403,
		{"PATCH", "/v1/assigned-leads" + strings.TrimPrefix(leads[1], "/my/leads"), `{"notes":"x"}`}: 404,
		{"GET", "/v1/customers", ""}:                                                                 403,
		{"GET", "/v1/sessions", ""}:                                                                  403,
		{"POST", "/v1/sessions/end-all", ""}:                                                         403,
		{"GET", "/v1/me/messages", ""}:                                                               403,
		{"PATCH", "/v1/me/messages", `{}`}:                                                           403,
		{"DELETE", "/v1/sessions/" + begun["id"].(string), ""}:                                       403,
		{"PUT", "/v1/me/password", `{"password":"correct horse battery"}`}:                           403,
		{"GET", "/v1/me", ""}:                                                                        200,
	} {
		if got := as(call[0], call[1], call[2]); got != want {
			t.Errorf("%s %s: %d, want %d", call[0], call[1], got, want)
		}
	}
	if got := as("DELETE", "/v1/sessions/current", ""); got != 204 {
		t.Errorf("signing out: %d", got)
	}
	if got := as("GET", "/v1/me", ""); got != 401 {
		t.Errorf("after that: %d", got)
	}
}

// TestMessagesLinksEnd ends a link in each way: it opens nothing then, and who opened it before sees nothing.
func TestMessagesLinksEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *site, member string){
		"a day later":  func(s *site, _ string) { s.DB.MustExec(`UPDATE message_links SET expires_at = now()`) },
		"switched off": func(s *site, _ string) { s.api("PATCH", "/v1/workspace", map[string]any{"message_links": false}) },
		"deactivated": func(s *site, m string) {
			s.api("PATCH", "/v1/members/"+m, map[string]any{"active": false})
			s.api("PATCH", "/v1/members/"+m, map[string]any{"active": true})
		},
		"removed": func(s *site, m string) { s.api("DELETE", "/v1/members/"+m, nil) },
	} {
		s, member, links, leads := messaged(t)
		s.get(links[0]).is(http.StatusSeeOther)
		s.get(leads[0]).is(http.StatusOK)
		end(s, member)
		if got := s.get(leads[0]); got.status != http.StatusSeeOther {
			t.Errorf("%s: the lead is shown with status %d", name, got.status)
		}
		if got := s.get(links[0]); got.status != http.StatusUnauthorized {
			t.Errorf("%s: the link answers %d", name, got.status)
		}
	}
	s, member, _, _ := messaged(t)
	s.api("PATCH", "/v1/workspace", map[string]any{"message_links": false})
	s.DB.MustExec(`UPDATE notifications SET leased_until = NULL, send_at = now()`)
	if links, _ := s.claim(member); len(links) != 2 || links[0] != "/my/open/" {
		t.Errorf("where it is switched off, the links are %v", links)
	}
}

// TestWhoIsSignedInStaysSo opens a link as the agent whose lead it is, who sees the whole of it.
func TestWhoIsSignedInStaysSo(t *testing.T) {
	t.Parallel()
	s, member, links, leads := messaged(t)
	s.post("/console/sign-in", url.Values{"key": {s.key(s.workspace, store.APIKey{Role: lead.RoleMember, MemberID: ptr(uuid.MustParse(member))})}}).is(http.StatusSeeOther)
	s.get(links[0]).is(http.StatusSeeOther)
	s.get(leads[0]).is(http.StatusOK).shows("Convert", "My leads")
	if n := s.count(`SELECT count(*) FROM sessions WHERE link_hash IS NOT NULL`); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	s.get(links[0]).is(http.StatusSeeOther)
	s.get(leads[0]).is(http.StatusOK).shows("Lead A").lacks("Convert")
	s.get("/console/").is(http.StatusOK)
}

func ptr[T any](v T) *T { return &v }
