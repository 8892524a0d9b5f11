package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// ready is the last that `leadwheel up` prints when it serves.
const ready = "Ctrl-C stops it."

type assignedLeads struct {
	Items []struct {
		ID       string `json:"id"`
		MemberID string `json:"member_id"`
		Name     string `json:"name"`
	} `json:"items"`
}

// up starts `leadwheel up` and waits until it serves.
func up(t *testing.T, dir string, settings ...string) *program {
	t.Helper()
	p := start(t, settings, "up", "--data-dir", dir)
	p.until(&p.stdout, ready)
	return p
}

// lines are the curl lines that it printed: to push a lead and to show the assigned ones.
func (p *program) lines() (push, show string) {
	p.tb.Helper()
	var curl []string
	for line := range strings.Lines(p.stdout.String()) {
		if strings.HasPrefix(line, "curl ") {
			curl = append(curl, line)
		}
	}
	if len(curl) != 2 {
		p.tb.Fatalf("it printed %d curl lines, want 2:\n%s", len(curl), &p.stdout)
	}
	return curl[0], curl[1]
}

// paste runs a line as a shell does, and returns what it printed.
func paste(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output()
	if err != nil {
		t.Fatalf("pasting %s: %v", line, err)
	}
	return string(out)
}

// assigned pastes the line that shows the assigned leads until there are so many.
func assigned(t *testing.T, show string, want int) assignedLeads {
	t.Helper()
	var found assignedLeads
	testenv.Eventually(t, patience, func() error {
		found = parse[assignedLeads](t, paste(t, show))
		if len(found.Items) != want {
			return fmt.Errorf("%d leads are assigned, want %d", len(found.Items), want)
		}
		return nil
	})
	return found
}

func needCurl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl on this machine to paste the lines with")
	}
}

// children lists a process's children, where the system says.
func children(t *testing.T, pid int) []int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // that thread has just ended
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, child)
		}
	}
	return pids
}

func TestUp(t *testing.T) {
	t.Parallel()
	needCurl(t)
	dir, port := dataDir(t), freePort(t)
	listen := []string{"LEADWHEEL_LISTEN=127.0.0.1:" + port, "LEADWHEEL_OPS_LISTEN=127.0.0.1:0"}

	first := up(t, dir, listen...)
	push, show := first.lines()
	paste(t, push)
	before := assigned(t, show, 1)
	if got := before.Items[0]; got.MemberID == "" || got.Name != "Siti Rahman" {
		t.Errorf("the assigned lead is %+v", got)
	}
	key := filepath.Join(dir, port, "admin-key")
	console := "http://127.0.0.1:" + port + "/console/"
	if !strings.Contains(first.stdout.String(), console) {
		t.Errorf("the console's address is not among:\n%s", &first.stdout)
	}
	if page := paste(t, fmt.Sprintf(`curl -sS -L -c - --data-urlencode "key@%s" '%ssign-in'`, key, console)); !strings.Contains(page, "Today") {
		t.Errorf("signing in to the console with the printed key shows:\n%s", page)
	}
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the admin key's file: %v, %v", info, err)
	}
	servers := children(t, first.cmd.Process.Pid)
	first.stop(syscall.SIGINT)
	for _, pid := range servers {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d outlived the program: %v", pid, err)
		}
	}

	second := up(t, dir, listen...)
	if push2, show2 := second.lines(); push2 != push || show2 != show {
		t.Errorf("the second start printed other lines:\n%s%s", push2, show2)
	}
	if after := assigned(t, show, 1); after.Items[0] != before.Items[0] {
		t.Errorf("the second start shows %+v, the first showed %+v", after.Items[0], before.Items[0])
	}
	second.stop(syscall.SIGTERM)
}

