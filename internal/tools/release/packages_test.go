package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A system is a small Linux of its own, below a folder: a shell, what the package's scripts call, and what a manager of packages keeps.
type system struct {
	t   *testing.T
	dir string
	manager
	// before is what the manager and chroot are run by, for those who are not root.
	before []string
}

// A manager is a program that installs packages, of the kind that it is for. All but its name are arguments.
type manager struct {
	kind, name               string
	install, remove, version func(dir string) []string
}

var managers = []manager{
	{
		"deb", "dpkg",
		func(dir string) []string { return []string{"dpkg", "--root=" + dir, "--force-depends", "--install"} },
		func(dir string) []string {
			return []string{"dpkg", "--root=" + dir, "--force-depends", "--remove", "leadwheel"}
		},
		func(dir string) []string {
			return []string{"dpkg-query", "--admindir=" + dir + "/var/lib/dpkg", "--show", "--showformat=${Version} ${Status}", "leadwheel"}
		},
	},
	{
		"rpm", "rpm",
		func(dir string) []string { return append(rpm(dir), "--upgrade", "--nodeps") },
		func(dir string) []string { return append(rpm(dir), "--erase", "leadwheel") },
		func(dir string) []string {
			return append(rpm(dir), "--query", "--queryformat=%{VERSION}-%{RELEASE} install ok installed", "leadwheel")
		},
	},
}

// rpm is asked on Debian whether it is meant.
func rpm(dir string) []string {
	args := []string{"rpm", "--root=" + dir}
	if _, err := os.Stat("/etc/debian_version"); err == nil {
		args = append(args, "--force-debian")
	}
	return args
}

// called is where the system's systemctl writes how it was called: there is no systemd in it that could be asked.
const called = "/var/log/systemctl"

