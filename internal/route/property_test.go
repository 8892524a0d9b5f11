package route

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A plainRule is a rule as a model has it, by which a lead is decided without any expression.
type plainRule struct {
	Rule
	holds func(source, channel string, budget *int) (holds, breaks bool)
}

var letters = []string{"", "a", "b", `"`, "c d"}

// drawRule draws a rule of some that the model can tell.
func drawRule(t *rapid.T, i int) plainRule {
	text := func(name string) string { return rapid.SampledFrom(letters).Draw(t, name) }
	one, two, most := text("one"), text("two"), rapid.IntRange(-2, 2).Draw(t, "most")
	r := plainRule{Rule: Rule{Name: fmt.Sprint("r", i), Enabled: rapid.Bool().Draw(t, "enabled")}}
	r.GroupID = rapid.SampledFrom([]uuid.UUID{uuid.Nil, klang, penang}).Draw(t, "group")
	switch rapid.IntRange(0, 5).Draw(t, "kind") {
	case 0:
		r.When, r.holds = Always, func(string, string, *int) (bool, bool) { return true, false }
	case 1:
		r.When = fmt.Sprintf("source == %q", one)
		r.holds = func(source, _ string, _ *int) (bool, bool) { return source == one, false }
	case 2:
		r.When = fmt.Sprintf("source in [%q, %q] and channel != %q", one, two, two)
		r.holds = func(source, channel string, _ *int) (bool, bool) {
			return (source == one || source == two) && channel != two, false
		}
	case 3:
		r.When = fmt.Sprintf(`channel == %q and fields["budget"] > %d`, one, most)
		r.holds = func(_, channel string, budget *int) (bool, bool) {
			return channel == one && budget != nil && *budget > most, channel == one && budget == nil
		}
	case 4:
		r.When = fmt.Sprintf(`fields["budget"] == %d or source == %q`, most, two)
		r.holds = func(source, _ string, budget *int) (bool, bool) {
			return budget != nil && *budget == most || source == two, false
		}
	default:
		r.When = fmt.Sprintf(`not (channel in [%q]) and source startsWith %q`, one, two)
		r.holds = func(source, channel string, _ *int) (bool, bool) {
			return channel != one && len(source) >= len(two) && source[:len(two)] == two, false
		}
	}
	return r
}

// TestDecisionsAreThoseOfAPlainModel, whatever the rules, the leads and the groups that are gone; and rules that were kept decide as
// those that were checked.
func TestDecisionsAreThoseOfAPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var plain []plainRule
		var rules []Rule
		for i := range rapid.IntRange(0, 12).Draw(t, "rules") {
			r := drawRule(t, i)
			plain, rules = append(plain, r), append(rules, r.Rule)
		}
		l, faults := Compile(3, rules)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		gone := func(g uuid.UUID) bool { return g == penang }
		for range 5 {
			source, channel := rapid.SampledFrom(letters).Draw(t, "source"), rapid.SampledFrom(letters).Draw(t, "channel")
			fields, budget := "{}", rapid.Ptr(rapid.IntRange(-2, 2), true).Draw(t, "budget")
			if budget != nil {
				fields = fmt.Sprintf(rapid.SampledFrom([]string{`{"budget":%d}`, `{"budget":"%d"}`, `{"budget":" %d.0 "}`}).Draw(t, "spelling"), *budget)
			}
			var rule string
			var broken []string
			for _, r := range plain {
				if !r.Enabled {
					continue
				}
				holds, breaks := r.holds(source, channel, budget)
				if breaks || holds && r.GroupID == penang {
					broken = append(broken, r.Name)
				} else if holds {
					rule = r.Name
					break
				}
			}
			of := Lead{Source: source, Channel: channel, Fields: json.RawMessage(fields), Received: time.Unix(0, 0).UTC()}
			for _, list := range []*List{l, Kept(3, rules)} {
				v := list.Decide(of, gone)
				var names []string
				for _, b := range v.Broken {
					names = append(names, b.Rule)
				}
				if v.Rule != rule || v.Version != 3 || !slices.Equal(names, broken) {
					t.Fatalf("%+v by %q, broken %q; want %q, %q", of, v.Rule, names, rule, broken)
				}
			}
		}
	})
}
