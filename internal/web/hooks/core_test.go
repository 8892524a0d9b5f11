package hooks_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
)

func TestPausedIntegrationKeepsDeliveries(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	d.call("PATCH", "/v1/integrations/"+i.id, object{"enabled": false}).is(200)
	i.post(googleBody).is(200)
	i.post(strings.Replace(googleBody, "k-9d2f", "wrong", 1)).is(401)
	if got := i.outcomes(); got != "held refused" || len(d.leads()) != 0 {
		t.Fatalf("the deliveries are %q, the leads %v", got, d.leads())
	}
	if held := d.call("GET", "/v1/integrations/"+i.id, nil).object()["health"].(object)["held"]; held != 1.0 {
		t.Errorf("%v are held", held)
	}
	event := i.events()[0]["id"]
	if got := i.replay(event).is(200).object(); got["outcome"] != "lead" {
		t.Errorf("replayed as %v", got)
	}
	if got := i.replay(event).is(200).object(); got["outcome"] != "duplicate" {
		t.Errorf("replayed again as %v", got)
	}
	d.only()
	if n := d.count(`SELECT count(*) FROM pending`); n != 1 {
		t.Errorf("%d leads are to be distributed", n)
	}
}

func TestReplayAfterMendingTheSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("google", object{"secret": "mistyped"})
	i.post(googleBody).is(401)
	event := i.events()[0]["id"]
	if got := i.replay(event).is(200).object(); got["outcome"] != "refused" || len(d.leads()) != 0 {
		t.Errorf("with the wrong secret it is replayed as %v", got)
	}
	d.call("PATCH", "/v1/integrations/"+i.id, object{"secret": "k-9d2f"}).is(200)
	if got := i.replay(event).is(200).object(); got["outcome"] != "lead" {
		t.Errorf("with the right secret it is replayed as %v", got)
	}
	d.only()
}

func TestReplayAfterMendingTheMapping(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	i.post(`{"data":{"who":{"n":"Aisyah","ids":["x",7412345678901234567]},"size":2.50}}`).is(200)
	if got := i.outcomes(); got != "unmapped" {
		t.Fatalf("the delivery is %q", got)
	}
	event := i.events()[0]["id"]
	d.call("PATCH", "/v1/integrations/"+i.id, object{"mapping": object{"name": "data.who.n"}}).is(200)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { i.replay(event).is(200) })
	}
	all.Wait()
	l := d.only()
	if l["name"] != "Aisyah" || l["external_id"] != nil {
		t.Errorf("made %v", l)
	}
	// One event never makes a second lead, whatever becomes of its ids.
	d.call("PATCH", "/v1/integrations/"+i.id, object{"mapping": object{"external_id": "data.who.ids.1"}}).is(200)
	i.replay(event).is(200)
	d.only()
	i.post(`{"data":{"who":{"n":"Aisyah","ids":["x",7412345678901234567]}}}`).is(200)
	if got := d.leads()[1]["external_id"]; got != "7412345678901234567" {
		t.Errorf("the external id is %v", got)
	}
}

func TestOddInput9ManyAtOnceAreOneLead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { i.post(googleBody).is(200) })
	}
	all.Wait()
	d.only()
	if n := d.count(`SELECT count(*) FROM integration_events WHERE outcome = 'duplicate'`); n != 19 {
		t.Errorf("%d of 20 were duplicates", n)
	}
}

func TestOddInput12StoreDown(t *testing.T) {
	t.Parallel()
	env := testenv.NewDedicated(t)
	d := newDeskOn(t, &env.Env)
	google, generic := d.google(), d.integrate("generic", nil)
	env.PostgresServer.Kill()
	if got := google.post(googleBody).is(503); got.object()["message"] == nil {
		t.Errorf("answered %s", got.body)
	}
	generic.post(`{"name":"Ada"}`).is(503)
	env.PostgresServer.Start()
	testenv.Eventually(t, waitLong, func() error {
		r, err := d.try("POST", google.url, googleBody)
		if err == nil && r.status != 200 {
			err = fmt.Errorf("status %d", r.status)
		}
		return err
	})
	d.only()
}

func TestSourceThatIsNotOfferedIsAWarning(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	source := d.call("POST", "/v1/sources", object{"name": "Ads"}).is(201).object()["id"]
	i := d.integrate("generic", object{"source_id": source})
	i.post(`{"name":"Ada"}`).is(200)
	d.call("PATCH", "/v1/sources/"+source.(string), object{"enabled": false}).is(200)
	i.post(`{"name":"Bea"}`).is(200)
	all := d.leads()
	if all[0]["source_id"] != source || all[1]["source_id"] != nil {
		t.Errorf("the sources are %v and %v", all[0]["source_id"], all[1]["source_id"])
	}
	if w, is := d.call("GET", "/v1/integrations/"+i.id, nil).object()["warning"].(string); !is || !strings.Contains(w, "source") {
		t.Errorf("the integration's warning is %q", w)
	}
}

