package contact_test

import (
	"testing"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/contact"
)

func TestUnguard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                             "",
		"Ada Lim":                      "Ada Lim",
		`="900100200300401"`:           "900100200300401",
		`="Aisyah ""Aish"" Tan"`:       `Aisyah "Aish" Tan`,
		`= "0123456781" `:              "0123456781",
		`=T("0123456781")`:             "0123456781",
		`=""`:                          "",
		`=+60123456781`:                "+60123456781",
		`=0123456781`:                  "0123456781",
		`="a"&"b"`:                     `="a"&"b"`,
		`=A2&" "&B2`:                   `=A2&" "&B2`,
		"+60123456781":                 "+60123456781",
		"'0123456781":                  "0123456781",
		"'+60123456781":                "+60123456781",
		"'=1+1":                        "=1+1",
		"'Aisyah Tan":                  "Aisyah Tan",
		"'O'Brien":                     "O'Brien",
		"'t Hooft":                     "'t Hooft",
		"'s-Gravesande":                "'s-Gravesande",
		"'Yes', she said":              "'Yes', she said",
		"’0123456781":                  "0123456781",
		"’Abd":                         "’Abd",
		"'":                            "",
		`"Ada Lim"`:                    "Ada Lim",
		`“Ada Lim”`:                    "Ada Lim",
		`"Al" Tan and "Bo"`:            `"Al" Tan and "Bo"`,
		`'="0123456781"`:               "0123456781",
		"\ufeff900100200300404":        "900100200300404",
		"\u200eDee Ng\u200e":           "Dee Ng",
		"dee@example.com\u200b":        "dee@example.com",
		"d\u00adee@\u200bexample.com":  "dee@example.com",
		"9001\u200d0020\u200c0300":     "900100200300",
		"\u202a+60 12\u2011345\u202c":  "+60 12\u2011345",
		"ï»¿Ada":                       "Ada",
		"\x1a":                         "",
		"\x01Ada\x02Lim\x7f":           "AdaLim",
		"\t0123456781\u00a0":           "0123456781",
		"\u200b \u2060\u3164\u2800":    "",
		"\ufe0f\u034f":                 "",
		"علی\u200cرضا":                 "علی\u200cرضا", // the joiner parts the words of a name
		"അര്\u200dജുന്\u200d":          "അര്\u200dജുന്\u200d",
		"👩\u200d👧 Mum":                 "👩\u200d👧 Mum",
		"❤\ufe0f":                      "❤\ufe0f",
		"two\nlines":                   "two\nlines",
		"陈\u200b伟明":                    "陈伟明",
		"-":                            "-",
		"'''0123":                      "0123",
		"''''''''''''''":               "''''''''''''''",
		"`x`":                          "x",
		"\u200f'\u200e0123456781":      "0123456781",
		"=\"\ufeff900100200300401\t\"": "900100200300401",
	} {
		if got := contact.Unguard(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

func FuzzUnguard(f *testing.F) {
	for _, seed := range []string{`="a""b"`, "'x", "\ufeff\u200e'\"a\"", "'''a", "=T(\"=\"\"a\"\"\")", "ï»¿x", "\u200da", "\"'a'\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := contact.Unguard(text)
		if again := contact.Unguard(got); again != got {
			t.Errorf("%q is %q, and that is %q", text, got, again)
		}
		if utf8.ValidString(text) && (!utf8.ValidString(got) || len(got) > len(text)) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
