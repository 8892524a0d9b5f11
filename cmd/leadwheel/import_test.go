package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
	"github.com/leadwheel/leadwheel/store"
)

// serveImports serves a workspace with a source Expo and a group Sales, and returns an admin's flags.
func serveImports(t *testing.T) (*testenv.Env, client.Flags) {
	t.Helper()
	env := testenv.New(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ws, err := env.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	must(err)
	_, key, err := env.Store.CreateAPIKey(t.Context(), ws.ID, store.APIKey{Role: lead.RoleAdmin})
	must(err)
	_, err = env.Store.CreateSource(t.Context(), ws.ID, store.Source{Name: "Expo", Enabled: true, ForLeads: true})
	must(err)
	m, err := env.Store.CreateMember(t.Context(), ws.ID, store.Member{Name: "Mia"})
	must(err)
	must(env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		listed := []lead.Listed{{Members: []lead.Receiver{{MemberID: m.ID}}, Weight: 1}}
		_, err := tx.CreateGroup(t.Context(), ws.ID, store.GroupSpec{Name: "Sales", Method: lead.RoundRobin, Listed: listed})
		return err
	}))
	server := webtest.Serve(t, env, slog.New(slog.DiscardHandler))
	return env, client.Flags{URL: server.URL, APIKey: key}
}

// runImport writes a file, imports it, and returns what was printed.
func runImport(t *testing.T, c importCmd, file string) (string, error) {
	t.Helper()
	if c.File == "" {
		c.File = filepath.Join(t.TempDir(), "leads.csv")
		if err := os.WriteFile(c.File, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, progress bytes.Buffer
	err := c.Run(t.Context(), streams{in: strings.NewReader(file), out: &out, err: &progress})
	if progress.Len() > 0 {
		t.Errorf("progress was shown where there is no terminal: %q", progress.String())
	}
	return strings.ReplaceAll(out.String(), filepath.Dir(c.File)+"/", ""), err
}

func TestImportCommand(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t)
	c := importCmd{File: filepath.Join(t.TempDir(), "leads.csv"), Group: "Sales", Source: "Expo", Flags: flags}
	file := "name,source\nAda,\nBea,x\nBea,x\n,Expo\n"
	if err := os.WriteFile(c.File, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := runImport(t, c, file)
	want := "4 rows: 2 imported, 1 here already, 1 rejected\n" +
		"warning: The source \"x\" is unknown or not offered for leads; 2 rows came in without a source.\n" +
		"the rejected rows, each with its line and the reason, are in leads.csv.rejects.csv\n"
	if got != want || err != nil {
		t.Errorf("printed %q, %v", got, err)
	}
	rejects, err := os.ReadFile(c.File + ".rejects.csv")
	if want := "line,reason,record\n5,\"The row has no name, email or phone; fill in one of them.\",\",Expo\"\n"; string(rejects) != want || err != nil {
		t.Errorf("the rejects are %q, %v", rejects, err)
	}
	var pending int
	if err := env.DB.GetContext(t.Context(), &pending, "SELECT count(*) FROM pending WHERE group_id IS NOT NULL"); err != nil || pending != 2 {
		t.Errorf("%d leads are pending, %v", pending, err)
	}
}

func TestImportCommandSpreadsLeadsOverDays(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t)
	got, err := runImport(t, importCmd{Group: "Sales", Pace: "slow", Flags: flags}, "name\n"+strings.Repeat("Ada\nBea\n", 5)+"Eve\n")
	if err != nil || !strings.HasPrefix(got, "11 rows: 3 imported, 8 here already") {
		t.Errorf("printed %q, %v", got, err)
	}
	rows := "name\n"
	for i := range 27 {
		rows += fmt.Sprintf("Person %d\n", i)
	}
	if _, err = runImport(t, importCmd{Group: "Sales", Pace: "slow", Flags: flags}, rows); err != nil {
		t.Fatal(err)
	}
	var days []int // how many on each
	if err := env.DB.SelectContext(t.Context(), &days, `
		SELECT count(*) FROM pending_leads WHERE trigger = 'scheduled' AND pace = 'slow' AND member_id IS NOT NULL AND turn IS NOT NULL
		GROUP BY due_at::date ORDER BY due_at::date`); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range days {
		if total += n; n > 6 {
			t.Errorf("a day has %d leads", n)
		}
	}
	if total != 30 || len(days) < 5 {
		t.Errorf("%d leads on %d days", total, len(days))
	}
	_, err = runImport(t, importCmd{Pace: "slow", Flags: flags}, "name\nAda\n")
	if err == nil || !strings.Contains(err.Error(), "a pace needs a group") || exitCode(err) != exitRefused {
		t.Errorf("a pace without a group ends with %v", err)
	}
}

func TestImportCommandReadsStandardInput(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	got, err := runImport(t, importCmd{File: "-", jsonFlag: jsonFlag{JSON: true}, Flags: flags}, "name\nAda\n")
	if err != nil {
		t.Fatal(err)
	}
	var imp client.Import
	if err := json.Unmarshal([]byte(got), &imp); err != nil || imp.Status != "completed" || imp.Imported != 1 {
		t.Errorf("printed %s, %v", got, err)
	}
}

func TestImportCommandThatCannot(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	stranger := client.Flags{URL: flags.URL, APIKey: "lw_x"}
	tests := []struct {
		name string
		cmd  importCmd
		file string
		want string
		exit int
	}{
		{"unknown group", importCmd{Group: "Nobody", Flags: flags}, "name\nAda\n", `there is no distribution group called "Nobody"`, exitRefused},
		{"bad key", importCmd{Flags: stranger}, "name\nAda\n", "valid API key", exitRefused},
		{"no key", importCmd{Flags: client.Flags{URL: flags.URL}}, "name\nAda\n", "LEADWHEEL_API_KEY", exitUsage},
		{"bad file", importCmd{Flags: flags}, "firm\nAcme\n", "no column for a name", exitFailed},
		{"empty file", importCmd{Flags: flags}, "", "The file is empty", exitFailed},
		{"dry run of a bad file", importCmd{DryRun: true}, "firm\nAcme\n", "no column for a name", exitFailed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := runImport(t, test.cmd, test.file)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("ended with %v", err)
			}
			if got := exitCode(err); got != test.exit {
				t.Errorf("%v ends with exit code %d, not %d", err, got, test.exit)
			}
		})
	}
}