func TestSourcesThatLeadsName(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	own := d.call("POST", "/v1/sources", object{"name": "Ads"}).is(201).object()["id"]
	fair := d.call("POST", "/v1/sources", object{"name": "Fair"}).is(201).object()["id"]
	i := d.integrate("generic", object{"source_id": own})
	i.post(`[{"name":"Ada","source":"FAIR"},{"name":"Bea","source":"nowhere"}]`).is(200)
	d.call("PATCH", "/v1/integrations/"+i.id, object{"create_sources": true}).is(200)
	i.post(`{"name":"Cyd","source":"nowhere"}`).is(200)
	all := d.leads()
	if all[0]["source_id"] != fair || all[1]["source_id"] != own || all[2]["source_id"] == own || all[2]["source_id"] == nil {
		t.Errorf("the leads are %v", all)
	}
	if w := d.call("GET", "/v1/integrations/"+i.id, nil).object()["warning"]; w == nil {
		t.Error("there is no warning of the unknown source")
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	generic, google := d.integrate("generic", object{"rate_limit": 1}), d.integrate("google", object{"secret": "k-9d2f", "rate_limit": 1})
	google.post(googleBody).is(200)
	if got := google.post(googleBody).is(503); got.header.Get("Retry-After") == "" {
		t.Error("google is not told when to try again")
	}
	generic.post(`{"name":"Ada"}`).is(200)
	if got := generic.post(`{"name":"Bea"}`).is(429).object(); got["code"] != "rate_limited" {
		t.Errorf("refused with %v", got)
	}
	few := newDesk(t, func(o *hooks.Deps) { o.AddressRate = 2 })
	i, j, ads := few.integrate("generic", nil), few.integrate("generic", nil), few.google()
	i.post(`{"name":"Ada"}`).is(200)
	j.post(`{"name":"Ada"}`).is(200)
	for status, to := range map[int]integration{429: j, 503: ads} { // google loses what gets a 4xx
		if got := to.post(`{"name":"Ada"}`).is(status); got.header.Get("Retry-After") == "" {
			t.Errorf("refused with %d, without a word on when to try again", status)
		}
	}
}

func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	token := strings.TrimPrefix(i.url, "/hooks/google/")
	if len(token) < 16 {
		t.Errorf("the token %q is short", token)
	}
	for _, path := range []string{
		"/hooks/generic/" + token, "/hooks/google/" + token[:40] + "aaaaaaaaaaaa", "/hooks/google/" + strings.ToUpper(token), "/hooks/google/x",
		"/hooks/nothing/" + token, "/hooks/google/" + strings.Repeat("a", 300),
	} {
		if got := d.send("POST", path, googleBody).status; got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
	d.call("DELETE", "/v1/integrations/"+i.id, nil).is(204)
	i.post(googleBody).is(404)
	if n := len(d.leads()); n != 0 {
		t.Errorf("%d leads", n)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	i.post(`{"name":"` + strings.Repeat("x", hooks.MaxBody) + `"}`).is(413)
	i.post(`{"name":"` + strings.Repeat("x", hooks.MaxBody-100) + `"}`).is(200)
	i.post(`{"name":"Ada","deep":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`).is(200)
	if got := i.outcomes(); got != "lead unmapped" {
		t.Errorf("the deliveries are %q", got)
	}
	if l := d.only(); len(l["name"].(string)) != 200 {
		t.Errorf("the name has %d characters", len(l["name"].(string)))
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const secret = "sEcReT-number-one"
	i := d.integrate("google", object{"secret": secret})
	for _, path := range []string{"/v1/integrations", "/v1/integrations/" + i.id} {
		if got := d.call("GET", path, nil).is(200); strings.Contains(got.body, secret) {
			t.Error(got.body)
		}
	}
	if n := d.count(`SELECT count(*) FROM integrations WHERE position($1::bytea IN sealed) > 0`, secret); n != 0 {
		t.Error("the secret is stored in the clear")
	}
	d.call("PATCH", "/v1/integrations/"+i.id, object{"secret": nil}).is(422)
	got := d.call("PATCH", "/v1/integrations/"+i.id, object{"name": "renamed", "secret": "another-secret"}).is(200).object()
	if diff := cmp.Diff("renamed", got["name"]); diff != "" {
		t.Error(diff)
	}
	i.post(strings.Replace(googleBody, "k-9d2f", secret, 1)).is(401)
	i.post(strings.Replace(googleBody, "k-9d2f", "another-secret", 1)).is(200)
}

func TestEventsSayWhatWasToldByContent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	i.post(`{"q17":"ada@example.com","your-name":"Ada"}`).is(200)
	if detail, _ := i.events()[0]["detail"].(string); !strings.Contains(detail, `The email was told by its content: it stands under "q17".`) {
		t.Errorf("the event says %q", detail)
	}
	if l := d.only(); l["email"] != "ada@example.com" || l["name"] != "Ada" {
		t.Errorf("the lead is %v", l)
	}
}

func TestMappingOfAPlatform(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	d.call("PATCH", "/v1/integrations/"+i.id, object{"mapping": object{"name": []string{"Given one", "Family one"}}}).is(200)
	i.post(`{"google_key":"k-9d2f","lead_id":"g1","user_column_data":[{"column_id":"Q1","column_name":"Given one","string_value":"Ada"},
		{"column_id":"Q2","column_name":"family one","string_value":"Lim"},{"column_id":"EMAIL","string_value":"ada@example.com"}]}`).is(200)
	if l := d.only(); l["name"] != "Ada Lim" || l["email"] != "ada@example.com" {
		t.Errorf("the lead is %v", l)
	}
}
