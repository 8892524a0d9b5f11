package hooks_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const urlencoded = "application/x-www-form-urlencoded"

// submit sends a form as a browser does.
func (i integration) submit(values url.Values) reply {
	i.t.Helper()
	return i.send("POST", i.url, values.Encode(), "Content-Type", urlencoded, "Accept", "text/html,*/*")
}

func TestFormRedirects(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("form", object{"redirect_url": "https://shop.example/thanks", "honeypot": "website"})
	if got := i.submit(url.Values{"name": {"Ada"}, "unit": {"Condo", "Villa"}}).is(303).header.Get("Location"); got != "https://shop.example/thanks" {
		t.Errorf("redirected to %q", got)
	}
	if got := i.submit(url.Values{"name": {"Bea"}, "redirect": {"https://evil.example"}}).is(303).header.Get("Location"); got != "https://shop.example/thanks" {
		t.Errorf("redirected to %q", got)
	}
	i.submit(url.Values{"name": {"Robot"}, "website": {"spam"}}).is(303)
	i.submit(url.Values{"message": {"who am I"}}).is(422)
	d.call("PATCH", "/v1/integrations/"+i.id, object{"enabled": false}).is(200)
	i.submit(url.Values{"name": {"Cyd"}}).is(303)
	if got := i.outcomes(); got != "lead lead ignored unmapped held" {
		t.Errorf("the deliveries are %q", got)
	}
	if l := d.leads()[0]; fmt.Sprint(l["fields"]) != "map[unit:[Condo Villa]]" {
		t.Errorf("stored as %v", l)
	}
	d.call("PATCH", "/v1/integrations/"+i.id, object{"redirect_url": "javascript:alert(1)"}).is(422)
}

func TestFormPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("form", object{"honeypot": "website", "page": object{
		"title": "Visit <b>us</b>", "consent": "I agree.", "thanks": "Bye & thanks", "fields": []object{
			{"name": "name", "required": true}, {"name": "mobile", "type": "tel", "label": "Your phone"}, {"name": "unit", "type": "select", "options": []string{"Condo", `"Villa"`}},
		},
	}})
	page := d.send("GET", i.url+"?utm_source=ig", "").is(200)
	for _, want := range []string{
		"Visit &lt;b&gt;us&lt;/b&gt;", `name="website"`, `type="tel" name="mobile"`, "<option>&#34;Villa&#34;</option>", "width=device-width", "I agree.",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page is without %s:\n%s", want, page.body)
		}
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || page.header.Get("X-Frame-Options") != "" {
		t.Errorf("the page has %v", page.header)
	}
	submission := regexp.MustCompile(`name="_submission" value="(\w+)"`).FindStringSubmatch(page.body)[1]
	sent := url.Values{"_submission": {submission}, "name": {"Ada"}, "mobile": {"012-345 6789"}, "website": {""}, "consent": {"yes"}}
	from := i
	from.url += "?utm_source=ig"
	var all sync.WaitGroup
	for range 4 { // a double click
		all.Go(func() {
			if got := from.submit(sent).is(200); !strings.Contains(got.body, "Bye &amp; thanks") {
				t.Errorf("answered %s", got.body)
			}
		})
	}
	all.Wait()
	l := d.only()
	if l["phone"] != "012-345 6789" || l["phone_e164"] != "+60123456789" || fmt.Sprint(l["consent"]) != "map[consent:true]" || fmt.Sprint(l["attribution"]) != "map[utm_source:ig]" {
		t.Errorf("stored as %v", l)
	}
	sent.Set("name", "Bea") // who went back and filled it in for somebody else
	from.submit(sent).is(200)
	if n := len(d.leads()); n != 2 {
		t.Errorf("%d leads", n)
	}
	if got := i.submit(url.Values{"x": {"<script>"}}).is(422); strings.Contains(got.body, "<script>") || !strings.Contains(got.body, "go back") {
		t.Errorf("answered %s", got.body)
	}
	d.send("GET", d.google().url, "").is(405)
	d.send("GET", "/hooks/form/unknown", "", "Accept", "text/html").is(404)
	if got := d.send("OPTIONS", i.url, "", "Origin", "https://shop.example").is(204); got.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("scripts of other sites cannot send")
	}
}

