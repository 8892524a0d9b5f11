package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCheckText holds what checkText lets through against what Postgres can store: in JSON that it passes no string has
// a NUL, and none was changed by the decoder for want of being Unicode.
func FuzzCheckText(f *testing.F) {
	for _, seed := range []string{
		`{"a":"b"}`, `{"a":"\u0000"}`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, "\"\xff\"", `"\\u0000"`, `{"\u0000":1}`, `[[{"a":["\\\u0000"]}]]`,
		`"\u`, `\`, `"�"`, `{"a":{"a":`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := checkText(body)
		if p != nil {
			if len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0].Location, "body") {
				t.Errorf("%q: %+v", body, p)
			}
			return
		}
		if !utf8.Valid(body) {
			t.Errorf("%q passes", body)
		}
		var v any
		if json.Unmarshal(body, &v) != nil {
			return
		}
		again, err := json.Marshal(v)
		if err != nil || strings.Contains(string(again), `\u0000`) && !strings.Contains(string(again), `\\u0000`) {
			t.Errorf("%q passes as %s, %v", body, again, err)
		}
		if strings.Count(string(again), "�") > strings.Count(string(body), "�")+strings.Count(strings.ToLower(string(body)), `\ufffd`) {
			t.Errorf("%q: the decoder changed it to %s", body, again)
		}
	})
}
