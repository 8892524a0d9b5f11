package contact_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               "",
		"Ada":            "Ada",
		"=1+1":           "'=1+1",
		"+60 12":         "'+60 12",
		"+6012":          "+6012",
		"-5.5":           "-5.5",
		"-x":             "'-x",
		"@a":             "'@a",
		"\tx":            "'\tx",
		"\rx":            "'\rx",
		"＝1+1":           "'＝1+1",
		"＋60":            "'＋60",
		"－x":             "'－x",
		"＠a":             "'＠a",
		"﹦1":             "'﹦1",
		"﹢1":             "'﹢1",
		"﹣1":             "'﹣1",
		"﹫a":             "'﹫a",
		"  =1":           "'  =1",
		"\u3000=1":       "'\u3000=1",
		"\n=1":           "'\n=1",
		"a;=1":           "a;'=1",
		"a; =1;＝x":       "a; '=1;'＝x",
		"1;-5;+60":       "1;-5;+60",
		"\u200b=1":       "'\u200b=1",
		"\ufeff＝1":       "'\ufeff＝1",
		" a=1":           " a=1",
		"'Abd":           "'Abd",
		"'=1":            "''=1",
		"''=1":           "'''=1",
		"'-5":            "'-5",
		"\xff=1":         "\xff=1",
		"{\"a\":\"=1\"}": "{\"a\":\"=1\"}",
	} {
		if got := contact.Guard(text); got != want {
			t.Errorf("%q is guarded as %q, not %q", text, got, want)
		}
	}
}

func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"'=1", "＝x", " \u200e=x", "-1", "\t", "a; ''=1\r\n=2;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := contact.Bare(contact.Guard(text)); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}
