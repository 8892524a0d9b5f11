package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A release is one version of the program.
type release struct {
	// root is the folder of its source.
	root string
	// version, commit and date are what deploy/stamp says; at is the date, and that of every file that is made.
	version, commit, date string
	at                    time.Time
	ldflags               string
}

// open reads what the source at root calls itself.
func open(ctx context.Context, root string) (*release, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	said, err := output(ctx, root, nil, "deploy/stamp")
	if err != nil {
		return nil, err
	}
	r := &release{root: root}
	if _, err := fmt.Sscan(said, &r.version, &r.commit, &r.date); err != nil {
		return nil, fmt.Errorf("reading the answer %q of deploy/stamp: %w", said, err)
	}
	if r.at, err = time.Parse(time.RFC3339, r.date); err != nil {
		return nil, fmt.Errorf("the source does not say of which commit it is: build in a clone or in an archive that git made, or set COMMIT and DATE: %w", err)
	}
	r.at = r.at.UTC()
	r.ldflags, err = output(ctx, root, nil, "deploy/stamp", "ldflags")
	return r, err
}

// make makes the folder out with the release in it, and returns the names of its files.
func (r *release) make(ctx context.Context, out string, platforms []platform) (made []string, err error) {
	if err := os.Mkdir(out, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of the release: %w; remove or rename what is there", err)
	}
	work, err := os.MkdirTemp("", "leadwheel-release-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	// What the program itself writes, its manual and its completions, the one of this machine is asked for.
	ours := filepath.Join(work, "leadwheel")
	if err := r.build(ctx, host, ours); err != nil {
		return nil, err
	}
	for _, p := range platforms {
		tree := filepath.Join(work, p.os+"_"+p.arch)
		names, err := r.makeFor(ctx, p, ours, tree, out)
		if err != nil {
			return made, fmt.Errorf("for %s: %w", p, err)
		}
		made = append(made, names...)
	}
	const sums = "SHA256SUMS"
	if err := writeSums(filepath.Join(out, sums), out, made); err != nil {
		return made, err
	}
	return append(made, sums), nil
}

// makeFor makes a platform's part in out, of the files that it lays out in tree.
func (r *release) makeFor(ctx context.Context, p platform, ours, tree, out string) ([]string, error) {
	parts, err := r.parts(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := r.layOut(ctx, p, ours, parts, tree); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("leadwheel_%s_%s_%s", r.version, p.os, p.arch)
	if err := r.archive(filepath.Join(out, name+".tar.gz"), tree, name); err != nil {
		return nil, err
	}
	if err := r.writeBOM(filepath.Join(out, name+".cdx.json"), p, parts, filepath.Join(tree, "leadwheel")); err != nil {
		return nil, err
	}
	made := []string{name + ".tar.gz", name + ".cdx.json"}
	if p.os != "linux" {
		return made, nil
	}
	for _, kind := range []string{"deb", "rpm"} {
		packed, err := r.pack(kind, p.arch, tree, out)
		if err != nil {
			return nil, fmt.Errorf("packing a %s: %w", kind, err)
		}
		made = append(made, packed)
	}
	return made, nil
}

// build builds the program for a platform.
func (r *release) build(ctx context.Context, p platform, path string) error {
	_, err := output(ctx, r.root, p.environment(),
		"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= "+r.ldflags, "-o", path, "./cmd/leadwheel")
	return err
}

// environment has Go build for the platform, whatever else is set here.
func (p platform) environment() []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + p.os, "GOARCH=" + p.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOWORK=off"}
}

// output runs a program and returns what it says, without the last line's end.
func output(ctx context.Context, dir string, environment []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), environment...)
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		cmd.Path, cmd.Err = filepath.Join(dir, name), nil
	}
	var failed strings.Builder
	cmd.Stderr = &failed
	said, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &failed)
	}
	return strings.TrimSuffix(string(said), "\n"), nil
}

// writeSums writes the checksums of files of a folder, as sha256sum --check reads them.
func writeSums(path, dir string, names []string) error {
	var sums strings.Builder
	for _, name := range names {
		sum, err := sumOf(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, name)
	}
	return os.WriteFile(path, []byte(sums.String()), 0o644)
}

// sumOf is a file's SHA-256 in hexadecimal.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, file)
	if err := errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
