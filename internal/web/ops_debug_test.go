package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

// leveled are the operators' pages of a process whose log can be made to say more.
func leveled(t *testing.T, key string) (h http.Handler, log *slog.Logger, said *testenv.Log) {
	t.Helper()
	level, said := new(slog.LevelVar), new(testenv.Log)
	log = slog.New(slog.NewJSONHandler(said, &slog.HandlerOptions{Level: level}))
	return web.NewOps(web.OpsOptions{
		Metrics: prometheus.NewRegistry(), Redis: testenv.New(t).Redis, QueuesKey: key, QueuesClosed: key != "", Log: log, LogLevel: level,
	}), log, said
}

func put(t *testing.T, h http.Handler, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/log-level", strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestTheLogLevelCanBeChanged changes it there and back, and sends what is none.
func TestTheLogLevelCanBeChanged(t *testing.T) {
	t.Parallel()
	h, log, said := leveled(t, "")
	if log.Enabled(t.Context(), slog.LevelDebug) {
		t.Fatal("it begins at debug")
	}
	if w := put(t, h, `{"level":"debug"}`); w.Code != 200 || w.Body.String() != `{"level":"debug"}`+"\n" || !log.Enabled(t.Context(), slog.LevelDebug) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(t, h, "/"); !strings.Contains(w.Body.String(), "Log level</a>: debug") {
		t.Errorf("the page says %s", w.Body)
	}
	for _, body := range []string{``, `debug`, `{"level":"loud"}`, `{"level":"info","for":"1h"}`, `{"level":4}`, `{"level":"` + strings.Repeat("x", 5000) + `"}`} {
		w := put(t, h, body)
		if w.Code != 422 || !strings.Contains(w.Body.String(), `"location":"body.level"`) || strings.Contains(w.Body.String(), "loud") {
			t.Errorf("%.40s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := get(t, h, "/log-level"); w.Body.String() != `{"level":"debug"}`+"\n" {
		t.Errorf("after what cannot be read it is %s", w.Body)
	}
	if w := put(t, h, `{"level":"ERROR"}`); w.Code != 200 || log.Enabled(t.Context(), slog.LevelWarn) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if text := said.String(); !strings.Contains(text, `"from":"info","to":"debug"`) || !strings.Contains(text, `"from":"debug","to":"error"`) {
		t.Errorf("the log does not say what was changed: %s", text)
	}
}

// TestDebuggingNeedsTheKey asks for profiles and for the log level with the key and without.
func TestDebuggingNeedsTheKey(t *testing.T) {
	t.Parallel()
	h, log, _ := leveled(t, "k3y")
	for _, path := range []string{"/log-level", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/profile", "/debug/pprof/symbol", "/debug/pprof/trace"} {
		if w := get(t, h, path); w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s without the key: %d", path, w.Code)
		}
	}
	if w := put(t, h, `{"level":"debug"}`); w.Code != 401 || log.Enabled(context.Background(), slog.LevelDebug) {
		t.Errorf("the level is changed without the key: %d", w.Code)
	}
	if w := put(t, h, `{"level":"debug"}`, "Authorization", "Bearer k3y"); w.Code != 200 {
		t.Errorf("with the key: %d %s", w.Code, w.Body)
	}
	if w := get(t, h, "/debug/pprof/heap?debug=1&key=k3y"); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "heap profile:") {
		t.Errorf("with the key: %d %.100s", w.Code, w.Body)
	}
	if w := get(t, h, "/debug/pprof/profile?seconds=1&key=k3y"); w.Code != 200 || w.Body.Len() == 0 {
		t.Errorf("a profile: %d %.100s", w.Code, w.Body)
	}
}

// TestThePageLinksToWhatIsThere follows each link of the operators' page, and asks the public side for the same.
func TestThePageLinksToWhatIsThere(t *testing.T) {
	t.Parallel()
	h, _, _ := leveled(t, "")
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(get(t, h, "/").Body.String(), -1)
	if len(links) != 6 {
		t.Errorf("there are %d links", len(links))
	}
	public := webtest.Serve(t, testenv.New(t), discard)
	for _, link := range links {
		if w := get(t, h, link[1]); w.Code != 200 {
			t.Errorf("%s: %d", link[1], w.Code)
		}
		if strings.HasPrefix(link[1], "/debug") || strings.HasPrefix(link[1], "/log") {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, public.URL+link[1], nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := public.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if response.Body.Close(); response.StatusCode != 404 {
				t.Errorf("the public side has %s: %d", link[1], response.StatusCode)
			}
		}
	}
}
