package requestid_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/requestid"
)

const (
	trace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	parent = "00-" + trace + "-00f067aa0ba902b7-01"
)

func TestOf(t *testing.T) {
	t.Parallel()
	made := ""
	for name, c := range map[string]struct {
		ids, parents []string
		want         string
	}{
		"none":                      {nil, nil, made},
		"a client's":                {[]string{"order-desk_7f.A"}, nil, "order-desk_7f.A"},
		"a UUID":                    {[]string{"01a202e7-002b-762c-9bd2-addc89c82226"}, nil, "01a202e7-002b-762c-9bd2-addc89c82226"},
		"a proxy's":                 {[]string{"12345678901234567890123456789012"}, nil, "12345678901234567890123456789012"},
		"a trace":                   {nil, []string{parent}, trace},
		"its own before the trace":  {[]string{"order-desk"}, []string{parent}, "order-desk"},
		"a bad one, and a trace":    {[]string{"a b c d e f"}, []string{parent}, trace},
		"two":                       {[]string{"order-desk", "other-desk"}, nil, made},
		"an address":                {[]string{"aina@example.com"}, nil, made},
		"a number":                  {[]string{"60123456789"}, nil, made},
		"a number with more":        {[]string{"call-012-345-6789"}, nil, made},
		"short":                     {[]string{"1"}, nil, made},
		"long":                      {[]string{strings.Repeat("a", 129)}, nil, made},
		"quoting":                   {[]string{`"><script>alert()`}, nil, made},
		"a later version":           {nil, []string{"cc-" + trace + "-00f067aa0ba902b7-01-what-comes"}, trace},
		"version 00 with more":      {nil, []string{parent + "-more"}, made},
		"a version that is none":    {nil, []string{"ff" + parent[2:]}, made},
		"a trace of zeros":          {nil, []string{"00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01"}, made},
		"a parent of zeros":         {nil, []string{"00-" + trace + "-" + strings.Repeat("0", 16) + "-01"}, made},
		"capitals":                  {nil, []string{strings.ToUpper(parent)}, made},
		"a trace cut off":           {nil, []string{parent[:54]}, made},
		"two traces":                {nil, []string{parent, parent}, made},
		"a line's end in the trace": {nil, []string{parent + "\n"}, made},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["X-Request-Id"], r.Header["Traceparent"] = c.ids, c.parents
		got := requestid.Of(r)
		if _, err := uuid.Parse(got); c.want != got && (c.want != made || err != nil) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLinesUnderARequestHaveItsID(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(requestid.Handler(slog.NewJSONHandler(&b, nil))).With("a", 1)
	ctx := requestid.With(context.Background(), "order-desk")
	log.InfoContext(ctx, "under it")
	log.Info("apart")
	lines := strings.Split(b.String(), "\n")
	if !strings.Contains(lines[0], `"a":1,"request_id":"order-desk"`) || strings.Contains(lines[1], "request_id") {
		t.Error(b.String())
	}
}

func FuzzOf(f *testing.F) {
	f.Add("order-desk", parent)
	f.Fuzz(func(t *testing.T, id, parent string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header["X-Request-Id"], r.Header["Traceparent"] = []string{id}, []string{parent}
		if got := requestid.Of(r); len(got) < 8 || len(got) > 128 || strings.ContainsAny(got, "@ <>\"'\r\n\x00") {
			t.Errorf("%q", got)
		}
	})
}