func TestImportDryRun(t *testing.T) {
	t.Parallel()
	file := "Full Name,City,source\nAda,KL,Expo\nAda,KL,Expo\n,KL,\n"
	got, err := runImport(t, importCmd{DryRun: true}, file)
	want := "3 rows: 1 to import, 1 repeated, 1 rejected; nothing was sent\n\n" +
		"COLUMN     BECOMES\nFull Name  name\nCity       a field\nsource     source\n" +
		"source \"Expo\": 2 rows\nline 4 is rejected: The row has no name, email or phone; fill in one of them.\n"
	if got != want || err != nil {
		t.Errorf("printed %q, %v", got, err)
	}
	got, err = runImport(t, importCmd{DryRun: true, jsonFlag: jsonFlag{JSON: true}}, file)
	var check ingest.Check
	if json.Unmarshal([]byte(got), &check) != nil || check.New != 1 || len(check.Rejects) != 1 || len(check.Columns) != 3 || err != nil {
		t.Errorf("printed %s, %v", got, err)
	}
}

func TestImportDryRunOfAWorkbook(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	c := importCmd{File: "../../internal/leadfile/testdata/files/openpyxl.xlsx", DryRun: true}
	err := c.Run(t.Context(), streams{in: nil, out: &out, err: io.Discard})
	if got := out.String(); err != nil || !strings.HasPrefix(got, "3 rows: 3 to import") || !strings.Contains(got, "warning: Only the first sheet") {
		t.Errorf("printed %q, %v", got, err)
	}
}

func TestImportShowsProgressOnATerminal(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	file := strings.Repeat("name\n", 1000)
	p := newProgress(strings.NewReader(file), int64(len(file)), &shown, true)
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Fatal(err)
	}
	p.finish()
	if !strings.Contains(shown.String(), "1000 rows") {
		t.Errorf("shown is %q", shown.String())
	}
}

// A heldFile gives some of its rows, and the others once something was seen.
type heldFile struct {
	io.Reader
	more io.Reader
	seen <-chan struct{}
}

// Read implements io.Reader.
func (h *heldFile) Read(b []byte) (int, error) {
	n, err := h.Reader.Read(b)
	if err == nil || h.more == nil {
		return n, err
	}
	select {
	case <-h.seen:
	case <-time.After(time.Minute): // the test says what was shown
	}
	h.Reader, h.more = h.more, nil
	return n, nil
}

// A watchedScreen is what a terminal shows, which tells when it shows a text.
type watchedScreen struct {
	mu   sync.Mutex
	all  strings.Builder
	text string
	seen chan struct{}
}

// Write implements io.Writer.
func (s *watchedScreen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := strings.Contains(s.all.String(), s.text)
	n, err := s.all.Write(b)
	if !had && strings.Contains(s.all.String(), s.text) {
		close(s.seen)
	}
	return n, err
}