func TestOddInput2SignaturesOfTypeform(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const typeformBody = `{"event_id":"01TFEVT","event_type":"form_response","form_response":{"form_id":"fKL1","token":"tok-0001","landed_at":"2026-01-01T00:59:00Z","submitted_at":"2026-01-01T01:00:00Z","hidden":{"utm_source":"ig"},"answers":[{"type":"email","email":"aisyah@example.com","field":{"id":"f1","type":"email","ref":"email"}},{"type":"choices","choices":{"labels":["Condo","Villa"]},"field":{"id":"f2","type":"multiple_choice","ref":"interest"}}]}}`
	typeform := d.integrate("typeform", object{"secret": "tf-secret-04"})
	for _, signature := range []string{"", "sha1=x", "avfLRvPGeh84758w28G2fqqZ6U/3QyKNJvwda8W+17Q=", "sha256=avfL"} { // odd input 2
		typeform.post(typeformBody, "Typeform-Signature", signature).is(401)
	}
	if n := len(d.leads()); n != 0 {
		t.Fatalf("%d unsigned leads are stored", n)
	}
	typeform.post(typeformBody, "Typeform-Signature", "sha256=avfLRvPGeh84758w28G2fqqZ6U/3QyKNJvwda8W+17Q=").is(200)
	if l := d.only(); l["email"] != "aisyah@example.com" || l["external_id"] != "tok-0001" {
		t.Errorf("stored as %v", l)
	}
	if got := typeform.outcomes(); got != "refused refused refused refused lead" {
		t.Errorf("the deliveries are %q", got)
	}
	if got := typeform.replay(typeform.events()[4]["id"]).object()["outcome"]; got != "duplicate" {
		t.Errorf("replayed as %v", got)
	}
}

func TestOddInput13TikTokRepeatsWithinOneRequest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("tiktok", object{"secret": "tiktok-app-secret-02"})
	entry := `{"id":7412345678901234567,"changes":[{"field":"name","value":"Ada"}]}`
	body := `{"object":1,"entry":[` + entry + `,` + entry + `,{"id":"7412345678901234568","changes":[]},{"id":"7412345678901234569","changes":[{"field":"email","value":"b@example.com"}]}]}`
	i.post(body, "X-Open-Signature", signed("tiktok-app-secret-02", body)).is(200)
	i.post(body, "X-Open-Signature", signed("tiktok-app-secret-02", body)).is(200)
	if got := i.outcomes(); got != "lead duplicate" || len(d.leads()) != 2 {
		t.Errorf("the deliveries are %q, the leads %v", got, d.leads())
	}
	if detail := i.events()[0]["detail"]; detail != "1 of 4 entries have no name, email or phone" {
		t.Errorf("it says %v", detail)
	}
	other := strings.Replace(body, `"object":1`, `"object":2`, 1)
	i.post(other, "X-Open-Signature", signed("tiktok-app-secret-02", other)).is(200)
	if got := i.outcomes(); got != "lead duplicate ignored" {
		t.Errorf("the deliveries are %q", got)
	}
}

func TestOddInput24ReplayedIDIsOneLead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("generic", nil)
	for range 2 { // odd input 24
		i.post(`{"name":"Ada"}`, "Webhook-Id", "msg_1").is(200)
		i.post(`{"name":"Bea"}`, "Idempotency-Key", "k1").is(200)
	}
	i.send("PUT", i.url, "name=Cyd", "Content-Type", urlencoded).is(200)
	if got := i.outcomes(); got != "lead lead duplicate duplicate lead" {
		t.Errorf("the deliveries are %q", got)
	}
	d.call("POST", "/v1/integrations", object{"kind": "generic", "name": "x", "secret": "short"}).is(422)
	d.call("POST", "/v1/integrations", object{"kind": "google", "name": "x"}).is(422)
	d.call("POST", "/v1/integrations", object{"kind": "google", "name": "x", "secret": "s", "honeypot": "h"}).is(422)
	d.call("POST", "/v1/integrations", object{"kind": "form", "name": "x", "redirect_url": "//shop.example"}).is(422)
}

func TestTestsAreNeverAssigned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.google()
	i.post(strings.Replace(googleBody, `"is_test":false`, `"is_test":"true"`, 1)).is(200)
	test := d.only()["id"]
	for _, more := range []object{{}, {"at": "2027-01-01T10:00:00Z"}} {
		body := object{"lead_ids": []any{test}, "group_id": d.group}
		for name, value := range more {
			body[name] = value
		}
		d.call("POST", "/v1/assignments", body).is(202)
	}
	d.distribute()
	if n := d.count(`SELECT count(*) FROM history WHERE reason = 'test_lead'`); n != 2 {
		t.Errorf("%d of 2 ended as tests", n)
	}
	if n := d.count(`SELECT count(*) FROM assigned_leads`); n != 0 {
		t.Errorf("%d copies of a test", n)
	}
	if n := d.count(`SELECT count(*) FROM turns`); n != 0 {
		t.Errorf("%d turns were spent on a test", n)
	}
}
