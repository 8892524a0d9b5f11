package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// mostCancelled is how long cancelling an import may take, whatever its file is: what is asked is a second or so, on a machine that
// has nothing else to do.
const mostCancelled = 5 * time.Second

// importers are two processes that take imports, on one database.
type importers struct {
	t        *testing.T
	env      *testenv.Env
	settings []string
	one, two *program
	api      [2][]string // settings of the commands that call either
	key      string
}

func newImporters(t *testing.T, limits ...string) *importers {
	t.Helper()
	env := testenv.New(t)
	i := &importers{t: t, env: env, settings: append(limits, "DATABASE_URL="+env.DatabaseURL, "REDIS_URL="+env.RedisURL)}
	i.key = commandJSON[struct {
		APIKey string `json:"api_key"`
	}](t, i.settings, "workspace", "create", "acme", "--timezone", "Asia/Kuala_Lumpur", "--region", "MY").APIKey
	i.one, i.two = i.serve(0), i.serve(1)
	return i
}

// serve starts one of the processes.
func (i *importers) serve(n int) *program {
	i.t.Helper()
	address := "127.0.0.1:" + freePort(i.t)
	p := startShipped(i.t, i.settings, "serve", "--roles=api", "--listen", address, "--ops-listen", "127.0.0.1:0")
	p.until(&p.stderr, "serving")
	i.api[n] = []string{"LEADWHEEL_URL=http://" + address, "LEADWHEEL_API_KEY=" + i.key}
	return p
}

// send sends a file to a process, and returns the command and its import once that is as far as wanted.
func (i *importers) send(n int, file, status string, rows int64) (*program, client.Import) {
	i.t.Helper()
	before := len(i.list(n))
	p := startShipped(i.t, i.api[n], "import", file)
	var imp client.Import
	testenv.Eventually(i.t, patience, func() error {
		all := i.list(n)
		if len(all) == before {
			return fmt.Errorf("there is no import yet: %s%s", &p.stdout, &p.stderr)
		}
		if imp = all[0]; imp.Status != status || imp.Rows < rows {
			return fmt.Errorf("the import is %+v", imp)
		}
		return nil
	})
	return p, imp
}

func (i *importers) list(n int) []client.Import {
	i.t.Helper()
	return commandJSON[list[client.Import]](i.t, i.api[n], "import", "list").Items
}

// cancel cancels an import by a process, and returns how it then is.
func (i *importers) cancel(n int, imp client.Import) client.Import {
	i.t.Helper()
	began := time.Now()
	got := commandJSON[client.Import](i.t, i.api[n], "import", "cancel", imp.ID.String())
	if took := time.Since(began); took > mostCancelled {
		i.t.Errorf("cancelling took %s", took)
	}
	if got.Status != "cancelled" || got.FinishedAt == nil || got.Rows < imp.Rows {
		i.t.Errorf("cancelled it is %+v, and was %+v", got, imp)
	}
	return got
}

// holds fails the test unless the database has so many leads, none of them twice.
func (i *importers) holds(want int64) {
	i.t.Helper()
	var leads, different int64
	if err := i.env.DB.QueryRowContext(i.t.Context(), `SELECT count(*), count(DISTINCT name) FROM leads`).Scan(&leads, &different); err != nil || leads != want || different != want {
		i.t.Errorf("%d leads are here, %d of them different, not %d: %v", leads, different, want, err)
	}
}

// attackFile is the small archive of very many rows that kept a process busy for hours.
func attackFile(t *testing.T) string {
	t.Helper()
	// Packed once, a megabyte of it may stand any number of times.
	const times = 256
	many := bytes.Repeat([]byte("a\n"), 512<<10)
	sum, data := crc32.NewIEEE(), deflated(t, []byte("name\n"), false)
	sum.Write([]byte("name\n"))
	part := deflated(t, many, false)
	for range times {
		sum.Write(many)
		data = append(data, part...)
	}
	data = append(data, deflated(t, nil, true)...)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: "a.csv", Method: zip.Deflate, CRC32: sum.Sum32(), CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len("name\n") + times*len(many)),
	})
	if err == nil {
		_, err = w.Write(data)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return keptFile(t, "attack.zip", archive.Bytes())
}

