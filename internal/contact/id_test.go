package contact_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// TestIDsThatAreNone has what programs, templates and spreadsheets write where they have no id.
func TestIDsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "undefined", "null", "NULL", "nil", "0", "00", "0.0", "0000000000", "00000000-0000-0000-0000-000000000000",
		"{00000000-0000-0000-0000-000000000000}", "N/A", "n/a", "na", "none", "None", "-", "--", "—", "?", ".", "*", "[object Object]",
		"{{lead.id}}", "{{ lead.id }}", "{id}", "{lead_id}", "%ID%", "%%ID%%", "${lead.id}", "${id}-${form}", "<id>", "<lead id>",
		"__ID__", "__CLICKID__", "#REF!", "#N/A", "#VALUE!", "#SPILL!", "#BEZUG!", "[[id]]", "[id]", "*|ID|*", "<%= id %>", "{%id%}",
		"{!Lead.Id}", ":id", "$id", "@{triggerBody}", "$(id)", "NaN", "false", "true", "-1", "undefined-undefined", "null_null",
		"lead-undefined", "order:null", "id", "lead_id", "string", "XXX", "???", "unknown", "\u200b", "=\"\"", "'", "=\"undefined\"", "l:",
		"9.0010020030040E+14", "9.00100200300400E+17", "9,001E+14", "7.41235E18", "9.007199254740992E+15", "1E+3", "9E+14", "9.001002003004e14",
	} {
		if got := contact.ID(text); got != "" {
			t.Errorf("%q is the id %q", text, got)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"900100200300401":                        "900100200300401",
		`="900100200300401"`:                     "900100200300401",
		"'900100200300401":                       "900100200300401",
		"\ufeff900100200300404":                  "900100200300404",
		"l:900100200300405":                      "900100200300405",
		"\u200el:900100200300405":                "900100200300405",
		"9.00100200300401E+14":                   "900100200300401",
		"9,00100200300401E+14":                   "900100200300401",
		"9.00100200300401E14":                    "900100200300401",
		"900100200300401.0":                      "900100200300401",
		"900,100,200,300,401":                    "900100200300401",
		"1":                                      "1",
		"1,2":                                    "1,2",
		"5e3":                                    "5e3",
		"1e10":                                   "1e10",
		"00123":                                  "00123",
		"l:abc":                                  "l:abc",
		"{3F2504E0-4F89-41D3-9A0C-0305E82C3301}": "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}",
		"{ABCDEFAB-ABCD-ABCD-ABCD-ABCDEFABCDEF}": "{ABCDEFAB-ABCD-ABCD-ABCD-ABCDEFABCDEF}",
		"<CAF12@mail.example.com>":               "<CAF12@mail.example.com>",
		"null@example.com":                       "null@example.com",
		"2026-undefined-17":                      "2026-undefined-17",
		"nullity":                                "nullity",
		"#1042":                                  "#1042",
		"[42]":                                   "[42]",
		"gid://shopify/Order/1":                  "gid://shopify/Order/1",
		"订单 7":                                   "订单 7",
	} {
		if got := contact.ID(text); got != want {
			t.Errorf("%q is %q, not %q", text, got, want)
		}
	}
}

func TestRoundedIDs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"900100200300400000": true, "7412345678901230000": true, "7412345678901234600": true, "9001002003004000": true,
		"900100200300400": false, "900100200300401001": false, "l900100200300400000": false, "": false, "0": false,
	} {
		if got := contact.Rounded(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func FuzzID(f *testing.F) {
	for _, seed := range []string{"l:1", `="1"`, "{id}", "9.00100200300401E+14", "undefined", "1,234,567.0", "\ufeff0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := contact.ID(text); contact.ID(got) != got {
			t.Errorf("%q is %q, and that is %q", text, got, contact.ID(got))
		}
	})
}

func TestNameKey(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"Radio", "RADIO", " radio ", "Ｒａｄｉｏ", "Ra\u200bdio", "radio\ufeff", "\u202aRadio\u202c", `"Radio"`},
		{"Straße", "STRASSE", "strasse", "STRAẞE"},
		{"Café", "CAFÉ", "Cafe\u0301"},
		{"Trade  Fair", "trade fair", "Trade\u00a0Fair", "TRADE\t FAIR", "Trade\u3000Fair"},
		{"ΟΔΟΣ", "οδος", "οδοσ"},
		{"ﬁrma", "FIRMA"},
		{"INSTAGRAM", "instagram"},
		{"微信", "微信\u200d"},
	} {
		for _, name := range same {
			if got := contact.NameKey(name); got != contact.NameKey(same[0]) || got == "" {
				t.Errorf("%q is %q, and %q is %q", name, got, same[0], contact.NameKey(same[0]))
			}
		}
	}
	for _, none := range []string{"", " ", "\u200b\u200b", "\u3164", "\ufeff \u2060", "\x00", "\u115f"} {
		if got := contact.NameKey(none); got != "" {
			t.Errorf("%q is the name %q", none, got)
		}
	}
	for _, two := range [][2]string{{"Radio 1", "Radio1"}, {"I", "ı"}, {"Café", "Cafe"}} {
		if contact.NameKey(two[0]) == contact.NameKey(two[1]) {
			t.Errorf("%q and %q are one", two[0], two[1])
		}
	}
}

func FuzzNameKey(f *testing.F) {
	for _, seed := range []string{"Straße", "ΟΔΟΣ", "\u200b", "İ", "ﬁ", "a\u0345\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if key := contact.NameKey(name); contact.NameKey(key) != key {
			t.Errorf("%q is %q, and that is %q", name, key, contact.NameKey(key))
		}
	})
}

// TestOtherPeople has contacts that are one person's, that are two people's, and that leave it open.
func TestOtherPeople(t *testing.T) {
	t.Parallel()
	type one struct{ email, phone string }
	for _, c := range []struct {
		a, b  one
		other bool
	}{
		{one{"ada@example.com", ""}, one{"bea@example.com", ""}, true},
		{one{"ada@example.com", ""}, one{" ADA@example.com", ""}, false},
		{one{"ada@example.com", ""}, one{"", "012-345 6789"}, false},
		{one{"", ""}, one{"bea@example.com", ""}, false},
		{one{"", "012-345 6789"}, one{"", "+60 12 345 6789"}, false},
		{one{"", "012-345 6789"}, one{"", "012-345 6780"}, true},
		{one{"ada@example.com", "012-345 6789"}, one{"new@example.com", "0123456789"}, false},
		{one{"ada@example.com", "012-345 6789"}, one{"ada@example.com", "0123456780"}, false},
		{one{"ada@example.com", ""}, one{"bea@example.com", "0123456780"}, true},
		{one{"ada@example.com", "0123456789"}, one{"", "0123456780"}, true},
		{one{"", "+6591234567"}, one{"", "6591234567"}, false}, // without its plus no number of Malaysia's
		{one{"", "91234567"}, one{"", "91234568"}, true},
		{one{"", "0123456789"}, one{"", "0123456789 (wife 0198887777)"}, false},
		{one{"", "call me"}, one{"", "012-345 6780"}, false},
		{one{"n/a", "-"}, one{"bea@example.com", "012-345 6780"}, false},
	} {
		a, b := contact.Identify(c.a.email, c.a.phone, "MY"), contact.Identify(c.b.email, c.b.phone, "MY")
		if a.Contradicts(b) != c.other || b.Contradicts(a) != c.other {
			t.Errorf("%+v and %+v: %v", c.a, c.b, !c.other)
		}
	}
}
