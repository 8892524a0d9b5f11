package ingest

import "testing"

// TestEveryKindCanBeTried, so that none is set up without being tried.
func TestEveryKindCanBeTried(t *testing.T) {
	t.Parallel()
	for kind := range providers {
		if trials[kind] == nil {
			t.Errorf("integrations of kind %s cannot be sent a test", kind)
		}
	}
}
