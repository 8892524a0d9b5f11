package contact_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// finds reports whether a search finds a contact, by the rule that the database follows too.
func finds(query, region string, words []string) bool {
	for _, term := range contact.Terms(query, region) {
		if !slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(term, func(start string) bool { return strings.HasPrefix(word, start) })
		}) {
			return false
		}
	}
	return true
}

func TestSearch(t *testing.T) {
	t.Parallel()
	words := func(name, email, phone string) []string {
		return contact.Words(name, email, phone, contact.Phone(phone, "MY"))
	}
	siti := words("Siti Nurhaliza binti José", "Siti.N-Rahman@Gmail.com", "012-345 6789")
	for query, want := range map[string]bool{
		"siti": true, "SITI nur": true, "nur siti": true, "jose": true, "José": true, "iti": false, "siti x": false,
		"siti.n-rahman@gmail.com": true, "sitin-rahman@gmail.com": true, "siti.n": true, "rahman": true, "gmail.com": true, "siti.n@": false,
		"012-345 6789": true, "0123456789": true, "+60123456789": true, "60 12 345 6789": true, "(012) 345-6789": true, "0060123456789": true,
		"012-345": true, "6012": true, "+60 12": true, "6789": true, "345 6789": true, "5678": false, "siti 6789": true, "siti 6788": false,
		"": true, "  ": true, "!": true,
	} {
		if got := finds(query, "MY", siti); got != want {
			t.Errorf("%q finds Siti: %v, of %q", query, got, siti)
		}
	}
	if li := words("陈伟明 Li", "", "12-34"); !finds("伟明", "MY", li) || !finds("li", "MY", li) || !finds("1234", "MY", li) || finds("王", "MY", li) {
		t.Errorf("%q", li)
	}
	if long := words(strings.Repeat("é", 200), strings.Repeat("ж", 1000), strings.Repeat("1", 900)); !slices.ContainsFunc(long, utf8.ValidString) || len(strings.Join(long, "")) > 1000 {
		t.Errorf("%d bytes: %q", len(strings.Join(long, "")), long)
	}
}

// TestWordsStandOnce holds that what another word begins with takes no place of its own.
func TestWordsStandOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, email, phone, want string }{
		{"Lead 12", "lead12@example.com", "0123456789", "12 60123456789 <98765432106 com example lead12@example.com"},
		{"Ann Anna Annabel Ann", "", "", "annabel"}, {"A", "a.b@gmail.com", "", "a.b@gmail.com ab@gmail.com b com gmail"}, {"", "", "", ""},
	} {
		if got := strings.Join(contact.Words(c.name, c.email, c.phone, contact.Phone(c.phone, "MY")), " "); got != c.want {
			t.Errorf("%s %s %s has the words %s, not %s", c.name, c.email, c.phone, got, c.want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	f.Add("Siti Nurhaliza", "siti@example.com", "+60 12-345 6789")
	f.Add("陈伟明", "x@@y", "ext. 9")
	f.Fuzz(func(t *testing.T, name, email, phone string) {
		if !utf8.ValidString(name+email+phone) || strings.ContainsRune(name+email+phone, 0) {
			return // nothing that is stored is not
		}
		e164 := contact.Phone(phone, "MY")
		words := contact.Words(name, email, phone, e164)
		for _, word := range words {
			if word == "" || len(word) > 100 || !utf8.ValidString(word) || strings.ContainsAny(word, "\x00") {
				t.Fatalf("the word %q", word)
			}
		}
		if contact.Phone(e164, "") != e164 || contact.Email(contact.Email(email)) != contact.Email(email) {
			t.Errorf("%q and %q are not their own normal forms", e164, contact.Email(email))
		}
		if len(words) < 32 && !strings.Contains(name, "@") && !finds(name, "MY", words) {
			t.Errorf("%q does not find itself in %q", name, words)
		}
		if e164 != "" && !finds(e164, "", words) {
			t.Errorf("%q does not find itself in %q", e164, words)
		}
	})
}
