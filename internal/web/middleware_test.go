package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/requestid"
)

func TestPanicBecomesAProblem(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	log := slog.New(requestid.Handler(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(http.ResponseWriter, *http.Request) { panic("oh no") })
	h := logged(log, recovered(log, unmatched(mux)))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/items/aina@example.com?q=secret", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":"internal_error"`) || strings.Contains(w.Body.String(), "oh no") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	text := logs.String()
	if id := w.Header().Get("X-Request-Id"); id == "" || strings.Count(text, id) != 2 {
		t.Errorf("request %q in %s", id, text)
	}
	if !strings.Contains(text, `"route":"GET /items/{id}"`) || !strings.Contains(text, `"status":500`) {
		t.Error(text)
	}
	if strings.Contains(text, "aina") || strings.Contains(text, "secret") {
		t.Error("the log has what was in the address:", text)
	}
}

func TestPanicAfterTheAnswerBeganBreaksOff(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	server := httptest.NewServer(recovered(log, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic("oh no")
	})))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := new(bytes.Buffer).ReadFrom(response.Body); err == nil {
		t.Error("half an answer looks whole")
	}
}

// TestIDsThatClimbAreNothing asks for ids that are parts of paths, with which the mux would send callers to other addresses.
func TestIDsThatClimbAreNothing(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/leads/{id}", func(http.ResponseWriter, *http.Request) {})
	for path, want := range map[string]int{
		"/v1/leads/..": 404, "/v1/leads/%2e%2e": 404, "/v1/leads/..%2f..": 404, "/v1/leads/./x": 404, "/v1/leads/../leads/x": 404,
		"/v1/leads/x": 200, "/v1/leads/...": 200, "/v1/leads/a..b": 200, "/v1//leads/x": 307, "//v1/leads/x": 307,
	} {
		w := httptest.NewRecorder()
		unmatched(mux).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com"+path, nil))
		if w.Code != want || want == 404 && !strings.Contains(w.Body.String(), `"code":"not_found"`) {
			t.Errorf("%s is answered %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
}
