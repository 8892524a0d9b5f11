package ingest

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// FuzzProviders holds what is promised of any body that may come: it is read or refused with a reason, the same each time,
// and what is read is what the database takes.
func FuzzProviders(f *testing.F) {
	kinds := lead.Kinds()
	for i, kind := range kinds {
		for _, body := range []string{tiktokBody, typeformBody, snapBody, `{"google_key":"k","user_column_data":[{"column_id":"EMAIL","string_value":"a"}]}`} {
			if providers[kind] != nil {
				f.Add(uint8(i), "application/json", body, "utm_source=x")
			}
		}
	}
	contentType, body := multipartBody(f, formPart{name: "name", value: "Ada"}, formPart{name: "rawRequest", value: `{"q1_name":{"first":"A"}}`}, formPart{name: "f", value: "x", file: "y"})
	for _, seed := range [][2]string{
		{contentType, body}, {"", body}, {"application/x-www-form-urlencoded", "name=%zz&a[]=1&a[]=2&%00=%E9"}, {"text/plain", "name=A\r\nb=c"},
		{"application/xml", `<adf><prospect><customer><contact><name part="first">A</name></contact></customer></prospect></adf>`},
		{"", `[{"name":"A"},{"name":{"a":[{"b":1e400}]}},null,3]`}, {"", "\ufeff{\"name\":\"\\ud800\\u0000\"}"},
	} {
		f.Add(uint8(5), seed[0], seed[1], "")
		f.Add(uint8(6), seed[0], seed[1], "gclid=1")
	}
	settings := store.IntegrationSettings{Mapping: map[string]string{"name": "a.0.b", "external_id": "id"}, Honeypot: "hp", RedirectURL: "https://a.example/"}
	f.Fuzz(func(t *testing.T, n uint8, contentType, body, query string) {
		kind := kinds[int(n)%len(kinds)]
		if providers[kind] == nil {
			return
		}
		for _, s := range []store.IntegrationSettings{{}, settings} {
			r := requestFor(body, "Content-Type", contentType)
			r.Query = query
			got, err := parse(t, kind, s, r)
			if err == nil {
				checkMade(t, got)
			}
		}
		if err := providers[kind].Verify(Secrets{Secret: "k"}, requestFor(body)); err != nil && Unsigned(err) == nil {
			t.Fatal(err)
		}
		Redacted(kind, []byte(body))
	})
}

func checkMade(t *testing.T, all []made) {
	t.Helper()
	for _, m := range all {
		if utf8.RuneCountInString(m.Name) > maxName || utf8.RuneCountInString(m.Email) > maxText || len(m.ID) > maxExternalID {
			t.Fatalf("too long: %+v", m)
		}
		text, err := json.Marshal(m)
		if err != nil || !utf8.Valid(text) {
			t.Fatalf("%q: %v", text, err)
		}
		if fields, err := plainJSON(m.Fields); err != nil || len(fields) > maxFields {
			t.Fatalf("fields of %d bytes: %v", len(fields), err)
		}
		for _, text := range []string{m.Name, m.Email, m.Phone, m.ID, m.Source} {
			for _, r := range text {
				if r == 0 {
					t.Fatalf("a NUL in %q", text)
				}
			}
		}
	}
}
