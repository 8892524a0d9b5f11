package compress_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

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

// unpacked is a body as it was before it was sent in a coding, read by whoever reads that.
func unpacked(coding, body string) (string, error) {
	switch coding {
	case "gzip":
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			return "", err
		}
		whole, err := io.ReadAll(z)
		return string(whole), err
	case "zstd":
		z, err := zstd.NewReader(nil)
		if err != nil {
			return "", err
		}
		defer z.Close()
		whole, err := z.DecodeAll([]byte(body), nil)
		return string(whole), err
	}
	return body, nil
}

// ask asks for codings as they are given, and reads the body as it comes.
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
		coding       string
	}{
		"nothing":             {"application/json", "gzip", 0, ""},
		"little":              {"application/json", "gzip", 1<<10 - 1, ""},
		"enough":              {"application/json", "gzip", 1 << 10, "gzip"},
		"much":                {"application/json; charset=utf-8", "br, GZIP;q=0.5", 3 << 20, "gzip"},
		"a file":              {"text/csv", "gzip, deflate", 1 << 20, "gzip"},
		"a page":              {"text/html; charset=utf-8", "gzip", 5000, "gzip"},
		"a picture":           {"image/png", "gzip, zstd", 5000, ""},
		"not asked for":       {"application/json", "identity", 5000, ""},
		"something else":      {"application/json", "br, x-gzipped, zst", 5000, ""},
		"ruled out":           {"application/json", "gzip;q=0, *", 5000, ""},
		"ruled out thrice":    {"application/json", "gzip; q=0.000", 5000, ""},
		"not a weight":        {"application/json", "gzip;q=much", 5000, ""},
		"Zstandard":           {"application/json", "zstd", 1 << 10, "zstd"},
		"much by Zstandard":   {"application/json", "zstd;q=0.1", 3 << 20, "zstd"},
		"a page by Zstandard": {"text/html; charset=utf-8", "gzip, deflate, br, zstd", 5000, "zstd"}, // as browsers ask
		"liked alike":         {"text/csv", "gzip;q=0.5, zstd;q=0.5", 1 << 20, "zstd"},
		"one liked better":    {"text/csv", "zstd;q=0.4, gzip;q=0.5", 1 << 20, "gzip"},
		"one ruled out":       {"text/csv", "zstd;q=0, gzip;q=0.1", 1 << 20, "gzip"},
		"rather as it is":     {"text/csv", "identity, zstd;q=0.8, gzip;q=0.5", 1 << 20, ""},
		"any, rather packed":  {"text/csv", "identity;q=0.5, zstd", 1 << 20, "zstd"},
	} {
		s := serve(t, c.kind, c.size)
		head, got := ask(t, s, http.MethodHead, c.accept, ""), ask(t, s, http.MethodGet, c.accept, "")
		wantTag := tag
		if c.coding != "" {
			wantTag = `"state.view+` + c.coding + `"`
			if len(got.Body) > c.size/4 {
				t.Errorf("%s: %d bytes became %d", name, c.size, len(got.Body))
			}
		}
		body, err := unpacked(c.coding, got.Body)
		if err != nil || body != strings.Repeat("a", c.size) {
			t.Errorf("%s: %d bytes came, of %d, %v", name, len(body), c.size, err)
		}
		for _, r := range []webtest.Answer{head, got} {
			if r.Header.Get("Content-Encoding") != c.coding || r.Header.Get("ETag") != wantTag {
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
		{"zstd", `"state.view+zstd"`, `"state.view+zstd"`},
		{"gzip, zstd", `"state.view+gzip"`, `"state.view+gzip"`}, // by an older version of ours
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
	for coding, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(in io.Reader) (io.Reader, error) { return gzip.NewReader(in) },
		"zstd": func(in io.Reader) (io.Reader, error) { return zstd.NewReader(in, zstd.WithDecoderConcurrency(1)) },
	} {
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
		response, err := s.Client().Do(asking(t, s, coding))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.Header.Get("Content-Encoding") != coding {
			t.Fatalf("%s: %v", coding, response.Header)
		}
		in, err := open(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, len("first\n"))
		if _, err := io.ReadFull(in, first); err != nil || string(first) != "first\n" {
			t.Fatalf("%s: %q %v", coding, first, err)
		}
		close(read)
		if rest, err := io.ReadAll(in); err != nil || string(rest) != "second\n" {
			t.Errorf("%s: %q %v", coding, rest, err)
		}
	}
}

// asking is a request for an answer in a coding.
func asking(t *testing.T, s *httptest.Server, coding string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", coding)
	return r
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
	for _, coding := range []string{"gzip", "zstd"} {
		response, err := s.Client().Do(asking(t, s, coding))
		if err != nil {
			continue // nor did it begin
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil {
			_, err = unpacked(coding, string(body))
		}
		if err == nil {
			t.Errorf("%s: half an answer looks whole", coding)
		}
	}
}

// TestCompressorsAreUsedAgain has many clients ask at once, each for an answer of its own, so that a compressor that keeps anything of the
// answer before is seen.
func TestCompressorsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(compress.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Query().Get("of"), 1000))
	})))
	t.Cleanup(s.Close)
	var clients errgroup.Group
	for i := range 64 {
		clients.Go(func() error {
			of, coding := strconv.Itoa(i)+",", []string{"gzip", "zstd"}[i%2]
			answer, err := webtest.Send(t.Context(), s.Client(), http.MethodGet, s.URL+"?of="+of, nil, "Accept-Encoding", coding)
			if err != nil {
				return err
			}
			body, err := unpacked(answer.Header.Get("Content-Encoding"), answer.Body)
			if err == nil && body != strings.Repeat(of, 1000) {
				err = fmt.Errorf("the answer to %q by %s is another: %.50q", of, coding, body)
			}
			return err
		})
	}
	if err := clients.Wait(); err != nil {
		t.Error(err)
	}
}
