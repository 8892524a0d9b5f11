package hooks_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestIntegrationsAreTried: of each kind a test lead comes in the way of its platform's, and is not distributed, nor when it is replayed.
func TestIntegrationsAreTried(t *testing.T) {
	t.Parallel()
	key := "whsec_" + strings.Repeat("A", 32)
	for kind, more := range map[string]object{
		"google": {"secret": "k-9d2f"}, "meta": {"secret": "app", "access_token": "never asked"}, "tiktok": {"secret": "app"}, "linkedin": {"secret": "app"}, "typeform": {"secret": "s"},
		"form": {}, "generic": {}, "generic ": {"secret": key}, "generic  ": {"mapping": object{"name": "contact.full", "email": "contact.mail", "external_id": "ref"}},
	} {
		kind = strings.TrimSpace(kind)
		d := newDesk(t)
		i := d.integrate(kind, more)
		tried := d.call("POST", "/v1/integrations/"+i.id+"/test", nil).is(200).object()
		if tried["outcome"] != "test" || tried["made"] != 1.0 {
			t.Errorf("%s %v: tried as %v", kind, more, tried)
			continue
		}
		made := d.only()
		if made["name"] != "Test Lead" || made["email"] != "test.lead@example.com" || made["test"] != true || made["channel"] != kind || made["integration_id"] != i.id {
			t.Errorf("%s %v: the lead is %v", kind, more, made)
		}
		if kind != "form" && !strings.HasPrefix(made["external_id"].(string), "test-") {
			t.Errorf("%s: the lead is %v", kind, made)
		}
		if got := i.outcomes(); got != "test" {
			t.Errorf("%s: the deliveries are %q", kind, got)
		}
		d.call("DELETE", "/v1/leads/"+made["id"].(string), nil).is(204)
		if got := i.replay(tried["id"]).is(200).object(); got["outcome"] != "test" {
			t.Errorf("%s: replayed as %v", kind, got)
		}
		if again := d.call("POST", "/v1/integrations/"+i.id+"/test", nil).is(200).object(); again["outcome"] != "test" || again["id"] == tried["id"] {
			t.Errorf("%s: tried again as %v", kind, again)
		}
		if n := d.count(`SELECT count(*) FROM pending`); n != 0 {
			t.Errorf("%s: %d tests are to be distributed", kind, n)
		}
		d.call("PATCH", "/v1/integrations/"+i.id, object{"enabled": false}).is(200)
		d.call("POST", "/v1/integrations/"+i.id+"/test", nil).is(http.StatusConflict)
	}
}

// TestTriesTellWhatIsWrong: a secret that was never set, and a header by which a sender would have its leads taken for tests.
func TestTriesTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", object{"mapping": object{"name": "contact.full"}})
	d.send("POST", i.url, `{"contact":{"full":"Siti"},"email":"siti@example.com"}`, "Content-Type", "application/json", "Leadwheel-Trial", "yes").is(200)
	if l := d.only(); l["test"] != false {
		t.Errorf("a sender made its lead a test: %v", l)
	}
	event := i.events()[0]["id"]
	d.call("DELETE", "/v1/leads/"+d.only()["id"].(string), nil).is(204)
	if got := i.replay(event).is(200).object(); got["outcome"] != "lead" {
		t.Errorf("replayed as %v", got)
	}
	g := d.integrate("google", object{"secret": "k"})
	d.DB.MustExec(`UPDATE integrations SET sealed = NULL WHERE integration_id = $1`, g.id)
	if got := d.call("POST", "/v1/integrations/"+g.id+"/test", nil).is(200).object(); got["outcome"] != "refused" || !strings.Contains(got["detail"].(string), "no secret") {
		t.Errorf("without a secret it is tried as %v", got)
	}
}
