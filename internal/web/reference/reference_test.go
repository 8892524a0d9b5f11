package reference_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/reference"
)

const document = "../../../docs/openapi.json"

// TestPageShowsTheWholeDocument looks for each operation and schema, and follows all links.
func TestPageShowsTheWholeDocument(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	page, err := reference.New(data)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/v1/docs", nil))
	html := w.Body.String()
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var ids []string
	for _, found := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		if slices.Contains(ids, found[1]) {
			t.Errorf("two have the id %s", found[1])
		}
		ids = append(ids, found[1])
	}
	operations := regexp.MustCompile(`"operationId": "([^"]+)"`).FindAllStringSubmatch(string(data), -1)
	for _, op := range operations {
		if !slices.Contains(ids, op[1]) {
			t.Errorf("%s is not shown", op[1])
		}
	}
	for _, link := range regexp.MustCompile(`(href|src)="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		to, within := strings.CutPrefix(link[2], "#")
		if within && !slices.Contains(ids, to) || !within && link[2] != "/v1/openapi.json" {
			t.Errorf("a link leads to %s", link[2])
		}
	}
	if len(operations) < 100 || strings.Contains(html, "<script") || strings.Contains(html, "ZgotmplZ") {
		t.Errorf("%d operations in %d bytes", len(operations), len(html))
	}
	for _, want := range []string{
		"List the source leads", `<code>application/json, application/merge-patch&#43;json</code>`, `<a href="#schema-Lead">Lead</a>`,
		"whole number (int64) (from 1, up to 500, 50 unless given)", `text (uuid) or null`, "&#34;external_id&#34;: &#34;crm-4711&#34;",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageIsOfADocumentOnly(t *testing.T) {
	t.Parallel()
	if _, err := reference.New([]byte("[]")); err == nil {
		t.Error("a list was taken for a document")
	}
}
