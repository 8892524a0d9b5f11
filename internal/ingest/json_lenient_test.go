package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestJSONThatWasPutTogether(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{\"a\":\"x\ny\tz\r\x01\"}":                              `{"a":"x\ny\tz\r "}`,
		`{"a":NaN,"b":-Infinity,"c":+Infinity,"d":undefined}`:    `{"a":null,"b":null,"c":null,"d":null}`,
		`{"a":None,"b":True,"c":False,}`:                         `{"a":null,"b":true,"c":false}`,
		`[1,2,,3,]`:                                              `[1,2,3]`,
		`{"a":,"b":}`:                                            `{"a":null,"b":null}`,
		`{name : "Ada", age:-3.5e2}`:                             `{"name":"Ada","age":-3.5e2}`,
		`{'name':'O\'Hara "x"'}`:                                 `{"name":"O'Hara \"x\""}`,
		`{"a":"C:\path\u00e9\u12"}`:                              `{"a":"C:\\path\u00e9\\u12"}`,
		"{\"a\":1}\x00":                                          `{"a":1}`,
		`{"a":{"b":[1,],},}`:                                     `{"a":{"b":[1]}}`,
		`"{\"a\":\"x\"}"`:                                        `{"a":"x"}`,
		`"\"{\\\"a\\\":1}\""`:                                    `{"a":1}`,
		"\"{\\\"a\\\":\\\"x\\\\ny\\\",}\"":                       `{"a":"x\ny"}`,
		strings.Repeat("[", 60) + "1," + strings.Repeat("]", 60): strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60),
	} {
		values, err := jsonValues([]byte(text))
		if err != nil || len(values) != 1 || string(values[0]) != want {
			t.Errorf("%s\nis read as %s, %v\nwant       %s", text, values, err, want)
		}
	}
	for _, text := range []string{`hello`, `{"a":`, `{"a" "b"}`, `{"a":1}}`, `{`, `{"a":x y}`, "", `{"a":'`, strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if values, err := jsonValues([]byte(text)); err == nil {
			t.Errorf("%s is read as %s", text, values)
		}
	}
}

// However a body was made, reading it takes time and room as it is long.
func TestJSONIsRewrittenInALine(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"\n", ",", "a", "a ", "'", "\\", `\u`, ":", "{'", "[,", "NaN,", "a:", " ", "\"\n"} {
		text := bytes.Repeat([]byte(part), MaxBody/len(part))
		began := time.Now()
		out := lenientJSON(append([]byte(`{"a":"`), text...))
		out = append(out, lenientJSON(text)...)
		if took := time.Since(began); took > 5*time.Second || len(out) > 5*MaxBody {
			t.Errorf("%q took %s and %d bytes", part, took, len(out))
		}
	}
}

func FuzzLenientJSON(f *testing.F) {
	for _, text := range []string{
		"{\"a\":\"x\ny\"}", `{"a":NaN,}`, `{'a':'b'}`, `{a:1}`, `"{\"a\":1}"`, `[1,,2]`, `{"a":}`, `{"a":"\x"}`, `\`, `{"a":"\u12`, `'`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out := lenientJSON(text)
		if len(out) > 2*len(text)+16 {
			t.Errorf("%q became %d bytes", text, len(out))
		}
		// What is right JSON says the same afterwards.
		if json.Valid(text) {
			var before, after bytes.Buffer
			if err := json.Compact(&before, text); err != nil {
				t.Fatal(err)
			}
			if err := json.Compact(&after, out); err != nil || before.String() != after.String() {
				t.Errorf("%q became %q, %v", text, out, err)
			}
		}
	})
}
