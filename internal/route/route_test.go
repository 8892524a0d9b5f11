package route

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var (
	klang  = uuid.MustParse("0190aaaa-0000-7000-8000-000000000001")
	penang = uuid.MustParse("0190aaaa-0000-7000-8000-000000000002")
)

func never(uuid.UUID) bool { return false }

// siti is a lead that came in on a Saturday at nine in the evening.
func siti() Lead {
	return Lead{
		Source: "Facebook", SourceID: "0190bbbb-0000-7000-8000-000000000001", Channel: "meta", Integration: "Condo ads",
		Email: "Siti.Rahman@Example.COM", PhoneE164: "+60123456789",
		Fields:      json.RawMessage(`{"budget":"650000","rooms":3,"city":"Klang","agent":null,"interests":["pool","gym"],"language":"ms_MY"}`),
		Attribution: json.RawMessage(`{"campaign_id":"1203","form_id":"77","platform":"ig"}`),
		Received:    time.Date(2026, 11, 28, 21, 5, 0, 0, time.FixedZone("", 8*3600)),
	}
}

func listOf(t testing.TB, conditions ...string) *List {
	t.Helper()
	rules := make([]Rule, len(conditions))
	for i, c := range conditions {
		rules[i] = Rule{Name: fmt.Sprint("r", i), When: c, GroupID: klang, Enabled: true}
	}
	l, faults := Compile(1, rules)
	if len(faults) > 0 {
		t.Fatalf("%v", faults)
	}
	return l
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]bool{
		`source == "Facebook"`:                                      true,
		`lower(source) == "facebook" and channel != "api"`:          true,
		`source in ["Google", "Facebook"]`:                          true,
		`integration startsWith "Condo"`:                            true,
		`campaign_id == "1203" && form_id == "77"`:                  true,
		`platform == "fb"`:                                          false,
		`phone_country in ["MY", "SG"]`:                             true,
		`email_domain == "example.com"`:                             true,
		`language == "ms"`:                                          true,
		`received.hour >= 18 or received.weekday in ["sat", "sun"]`: true,
		`received.hour in 9..17`:                                    false,
		`fields["city"] == "Klang"`:                                 true,
		`fields.city matches "(?i)^kl"`:                             true,
		`fields["budget"] > 500000`:                                 true, // a text that is compared with a number
		`500000 < fields["budget"]`:                                 true,
		`fields["budget"] == 650000`:                                true,
		`fields["rooms"] == 3`:                                      true,
		`fields["rooms"] >= 2.5`:                                    true,
		`fields["rooms"] % 2 == 1`:                                  true,
		`fields["city"] == 3`:                                       false,
		`fields["city"] != 3`:                                       true,
		`int(fields["budget"]) > 500000`:                            true,
		`"pool" in fields["interests"]`:                             true,
		`"pool" in fields`:                                          false,
		`fields["nothing"] == "x"`:                                  false,
		`fields["nothing"] == nil`:                                  true,
		`(fields["nothing"] ?? "none") == "none"`:                   true,
		`fields["agent"]?.name == nil`:                              true,
		`not test`:                                                  true,
		`test ? true : channel == "meta"`:                           true,
		`true`:                                                      true,
		`false`:                                                     false,
		`len(source) == 8 and trim(" a ") == "a"`:                   true,
	} {
		v := listOf(t, condition).Decide(siti(), never)
		if v.Decided() != want || len(v.Broken) > 0 {
			t.Errorf("%s: %v, broken %v; want %v", condition, v.Decided(), v.Broken, want)
		}
	}
}

// TestBrokenRulesDoNotHold has rules that ask for what is not there: the next one decides, and the verdict says so without
// anything of the lead.
func TestBrokenRulesDoNotHold(t *testing.T) {
	t.Parallel()
	l := listOf(t, `fields["income"] > 5000`, `fields["city"] > 5`, `int(fields["city"]) > 5`, `fields["city"].x == "x"`,
		`fields.agent.name == "Aina"`, `1 % int(fields["rooms"] - 3) == 1`, Always)
	v := l.Decide(siti(), never)
	if v.Rule != "r6" || v.GroupID != klang || len(v.Broken) != 6 {
		t.Fatalf("%+v", v)
	}
	for _, b := range v.Broken {
		if strings.Contains(b.Why, "Klang") || !strings.Contains(b.Why, "line 1, column ") {
			t.Errorf("%s: %s", b.Rule, b.Why)
		}
	}
	if !strings.Contains(v.Broken[0].Why, "a field that the lead does not have") {
		t.Errorf("%s", v.Broken[0].Why)
	}
}

