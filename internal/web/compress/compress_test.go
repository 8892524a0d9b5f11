package compress_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/compress"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

const tag = `"state.view"`

// serve serves size bytes of a kind with a tag, and 304 to who has them.
func serve(t *testing.T, kind string, size int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Length", strconv.Itoa(size))
		for _, piece := range []int{size / 2, size - size/2} {
			_, _ = io.WriteString(w, strings.Repeat("a", piece))
		}
	})))
	t.Cleanup(s.Close)
	return s
}

// ask asks for gzip as it is given, and reads the body as it comes.
func ask(t *testing.T, s *httptest.Server, method, accept, noneMatch string) webtest.Answer {
	t.Helper()
	headers := []string{"Accept-Encoding", accept}
	if noneMatch != "" {
		headers = append(headers, "If-None-Match", noneMatch)
	}
	answer, err := webtest.Send(t.Context(), s.Client(), method, s.URL, nil, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestAnswersGetSmaller(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind, accept string
		size         int
		smaller      bool
	}{
		"nothing":          {"application/json", "gzip", 0, false},
		"little":           {"application/json", "gzip", 1<<10 - 1, false},
		"enough":           {"application/json", "gzip", 1 << 10, true},
		"much":             {"application/json; charset=utf-8", "br, GZIP;q=0.5", 3 << 20, true},
		"a file":           {"text/csv", "gzip, deflate", 1 << 20, true},
		"a page":           {"text/html; charset=utf-8", "gzip", 5000, true},
		"a picture":        {"image/png", "gzip", 5000, false},
		"not asked for":    {"application/json", "identity", 5000, false},
		"something else":   {"application/json", "br, x-gzipped", 5000, false},
		"ruled out":        {"application/json", "gzip;q=0, *", 5000, false},
		"ruled out thrice": {"application/json", "gzip; q=0.000", 5000, false},
		"not a weight":     {"application/json", "gzip;q=much", 5000, false},
	} {
		s := serve(t, c.kind, c.size)
		head, got := ask(t, s, http.MethodHead, c.accept, ""), ask(t, s, http.MethodGet, c.accept, "")
		body := got.Body
		wantTag, encoding := tag, ""
		if c.smaller {
			wantTag, encoding = `"state.view+gzip"`, "gzip"
			unpacked, err := gzip.NewReader(strings.NewReader(body))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			whole, err := io.ReadAll(unpacked)
			if err != nil || len(body) > c.size/4 {
				t.Errorf("%s: %d bytes became %d, %v", name, c.size, len(body), err)
			}
			body = string(whole)
		}
		if body != strings.Repeat("a", c.size) {
			t.Errorf("%s: %d bytes came, of %d", name, len(body), c.size)
		}
		for _, r := range []webtest.Answer{head, got} {
			if r.Header.Get("Content-Encoding") != encoding || r.Header.Get("ETag") != wantTag {
				t.Errorf("%s: %v", name, r.Header)
			}
			if varies := r.Header.Get("Vary") != ""; varies == (c.kind == "image/png") {
				t.Errorf("%s: varies: %v", name, varies)
			}
		}
	}
}

func TestTagsOfBothKindsFit(t *testing.T) {
	t.Parallel()
	s := serve(t, "application/json", 5000)
	for _, c := range []struct{ accept, asked, answered string }{
		{"gzip", `"state.view+gzip"`, `"state.view+gzip"`},
		{"gzip", `"other", "state.view+gzip"`, ""},
		{"gzip", tag, tag},
		{"identity", `"state.view+gzip"`, tag},
	} {
		got := ask(t, s, http.MethodGet, c.accept, c.asked)
		if c.answered == "" {
			if got.Status != http.StatusOK { // the handler here knows one tag and no lists
				t.Errorf("%v: %d", c, got.Status)
			}
			continue
		}
		if got.Status != http.StatusNotModified || got.Body != "" || got.Header.Get("ETag") != c.answered || got.Header.Get("Content-Encoding") != "" {
			t.Errorf("%v: %d %q %v", c, got.Status, got.Body, got.Header)
		}
	}
}

// TestStreamsFlow has a client read what was flushed while the rest is not written yet.
func TestStreamsFlow(t *testing.T) {
	t.Parallel()
	read := make(chan struct{})
	s := httptest.NewServer(compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, "first\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-read
		_, _ = io.WriteString(w, "second\n")
	})))
	t.Cleanup(s.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(r) // which asks for gzip by itself
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, len("first\n"))
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "first\n" || !response.Uncompressed {
		t.Fatalf("%q %v %v", first, response.Uncompressed, err)
	}
	close(read)
	if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "second\n" {
		t.Errorf("%q %v", rest, err)
	}
}

// TestHalfAnAnswerIsNone breaks off within an answer that is compressed.
func TestHalfAnAnswerIsNone(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, strings.Repeat("half\n", 1000))
		panic(http.ErrAbortHandler)
	})))
	t.Cleanup(s.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Client().Do(r)
	if err != nil {
		return // nor did it begin
	}
	defer response.Body.Close()
	if _, err := io.ReadAll(response.Body); err == nil {
		t.Error("half an answer looks whole")
	}
}
