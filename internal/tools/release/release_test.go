package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const root = "../../.."

// linux is the platform of packages, for this machine's processor.
var linux = platform{"linux", host.arch}

// A made release is what make left in a folder.
type made struct {
	release *release
	dir     string
	names   []string
	err     error
}

// madeOnce makes this machine's part of a release, of this source as it is.
var madeOnce = sync.OnceValue(func() made { return makeAt(context.Background(), "one") })

func makeAt(ctx context.Context, name string) (m made) {
	if os.Getenv("COMMIT") == "" { // where there is neither .git nor an archive that git made
		if said, err := exec.CommandContext(ctx, root+"/deploy/stamp").Output(); err == nil && strings.Contains(string(said), "unknown") {
			if m.err = errors.Join(os.Setenv("COMMIT", strings.Repeat("0", 40)), os.Setenv("DATE", "2026-11-30T00:00:00Z")); m.err != nil {
				return m
			}
		}
	}
	if m.release, m.err = open(ctx, root); m.err != nil {
		return m
	}
	m.dir = filepath.Join(scratch, name)
	m.names, m.err = m.release.make(ctx, m.dir, []platform{linux})
	return m
}

// scratch is a folder for all tests.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "leadwheel-release-test-"); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		panic(err)
	}
	os.Exit(status)
}

func once(t *testing.T) made {
	t.Helper()
	m := madeOnce()
	if m.err != nil {
		t.Fatal(m.err)
	}
	return m
}

