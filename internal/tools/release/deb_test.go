package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A system is a small Linux of its own, below a folder: a shell, what the package's scripts call, and dpkg's database.
type system struct {
	t   *testing.T
	dir string
	// before is what dpkg and chroot are run by, for those who are not root.
	before []string
}

// called is where the system's systemctl writes how it was called: there is no systemd in it that could be asked.
const called = "/var/log/systemctl"

func newSystem(t *testing.T) *system {
	t.Helper()
	if _, err := exec.LookPath("dpkg"); err != nil {
		t.Skip("there is no dpkg here")
	}
	s := &system{t: t, dir: t.TempDir()}
	if os.Geteuid() != 0 {
		s.before = []string{"unshare", "--map-root-user"}
		if err := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "true").Run(); err != nil {
			t.Skip("only root can install into a folder here: unshare may not make a namespace of users")
		}
	}
	for _, dir := range []string{"bin", "dev", "etc", "run/systemd/system", "tmp", "usr/bin", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"} {
		if err := os.MkdirAll(filepath.Join(s.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"etc/passwd": "root:x:0:0:root:/:/bin/sh\n", "etc/group": "root:x:0:\n", "var/lib/dpkg/status": "", "var/lib/dpkg/available": "", "dev/null": "",
	} {
		s.write(name, text)
	}
	for from, to := range map[string]string{"sh": "bin/sh", "cat": "bin/cat", "ls": "bin/ls", "systemd-sysusers": "usr/bin/systemd-sysusers"} {
		s.bring(from, to)
	}
	s.write("usr/bin/systemctl", "#!/bin/sh\necho \"$@\" >>"+called+"\n")
	return s
}

// bring copies a program of this machine, with the libraries that it needs.
func (s *system) bring(name, to string) {
	s.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		s.t.Skipf("there is no %s here, which the package's scripts call", name)
	}
	needs, err := output(s.t.Context(), s.dir, nil, "ldd", path)
	if err != nil {
		s.t.Skipf("what %s needs is not known: %v", name, err)
	}
	wanted := map[string]string{to: path}
	for word := range strings.FieldsSeq(needs) {
		if strings.HasPrefix(word, "/") {
			wanted[word] = word
		}
	}
	for to, from := range wanted {
		to = filepath.Join(s.dir, to)
		if err := copyFile(to, from); err != nil {
			s.t.Fatal(err)
		}
		if err := os.Chmod(to, 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *system) write(name, text string) {
	s.t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a program of this machine, as root.
func (s *system) run(args ...string) string {
	s.t.Helper()
	args = append(s.before, args...)
	cmd := exec.CommandContext(s.t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "DPKG_COLORS=never", "LC_ALL=C")
	said, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, said)
	}
	return string(said)
}

func (s *system) dpkg(args ...string) string {
	s.t.Helper()
	return s.run(append([]string{"dpkg", "--root=" + s.dir, "--force-depends"}, args...)...)
}

// has tells whether a file is there, and read what is in it.
func (s *system) has(name string) bool {
	_, err := os.Lstat(filepath.Join(s.dir, name))
	return err == nil
}

func (s *system) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// systemctl is how it was called since it was asked last.
func (s *system) systemctl() string {
	s.t.Helper()
	said := s.read(called)
	s.write(called, "")
	return said
}

// TestPackageIsInstalledUpgradedAndRemoved does so with dpkg, in a system below a folder.
func TestPackageIsInstalledUpgradedAndRemoved(t *testing.T) {
	s, m := newSystem(t), once(t)
	said := s.dpkg("--install", filepath.Join(m.dir, m.names[2]))
	if !strings.Contains(said, "systemctl enable --now leadwheel.target") {
		t.Errorf("it does not say what is to be done next:\n%s", said)
	}
	if got := s.run("chroot", s.dir, "/usr/bin/leadwheel", "--version"); !strings.HasPrefix(got, "leadwheel "+m.release.version+" ") {
		t.Errorf("the program says %s", got)
	}
	for _, name := range []string{
		"usr/lib/systemd/system/leadwheel.target", "usr/lib/systemd/system/leadwheel@.service", "usr/lib/systemd/system/leadwheel-migrate.service",
		"usr/share/man/man1/leadwheel-member.1.gz", "usr/share/bash-completion/completions/leadwheel", "usr/share/zsh/vendor-completions/_leadwheel",
		"usr/share/doc/leadwheel/copyright", "usr/share/doc/leadwheel/licences", "etc/leadwheel/leadwheel.env", "etc/leadwheel/worker.env",
	} {
		if !s.has(name) {
			t.Errorf("it did not install %s", name)
		}
	}
	if !strings.Contains(s.read("etc/passwd"), "\nleadwheel:") {
		t.Errorf("there is no user:\n%s", s.read("etc/passwd"))
	}
	if info, err := os.Stat(filepath.Join(s.dir, "etc/leadwheel")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("/etc/leadwheel is %v, %v", info.Mode(), err)
	}
	if got := s.systemctl(); got != "daemon-reload\n" {
		t.Errorf("without settings it started something:\n%s", got)
	}

	s.write("etc/leadwheel/leadwheel.env", "LEADWHEEL_LISTEN=127.0.0.1:8081\n")
	s.write("etc/leadwheel/database_url", "postgres:///leadwheel\n")
	s.dpkg("--install", nextPackage(t, m))
	if got := s.run("dpkg-query", "--admindir="+s.dir+"/var/lib/dpkg", "--show", "--showformat=${Version} ${Status}", "leadwheel"); got != "99.0.0-1 install ok installed" {
		t.Errorf("after the upgrade there is %s", got)
	}
	if s.read("etc/leadwheel/leadwheel.env") != "LEADWHEEL_LISTEN=127.0.0.1:8081\n" || !s.has("etc/leadwheel/database_url") {
		t.Error("the upgrade did not keep the settings")
	}
	if got := s.systemctl(); got != "daemon-reload\ntry-restart leadwheel-migrate.service leadwheel.target\n" {
		t.Errorf("the upgrade called systemctl so:\n%s", got)
	}

	s.dpkg("--remove", "leadwheel")
	if s.has("usr/bin/leadwheel") || s.has("usr/lib/systemd/system/leadwheel.target") || !s.has("etc/leadwheel/leadwheel.env") {
		t.Error("the removal left the program, or took the settings")
	}
	if got := s.systemctl(); got != "disable --now leadwheel.target\nstop leadwheel@*.service leadwheel-migrate.service\ndaemon-reload\n" {
		t.Errorf("the removal called systemctl so:\n%s", got)
	}
	if said := s.dpkg("--purge", "leadwheel"); s.has("etc/leadwheel/leadwheel.env") || !s.has("etc/leadwheel/database_url") || !strings.Contains(said, "/etc/leadwheel still holds secrets") {
		t.Errorf("purging left the settings, or took the secrets, or did not say so:\n%s", said)
	}
}

// nextPackage packs what was installed once more, as a later version.
func nextPackage(t *testing.T, m made) string {
	t.Helper()
	next, tree, out := *m.release, filepath.Join(t.TempDir(), "tree"), t.TempDir()
	next.version = "99.0.0"
	if err := os.MkdirAll(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(m.dir, m.names[0])
	if _, err := output(t.Context(), tree, nil, "tar", "--extract", "--file="+archive, "--strip-components=1"); err != nil {
		t.Fatal(err)
	}
	name, err := next.pack("deb", linux.arch, tree, out)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, name)
}