func TestTheFirstThatHoldsDecides(t *testing.T) {
	t.Parallel()
	rules := []Rule{
		{"off", Always, penang, false},
		{"Google", `source == "Google"`, penang, true},
		{"gone", `source == "Facebook"`, penang, true},
		{"nobody", `source == "Facebook"`, uuid.Nil, true},
		{"everything else", "", klang, true},
	}
	l, faults := Compile(7, Normal(rules))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	gone := func(g uuid.UUID) bool { return g == penang }
	want := Verdict{Version: 7, Rule: "nobody", Broken: []Broken{{"gone", whyGone}}, evaluated: 3}
	if diff := cmp.Diff(want, l.Decide(siti(), gone), cmp.AllowUnexported(Verdict{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	other := siti()
	other.Source = "Walk-in"
	if v := l.Decide(other, gone); v.Rule != "everything else" || v.GroupID != klang {
		t.Errorf("%+v", v)
	}
	if diff := cmp.Diff([]uuid.UUID{penang, klang}, l.Groups()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	none, _ := Compile(0, nil)
	if v := none.Decide(siti(), never); v.Decided() {
		t.Errorf("a list without rules decides: %+v", v)
	}
}

// TestFaultsNameTheirPlace holds what is refused, and where.
func TestFaultsNameTheirPlace(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		``:                    "1:1 only the last rule may do without",
		`sorce == "Facebook"`: "1:1 unknown name sorce",
		"source == \"Facebook\" and\n  chanel == 1": "2:3 unknown name chanel",
		`source == `:                        "1:10 unexpected token EOF",
		`source`:                            "1:1 expected bool, but got string",
		`source == 5`:                       "1:8 invalid operation: ==",
		`received.minute == 3`:              "1:10 type route.received has no field minute",
		`source matches "("`:                "1:16 this pattern cannot be read",
		`source matches fields["p"]`:        "1:22 a pattern must be written out",
		`source matches "(a{100}){100}"`:    "1:16 this pattern cannot be read",
		`source matches "(a{30}b{30}){30}"`: "1:16 this pattern, with those of the rules before it, costs too much",
		`received.hour in 1..100000000`:     "1:19 a range goes from one written number",
		`let x = source; x == "a"`:          "1:5 this is not known here",
		`all([1], # > 0)`:                   "1:10",
		`now().Unix() > 0`:                  "1:7 methods cannot be called here",
		`filter(fields, true) == nil`:       "1:16 this is not known here",
		`$env == nil`:                       "1:1 the whole lead cannot",
		`fields["a"] = 3`:                   "1:13",
		`repeat(source, 1000000) == ""`:     "1:1 unknown name repeat",
		`{"a": 1} == nil`:                   "1:1 this is not known here",
		strings.Repeat("x", MaxWhen+1):      "1:1001 a condition has 1000 characters at the most",
		strings.Repeat("!", 900) + "test":   "exceeds maximum allowed nodes",
	} {
		_, faults := Compile(1, []Rule{{"ok", Always, klang, true}, {"bad", when, klang, false}, {"last", Always, klang, true}})
		if len(faults) != 1 || faults[0].Rule != 1 || faults[0].Field != "when" {
			t.Errorf("%.40q: %v", when, faults)
			continue
		}
		if got := fmt.Sprintf("%d:%d %s", faults[0].Line, faults[0].Column, faults[0].Message); !strings.Contains(got, want) {
			t.Errorf("%.40q: %s, want %s", when, got, want)
		}
	}
}

func TestFaultsOfNames(t *testing.T) {
	t.Parallel()
	_, faults := Compile(1, []Rule{{" \u200b", Always, klang, true}, {"a", Always, klang, true}, {"A", "x", klang, true}, {strings.Repeat("n", MaxName+1), Always, klang, true}})
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d %s", f.Rule, f.Field))
	}
	if diff := cmp.Diff([]string{"0 name", "2 name", "2 when", "3 name"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, faults := Compile(1, make([]Rule, MaxRules+1)); len(faults) != 1 {
		t.Errorf("%d faults of too many rules", len(faults))
	}
}

// TestPatternsCostTogether has each pattern be cheap, and all of them dear.
func TestPatternsCostTogether(t *testing.T) {
	t.Parallel()
	rules := make([]Rule, 50)
	for i := range rules {
		rules[i] = Rule{fmt.Sprint(i), `source matches "^(facebook|instagram|google|tiktok)+$"`, klang, true}
	}
	_, faults := Compile(1, rules)
	if len(faults) == 0 || faults[0].Rule < 10 {
		t.Errorf("%v", faults)
	}
}

// TestEachRuleIsAskedOnce counts evaluations: those behind the one that decides are not asked, and no lead asks one twice.
func TestEachRuleIsAskedOnce(t *testing.T) {
	t.Parallel()
	l := manyRules(t, 200)
	for source, want := range map[string]int{"Source 0": 1, "Source 120": 121, "Walk-in": 200} {
		of := siti()
		of.Source = source
		if v := l.Decide(of, never); v.evaluated != want || !v.Decided() {
			t.Errorf("%s: %d conditions were worked out, want %d", source, v.evaluated, want)
		}
	}
}

// manyRules is a list of which the last one takes whatever the others leave.
func manyRules(t testing.TB, n int) *List {
	conditions := make([]string, n)
	for i := range conditions {
		conditions[i] = fmt.Sprintf(`source == "Source %d" and fields["city"] in ["Klang", "Ipoh"]`, i)
		if i%10 == 9 {
			conditions[i] = fmt.Sprintf(`fields["budget"] > %d and phone_country == "MY"`, 10_000_000+i)
		}
	}
	conditions[n-1] = Always
	return listOf(t, conditions...)
}

// BenchmarkDecide200 is a lead that asks all of 200 rules; it is to take 50 µs at the most.
func BenchmarkDecide200(b *testing.B) {
	l, of := manyRules(b, 200), siti()
	of.Source = "Walk-in"
	b.ReportAllocs()
	for b.Loop() {
		if v := l.Decide(of, never); v.evaluated != 200 {
			b.Fatal(v)
		}
	}
}

// TestOneListIsAskedByMany at once, as by the requests of a busy workspace.
func TestOneListIsAskedByMany(t *testing.T) {
	t.Parallel()
	l := listOf(t, `source matches "^F.*k$" and fields["budget"] > 1`, `fields["city"] in ["Klang"]`, Always)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				if v := l.Decide(siti(), never); v.Rule != "r0" {
					t.Errorf("%+v", v)
				}
			}
		})
	}
	all.Wait()
}