// TestReleaseIsReproducible makes it twice, and compares the bytes.
func TestReleaseIsReproducible(t *testing.T) {
	first, second := once(t), makeAt(t.Context(), "two")
	if second.err != nil {
		t.Fatal(second.err)
	}
	if len(first.names) != 5 || !slices.Equal(first.names, second.names) {
		t.Fatalf("it made %v, then %v", first.names, second.names)
	}
	for _, name := range first.names {
		one, err := os.ReadFile(filepath.Join(first.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if two, err := os.ReadFile(filepath.Join(second.dir, name)); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s was made twice and differs, %v", name, err)
		}
	}
	check := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", "SHA256SUMS")
	check.Dir = first.dir
	if said, err := check.CombinedOutput(); err != nil || strings.Count(string(said), ": OK") != 4 {
		t.Errorf("the checksums: %v\n%s", err, said)
	}
}

// largest is how many bytes the program may have. docs/performance.md says what they are.
const largest = 63_000_000

// TestArchive looks at what is in the archive, and runs its program.
func TestArchive(t *testing.T) {
	m := once(t)
	folder := "leadwheel_" + m.release.version + "_linux_" + linux.arch
	file, err := os.Open(filepath.Join(m.dir, folder+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	program := filepath.Join(t.TempDir(), "leadwheel")
	for tape := tar.NewReader(zipped); ; {
		header, err := tape.Next()
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || !header.ModTime.Equal(m.release.at) || header.Mode&^0o755 != 0 {
			t.Errorf("%s belongs to %d:%d, is of %s and has mode %o", header.Name, header.Uid, header.Gid, header.ModTime, header.Mode)
		}
		names = append(names, strings.TrimPrefix(header.Name, folder+"/"))
		if header.Name == folder+"/leadwheel" {
			text, err := io.ReadAll(tape)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > largest {
				t.Errorf("the program has %d bytes, and %d are enough: what is new in it?", len(text), largest)
			}
			if err := os.WriteFile(program, text, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, want := range []string{
		"leadwheel", "LICENSE", "CHANGELOG.md", "man/leadwheel.1", "man/leadwheel-serve.1", "completions/leadwheel.bash", "completions/_leadwheel",
		"completions/leadwheel.fish", "systemd/leadwheel@.service", "systemd/leadwheel.env", "licences/std@" + goVersion(t) + "/LICENSE",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("the archive has no %s", want)
		}
	}
	for _, part := range []string{"licences/github.com/hibiken/asynq@", "licences/github.com/hibiken/asynqmon@", "licences/github.com/lib/pq@"} {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, part) && strings.HasSuffix(name, "/LICENSE") }) {
			t.Errorf("the archive has no licence of %s", part)
		}
	}
	said, err := output(t.Context(), root, nil, program, "version", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Version, Commit, Date, Go string }
	if err := json.Unmarshal([]byte(said), &got); err != nil || got.Version != m.release.version || got.Commit != m.release.commit || got.Date == "" {
		t.Errorf("the program says %s, %v", said, err)
	}
}

func goVersion(t *testing.T) string {
	t.Helper()
	said, err := output(t.Context(), root, nil, "go", "env", "GOVERSION")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(said, "go")
}

// TestPartsAreListed holds the list of parts to its form's own schema, and to what the program says that it is made of.
func TestPartsAreListed(t *testing.T) {
	m := once(t)
	text, err := os.ReadFile(filepath.Join(m.dir, "leadwheel_"+m.release.version+"_linux_"+linux.arch+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := output(t.Context(), ".", nil, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go")
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	for name, path := range map[string]string{"bom-1.6": "bom-1.6.schema.json", "spdx": "spdx.schema.json", "jsf-0.82": "jsf-0.82.schemax.json"} {
		file, err := os.Open(filepath.Join(folder, "schema", path))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		schema, err := jsonschema.UnmarshalJSON(file)
		if err == nil {
			err = compiler.AddResource("http://cyclonedx.org/schema/"+name+".schema.json", schema)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	schema, err := compiler.Compile("http://cyclonedx.org/schema/bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Error(err)
	}
	var list struct {
		Components []struct {
			Name, Version string
			Licenses      []any
			Hashes        []any
		}
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, c := range list.Components {
		listed = append(listed, c.Name+" "+c.Version)
		if len(c.Licenses) == 0 || len(c.Hashes) == 0 && c.Name != "std" {
			t.Errorf("%s has %d licences and %d sums", c.Name, len(c.Licenses), len(c.Hashes))
		}
	}
	built := filepath.Join(t.TempDir(), "leadwheel")
	if err := m.release.build(t.Context(), linux, built); err != nil {
		t.Fatal(err)
	}
	said, err := output(t.Context(), root, nil, "go", "version", "-m", built)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"std " + goVersion(t)}
	for line := range strings.SplitSeq(said, "\n") {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "dep" {
			want = append(want, words[1]+" "+words[2])
		}
	}
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("the list has\n%v\nthe program\n%v", listed, want)
	}
}

func TestLicences(t *testing.T) {
	ours, err := os.ReadFile(root + "/LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		string(ours): "Apache-2.0",
		"Redistribution and use in source and binary\nforms, … the following disclaimer in the documentation": "BSD-2-Clause",
		"GNU GENERAL PUBLIC LICENSE Version 3": "",
		"All rights reserved.":                 "",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("%.40q is %q, want %q", text, got, want)
		}
	}
}

// TestStamp has the source say what it is in a clone, in an archive of it, and where it cannot know.
func TestStamp(t *testing.T) {
	stamp := func(dir string, environment ...string) []string {
		t.Helper()
		dir, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		said, err := output(t.Context(), dir, append([]string{"VERSION=", "COMMIT=", "DATE="}, environment...), "deploy/stamp")
		words := strings.Fields(said)
		if err != nil || len(words) != 3 {
			t.Fatalf("it says %q, %v", said, err)
		}
		return words
	}
	bare := t.TempDir()
	for _, name := range []string{"deploy/stamp", "CHANGELOG.md"} {
		if err := copyFile(filepath.Join(bare, name), filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(bare, "deploy/stamp"), 0o700); err != nil {
		t.Fatal(err)
	}
	changelog := func(text string) {
		if err := os.WriteFile(filepath.Join(bare, "CHANGELOG.md"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const at = "DATE=2026-11-30T10:41:41+08:00"
	changelog("# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-30\n\n- a line\n")
	if got := stamp(bare); !slices.Equal(got, []string{"1.2.3", "unknown", "unknown"}) {
		t.Errorf("a bare copy says %v", got)
	}
	changelog("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- a line\n\n## [1.2.3] - 2026-11-30\n")
	if got := stamp(bare); got[0] != "1.2.3+unreleased" {
		t.Errorf("with something unreleased it says %v", got)
	}
	if got := stamp(bare, "COMMIT=0123456789abcdef", at); !slices.Equal(got, []string{"1.2.3+20261130.0123456789ab", "0123456789abcdef", at[5:]}) {
		t.Errorf("with a commit it says %v", got)
	}
	if got := stamp(bare, "VERSION=2.0.0", "COMMIT=0123456789abcdef", at); got[0] != "2.0.0" {
		t.Errorf("with a version it says %v", got)
	}
	if _, err := os.Stat(root + "/.git"); err != nil {
		t.Skip("this is no clone, so it has no archive")
	}
	archive := exec.CommandContext(t.Context(), "sh", "-c", `git -C "$1" archive HEAD | tar --extract --directory="$2"`, "sh", root, t.TempDir())
	if said, err := archive.CombinedOutput(); err != nil {
		t.Fatalf("an archive of the source: %v\n%s", err, said)
	}
	if clone, unpacked := stamp(root), stamp(archive.Args[len(archive.Args)-1]); !slices.Equal(clone[1:], unpacked[1:]) {
		t.Errorf("a clone says %v, its archive %v", clone, unpacked)
	}
}
