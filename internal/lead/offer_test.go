package lead_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestOffersTellNoContact has names and fields that hold more than a name and a place.
func TestOffersTellNoContact(t *testing.T) {
	for _, test := range []struct{ name, fields, wantName, wantPlace string }{
		{"Aisyah Tan", `{"City":"Ipoh","budget":"500,000","State":"Perak"}`, "Aisyah Tan", "Ipoh, Perak"},
		{"Ali 012-345 6789", `{"post_code":"31400","Postal Code":"31400"}`, "Ali …", "31400"},
		{"ali@example.com", `{"city":"call me: +60 12 345 6789","country":"MY"}`, "", "call me: …, MY"},
		{"", `{"street":"Jalan 1","city":null,"state":["Perak"],"region":{"a":1}}`, "", ""},
		{"Bo\nLee", `{"город":"Москва","城市":"上海","unit":"A-3"}`, "Bo Lee", "Москва, 上海"},
		{"x", `[]`, "x", ""}, {"x", `{"city":"a"`, "x", "a"}, {"x", ``, "x", ""},
		{strings.Repeat("é", 300), `{}`, strings.Repeat("é", 99) + "…", ""},
	} {
		if got := lead.OfferedName(test.name); got != test.wantName {
			t.Errorf("the name of %q is %q, want %q", test.name, got, test.wantName)
		}
		if got := lead.Place(json.RawMessage(test.fields)); got != test.wantPlace {
			t.Errorf("the place of %s is %q, want %q", test.fields, got, test.wantPlace)
		}
	}
}

// FuzzPlace reads any fields: no place is long, or tells an e-mail address.
func FuzzPlace(f *testing.F) {
	f.Add(`{"city":"Ipoh","state":"Perak"}`)
	f.Add(`{"city":"a@b.c","zip":"0123456789","area":"+1 (555) 010-9999"}`)
	f.Add(`{"city":"` + strings.Repeat("x", 200) + `","town":{"city":1}}`)
	f.Fuzz(func(t *testing.T, fields string) {
		place := lead.Place(json.RawMessage(fields))
		if utf8.RuneCountInString(place) > 100 || strings.Contains(place, "@") {
			t.Errorf("%q is the place of %q", place, fields)
		}
	})
}
