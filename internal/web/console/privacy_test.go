package console_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// TestPeopleAreErased after it was said by number what is known of them and what becomes of it; and given it before.
func TestPeopleAreErased(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Ling"})
	l := s.make("leads", map[string]any{"name": "Aina", "email": "aina@example.com", "distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	s.make("leads", map[string]any{"name": "Aina", "phone": "012-345 6789"})
	other := s.make("leads", map[string]any{"name": "Ben", "email": "ben@example.com"})
	page := s.get("/console/privacy").is(http.StatusOK).shows(">Email</label>", ">Phone</label>", ">Look for them</button>")
	send := func(do, email, phone string) shownPage {
		return s.post("/console/privacy", page.sends("do", do, "email", email, "phone", phone))
	}
	send("look", "", " ").is(http.StatusUnprocessableEntity).shows(`id="f-email-error"`)
	send("ask", "nobody@example.com", "").is(http.StatusOK).shows("Nothing is known of them.").lacks(">Erase</button>")
	send("look", hostile, "").lacks("<script>alert")
	send("look", "AINA@example.com", "+60 12-345 6789").is(http.StatusOK).shows("2 leads", "1 copy with a member", ">Export</button>", ">Erase</button>", "AINA@example.com, +60 12-345 6789")
	file := send("export", "aina@example.com", "").is(http.StatusOK)
	var found struct{ Records map[string][]map[string]any }
	if err := json.Unmarshal([]byte(file.body), &found); err != nil || found.Records["leads"][0]["email"] != "aina@example.com" || file.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the file is %s: %v", file.body, err)
	}
	send("ask", "aina@example.com", "").is(http.StatusOK).shows("Erase a person", "1 lead", "There is no way back", ">Erase</button>", ">Cancel</a>")
	if s.api("GET", "/v1/leads/"+l, nil)["name"] != "Aina" {
		t.Error("asking has erased")
	}
	send("erase", "aina@example.com", "012-3456789").is(http.StatusOK).shows("Erased.", "2 leads").lacks("aina@example.com")
	if s.count(`SELECT count(*) FROM leads WHERE erased_at IS NOT NULL`) != 2 || s.api("GET", "/v1/leads/"+other, nil)["name"] != "Ben" {
		t.Error("the wrong people are erased")
	}
	s.get("/console/audit-log").shows("erased a person", "exported all that is known of a person").lacks("aina@example.com")
	s.get("/console/settings").shows(`href="/console/privacy"`)

	s.as("manager", "lee@example.com")
	s.get("/console/privacy").is(http.StatusForbidden)
	for _, do := range []string{"look", "export", "ask", "erase"} {
		page.t = t
		s.post("/console/privacy", page.sends("do", do, "email", "ben@example.com")).is(http.StatusForbidden).lacks("Ben")
	}
	s.get("/console/settings").lacks(`href="/console/privacy"`)
}
