package web

import (
	"cmp"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/leadwheel/leadwheel/internal/tracing"
)

// traced has each request begin a part of a trace, named by its route's pattern: addresses have tokens in them. Programs that call the API
// may say to which trace theirs belongs; what strangers say of that is only noted. Probes are not traced.
func traced(tracer *tracing.Tracer, next http.Handler) http.Handler {
	if tracer == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			next.ServeHTTP(w, r)
			return
		}
		r, span := tracer.Request(r, strings.HasPrefix(r.URL.Path, "/v1/"))
		recorder, status := recording(w), http.StatusInternalServerError
		defer func() {
			if _, path, named := strings.Cut(r.Pattern, " "); named {
				span.SetName(r.Pattern)
				span.SetAttributes(attribute.String("http.route", path))
			}
			if status >= http.StatusInternalServerError {
				span.SetStatus(codes.Error, http.StatusText(status))
			}
			tracing.End(span, nil, attribute.Int("http.response.status_code", status))
		}()
		next.ServeHTTP(recorder, r)
		status = cmp.Or(recorder.status, http.StatusOK)
	})
}
