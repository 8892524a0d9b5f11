package lead

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
)

// TestBalanceBy reads what a group balances by, and refuses anything else.
func TestBalanceBy(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"", "source", "campaign", "form", "rule", "field:city", "field:Ort des Hauses"} {
		if got, err := ParseBalanceBy(good); err != nil || string(got) != good {
			t.Errorf("%q is %q, %v", good, got, err)
		}
	}
	for _, bad := range []string{"sources", "Source", "field", "field:", "field: city", "field:" + strings.Repeat("x", 101), "field:a\x00b", "field:\xff"} {
		if got, err := ParseBalanceBy(bad); err == nil {
			t.Errorf("%q is taken for %q", bad, got)
		}
	}
}

// TestLaneValues has each lead take the lane of its value, and those without one a lane of theirs.
func TestLaneValues(t *testing.T) {
	t.Parallel()
	source, integration := uuid.New(), uuid.New()
	l := Traits{
		SourceID: source, IntegrationID: integration, CampaignID: "c1", FormID: "f1", Rule: "French",
		Field: func(name string) string { return map[string]string{"city": "Graz"}[name] },
	}
	for by, want := range map[BalanceBy]string{
		BalanceNothing: "", BalanceSource: source.String(), BalanceCampaign: "c1", BalanceForm: "f1", BalanceRule: "French",
		"field:city": "Graz", "field:town": "",
	} {
		if got := by.Value(l); got != want {
			t.Errorf("by %q it takes lane %q, not %q", by, got, want)
		}
	}
	l.FormID = ""
	if got := BalanceForm.Value(l); got != integration.String() {
		t.Errorf("a lead of no form takes lane %q, not its integration's", got)
	}
	for _, by := range []BalanceBy{BalanceSource, BalanceCampaign, BalanceForm, BalanceRule, "field:city"} {
		if got := by.Value(Traits{}); got != "" {
			t.Errorf("by %q a lead of nothing takes lane %q", by, got)
		}
	}
}

// FuzzBalanceBy reads any text, and cuts any value to what tells it from others.
func FuzzBalanceBy(f *testing.F) {
	for _, seed := range []string{"", "source", "field:city", "field:", "field:\xff", strings.Repeat("ä", 101)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if by, err := ParseBalanceBy(text); err == nil && (string(by) != text || strings.HasPrefix(text, "field:") != (by.Field() != "")) {
			t.Fatalf("%q is read as %q", text, by)
		}
		value := LaneValue(text)
		if !strings.HasPrefix(text, value) || utf8.ValidString(text) && (!utf8.ValidString(value) || utf8.RuneCountInString(value) > MaxLaneValue) {
			t.Fatalf("%q is cut to %q", text, value)
		}
	})
}
