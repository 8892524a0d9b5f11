package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// layOut lays out in tree what an archive for a platform has in it, and packages are made of: the program, its manual and completions,
// licences, and on Linux the units of systemd. ours is the program of this machine.
func (r *release) layOut(ctx context.Context, p platform, ours string, parts map[string]*part, tree string) error {
	for _, dir := range []string{"man", "completions", "licences"} {
		if err := os.MkdirAll(filepath.Join(tree, dir), 0o755); err != nil {
			return err
		}
	}
	built := filepath.Join(tree, "leadwheel")
	if p == host {
		if err := os.Link(ours, built); err != nil {
			return err
		}
	} else if err := r.build(ctx, p, built); err != nil {
		return err
	}
	if err := writeOwn(ctx, ours, tree); err != nil {
		return err
	}
	copies := map[string]string{"LICENSE": "LICENSE", "README.md": "README.md", "CHANGELOG.md": "CHANGELOG.md"}
	if p.os == "linux" {
		units, err := os.ReadDir(filepath.Join(r.root, "deploy/systemd"))
		if err != nil {
			return err
		}
		for _, unit := range units {
			copies["systemd/"+unit.Name()] = "deploy/systemd/" + unit.Name()
		}
	}
	for to, from := range copies {
		if err := copyFile(filepath.Join(tree, to), filepath.Join(r.root, from)); err != nil {
			return err
		}
	}
	return copyLicences(parts, tree)
}

// writeOwn has the program write its manual and its completions.
func writeOwn(ctx context.Context, ours, tree string) error {
	if _, err := output(ctx, tree, nil, ours, "man", "--dir", filepath.Join(tree, "man")); err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "leadwheel.bash", "zsh": "_leadwheel", "fish": "leadwheel.fish"} {
		script, err := output(ctx, tree, nil, ours, "completion", shell)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(tree, "completions", name), []byte(script+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copyLicences copies the licences of all parts but the program itself, which has its own beside it.
func copyLicences(parts map[string]*part, tree string) error {
	for _, one := range parts {
		for name, path := range one.files {
			if one.name == program {
				continue
			}
			if err := copyFile(filepath.Join(tree, "licences", one.name+"@"+one.version, name), path); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyFile copies a file that everybody may read, into folders that it makes.
func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// archive writes all of tree to a file, below a folder with a name.
func (r *release) archive(path, tree, name string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(file)
	tape := tar.NewWriter(zipped)
	// It goes through folders by name, so that the order is the same each time.
	err = filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(tree, path)
		if err != nil {
			return err
		}
		return r.add(tape, strings.TrimSuffix(name+"/"+filepath.ToSlash(below), "/."), path, entry)
	})
	if err := errors.Join(err, tape.Close(), zipped.Close(), file.Close()); err != nil {
		return fmt.Errorf("writing the archive: %w", err)
	}
	return nil
}

// add adds a file or a folder to an archive, as root's, and as old as the release.
func (r *release) add(tape *tar.Writer, name, path string, entry fs.DirEntry) error {
	header := tar.Header{Name: name, Mode: 0o644, ModTime: r.at, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	if entry.IsDir() {
		header.Typeflag, header.Name, header.Mode = tar.TypeDir, name+"/", 0o755
		return tape.WriteHeader(&header)
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if info.Mode()&0o100 != 0 {
		header.Mode = 0o755
	}
	if err := tape.WriteHeader(&header); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(tape, file)
	return errors.Join(err, file.Close())
}
