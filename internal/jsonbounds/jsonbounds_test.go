package jsonbounds

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func many(text string, n int) string { return strings.Repeat(text, n) }

func TestCheck(t *testing.T) {
	t.Parallel()
	limits := Limits{Depth: 4, Name: 10, Text: 20, Members: 5, Items: 6, Values: 30, Roots: 3}
	for text, want := range map[string]string{
		"": "", "  ": "", "{}": "", "null": "", `{"a":[1,2,{"b":"c"}]}`: "", "name=Ada&email=a": "", "{}{}{}": "", `"` + many("\\\"", 10) + `"`: "",
		`[1,2,3,4,5,6]`: "", `{"a":1,"b":2,"c":3,"d":4,"e":5}`: "", `{"0123456789":1}`: "", many("[", 4): "", `{"a":[1,2,3],"b":[1,2,3]}`: "",
		`[1,2,3,4,5,6,7]`:                         "has more than 6 items in one array at ",
		`{"x":{"l":[[],[1,2,3,4,5,6,7]]}}`:        "has more than 6 items in one array at x.l[1]",
		`[1,,,,,,,1]`:                             "has more than 6 items in one array at ",
		`{"a":1,"a":1,"a":1,"a":1,"a":1,"a":1}`:   "has more than 5 members in one object at ",
		`[{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}]`: "has more than 5 members in one object at [0]",
		many("[", 5):                              "nests more than 4 levels deep at ",
		many(`{"a":`, 5):                          "nests more than 4 levels deep at ",
		`{"01234567890":1}`:                       "has a name of more than 10 bytes at ",
		`{"a":{"01234567890" : 1}}`:               "has a name of more than 10 bytes at a",
		`{"\u0061\u0061":1}`:                      "has a name of more than 10 bytes at ",
		`{"a":"` + many("x", 21) + `"}`:           "has a text of more than 20 bytes at a",
		`{"a":"` + many("x", 22):                  "has a text of more than 20 bytes at a",
		"{}{}{}{}":                                "holds more than 3 values at ",
		"1 1 1 1":                                 "holds more than 3 values at ",
		"[][1][[]][]":                             "holds more than 3 values at ",
		"[" + many(`[1,1,1,1],`, 6) + "1]":        "holds more than 30 values at ",
		`["` + many(`","`, 6) + `"]`:              "has more than 6 items in one array at ",
		`{"a":"[[[[[[[{{{{{,,,,,,,","b":"\\"}` + many("]", 99): "",
	} {
		got := ""
		var e *Excess
		if err := Check([]byte(text), limits); errors.As(err, &e) {
			got = e.Error() + " at " + e.Path
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if err := Check([]byte(many(`[{"a":`, 1000)), Limits{}); err == nil {
		t.Error("there is no bottom without limits")
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`!`: "", `{"a":"!"}`: "a", `{"a":{"b":[1,{"c":"!"}]}}`: "a.b[1].c", `{"a!":1}`: "", `{"a":1,"b!":2}`: "", `{"a":{"x":1},"b":!}`: "b",
		`[[1],[2,"!"]]`: "[1][1]", `{"a":1}!`: "", `{"` + many("n", 200) + `":"!"}`: many("n", 100) + "…", `{"a":"x" !`: "a",
	} {
		if got := Path([]byte(text), strings.Index(text, "!")); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestCheckIsLinear reads what makes readers of JSON slow: eight times as much of it takes about eight times as long, and
// nothing is allocated for it. It runs alone, or it would count what others allocate.
func TestCheckIsLinear(t *testing.T) {
	const size = 1 << 15
	small, large := slowTexts(size), slowTexts(8*size)
	for kind, text := range large {
		took := fastest(text)
		if ratio := float64(took) / float64(fastest(small[kind])); ratio > 30 { // 64 where it is quadratic
			t.Errorf("%s: eight times as much takes %.0f times as long", kind, ratio)
		}
		body := []byte(text)
		if allocated := testing.AllocsPerRun(1, func() { _ = Check(body, Limits{}); _ = Path(body, len(body)-1) }); allocated > 50 {
			t.Errorf("%s: %g allocations", kind, allocated)
		}
	}
}

// fastest is how long a text takes where nothing else gets in the way.
func fastest(text string) time.Duration {
	body, best := []byte(text), time.Hour
	for range 5 {
		began := time.Now()
		_ = Check(body, Limits{})
		_ = Path(body, len(body)-1)
		best = min(best, time.Since(began))
	}
	return best
}

// slowTexts are texts of about so many bytes, by what is in them.
func slowTexts(size int) map[string]string {
	name := many("n", size/2)
	return map[string]string{
		"ones": "[" + many("1,", size/2), "objects": many("{}", size/2), "escapes": `"` + many(`\u0041`, size/6), "backslashes": `"` + many(`\\`, size/2),
		"names": "{" + many(`"a":1,`, size/6), "a long name": `{"` + name + `":[` + many("1,", size/8), "quotes": many(`"`, size), "colons": many(`:`, size),
		"blanks": many(" ", size), "commas": "[" + many(",", size), "in and out": many("[]", size/2), "words": many("a ", size/2),
	}
}

// FuzzCheck holds the scanner against encoding/json: where that can read a text, both count alike.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":null}],"c":"\"\\"}`, `[[],{}]`, `1 2`, `"`, `{"a" : 1 , "b":[ ] }`, "\ufeff{}", `[1e5,-0.1,true]`, "a=b&c=d", `{"a":{"a":`} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		_ = Path(text, at)
		depth, values := measure(text)
		if depth == 0 || depth > MaxDepth {
			_ = Check(text, Limits{Depth: 3, Name: 3, Text: 3, Members: 3, Items: 3, Values: 3, Roots: 1})
			return
		}
		if err := Check(text, Limits{Depth: depth, Values: values, Roots: 1}); err != nil {
			t.Errorf("%q of depth %d with %d values: %v", text, depth, values, err)
		}
		if values > 1 && Check(text, Limits{Values: values - 1}) == nil {
			t.Errorf("%q has %d values and passes for fewer", text, values)
		}
		if depth > 1 && Check(text, Limits{Depth: depth - 1}) == nil {
			t.Errorf("%q is %d deep and passes for less", text, depth)
		}
	})
}

// measure counts an object or array as encoding/json reads it; the depth of anything else is 0.
func measure(text []byte) (depth, values int) {
	if !json.Valid(text) {
		return 0, 0
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	open := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			return depth, values
		}
		switch fmt.Sprint(token) {
		case "}", "]":
			if _, is := token.(json.Delim); is {
				open--
				continue
			}
		case "{", "[":
			if _, is := token.(json.Delim); is {
				open++
				depth = max(depth, open)
			}
		}
		values++
	}
}
