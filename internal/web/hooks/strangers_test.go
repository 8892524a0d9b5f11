package hooks_test

import (
	"crypto/rand"
	"encoding/base64"
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
	// An eighth of what a body may have is too much already, and sixty of them are read with the race detector.
	many := func(text string) string { return strings.Repeat(text, hooks.MaxBody/8/len(text)) }
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

// noise is text that no database makes smaller.
func noise(size int) string {
	data := make([]byte, size*3/4)
	rand.Read(data) // never fails
	return base64.RawURLEncoding.EncodeToString(data)
}

// TestFormsFillNothing sends forms as large and as often as they are taken, from one address, and measures what the database has
// grown by: some 34 MB before any of it was bounded.
func TestFormsFillNothing(t *testing.T) {
	t.Parallel()
	for name, attack := range map[string]func(n int) string{
		"one field": func(n int) string { return fmt.Sprintf("name=Ada+%d&message=%s", n, noise(hooks.MaxBody-100)) },
		"many fields": func(n int) string {
			return fmt.Sprintf("name=Ada+%d", n) + strings.Repeat("&x"+noise(200)+"="+noise(800), 900)
		},
		"what brought them": func(n int) string {
			return fmt.Sprintf("name=Ada+%d&consent=%s&external_id=%s&utm_source=%[2]s&gclid=%[2]s", n, noise(300<<10), noise(1000))
		},
		"ten leads": func(n int) string {
			one := fmt.Sprintf(`{"name":"Ada %d %%d","message":"%s"}`, n, noise(90<<10))
			all := make([]string, 10)
			for i := range all {
				all[i] = fmt.Sprintf(one, i)
			}
			return "[" + strings.Join(all, ",") + "]"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(o *hooks.Deps) { o.FormAddressRate, o.FormRate = 20, 600 })
			size := func() int {
				return d.count(`SELECT pg_total_relation_size('leads') + pg_total_relation_size('integration_events')`)
			}
			i := d.integrate("form", object{"page": object{"consent": "I agree.", "fields": []object{{"name": "name"}}}})
			before, taken, bodies := size(), 0, 0
			for n := range 25 {
				body := attack(n)
				if status := i.send("POST", i.url, body).status; status == 200 {
					taken, bodies = taken+1, bodies+len(body)
				} else if status != 429 {
					t.Fatalf("answered %d", status)
				}
			}
			grown := size() - before
			leads := len(d.leads("limit=500"))
			if leads < 15 {
				t.Errorf("%d leads came in, by %d deliveries", leads, taken)
			}
			if grown > leads*100<<10 {
				t.Errorf("%d bytes in %d deliveries have become %d in the database", bodies, taken, grown)
			}
			t.Logf("%d bytes in %d deliveries have become %d in the database", bodies, taken, grown)
		})
	}
}

// TestWhatIsCutIsTold sends one long answer beside short ones. They are kept, and the beginning of the long one, and everybody sees that.
func TestWhatIsCutIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	i := d.integrate("form", nil)
	long := strings.Repeat("ü\"\n", 10<<10)
	i.submit(url.Values{"name": {"Ada"}, "unit": {"Condo"}, "message": {long}, "more": {long + long}}).is(200)
	l := d.only()
	fields := l["fields"].(map[string]any)
	text, told := fields["message"].(string), fields["left_out"].(string)
	if fields["unit"] != "Condo" || !strings.HasPrefix(long, text) || len(text) < 7<<10 || len(text) > 16<<10 || fields["more"] != nil {
		t.Errorf("kept %d bytes of the message, %v", len(text), fields["unit"])
	}
	if told != `The fields are together larger than a form's may be, 16 KiB: "message" is cut, 1 of 3 are left out.` {
		t.Errorf("the lead says %s", told)
	}
	if e := i.events()[0]; e["outcome"] != "lead" || !strings.Contains(e["detail"].(string), told) || !strings.Contains(e["detail"].(string), "65536 of") {
		t.Errorf("the delivery says %v", e)
	}
	if got := i.replay(i.events()[0]["id"]).is(200).object(); got["outcome"] != "duplicate" && got["outcome"] != "lead" {
		t.Errorf("what was cut is read again as %v", got)
	}
	d.only()
	open := d.integrate("generic", nil)
	open.post(`{"name":"Bea","message":"` + strings.Repeat("x", 50<<10) + `"}`).is(200) // who writes a program may send more
	if l := d.leads()[1]; len(l["fields"].(map[string]any)["message"].(string)) != 50<<10 {
		t.Error("a program's field is cut")
	}
}

// TestLeadsOfFormsCount sends several leads at once where few may come.
func TestLeadsOfFormsCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *hooks.Deps) { o.FormAddressRate, o.FormRate = 5, 8 })
	i := d.integrate("form", nil)
	i.post(`[{"name":"A"},{"name":"B"},{"name":"C"}]`).is(200)
	if got := i.post(`[{"name":"D"},{"name":"E"},{"name":"F"}]`).is(429); got.header.Get("Retry-After") != "60" {
		t.Errorf("answered %v", got.header)
	}
	if n := len(d.leads()); n != 3 {
		t.Errorf("%d leads", n)
	}
	if got := i.outcomes(); got != "lead" {
		t.Errorf("the deliveries are %q", got)
	}
	other := d.integrate("form", nil)
	other.post(`[{"name":"A"},{"name":"B"},{"name":"C"},{"name":"D"},{"name":"E"},{"name":"F"},{"name":"G"}]`).is(200) // more than at once
	other.post(`{"name":"H"}`).is(429)
}

// TestOpenAddressesKeepSoMuchADay sends leads to an address that anybody may know until no more bodies are kept. The leads come in.
func TestOpenAddressesKeepSoMuchADay(t *testing.T) {
	t.Parallel()
	const budget = 100 << 10
	d := newDesk(t, func(o *hooks.Deps) { o.Receiver = o.Receiver.Keeping(budget) })
	signed := d.google()
	for _, i := range []integration{d.integrate("generic", nil), d.integrate("form", nil)} {
		for n := range 20 {
			i.post(fmt.Sprintf(`{"name":"Ada %d","message":"%s"}`, n, noise(10<<10))).is(200)
		}
		if n := d.count(`SELECT sum(octet_length(body) + octet_length(query)) FROM integration_events WHERE integration_id = '` + i.id + `'`); n > budget || n < budget/2 {
			t.Errorf("%d bytes are kept", n)
		}
		events := i.events()
		if detail, _ := events[len(events)-1]["detail"].(string); !strings.Contains(detail, "0 of") {
			t.Errorf("nobody says that the body is not kept: %v", events[len(events)-1])
		}
	}
	if n := len(d.leads("limit=500")); n != 40 {
		t.Errorf("%d leads", n)
	}
	signed.post(strings.Replace(googleBody, `"lead_id"`, `"padding":"`+noise(200<<10)+`","lead_id"`, 1)).is(200)
	if n := d.count(`SELECT octet_length(body) FROM integration_events WHERE integration_id = '` + signed.id + `'`); n < 200<<10 {
		t.Errorf("%d bytes are kept of what the platform signed", n)
	}
}
