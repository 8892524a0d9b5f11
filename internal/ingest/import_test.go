package ingest_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// An office is a workspace into which files are imported.
type office struct {
	*testenv.Env
	t         testing.TB
	workspace uuid.UUID
	group     uuid.UUID
	importer  *ingest.Importer
	metrics   *metrics.Metrics
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{Env: testenv.New(t), t: t, metrics: metrics.New(prometheus.NewRegistry())}
	o.ExpectHandedOn(t)
	ws, err := o.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	o.must(err)
	o.workspace = ws.ID
	m, err := o.Store.CreateMember(t.Context(), ws.ID, store.Member{Name: "Mia"})
	o.must(err)
	o.must(o.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		listed := []lead.Listed{{Members: []lead.Receiver{{MemberID: m.ID}}, Weight: 1}}
		g, err := tx.CreateGroup(t.Context(), ws.ID, store.GroupSpec{Name: "sales", Method: lead.RoundRobin, Listed: listed})
		o.group = g.ID
		return err
	}))
	o.importer = ingest.NewImporter(o.Store, o.metrics, slog.New(slog.DiscardHandler))
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// start creates an import into the group.
func (o *office) start(source *uuid.UUID) store.Import {
	o.t.Helper()
	imp, err := o.Store.CreateImport(o.t.Context(), o.workspace, store.NewImport{APIKeyID: uuid.New(), GroupID: &o.group, SourceID: source})
	o.must(err)
	return imp
}

// send imports a file and returns how that ended.
func (o *office) send(file io.Reader) store.Import {
	o.t.Helper()
	imp, err := o.importer.Run(o.t.Context(), o.workspace, o.start(nil), file)
	o.must(err)
	return imp
}

func (o *office) source(s store.Source) uuid.UUID {
	o.t.Helper()
	s, err := o.Store.CreateSource(o.t.Context(), o.workspace, s)
	o.must(err)
	return s.ID
}

// ended is what tells how an import ended.
type ended struct {
	Status   store.ImportStatus
	Counts   store.ImportCounts
	Warnings []string
	Error    string
}

func (o *office) check(imp store.Import, want ended) {
	o.t.Helper()
	if want.Warnings == nil {
		want.Warnings = []string{}
	}
	if diff := cmp.Diff(want, ended{imp.Status, imp.ImportCounts, imp.Warnings, imp.Error}); diff != "" {
		o.t.Error(diff)
	}
	if imp.FinishedAt == nil || imp.Rows != imp.Imported+imp.Duplicates+imp.Rejected {
		o.t.Errorf("ended at %v with counts that do not add up: %+v", imp.FinishedAt, imp.ImportCounts)
	}
}

// count counts the rows of a table that a condition holds for.
func (o *office) count(from string, args ...any) (n int) {
	o.t.Helper()
	o.must(o.DB.GetContext(o.t.Context(), &n, "SELECT count(*) FROM "+from, args...))
	return n
}

func TestImportStoresLeadsAndTheirDecisions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	imp := o.send(strings.NewReader("name,email,lead id,City\nAda,a@b.c,7,KL\n,,8,\nBea,,,\n"))
	o.check(imp, ended{Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: 3, Imported: 2, Rejected: 1}})
	if n := o.count("leads WHERE name = 'Ada' AND email = 'a@b.c' AND phone IS NULL AND fields = '{\"City\": \"KL\"}' AND external_id = '7' AND origin = 'import' AND channel = 'import'"); n != 1 {
		t.Error("Ada is not as the file has her")
	}
	if n := o.count("pending p JOIN batches b USING (workspace_id, batch_id) WHERE p.group_id = $1 AND b.queue = 'bulk'", o.group); n != 2 {
		t.Errorf("%d leads are pending, not 2", n)
	}
	rejects, err := o.Store.ImportRejects(t.Context(), o.workspace, imp.ID, 0, 10)
	want := []store.ImportReject{{Line: 3, Reason: "The row has no name, email or phone; fill in one of them.", Record: ",,8,"}}
	if diff := cmp.Diff(want, rejects); diff != "" || err != nil {
		t.Error(err, diff)
	}
	received := 0
	for _, left := range o.TakeCommitted() {
		received += left.Received["import"]
		if len(left.Hints) > 0 {
			t.Errorf("bulk batches were handed to the queue: %v", left.Hints)
		}
	}
	if received != 2 {
		t.Errorf("%d leads were counted as received", received)
	}
}

func TestImportOfTheSameFileAddsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.check(o.send(strings.NewReader("name,phone\nAda,1\nAda,1\nBea,2\n")),
		ended{Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: 3, Imported: 2, Duplicates: 1}})
	o.check(o.send(strings.NewReader("phone;name\r\n1;Ada\r\n2;Bea\r\n3;Cyd\r\n")),
		ended{Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: 3, Imported: 1, Duplicates: 2}})
	if leads, pending := o.count("leads"), o.count("pending"); leads != 3 || pending != 3 {
		t.Errorf("%d leads and %d pending, not 3 of each", leads, pending)
	}
}

func TestImportThatBreaksOffCanBeSentAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	const rows, whole = 6_000, 3_111
	file, err := io.ReadAll(manyRows(rows))
	o.must(err)
	lines := strings.SplitAfterN(string(file), "\n", whole+2)
	sent := strings.Join(lines[:whole+1], "") + lines[whole+1][:10]
	o.check(o.send(io.MultiReader(strings.NewReader(sent), iotest.ErrReader(io.ErrUnexpectedEOF))), ended{
		Status: store.ImportFailed, Counts: store.ImportCounts{Rows: whole, Imported: whole},
		Error: "The upload broke off after row 3111. Send the file again: rows already here are recognised.",
	})
	o.check(o.send(strings.NewReader(string(file))), ended{
		Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: rows, Imported: rows - whole, Duplicates: whole},
	})
	if leads, pending := o.count("leads"), o.count("pending"); leads != rows || pending != rows {
		t.Errorf("%d leads and %d pending, not %d of each", leads, pending, rows)
	}
}

func TestImportOfAFileThatIsNone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.check(o.send(strings.NewReader("")), ended{
		Status: store.ImportFailed, Error: "The file is empty; send a file with a header line and a row for each lead.",
	})
	o.check(o.send(iotest.ErrReader(io.ErrUnexpectedEOF)), ended{
		Status: store.ImportFailed, Error: "The upload broke off after row 0. Send the file again: rows already here are recognised.",
	})
}

func TestImportNamesSources(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	expo := o.source(store.Source{Name: "Expo", Enabled: true, ForLeads: true})
	other := o.source(store.Source{Name: "Other", Enabled: true, ForLeads: true})
	o.source(store.Source{Name: "Off", ForLeads: true})
	o.source(store.Source{Name: "Customers", Enabled: true, ForCustomers: true})
	imp, err := o.importer.Run(t.Context(), o.workspace, o.start(&other),
		strings.NewReader("name,source\nAda,EXPO\nBea,off\nCyd,Off\nDee,Customers\nEve,\n"))
	o.must(err)
	o.check(imp, ended{Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: 5, Imported: 5}, Warnings: []string{
		`The source "off" is unknown or not offered for leads; 2 rows came in without a source.`,
		`The source "Customers" is unknown or not offered for leads; 1 row came in without a source.`,
	}})
	for name, want := range map[string]any{"Ada": expo, "Bea": nil, "Cyd": nil, "Dee": nil, "Eve": other} {
		if n := o.count("leads WHERE name = $1 AND source_id IS NOT DISTINCT FROM $2::uuid", name, want); n != 1 {
			t.Errorf("%s does not have the source %v", name, want)
		}
	}
}

func TestImportRejectsTheRowThatTheDatabaseRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, err := o.DB.ExecContext(t.Context(), "ALTER TABLE leads ADD CHECK (name NOT LIKE 'bad%')")
	o.must(err)
	var file strings.Builder
	file.WriteString("name,phone\n")
	for i := range 1000 {
		name := "good"
		if i == 17 || i == 700 {
			name = "bad"
		}
		fmt.Fprintf(&file, "%s,%d\n", name, i)
	}
	imp := o.send(strings.NewReader(file.String() + ",\n,1,x\n"))
	o.check(imp, ended{Status: store.ImportCompleted, Counts: store.ImportCounts{Rows: 1001, Imported: 998, Rejected: 3}})
	rejects, err := o.Store.ImportRejects(t.Context(), o.workspace, imp.ID, 0, 10)
	o.must(err)
	var got []string
	for _, r := range rejects {
		got = append(got, fmt.Sprintf("%d %s", r.Line, r.Record))
	}
	if diff := cmp.Diff([]string{"19 bad,17", "702 bad,700", "1003 ,1,x"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestImportEndedByTheSchedulerStops(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	imp := o.start(nil)
	n, err := o.Store.FailStaleImports(t.Context(), o.Store.Now())
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	imp, err = o.importer.Run(t.Context(), o.workspace, imp, strings.NewReader("name\nAda\n"))
	if !errors.Is(err, store.ErrImportEnded) {
		t.Errorf("the import ends with %v", err)
	}
	o.check(imp, ended{Status: store.ImportFailed, Error: "The server was stopped after row 0; send the file again: rows already here are recognised."})
	if n := o.count("leads"); n != 0 {
		t.Errorf("%d leads came in after the import had ended", n)
	}
}
