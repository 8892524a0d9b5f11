package ingest

import (
	"net/http"
	"testing"
	"time"
)

func TestPlatformsSayWhenToAskAgain(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "120": 2 * time.Minute, " 7 ": 7 * time.Second, "9223372036854775807": maxRetryAfter, "99999999999999999999": 0,
		in(10 * time.Minute): 10 * time.Minute, in(-time.Hour): 0, in(1000 * time.Hour): maxRetryAfter,
	} {
		if got := retryAfter(http.Header{"Retry-After": {header}}); got > want || got < want-time.Minute {
			t.Errorf("%q is %v", header, got)
		}
	}
}
