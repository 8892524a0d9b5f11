package api_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// everything is all that the database holds of the workspace and all that Redis does.
func (s *site) everything() string {
	s.t.Helper()
	var all strings.Builder
	for table, rows := range s.rows(s.workspace) {
		fmt.Fprintln(&all, table, rows)
	}
	for _, key := range s.Redis.Keys(s.t.Context(), "*").Val() {
		fmt.Fprintln(&all, key, s.Redis.Dump(s.t.Context(), key).Val())
	}
	return all.String()
}

// TestPersonIsExportedAndErased has somebody come in by every way there is.
func TestPersonIsExportedAndErased(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	l := `{"name":"Secret One","email":"Se.Cret@gmail.com","phone":"012-345 6789","external_id":"1","distribute":{"member_ids":["` + m.String() + `"]}}`
	first := s.do(s.admin, "POST", "/v1/leads", l, "Idempotency-Key", "k1").is(201)
	s.distribute()
	copied := s.get("/v1/assigned-leads").items()[0]["id"].(string)
	s.patch("/v1/assigned-leads/"+copied, `{"notes":"Secret note"}`).is(200)
	s.post("/v1/assigned-leads/"+copied+"/convert", nil).is(201)
	s.post("/v1/opportunities", map[string]any{"assigned_lead_id": copied, "title": "Secret deal"}).is(201)
	s.do(s.admin, "POST", "/v1/imports", "name,email\nSecret Two,secret@gmail.com\n\"Secret Three\" x,,+60 12 345 6789,\n,\nOther,other@example.com\n", "Content-Type", "text/csv").is(202)
	if err := tasks.NewClient(s.Redis).PushLeads(t.Context(), tasks.Push{WorkspaceID: s.workspace, Leads: []tasks.Lead{
		{Name: "Secret Four", Phone: "+60123456789"}, {Name: "Other pushed"},
	}}); err != nil {
		t.Fatal(err)
	}
	dead := `{"v":1,"workspace_id":"` + s.workspace.String() + `","channel":"c","leads":[{"external_id":"5","name":"Secret Five","email":"secret@gmail.com"},{"external_id":"6","name":"Other dead"}]}`
	if err := s.Store.KeepDeadTask(t.Context(), store.DeadTask{Workspace: s.workspace, Queue: "ingest", TaskID: "5", Kind: tasks.KindIngest, Payload: []byte(dead), FailedAt: s.Store.Now()}); err != nil {
		t.Fatal(err)
	}
	person := `{"email":"SECRET@Gmail.com","phone":"60123456789"}`
	exported := s.post("/v1/privacy/export", person).is(200)
	for _, mark := range []string{"Secret One", "Secret note", "Secret deal", "Secret Two", "Secret Four", "Secret Five", "Se.Cret@gmail.com"} {
		if !strings.Contains(exported.body, mark) {
			t.Errorf("the export is without %q: %s", mark, exported.body)
		}
	}
	s.post("/v1/privacy/export", `{"email":"nobody"}`).refuses(422, "invalid_request", "body.email")
	s.post("/v1/privacy/erase", `{}`).refuses(422, "invalid_request", "body.email")

	erase := func() reply {
		return s.do(s.admin, "POST", "/v1/privacy/erase", person, "Idempotency-Key", "k2").is(200)
	}
	erased := erase()
	if erased.at("waiting") != 1.0 || erased.at("records").(map[string]any)["customers"] != 1.0 {
		t.Error(erased.body)
	}
	if again := erase(); again.body != erased.body {
		t.Errorf("again: %s", again.body)
	}
	text := s.everything()
	for _, mark := range []string{"Secret", "secret@", "Cret@", "345 6789", "123456789"} {
		if strings.Contains(text, mark) {
			t.Errorf("%q is left:\n%s", mark, text)
		}
	}
	for _, mark := range []string{"Other pushed", "other@example.com"} {
		if !strings.Contains(text, mark) {
			t.Errorf("another's %q is gone", mark)
		}
	}
	s.do(s.admin, "POST", "/v1/leads", l, "Idempotency-Key", "k1").refuses(422, "invalid_request", "header.Idempotency-Key")
	if back := s.post("/v1/leads", l).is(200); back.id() != first.id() || back.at("name") != nil {
		t.Errorf("it came back: %s", back.body)
	}
	if got := s.get("/v1/assigned-leads/" + copied).is(200); got.at("name") != nil || got.at("notes") != "" {
		t.Error(got.body)
	}
	entry := s.get("/v1/audit-log?operation=erase-person").items()
	if len(entry) != 1 || entry[0]["count"] == nil || len(entry[0]["ids"].([]any)) < 2 {
		t.Errorf("the audit log has %v", entry)
	}
	s.audited()
}

// TestErasedWhileImported erases somebody of whom a file has rows before and after that moment.
func TestErasedWhileImported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	importer := ingest.NewImporter(s.Store, metrics.New(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	file, upload := io.Pipe()
	answered := make(chan error, 1)
	go func() {
		imp, err := s.Store.CreateImport(t.Context(), s.workspace, store.NewImport{})
		if err == nil {
			imp, err = importer.Run(t.Context(), s.workspace, imp, file)
		}
		if err == nil && (imp.Status != store.ImportCompleted || imp.Rejected != 1 || imp.Imported != 3000+3000+1) {
			err = fmt.Errorf("the import ended as %+v", imp)
		}
		answered <- err
	}()
	rows := func(n int) (text string) {
		for i := range n {
			text += fmt.Sprintf("Other,other%d.%d@example.com\n", n, i)
		}
		return text
	}
	_, _ = io.WriteString(upload, "name,email\nSecret,secret@example.com\n"+rows(3000))
	// The reader is one chunk ahead of what is stored at the most, so the first row is stored by now.
	testenv.Eventually(t, 20*time.Second, func() error {
		if n := s.count(`SELECT count(*) FROM leads WHERE name = 'Secret'`); n != 1 {
			return fmt.Errorf("%d leads are stored", n)
		}
		return nil
	})
	s.post("/v1/privacy/erase", `{"email":"secret@example.com"}`).is(200)
	_, _ = io.WriteString(upload, "Secret,SECRET@example.com\n"+rows(3001)[len("Other,other3001.0@example.com\n"):])
	_ = upload.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if text := s.everything(); strings.Contains(text, "Secret") || strings.Contains(strings.ToLower(text), "secret@") {
		t.Error("the person is there again")
	}
	if n := s.count(`SELECT count(*) FROM imports WHERE erased IS NOT NULL`); n != 0 {
		t.Error("the digests stay after the import")
	}
}