func TestImportShowsRowsThatTheServerIsDoneWith(t *testing.T) {
	t.Parallel()
	_, flags := serveImports(t)
	screen := &watchedScreen{text: "000 rows done", seen: make(chan struct{})}
	var first, rest strings.Builder
	first.WriteString("name,city\n")
	for i := range 6000 {
		fmt.Fprintf(&first, "Person %d,Kuala Lumpur and around it\n", i)
	}
	rest.WriteString("Last,KL\n")
	file := &heldFile{strings.NewReader(first.String()), strings.NewReader(rest.String()), screen.seen}
	var out bytes.Buffer
	c := importCmd{File: "-", Group: "Sales", Flags: flags}
	if err := c.Run(t.Context(), streams{in: file, out: &out, err: screen, terminal: true}); err != nil {
		t.Fatal(err)
	}
	if shown := screen.all.String(); !strings.Contains(shown, screen.text) || strings.Contains(shown, "kB") {
		t.Errorf("shown is %q", shown)
	}
	if !strings.HasPrefix(out.String(), "6001 rows: 6001 imported") {
		t.Errorf("printed %q", out.String())
	}
}

func TestImportNamesColumnsThatAreKeptAsFields(t *testing.T) {
	t.Parallel()
	got := keptAsFields([]client.Column{{Heading: "Name", Becomes: "name"}, {Heading: "City", Becomes: "field"}, {Heading: "a\nb", Becomes: "field"}})
	if got != `"City", "a\nb"` {
		t.Errorf("they are %s", got)
	}
}

func TestImportWithAMapping(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t)
	const file = "Given,Family,Reach at,Kolom D\nAda,Lim,0123456781,ada@example.com\n"
	maps := []string{"name=Given", "name=family", "phone=Reach at"}
	got, err := runImport(t, importCmd{DryRun: true, Map: maps}, file)
	want := "COLUMN    BECOMES\nGiven     name, as mapped\nFamily    name, as mapped\nReach at  phone, as mapped\nKolom D   email, by its content\n"
	if !strings.Contains(got, want) || err != nil {
		t.Errorf("printed %q, %v", got, err)
	}
	got, err = runImport(t, importCmd{Map: maps, jsonFlag: jsonFlag{JSON: true}, Flags: flags}, file)
	var imp client.Import
	if json.Unmarshal([]byte(got), &imp) != nil || len(imp.Columns) != 4 || imp.Columns[3] != (client.Column{Heading: "Kolom D", Becomes: "email", By: "content"}) || err != nil {
		t.Errorf("printed %s, %v", got, err)
	}
	var name string
	if err := env.DB.GetContext(t.Context(), &name, "SELECT name FROM leads"); err != nil || name != "Ada Lim" {
		t.Errorf("the lead is %q, %v", name, err)
	}
	for _, bad := range []string{"name", "surname2=Given", "phone="} {
		if _, err := runImport(t, importCmd{DryRun: true, Map: []string{bad}}, file); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--map") {
			t.Errorf("--map %s ends with %v", bad, err)
		}
	}
	if _, err := runImport(t, importCmd{DryRun: true, Map: []string{"phone=Telephone 9"}}, file); err == nil || !strings.Contains(err.Error(), `"Telephone 9"`) {
		t.Errorf("a heading that is not there ends with %v", err)
	}
}

func TestMapsAreReadBothWays(t *testing.T) {
	t.Parallel()
	for pair, want := range map[string]string{
		"phone=Reach at": "phone: Reach at", "Reach at=phone": "phone: Reach at", "a=b=email": "email: a=b", "name=phone": "name: phone", "email=name": "email: name",
	} {
		m, err := parseMap([]string{pair})
		for target, headings := range m {
			if got := target + ": " + headings[0]; got != want || len(m) != 1 {
				t.Errorf("--map %q means %q, want %q", pair, got, want)
			}
		}
		if err != nil {
			t.Errorf("--map %q: %v", pair, err)
		}
	}
}

func TestProgressIsABarOfRows(t *testing.T) {
	t.Parallel()
	file := "name\n" + strings.Repeat("Person\n", 999)
	var screen strings.Builder
	p := newProgress(strings.NewReader(file), int64(len(file)), &screen, false)
	if _, err := io.ReadFull(p, make([]byte, len(file)/2)); err != nil {
		t.Fatal(err)
	}
	p.worked.Store(250)
	p.show()
	if shown := screen.String(); !strings.Contains(shown, "["+strings.Repeat("#", 6)+strings.Repeat(".", 18)+"] 250 rows done of about 1000, 50% of the file sent  0s") {
		t.Errorf("shown is %q", shown)
	}
	p.worked.Store(5000) // more than were counted: a row may hold what looks like none
	p.show()
	p.finish()
	if !strings.Contains(screen.String(), "["+strings.Repeat("#", 23)+".] 5000 rows done") {
		t.Errorf("shown is %q", screen.String())
	}
}
