package route

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzWhen has any text be a condition, and any lead be asked by it: it compiles, or a fault names a place in it, in bounded time and
// without panics; and what it decides of a lead it decides again.
func FuzzWhen(f *testing.F) {
	for _, when := range []string{
		`source == "Facebook"`, `fields["budget"] > 500000 and received.hour in 9..17`, `phone_country in ["MY","SG"]`,
		`source matches "(?i)^(a|b){1,20}$"`, `not (test or fields["a"]?.b[0].c == nil)`, "source ==\n\n  ", `((((((`, `"\u{110000}"`,
		`1 / 0 == 1`, `1 % 0 == 1`, `9223372036854775807 + 1 > 0`, `fields[fields["a"]] == fields`, `"a" in fields ?? true`,
		`let x = source; x == x`, `1..100000000 == nil`, `source[0:3] == "a"`, "b\"\\xff\" == nil", "\x00", "`a`", `// comment`, `true # false`,
		`int("9e999") > 1`, `abs(fields["n"]) ** 99 > 1`, `source | lower() == "a"`, `fields.a.b.c`, `received == received`, `fields not in [fields]`,
	} {
		f.Add(when, `{"a":[{"b":null}],"budget":"12"}`, "Facebook", "+60123456789", "a@b.co", int64(0))
	}
	f.Add(`fields["x"] > 1`, `{"x":{"x":"1e999"}}`, "\xff", "+", "@", int64(-1))
	f.Fuzz(func(t *testing.T, when, fields, source, phone, email string, at int64) {
		begun := time.Now()
		l, faults := Compile(1, Normal([]Rule{{"one", when, klang, true}, {"two", Always, klang, true}}))
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Column > utf8.RuneCountInString(when)+2 || fault.Message == "" {
				t.Errorf("%q: %+v", when, fault)
			}
		}
		if (l == nil) != (len(faults) > 0) {
			t.Fatalf("list %v, faults %v", l, faults)
		}
		if l != nil {
			of := Lead{
				Source: source, Email: email, PhoneE164: phone, Fields: json.RawMessage(fields), Attribution: json.RawMessage(fields),
				Received: time.Unix(at, 0).UTC(),
			}
			v, again := l.Decide(of, never), l.Decide(of, never)
			if !v.Decided() || v.Rule != again.Rule || len(v.Broken) != len(again.Broken) {
				t.Errorf("%q: %+v, then %+v", when, v, again)
			}
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%q took %s", when, took)
		}
	})
}
