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
		"a plus, encoded in all ways": {
			"Aina+Work@example.com", "", [][2]string{{"aina+work@example.com", ""}}, [][2]string{{"aina@example.com", ""}, {"work@example.com", ""}},
			[]string{
				"email=aina%2Bwork%40example.com&x=1", "email=aina%2bwork%40example.com", "email=Aina%2BWork%40EXAMPLE.com", "email=aina+work%40example.com",
				"name=Aina+aina%2Bwork%40example.com", "a=1&email=+aina%2Bwork%40example.com+&b=2", "email=%61ina%2B%57ork%40example%2Ecom",
				"u=https%3A%2F%2Fx%2F%3Femail%3Daina%252Bwork%2540example.com", `{"e":"aina\u002bwork@example.com"}`, `{"e":"aina\u002Bwork\u0040example.com"}`,
				`{"e":"aina\\u002bwork\\u0040example.com"}`, "<email>aina&#43;work&#64;example.com</email>", "aina&#x2b;work&#X40;example.com",
				"aina work@example.com", `{"note":"mail\naina+work@example.com"}`, `{"from":"Aina \u003caina+work@example.com\u003e"}`,
			},
			[]string{
				"aina@example.com", "email=aina%40example.com", "x%2Baina%2Bwork%40example.com", "aina-work@example.com", "ainawork@example.com",
				"aina%2Dwork%40example.com", "email=x%2Daina%2Bwork%40example.com", "aina%2Bwork%40example.community",
			},
		},
		"words before an address in a form": {
			"aina@example.com", "", nil, nil, []string{"name=Aina+aina%40example.com", "q=%3Caina%40example.com%3E", "q=%20aina%40example.com", "q=x%0Aaina%40example.com"},
			[]string{"email=x%2Baina%40example.com", "email=x%2baina%40example.com", "email=x%2Eaina%40example.com", "email=x%5Faina%40example.com", "x+aina@example.com", "email=%58aina%40example.com"},
		},
		"other letters": {
			"jörg@bücher.example", "", [][2]string{{"JÖRG@xn--bcher-kva.example", ""}}, [][2]string{{"jorg@bucher.example", ""}},
			[]string{
				"jörg@bücher.example", "jörg@xn--bcher-kva.example", "email=j%C3%B6rg%40b%c3%bccher.example", "email=J%C3%96RG%40xn--bcher-kva.example",
				`{"e":"j\u00f6rg@b\u00FCcher.example"}`, `j\303\266rg@b\303\274cher.example`, `\357\274\232j\303\266rg@b\303\274cher.example`,
			},
			[]string{"jorg@bucher.example"},
		},
		"dots of Gmail": {
			"a.b+c@gmail.com", "", [][2]string{{"ab+c@gmail.com", ""}}, [][2]string{{"abc@gmail.com", ""}},
			[]string{"a.b+c@gmail.com", "ab+c@gmail.com", "<A.B+C@GMAIL.COM>", "email=a.b%2Bc%40gmail.com", "email=a%2Eb%2bc%40gmail.com"}, []string{"ab@gmail.com", "xab+c@gmail.com"},
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
