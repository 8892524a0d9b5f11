package retryafter_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/retryafter"
)

func TestOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for header, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "-5 soon": 0, "120": 2 * time.Minute, " 7 ": 7 * time.Second, "1.5": 0,
		"9223372036854775807": time.Hour, "99999999999999999999": 0,
		in(10 * time.Minute): 10 * time.Minute, in(-time.Hour): 0, in(1000 * time.Hour): time.Hour,
	} {
		if got := retryafter.Of(http.Header{"Retry-After": {header}}, now, time.Hour); got != want {
			t.Errorf("%q is %v, not %v", header, got, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("120")
	f.Add("Wed, 21 Oct 2015 07:28:00 GMT")
	f.Fuzz(func(t *testing.T, header string) {
		if got := retryafter.Of(http.Header{"Retry-After": {header}}, time.Unix(0, 0), time.Hour); got < 0 || got > time.Hour {
			t.Errorf("%q is %v", header, got)
		}
	})
}
