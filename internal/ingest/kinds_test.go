package ingest

import (
	"slices"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A kind that the domain gains is one that the API offers, so it must be all here: its provider, its settings and, where its
// leads are fetched, the platform that gives them.
func TestEveryKindIsWhole(t *testing.T) {
	for _, name := range lead.Kinds() {
		k := providers[name]
		if k == nil || k.Provider == nil || len(k.fields) == 0 {
			t.Errorf("kind %s cannot be made: it needs a row in kinds.go", name)
			continue
		}
		fetched := slices.Contains(lead.FetchedKinds(), name)
		if fetched != (k.platform != nil) {
			t.Errorf("kind %s is fetched by the domain's word: %v; but has it a platform in kinds.go: %v", name, fetched, k.platform != nil)
		}
		if _, reads := sortOf[answerReader](name); fetched != reads {
			t.Errorf("kind %s is fetched: %v; but can its provider read a fetched lead: %v", name, fetched, reads)
		}
		if k.platform == nil {
			continue
		}
		if _, lists := k.platform(Platforms{}, nil, nil).(lister); lists != name.Listed() {
			t.Errorf("kind %s is listed by the domain's word: %v; but can its platform list: %v", name, name.Listed(), lists)
		}
	}
	for name := range providers {
		if !slices.Contains(lead.Kinds(), name) {
			t.Errorf("kind %s is not one of the domain's", name)
		}
	}
}
