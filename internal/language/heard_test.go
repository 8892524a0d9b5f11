package language

import (
	"strings"
	"testing"
	"time"
)

// malay is Malay, with these texts besides.
func malay(texts map[Text]string) *Printer {
	return newPrinter(Malay, printers[Malay].rules, texts)
}

// TestHeardSentences finds each sentence's text again and says it with what stood in it.
func TestHeardSentences(t *testing.T) {
	t.Parallel()
	p := malay(map[Text]string{
		"no such thing": "tiada", "more than %d match": "lebih daripada %d sepadan", "%s: give %d spans at the most": "%[1]s: beri %[2]d paling banyak",
		"%s has %d of %s": "%[3]s: %[2]d pada %[1]s", "the status %q is used": "status %q digunakan", "100%% is %s": "100%% ialah %s", "it is %d %% off": "diskaun %d %%",
		"a %s of it": "umum %s", "a %s of it is known": "khusus %s", "This is needed": "Ini perlu", "Longer than %d": "Lebih daripada %d",
		"It broke. Send it again.": "Ia rosak. Hantar semula.", "Send it again.": "Hantar semula.", "it was left out": "ia ditinggalkan",
	})
	h := NewHeard(map[string]Text{"expected length >= 1": "This is needed", "expected length <= %d": "Longer than %d", "expected to match %s": "This is needed"}, []Text{
		"no such thing", "more than %d match", "%s: give %d spans at the most", "%s has %d of %s", "the status %q is used", "100%% is %s", "it is %d %% off",
		"a %s of it", "a %s of it is known", "It broke. Send it again.", "Send it again.", "it was left out",
	})
	for english, want := range map[string]string{
		"no such thing":                              "tiada",
		"more than 100000 match":                     "lebih daripada 100,000 sepadan",
		"more than many match":                       "more than many match",
		"more than 99999999999999999999 match":       "more than 99999999999999999999 match",
		"mon: give 4 spans at the most":              "mon: beri 4 paling banyak",
		"Ben has 2 of no such thing":                 "tiada: 2 pada Ben", // what stands in a sentence is said too
		`the status "a \"b\"" is used`:               `status "a \"b\"" digunakan`,
		`the status "a is used`:                      `the status "a is used`,
		"100% is %d":                                 "100% ialah %d", // an argument that looks like a format is none
		"100% is 100% is %s %[2]s %!":                "100% ialah 100% ialah %s %[2]s %!",
		"it is 5 % off":                              "diskaun 5 %",
		"a part of it is known":                      "khusus part", // not the shorter one, whose argument it could be
		"a part of it":                               "umum part",
		"expected length >= 1":                       "Ini perlu",
		"expected length <= 20":                      "Lebih daripada 20",
		"expected to match ^a$":                      "Ini perlu",
		"more than 5 match\n":                        "more than 5 match\n",
		"":                                           "",
		"It broke. Send it again.":                   "Ia rosak. Hantar semula.",
		"who knows? it was left out. Send it again.": "who knows? it was left out. Hantar semula.",
		"rows[3].name: no such thing":                "rows[3].name: tiada",
		"more than 5 match; it was left out":         "lebih daripada 5 sepadan; ia ditinggalkan",
		"a part of it; nobody knows. It broke. Send it again.": "umum part; nobody knows. Ia rosak. Hantar semula.",
	} {
		if got := h.Say(p, english); got != want {
			t.Errorf("%q is said\n%q, want\n%q", english, got, want)
		}
	}
	if got := h.Say(In(English), "more than 100000 match; expected length <= 20"); got != "more than 100000 match; Longer than 20" {
		t.Errorf("in English it is %q", got)
	}
	if got := h.Say(In(Brackets), "nobody knows; a no such thing of it"); got != "nobody knows; ⟦a ⟦no such thing⟧ of it⟧" {
		t.Errorf("in brackets it is %q", got)
	}
}

// TestHeardIsBounded takes sentences that are made to be looked at for long.
func TestHeardIsBounded(t *testing.T) {
	t.Parallel()
	var formats []Text
	for _, word := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		formats = append(formats, Text("%s"+word+"%s"+word+"%s; %s"+word), Text(word+"%s %s. %s %s"))
	}
	h, p := NewHeard(nil, formats), malay(nil)
	began := time.Now()
	for _, piece := range []string{"a", "a. ", "; ", "ab; ", "%s", "\"", "a a. a a", "⟦"} {
		for _, n := range []int{10, 100, maxHeard / len(piece), maxHeard, 1_000_000} {
			h.Say(p, strings.Repeat(piece, n))
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	long := strings.Repeat("x", maxHeard) + "; a"
	if got := h.Say(p, long); got != long {
		t.Error("a sentence is changed that is longer than any")
	}
}

// TestHeardRefusesFormats that cannot be found again.
func TestHeardRefusesFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		as   map[string]Text
		list []Text
	}{{list: []Text{"it is %v of it"}}, {list: []Text{"it is %x of it"}}, {as: map[string]Text{"twice": "two"}, list: []Text{"twice"}}, {as: map[string]Text{"one %s": "%s and %s"}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v, %v is taken", c.as, c.list)
				}
			}()
			NewHeard(c.as, c.list)
		}()
	}
}

// FuzzHeard says whatever arrives: it never fails, and English stays as it is.
func FuzzHeard(f *testing.F) {
	formats := []Text{"more than %d match", "%s: %s is %q", "a %s. b %s", "%d %% of it"}
	h, p := NewHeard(nil, formats), malay(nil)
	for _, seed := range []string{"more than 5 match", `x: y is "z"`, "a 1. b 2; 5 % of it", "%!d(string=x)", ". ", "; ; "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, english string) {
		if got := h.Say(In(English), english); got != english {
			t.Errorf("%q is said %q in English", english, got)
		}
		h.Say(p, english)
	})
}
