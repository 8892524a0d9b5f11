package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestWebhooksAreMade, with their secret shown once, changed, given another secret, and deleted: by admins.
func TestWebhooksAreMade(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/webhooks").is(http.StatusOK).shows("No webhooks yet", `href="/console/webhooks/new"`)
	blank := s.get("/console/webhooks/new").is(http.StatusOK).shows("A lead came in (lead.received)", `name="lead.assigned" value="yes" id="f-lead.assigned" checked`)
	for _, address := range []string{"", "nowhere", "http://example.com/x", "https://127.0.0.1/x", "https://[::1]/x", "javascript:alert(1)"} {
		s.post("/console/webhooks/new", blank.sends("url", address, "lead.updated", "yes", "once", "a"+address)).is(http.StatusUnprocessableEntity).shows(`id="f-url-error"`, `id="f-lead.updated" checked`)
	}
	s.post("/console/webhooks/new", blank.sends("url", "https://example.com/x")).is(http.StatusUnprocessableEntity).shows("Choose one of these at least")
	made := s.post("/console/webhooks/new", blank.sends("url", "https://example.com/x?a=<b>", "lead.updated", "yes", "lead.received", "yes")).is(http.StatusOK).shows("It is shown only now").lacks("<b>")
	first := made.secret()
	if !strings.HasPrefix(first, "whsec_") {
		t.Errorf("the secret is %q", first)
	}
	id := s.first("webhooks")["id"].(string)
	here := "/console/webhooks/" + id
	one := s.get(here).is(http.StatusOK).shows("a lead came in (lead.received)", "a lead or a copy was changed", ">Edit</a>", ">New secret</a>", ">Delete</button>").lacks(first)
	edit := s.get(here + "/edit").is(http.StatusOK).shows(`id="f-lead.updated" checked`).lacks(`id="f-lead.assigned" checked`)
	s.leadsTo(s.post(here+"/edit", edit.sends("url", "https://example.com/y", "lead.assigned", "yes", "seen", hiddenOf(edit, "seen"))), "Saved.")
	if w := s.first("webhooks"); w["url"] != "https://example.com/y" || len(w["events"].([]any)) != 1 {
		t.Errorf("the webhook is %v", w)
	}
	s.post(here+"/edit", edit.sends("url", "https://example.com/z", "lead.assigned", "yes", "seen", hiddenOf(edit, "seen"))).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this webhook")

	asked := s.get(here+"/secret").is(http.StatusOK).shows(">New secret</button>", "for 24 hours")
	if second := s.post(here+"/secret", asked.sends()).is(http.StatusOK).shows("The one before works for 24 hours more.").secret(); second == first {
		t.Error("the new secret is the old one")
	}

	s.api("POST", "/v1/leads", map[string]any{"name": "Siti", "distribute": map[string]any{"member_ids": []string{s.make("members", map[string]any{"name": "Ling"})}}})
	s.distribute()
	s.get(here).is(http.StatusOK).shows("Deliveries", "to be sent", "a lead was given (lead.assigned)")
	s.DB.MustExec(`UPDATE webhook_deliveries SET state = 'failed', error = 'no answer'`)
	list := s.get(here+"/deliveries").is(http.StatusOK).shows("not sent", "no answer")
	s.leadsTo(s.post("/console/acts/redeliver", list.form(list.ticks()...)), "Deliveries made again: 1.")

	s.as("manager", "lee@example.com")
	s.get("/console/webhooks").is(http.StatusOK).shows("https://example.com/y").lacks("New webhook")
	s.get(here).is(http.StatusOK).shows(">Deliver all failed again</button>").lacks(">Edit</a>", ">New secret</a>", ">Delete</button>")
	for _, page := range []string{"/console/webhooks/new", here + "/edit", here + "/secret"} {
		s.get(page).is(http.StatusForbidden).shows("Only admins may do this")
		s.post(page, edit.sends("url", "https://example.com/stolen", "lead.assigned", "yes", "once", page)).is(http.StatusForbidden)
	}
	s.as("admin", "mira@example.com")
	s.post("/console/acts/delete-webhook", one.form(id)).is(http.StatusOK).shows("is told of nothing any more", ">Delete</button>")
	sure := one.form(id)
	sure.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/delete-webhook", sure), "Webhooks deleted: 1.")
	s.get(here).is(http.StatusNotFound)
	foreignPages(t, s, "webhooks", func(key string) string {
		return s.apiAs(key, "POST", "/v1/webhooks", map[string]any{"url": "https://example.com/Theirs", "events": []string{"lead.received"}})["id"].(string)
	})
}