// Two programs share a folder and leave the operators' address as it is; only the public address differs.
func TestUpSideBySide(t *testing.T) {
	t.Parallel()
	needCurl(t)
	dir := dataDir(t)
	var programs [2]*program
	for i := range programs {
		programs[i] = start(t, []string{"LEADWHEEL_LISTEN=127.0.0.1:" + freePort(t)}, "up", "--data-dir", dir)
	}
	for i, p := range programs {
		p.until(&p.stdout, ready)
		push, show := p.lines()
		for range i + 1 {
			paste(t, push)
		}
		assigned(t, show, i+1)
	}
	for _, p := range programs {
		p.stop(syscall.SIGINT)
	}
}

func TestUpUsesServersThatAreThere(t *testing.T) {
	t.Parallel()
	env, dir := testenv.New(t), dataDir(t)
	settings := []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
	}
	p := start(t, settings, "up", "--data-dir", dir, "--json")
	p.until(&p.stdout, "\n}\n")
	said := parse[announcement](t, p.stdout.String())
	caller, err := env.Store.Authenticate(t.Context(), said.APIKey)
	if err != nil || caller.Workspace != said.WorkspaceID || said.Workspace != "demo" || said.GroupID == nil {
		t.Errorf("it said %+v; the key is %+v, %v", said, caller, err)
	}
	if servers := children(t, p.cmd.Process.Pid); len(servers) > 0 {
		t.Errorf("it started servers of its own: %v", servers)
	}
	p.stop(syscall.SIGTERM)

	if err := env.Store.RevokeAPIKey(t.Context(), caller.Workspace, caller.ID); err != nil {
		t.Fatal(err)
	}
	p = start(t, settings, "up", "--data-dir", dir, "--json")
	p.until(&p.stdout, "\n}\n")
	again := parse[announcement](t, p.stdout.String())
	if _, err := env.Store.Authenticate(t.Context(), again.APIKey); err != nil || again.APIKey == said.APIKey || again.WorkspaceID != said.WorkspaceID {
		t.Errorf("after its key was revoked it said %+v, %v", again, err)
	}
	p.stop(syscall.SIGTERM)
}

func TestUpEndsWithAServer(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	p := up(t, dataDir(t), "DATABASE_URL="+env.DatabaseURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0")
	servers := children(t, p.cmd.Process.Pid)
	if len(servers) != 1 {
		t.Skipf("the private Redis cannot be found: %v", servers)
	}
	if err := syscall.Kill(servers[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := p.wait(10 * time.Second); code != exitFailed {
		t.Errorf("it ended with %d, want %d; it said:\n%s", code, exitFailed, p.stderr.String())
	}
	if said := p.stderr.String(); !strings.Contains(said, "the private redis ended") {
		t.Errorf("it said:\n%s", said)
	}
}

// A request that does not end holds up an orderly end for some seconds; a second signal does not wait for it.
func TestUpSecondSignal(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	p := start(t, []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
	}, "up", "--data-dir", dataDir(t), "--json")
	p.until(&p.stdout, "\n}\n")
	said := parse[announcement](t, p.stdout.String())

	body, rest := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, said.URL+"/v1/imports", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+said.APIKey)
	r.Header.Set("Content-Type", "text/csv")
	cut := make(chan error, 1)
	go func() {
		response, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			err = response.Body.Close()
		}
		cut <- err
	}()
	if _, err := rest.Write([]byte("name\nAda\n")); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, patience, func() error { // the server has the request once it has written the import
		var imports int
		if err := env.DB.GetContext(t.Context(), &imports, "SELECT count(*) FROM imports"); err != nil || imports != 1 {
			return fmt.Errorf("%d imports, %w", imports, err)
		}
		return nil
	})
	p.signal(syscall.SIGINT)
	testenv.Eventually(t, patience, func() error {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(said.URL, "http://"))
		if err == nil {
			return errors.Join(errors.New("it still takes connections"), conn.Close())
		}
		return nil
	})
	p.signal(syscall.SIGINT)
	if code := p.wait(2 * time.Second); code == exitOK {
		t.Error("it ended in good order, which takes longer")
	}
	if err := errors.Join(rest.Close(), <-cut); err == nil {
		t.Error("the request that was cut off was answered")
	}
}