// deflated is text packed on its own, the last of a file or not.
func deflated(t *testing.T, text []byte, last bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	end := w.Flush
	if last {
		end = w.Close
	}
	if err = errors.Join(err, end()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func keptFile(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// people is a file of so many of them.
func people(t *testing.T, n int) string {
	t.Helper()
	var rows bytes.Buffer
	rows.WriteString("name\n")
	for k := range n {
		fmt.Fprintf(&rows, "Person %d\n", k)
	}
	return keptFile(t, "people.csv", rows.Bytes())
}

func TestImportIsCancelledByAnotherProcess(t *testing.T) {
	t.Parallel()
	i := newImporters(t, "LEADWHEEL_IMPORTS_AT_ONCE=1", "LEADWHEEL_IMPORTS_WAITING=1")
	sent, attack := i.send(0, attackFile(t), "running", 1)
	waits, waiting := i.send(1, keptFile(t, "a.csv", []byte("name\nAda\nBea\n")), "waiting", 0)
	_, said := command(t, exitFailed, i.api[0], "import", keptFile(t, "b.csv", []byte("name\nCyd\n")))
	if !strings.Contains(said, "waiting for their turn already") {
		t.Errorf("one more than may wait is told %q", said)
	}
	i.cancel(1, attack)
	if code := sent.wait(mostCancelled); code != exitFailed || !strings.Contains(sent.stderr.String(), "it was cancelled") {
		t.Errorf("its sender's command ended with %d: %s", code, &sent.stderr)
	}
	if code := waits.wait(patience); code != exitOK || !strings.HasPrefix(waits.stdout.String(), "2 rows: 2 imported") {
		t.Errorf("the one that waited ended with %d: %s%s", code, &waits.stdout, &waits.stderr)
	}
	i.cancel(0, attack) // again it is as it was
	if _, said := command(t, exitRefused, i.api[0], "import", "cancel", waiting.ID.String()); !strings.Contains(said, "has ended already") {
		t.Errorf("to cancel one that has ended is told %q", said)
	}
	i.holds(3)
	if runtime.GOOS == "linux" {
		c := costly{t: t, pid: i.one.cmd.Process.Pid}
		if peak, cpu := c.measure(); peak > mostResident {
			t.Errorf("the process held %d MB, and used %s", peak>>20, cpu)
		}
	}
}

func TestImportOfTooManyRowsEndsByItself(t *testing.T) {
	t.Parallel()
	i := newImporters(t, "LEADWHEEL_IMPORT_MAX_ROWS=2000")
	_, said := command(t, exitFailed, i.api[0], "import", attackFile(t))
	if !strings.Contains(said, "more than 2000 rows") {
		t.Errorf("its sender is told %q", said)
	}
	if imp := i.list(1)[0]; imp.Status != "failed" || imp.Rows != 2000 || imp.Imported != 1 || imp.Duplicates != 1999 {
		t.Errorf("it is %+v", imp)
	}
}

// TestCancelOutlivesACrash kills the process that reads the file, just after and just before its import is cancelled.
func TestCancelOutlivesACrash(t *testing.T) {
	t.Parallel()
	i := newImporters(t)
	file := people(t, 20_000)
	killed := func(p *program) {
		t.Helper()
		p.signal(syscall.SIGKILL)
		p.wait(patience)
	}
	_, first := i.send(0, file, "running", 1)
	got := i.cancel(1, first)
	killed(i.one)
	if n, err := i.env.Store.FailStaleImports(t.Context(), i.env.Store.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d imports are taken for ones whose server died, %v", n, err)
	}
	i.holds(got.Imported)

	i.one = i.serve(0)
	_, second := i.send(1, file, "running", got.Rows+1)
	killed(i.two)
	again := i.cancel(0, second)
	if again.Duplicates != got.Imported || again.Imported == 0 {
		t.Errorf("of a file of which %d rows were here, an import had %+v", got.Imported, again)
	}
	i.holds(got.Imported + again.Imported)

	if code := startShipped(t, i.api[0], "import", file).wait(3 * time.Minute); code != exitOK { // longer than most commands take
		t.Errorf("the rest ended with %d", code)
	}
	i.holds(20_000)
}

// A dry run knows no server, and says what servers do unless they are told otherwise.
func TestDryRunsKnowTheUsualLimit(t *testing.T) {
	t.Parallel()
	if got := settings(t)["LEADWHEEL_IMPORT_MAX_ROWS"].value; got != fmt.Sprint(ingest.UsualImportRows) {
		t.Errorf("servers take %s rows", got)
	}
}
