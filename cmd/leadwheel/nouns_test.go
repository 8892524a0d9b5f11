package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A typist types commands against a server, in this process.
type typist struct {
	tb     testing.TB
	flags  client.Flags
	typed  string // what they answer when they are asked
	person bool   // who can be asked
	asked  string // what the last command said beside what it printed
}

// types runs a command and returns what it printed.
func (y *typist) types(code int, args ...string) string {
	y.tb.Helper()
	var out, beside bytes.Buffer
	s := streams{in: strings.NewReader(y.typed), out: &out, err: &beside, asks: y.person}
	err := parseAndRun(y.tb.Context(), append(args, "--url", y.flags.URL, "--api-key", y.flags.APIKey), s)
	if y.asked = beside.String(); exitCode(err) != code {
		y.tb.Fatalf("leadwheel %q ended with %d, %v; want %d. It printed %s%s", args, exitCode(err), err, code, &out, y.asked)
	}
	if err != nil {
		y.asked += err.Error()
	}
	return out.String()
}

// line is types for a command without words of several parts.
func (y *typist) line(code int, line string) string {
	y.tb.Helper()
	return y.types(code, strings.Fields(line)...)
}

// shows fails the test unless a command prints these texts.
func (y *typist) shows(line string, want ...string) {
	y.tb.Helper()
	got := y.line(exitOK, line)
	for _, text := range want {
		if !strings.Contains(got, text) {
			y.tb.Errorf("leadwheel %s printed no %q but\n%s", line, text, got)
		}
	}
}

func TestListsSayWhereThereIsMore(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	api, err := flags.Client()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"First", "Second", "Third"} {
		var g map[string]any
		var all struct{ Items []map[string]any }
		if err := api.Get(t.Context(), "/v1/groups", &all); err != nil {
			t.Fatal(err)
		}
		body := map[string]any{"name": name, "method": "round_robin", "slots": all.Items[0]["slots"]}
		if err := api.Call(t.Context(), http.MethodPost, "/v1/groups", body, &g); err != nil {
			t.Fatal(err)
		}
	}
	got := y.line(exitOK, "group list --limit 3")
	_, cursor, more := strings.Cut(y.asked, "--cursor ")
	if !strings.Contains(got, "Third") || strings.Contains(got, "Sales") || !more {
		t.Fatalf("the first three are\n%s and it says %q", got, y.asked)
	}
	got = y.types(exitOK, "group", "list", "--cursor", strings.TrimSpace(cursor))
	if strings.Contains(got, "First") || !strings.Contains(got, "Sales") || y.asked != "" {
		t.Errorf("the rest is\n%s and it says %q", got, y.asked)
	}
	cut := parse[part[group]](t, y.line(exitOK, "group list --limit 1 --json"))
	if whole := parse[part[group]](t, y.line(exitOK, "group list --limit 4 --json")); cut.NextCursor == nil || whole.NextCursor != nil {
		t.Errorf("of one it says %v, of all %v", cut.NextCursor, whole.NextCursor)
	}
	y.line(exitUsage, "group list --limit 0")
	y.line(exitRefused, "group list --cursor nonsense")
}