// TestHostileRulesStayBounded compiles and asks what costs the most of what is allowed.
func TestHostileRulesStayBounded(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	long := strings.Repeat("a", 70_000)
	of := siti()
	of.Source = long
	of.Fields = json.RawMessage(`{"a":"` + long + `","deep":` + strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000) + `}`)
	rules := make([]Rule, MaxRules)
	for i := range rules {
		when := `"` + strings.Repeat("b", 900) + `" in fields["deep"] or fields["a"] contains "ab" or source == fields["a"] + source`
		if i == 0 {
			when = `source matches "` + strings.Repeat("(a?a?)*", 20) + `b$" or fields["a"] matches "^(.*a){40}b$"`
		}
		rules[i] = Rule{fmt.Sprint("r", i), when, klang, true}
	}
	l, faults := Compile(1, rules)
	if len(faults) > 0 {
		t.Fatal(faults[0])
	}
	for range 10 {
		if v := l.Decide(of, never); v.Decided() || v.evaluated != MaxRules {
			t.Fatalf("%+v", v)
		}
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("ten leads took %s", took)
	}
	for _, when := range []string{strings.Repeat("(", 490) + "test" + strings.Repeat(")", 490), strings.Repeat("not ", 180) + "test", strings.Repeat("[", 180) + strings.Repeat("]", 180) + " == nil", "test" + strings.Repeat(" ? test : test", 60)} {
		Compile(1, []Rule{{"one", when, klang, true}})
	}
}

// TestLanguages reads what forms and ads say of languages.
func TestLanguages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"en-US": "en", "zh_Hans_CN": "zh", "ms": "ms", " EN ": "en", "Bahasa Melayu": "bahasa melayu", "": ""} {
		if got := languageOf(map[string]any{"locale": text}); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
