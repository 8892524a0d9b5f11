// Package retryafter reads for how long a server that refused us wants to be left in peace. Whoever asks platforms or tells
// webhooks calls it. It does no I/O, and uses nothing of ours.
package retryafter

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Of is how long the header Retry-After asks to wait, in seconds or until a time: most at the most, and 0 where it does not.
func Of(header http.Header, now time.Time, most time.Duration) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(most/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), most)
	}
	return 0
}
