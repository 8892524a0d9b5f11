package hooks_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/hooks"
)

// TestFormsAskToWait sends forms faster than people do, from one address and from many. Other forms go on, and so do programs.
func TestFormsAskToWait(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *hooks.Deps) {
		o.FormAddressRate, o.FormRate, o.Proxies = 3, 5, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	i, other, own := d.integrate("form", nil), d.integrate("form", nil), d.integrate("form", object{"rate_limit": 1000})
	send := func(to integration, from string) reply {
		return to.send("POST", to.url, url.Values{"name": {"Ada"}}.Encode(), "Content-Type", urlencoded, "Accept", "text/html", "X-Forwarded-For", from)
	}
	for range 3 {
		send(i, "198.51.100.1").is(200)
	}
	got := send(i, "198.51.100.1").is(429)
	if !strings.Contains(got.body, "wait a minute") || !strings.Contains(got.header.Get("Content-Type"), "text/html") || got.header.Get("Retry-After") != "60" {
		t.Errorf("asked to wait with %v %s", got.header, got.body)
	}
	if got := i.send("POST", i.url, "name=Ada", "X-Forwarded-For", "198.51.100.1").is(429).object(); got["code"] != "rate_limited" {
		t.Errorf("a script is asked to wait with %v", got)
	}
	i.send("PUT", i.url, `{"name":"Ada"}`, "X-Forwarded-For", "198.51.100.1").is(429)
	send(other, "198.51.100.1").is(200)
	send(i, "198.51.100.2").is(200)
	send(i, "198.51.100.3").is(200)
	send(i, "198.51.100.4").is(429) // all of them together
	for n := range 8 {
		send(own, fmt.Sprintf("198.51.100.%d", n)).is(200) // it has a limit of its own
	}
	d.integrate("generic", nil).post(`{"name":"Ada"}`).is(200)
	if got := i.send("GET", i.url, "", "X-Forwarded-For", "198.51.100.1").is(200); !strings.Contains(got.body, "<form") {
		t.Error("who waits cannot look at the form")
	}
	if got := i.outcomes(); got != "lead lead lead lead lead" {
		t.Errorf("the deliveries are %q", got)
	}
}

// TestStrangersFillNothing sends megabytes of which nothing is made, in each way there is, until no more is kept.
func TestStrangersFillNothing(t *testing.T) {
	t.Parallel()
	const budget = 300 << 10
	d := newDesk(t, func(o *hooks.Deps) { o.Receiver = o.Receiver.Keeping(budget) })
	kept := func(i integration) int {
		return d.count(`SELECT coalesce(sum(octet_length(body)), 0) FROM integration_events WHERE integration_id = '` + i.id + `'`)
	}
	large := strings.Repeat("x", 900<<10)
	google, form, open := d.google(), d.integrate("form", object{"honeypot": "website"}), d.integrate("generic", nil)
	for range 8 {
		google.post(`{"google_key":"wrong","x":"` + large + `"}`).is(401)
		form.send("POST", form.url, "name=Robot&website="+large, "Content-Type", urlencoded).is(200)
		form.send("POST", form.url, "message="+large, "Content-Type", urlencoded).is(422)
	}
	open.post(`{"x":"` + large[:200<<10] + `"}`).is(200)
	if got := open.post(`{"x":"` + large[:200<<10] + `"}`).is(429); got.header.Get("Retry-After") == "" {
		t.Error("nobody says when to come again")
	}
	for kind, i := range map[string]integration{"google": google, "form": form, "generic": open} {
		if n := kept(i); n > budget || n == 0 {
			t.Errorf("%s keeps %d bytes", kind, n)
		}
	}
	form.send("POST", form.url, "name=Ada&message="+large, "Content-Type", urlencoded).is(200) // a lead is taken all the same
	if l := d.only(); l["name"] != "Ada" {
		t.Errorf("stored as %v", l)
	}
	for _, e := range form.events() {
		if e["outcome"] == "ignored" && !strings.Contains(e["detail"].(string), "65536 of") {
			t.Errorf("nobody says that %v was cut", e)
		}
		if got := form.replay(e["id"]).is(200).object(); got["outcome"] != e["outcome"] && got["outcome"] != "duplicate" {
			t.Errorf("what was cut is read again as %v", got)
		}
	}
	d.only()
	google.post(googleBody).is(200)
	if n := len(d.leads()); n != 2 {
		t.Errorf("%d leads", n)
	}
}

// TestDeliveriesThatHoldTooMuch sends each way of costing much for few bytes to each kind. It is refused, and its sender sees it.
func TestDeliveriesThatHoldTooMuch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	many := func(text string) string { return strings.Repeat(text, (hooks.MaxBody-100)/len(text)) }
	google, form, open, meta := d.google(), d.integrate("form", nil), d.integrate("generic", nil), d.meta(nil)
	mapped := d.integrate("generic", object{"mapping": object{"name": "a.b"}})
	for name, body := range map[string]string{
		"ones": "[" + many("1,") + "1]", "objects": many("{}"), "objects in an array": "[" + many("{},") + "{}]", "members": "{" + many(`"a":1,`) + `"a":1}`,
		"arrays": "[" + many("[],") + "[]]", "pairs": "[" + many(`{"a":1},`) + "{}]", "behind a mark": "\ufeff \n[" + many("1,") + "1]",
		"in a lead": `{"name":"Ada","x":[` + many("0,") + "0]}", "a long name": `{"` + many("n") + `":1}`,
	} {
		for kind, i := range map[string]integration{"google": google, "form": form, "generic": open, "mapped": mapped} {
			if got := i.post(body).status; got != 413 {
				t.Errorf("%s to %s: %d", name, kind, got)
			}
		}
		meta.post(body).is(401)
		meta.post(body, "X-Hub-Signature-256", "sha256="+signed("meta-app-secret-01", body)).is(413)
	}
	if n := len(d.leads()); n != 0 {
		t.Errorf("%d leads", n)
	}
	if n := d.count(`SELECT max(octet_length(body)) FROM integration_events`); n > 64<<10 {
		t.Errorf("%d bytes of one are kept", n)
	}
}
