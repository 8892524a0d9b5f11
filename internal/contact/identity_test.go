package contact_test

import (
	"regexp"
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestIdentity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		email, phone string
		is, isNot    [][2]string // contacts
		in, notIn    []string    // texts
	}{
		"address": {
			" Aina.Z@Example.COM ", "",
			[][2]string{{"aina.z@example.com", ""}, {"AINA.Z@EXAMPLE.com ", "012-345 6789"}},
			[][2]string{{"ainaz@example.com", ""}, {"", ""}, {"aina.z@example.com.my", ""}},
			[]string{
				"x,aina.z@example.com,y", `{"email":"Aina.Z@Example.com"}`, "email=aina.z%40example.com&x=1", `{"e":"aina.z\u0040example.com"}`,
				"name=A%20aina.z%40example.com", "write to aina.z@example.com.", "aina.z@example.com",
			},
			[]string{"xaina.z@example.com", "aina.z@example.com.my", "ainaxz@example.com", "aina.z@example.community", "a-aina.z@example.com"},
		},
		"dots of Gmail": {
			"a.b+c@gmail.com", "", [][2]string{{"ab+c@gmail.com", ""}}, [][2]string{{"abc@gmail.com", ""}},
			[]string{"a.b+c@gmail.com", "ab+c@gmail.com", "<A.B+C@GMAIL.COM>"}, []string{"ab@gmail.com", "xab+c@gmail.com"},
		},
		"phone": {
			"", "012-345 6789",
			[][2]string{{"", "+60 12 345 6789"}, {"", "p:+60123456789"}, {"x@example.com", "0060123456789"}},
			[][2]string{{"", "012-345 6780"}, {"", ""}, {"", "6789"}},
			[]string{
				"012-345 6789", "x;0123456789;y", `"phone":"+60123456789"`, "phone=%2B60123456789", "+60 (0)12-345 6789", "0060123456789",
				"phone=012-345+6789", "phone=%2012%20345%206789", "60 12.345.67.89", "tel:+60-12-345-6789",
			},
			[]string{"1012345678912", "99123456789", "123456789012", "12345678"},
		},
		"both": {
			"a@example.com", "+6591234567", [][2]string{{"a@example.com", ""}, {"", "+65 9123 4567"}},
			[][2]string{{"b@example.com", "+6591234568"}}, []string{"a@example.com", "+65 9123-4567"}, []string{"b@example.com +6591234568"},
		},
		"a number that is none": {
			"", "12-34-56-7", [][2]string{{"", "1234567"}}, [][2]string{{"", "12345678"}}, []string{"no. 1234-567"}, []string{"12345678"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := contact.Identify(c.email, c.phone, "MY")
			for _, want := range c.is {
				if !i.Is(want[0], want[1]) {
					t.Errorf("%+v is not %q", i, want)
				}
			}
			for _, other := range c.isNot {
				if i.Is(other[0], other[1]) {
					t.Errorf("%+v is %q", i, other)
				}
			}
			pattern := regexp.MustCompile("(?i)" + i.Pattern())
			for _, text := range c.in {
				if !pattern.MatchString(text) {
					t.Errorf("not found in %q by %s", text, pattern)
				}
			}
			for _, text := range c.notIn {
				if pattern.MatchString(text) {
					t.Errorf("found in %q by %s", text, pattern)
				}
			}
		})
	}
	if i := contact.Identify("nobody", "12", "MY"); i.Email+i.Phone+i.Digits != "" || i.Is("", "") || i.Is("nobody", "12") || len(i.Words()) != 0 {
		t.Errorf("%+v", i)
	}
}
