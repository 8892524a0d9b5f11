package tasks

import (
	"strings"
	"testing"
)

// Every kind has all its facts, and its text shows nobody's data.
func TestKindsAreWhole(t *testing.T) {
	t.Parallel()
	for _, name := range []string{KindDistribute, KindIngest, KindFetch, KindNotify, KindWebhook, KindSimulate} {
		k, is := kinds[name]
		if !is || k.retries < 1 || k.timeout < Timeout || k.describe == nil {
			t.Errorf("kind %s has no row, or one that is not whole: %+v", name, k)
			continue
		}
		_, short, _ := strings.Cut(name, ":")
		payload := golden(t, map[string]string{"deliver": "webhook"}[short]+strings.TrimPrefix(short, "deliver")+".json")
		if text := Describe(name, payload); !strings.HasPrefix(text, "workspace ") || strings.Contains(text, "Aisyah") {
			t.Errorf("kind %s is described as %q", name, text)
		}
	}
	if len(kinds) != 6 {
		t.Errorf("%d kinds: name the new ones here", len(kinds))
	}
	if text := Describe("other", []byte("Aisyah")); text != "6 bytes" {
		t.Error(text)
	}
}