func newSystem(t *testing.T, by manager) *system {
	t.Helper()
	if _, err := exec.LookPath(by.name); err != nil {
		t.Skipf("there is no %s here", by.name)
	}
	s := &system{t: t, dir: t.TempDir(), manager: by}
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

// TestPackagesAreInstalledUpgradedAndRemoved does so in a system below a folder, of each kind by what installs it.
func TestPackagesAreInstalledUpgradedAndRemoved(t *testing.T) {
	for _, by := range managers {
		t.Run(by.kind, func(t *testing.T) {
			s, m := newSystem(t, by), once(t)
			s.isInstalled(m)
			s.keepsSettings()
			s.write("etc/leadwheel/leadwheel.env", "LEADWHEEL_LISTEN=127.0.0.1:8081\n")
			s.write("etc/leadwheel/database_url", "postgres:///leadwheel\n")
			s.isUpgraded(nextPackage(t, by.kind, m))
			s.isRemoved()
		})
	}
}

func (s *system) isInstalled(m made) {
	s.t.Helper()
	said := s.run(append(s.install(s.dir), m.packageOf(s.kind))...)
	if !strings.Contains(said, "systemctl enable --now leadwheel.target") {
		s.t.Errorf("it does not say what is to be done next:\n%s", said)
	}
	if got := s.run("chroot", s.dir, "/usr/bin/leadwheel", "--version"); !strings.HasPrefix(got, "leadwheel "+m.release.version+" ") {
		s.t.Errorf("the program says %s", got)
	}
	zsh := map[string]string{"deb": "vendor-completions", "rpm": "site-functions"}[s.kind]
	for name, mode := range map[string]os.FileMode{
		"usr/bin/leadwheel": 0o755, "usr/lib/systemd/system/leadwheel.target": 0o644, "usr/lib/systemd/system/leadwheel@.service": 0o644,
		"usr/lib/systemd/system/leadwheel-migrate.service": 0o644, "usr/lib/sysusers.d/leadwheel.conf": 0o644,
		"usr/share/man/man1/leadwheel-member.1.gz": 0o644, "usr/share/bash-completion/completions/leadwheel": 0o644,
		"usr/share/zsh/" + zsh + "/_leadwheel": 0o644, "usr/share/doc/leadwheel/copyright": 0o644, "usr/share/doc/leadwheel/licences": 0o755,
		"etc/leadwheel": 0o700, "etc/leadwheel/leadwheel.env": 0o600, "etc/leadwheel/worker.env": 0o600,
	} {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err != nil || info.Mode().Perm() != mode {
			s.t.Errorf("%s is not there with mode %o: %v, %v", name, mode, info, err)
		}
	}
	if !strings.Contains(s.read("etc/passwd"), "\nleadwheel:") {
		s.t.Errorf("there is no user:\n%s", s.read("etc/passwd"))
	}
	if got := s.systemctl(); got != "daemon-reload\n" {
		s.t.Errorf("without settings it started something:\n%s", got)
	}
}

// keepsSettings looks whether an upgrade leaves all settings that somebody changed, and nothing else, by what rpm says of the files. dpkg asks.
func (s *system) keepsSettings() {
	s.t.Helper()
	if s.kind != "rpm" {
		return
	}
	for line := range strings.Lines(s.run(append(rpm(s.dir), "--query", "--queryformat=[%{FILENAMES} %{FILEFLAGS:fflags}\n]", "leadwheel")...)) {
		name, flags, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if kept := strings.Contains(flags, "n"); kept != strings.HasSuffix(name, ".env") {
			s.t.Errorf("whether an upgrade keeps %s: %t", name, kept)
		}
	}
}

func (s *system) isUpgraded(next string) {
	s.t.Helper()
	s.run(append(s.install(s.dir), next)...)
	if got := s.run(s.version(s.dir)...); got != "99.0.0-1 install ok installed" {
		s.t.Errorf("after the upgrade there is %s", got)
	}
	if s.read("etc/leadwheel/leadwheel.env") != "LEADWHEEL_LISTEN=127.0.0.1:8081\n" || !s.has("etc/leadwheel/database_url") {
		s.t.Error("the upgrade did not keep the settings")
	}
	if got := s.systemctl(); got != "daemon-reload\ntry-restart leadwheel-migrate.service leadwheel.target\n" {
		s.t.Errorf("the upgrade called systemctl so:\n%s", got)
	}
}

// isRemoved also sees that what a person wrote is there still: rpm keeps changed settings under another name.
func (s *system) isRemoved() {
	s.t.Helper()
	s.run(s.remove(s.dir)...)
	settings := map[string]string{"deb": "etc/leadwheel/leadwheel.env", "rpm": "etc/leadwheel/leadwheel.env.rpmsave"}[s.kind]
	if s.has("usr/bin/leadwheel") || s.has("usr/lib/systemd/system/leadwheel.target") || !s.has(settings) || !s.has("etc/leadwheel/database_url") {
		s.t.Error("the removal left the program, or took the settings")
	}
	if got := s.systemctl(); got != "disable --now leadwheel.target\nstop leadwheel@*.service leadwheel-migrate.service\ndaemon-reload\n" {
		s.t.Errorf("the removal called systemctl so:\n%s", got)
	}
	if s.kind != "deb" {
		return
	}
	said := s.run("dpkg", "--root="+s.dir, "--force-depends", "--purge", "leadwheel")
	if s.has(settings) || !s.has("etc/leadwheel/database_url") || !strings.Contains(said, "/etc/leadwheel still holds secrets") {
		s.t.Errorf("purging left the settings, or took the secrets, or did not say so:\n%s", said)
	}
}

// packageOf is the file of the package of a kind.
func (m made) packageOf(kind string) string {
	return filepath.Join(m.dir, m.names[slices.IndexFunc(m.names, func(name string) bool { return strings.HasSuffix(name, "."+kind) })])
}

// nextPackage packs what was installed once more, as a later version.
func nextPackage(t *testing.T, kind string, m made) string {
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
	name, err := next.pack(kind, linux.arch, tree, out)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(out, name)
}
