package web

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// What a request may have before its body. Clients and links have a tenth of it.
const (
	maxQuery   = 16 << 10
	maxParams  = 500
	maxHeaders = 200
)

// decent refuses requests that no client makes: addresses that nothing can have, since no text of the database is like them, and
// more parameters and headers than anything here reads. Answers are nobody's to keep unless their handlers say otherwise: most of
// them are about people.
func decent(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		headers := 0
		for _, values := range r.Header {
			headers += len(values)
		}
		switch {
		case strings.ContainsRune(r.URL.Path, 0) || !utf8.ValidString(r.URL.Path):
			problem.New(http.StatusNotFound, "there is nothing at this address; see /v1/openapi.json").Write(w)
		case len(r.URL.RawQuery) > maxQuery || strings.Count(r.URL.RawQuery, "&") >= maxParams:
			problem.New(http.StatusRequestURITooLong, "the query string is too long; leave out what is not needed").Write(w)
		case headers > maxHeaders:
			problem.New(http.StatusRequestHeaderFieldsTooLarge, "the request has too many headers; leave out what is not needed").Write(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
