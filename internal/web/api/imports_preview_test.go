package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/web/api"
)

// A file is looked into without effect: what its columns become, by their headings or as the mapping says, and the first rows as leads.
func TestFilesArePreviewed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	look := func(query, file string) reply {
		t.Helper()
		return s.upload(s.admin, "/preview"+query, file)
	}
	rows := "Full Name,Contact,Wants\n" + strings.Repeat("Ada,012-345 6789,condo\n", 3) + "\n" + strings.Repeat("Tan,012-345 6780,villa\n", 100_000)
	got := look("", rows).is(http.StatusOK)
	if columns := got.at("columns").([]any); len(columns) != 3 || columns[0].(map[string]any)["becomes"] != "name" || columns[2].(map[string]any)["becomes"] != "field" {
		t.Errorf("the columns are %v", columns)
	}
	first := got.at("rows").([]any)
	if len(first) != 5 || first[0].(map[string]any)["name"] != "Ada" || first[0].(map[string]any)["fields"].(map[string]any)["Wants"] != "condo" || first[3].(map[string]any)["line"] != 6.0 {
		t.Errorf("the rows are %v", first)
	}
	mapped := look("?mapping="+url.QueryEscape(`{"name":"Wants"}`), rows).is(http.StatusOK)
	if name := mapped.at("rows").([]any)[0].(map[string]any)["name"]; name != "condo" {
		t.Errorf("mapped, the name is %v", name)
	}
	look("?mapping=x", rows).is(http.StatusUnprocessableEntity)
	if detail := look("", "colour\nred\n").is(http.StatusUnprocessableEntity).at("detail").(string); !strings.Contains(detail, "no column for a name") {
		t.Errorf("a file without contacts is refused with %q", detail)
	}
	look("", "PK\x03\x04"+strings.Repeat("x", api.MaxBody)).is(http.StatusRequestEntityTooLarge)
	if n := s.count("SELECT (SELECT count(*) FROM leads) + (SELECT count(*) FROM imports)"); n != 0 {
		t.Errorf("looking made %d leads and imports", n)
	}
}
