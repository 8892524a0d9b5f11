package hooks_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// FuzzDeliveries sends anything to integrations of every kind. Whatever it is, it is kept or refused with a reason: there is no
// answer that blames us, and none that acknowledges what is not kept. (With -fuzzminimizetime 1x it gets on: what the server
// covers differs from run to run, so that minimising ends by its time alone.)
func FuzzDeliveries(f *testing.F) {
	d := newDesk(f)
	integrations := []integration{
		d.google(), d.meta(nil), d.integrate("tiktok", object{"secret": "s"}), d.integrate("linkedin", object{"secret": "s"}),
		d.integrate("typeform", object{"secret": "s"}), d.integrate("generic", nil), d.integrate("form", object{"honeypot": "website"}),
		d.integrate("generic", object{"secret": "whsec_bGVhZC1lbmdpbmUtdGVzdC1zZWNyZXQtMzJieXRlcyE="}),
	}
	for n := range integrations {
		f.Add(byte(n), "application/json", "sha256=00", "", googleBody)
		f.Add(byte(n), "application/x-www-form-urlencoded", "v1,x", "utm_source=ig", "name=A;B&email=%zz%00%E9")
		f.Add(byte(n), "multipart/form-data; boundary=x", signed("s", metaBody), "name=q", "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--x--")
	}
	f.Add(byte(1), "application/json", metaSigned, "", metaBody)
	inputs, err := os.ReadDir("testdata/field")
	d.must(err)
	for _, input := range inputs {
		kind := "application/json"
		if strings.HasSuffix(input.Name(), ".form") {
			kind = urlencoded
		}
		f.Add(byte(5), kind, input.Name(), "", field(f, input.Name()))
	}
	f.Fuzz(func(t *testing.T, kind byte, contentType, signature, query, body string) {
		i := integrations[int(kind)%len(integrations)]
		var before, after int
		const kept = `SELECT count(*) FROM integration_events`
		if err := d.DB.GetContext(t.Context(), &before, kept); err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+i.url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = strings.Map(func(c rune) rune {
			if c <= ' ' || c > '~' || c == '#' {
				return -1 // no client can send it
			}
			return c
		}, query)
		r.Header.Set("Content-Type", contentType)
		for _, name := range []string{"X-Hub-Signature-256", "X-Open-Signature", "X-Li-Signature", "Typeform-Signature", "Webhook-Signature", "Webhook-Id", "Webhook-Timestamp", "Idempotency-Key"} {
			r.Header.Set(name, signature)
		}
		response, err := d.client.Do(r)
		if err != nil {
			return // no header, and so never sent
		}
		defer response.Body.Close()
		if err := d.DB.GetContext(t.Context(), &after, kept); err != nil {
			t.Fatal(err)
		}
		switch status := response.StatusCode; {
		case status >= 500:
			t.Errorf("answered %d", status)
		case status < 400 && after == before:
			t.Errorf("answered %d, and nothing is kept", status)
		}
	})
}
