package contact_test

import (
	"regexp"
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// TestAddressesInEncodedText looks for addresses as forms, JSON, XML and Postgres write them, and does not find those of others.
func TestAddressesInEncodedText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		email     string
		in, notIn []string
	}{
		"a plus, encoded in all ways": {
			"Aina+Work@example.com",
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
			"aina@example.com", []string{"name=Aina+aina%40example.com", "q=%3Caina%40example.com%3E", "q=%20aina%40example.com", "q=x%0Aaina%40example.com"},
			[]string{"email=x%2Baina%40example.com", "email=x%2baina%40example.com", "email=x%2Eaina%40example.com", "email=x%5Faina%40example.com", "x+aina@example.com", "email=%58aina%40example.com"},
		},
		"other letters": {
			"jörg@bücher.example",
			[]string{
				"jörg@bücher.example", "jörg@xn--bcher-kva.example", "email=j%C3%B6rg%40b%c3%bccher.example", "email=J%C3%96RG%40xn--bcher-kva.example",
				`{"e":"j\u00f6rg@b\u00FCcher.example"}`, `j\303\266rg@b\303\274cher.example`, `\357\274\232j\303\266rg@b\303\274cher.example`,
			},
			[]string{"jorg@bucher.example"},
		},
		"dots of Gmail, encoded": {
			"a.b+c@gmail.com", []string{"email=a.b%2Bc%40gmail.com", "email=a%2Eb%2bc%40gmail.com", "ab&#43;c@gmail.com"}, []string{"email=a%2Cb%2Bc%40gmail.com"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pattern := regexp.MustCompile("(?i)" + contact.Identify(c.email, "", "MY").Pattern())
			for _, text := range c.in {
				if !pattern.MatchString(text) {
					t.Errorf("not found in %q", text)
				}
			}
			for _, text := range c.notIn {
				if pattern.MatchString(text) {
					t.Errorf("found in %q", text)
				}
			}
		})
	}
	if !contact.Identify("JÖRG@xn--bcher-kva.example", "", "MY").Is("jörg@bücher.example", "") {
		t.Error("an address is another with its domain in ASCII")
	}
}
