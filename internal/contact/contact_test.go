package contact_test

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestOddInput22Phone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, region, want string }{
		{"012-345 6789", "MY", "+60123456789"},
		{"60123456789", "MY", "+60123456789"},
		{"0060123456789", "MY", "+60123456789"},
		{"+60 (0)12-345 6789", "MY", "+60123456789"},
		{"p:+60123456789", "MY", "+60123456789"},
		{"'+60123456789", "MY", "+60123456789"},
		{"+60123456789", "", "+60123456789"},
		{"+60123456789", "ZZ", "+60123456789"},
		{"012-345 6789 ext 12", "MY", "+60123456789"},
		{"91234567", "MY", ""},   // possible, and yet nobody's
		{"6591234567", "MY", ""}, // one of Singapore's without its plus
		{"0123456789", "SG", ""}, // whose first digits Singapore dials to go abroad
		{"91234567", "SG", "+6591234567"},
		{"012-345 6789", "", ""},
		{"+60123456789 / 0198887777", "MY", ""},
		{"6.01235E+10", "MY", ""},
		{"<test lead: dummy data for phone_number>", "MY", ""},
		{"", "MY", ""},
		{strings.Repeat("0", 1000), "MY", ""},
	} {
		if got := contact.Phone(c.text, c.region); got != c.want {
			t.Errorf("%q in %q is %q, not %q", c.text, c.region, got, c.want)
		}
	}
}

func TestEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Aina.Tan@Example.COM ":       "aina.tan@example.com",
		"Aina.Tan@GMail.com":           "ainatan@gmail.com",
		"a.b+x@googlemail.com":         "ab+x@googlemail.com",
		"a.b@gmail.com.my":             "a.b@gmail.com.my",
		"=\"aina@example.com\"":        "aina@example.com",
		"\u200eaina@example.com\u200b": "aina@example.com",
		"info@bücher.example":          "info@xn--bcher-kva.example",
		"info@BÜCHER.example":          "info@xn--bcher-kva.example",
		"a@b":                          "", // "none@none" is nobody's
		"@example.com":                 "",
		".@gmail.com":                  "",
		"a@.com":                       "",
		"a@example.":                   "",
		"n/a":                          "",
		"a@example.com, b@example.com": "",
		"Aina <a@example.com>":         "",
		strings.Repeat("x", 400) + "@example.com": "",
	} {
		if got := contact.Email(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}
