package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the kinds of packages
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

const description = `Hands out sales leads, in exact turn order
Leads come in from ad platforms, web forms, files, programs and people, and each one goes to the right member of a team as that
member's own copy. It runs on Postgres and Redis. Nothing that it acknowledged is lost, and nothing is handed out twice.`

// pack makes a package of a kind, deb or rpm, of what is laid out in tree, and returns its file's name.
func (r *release) pack(kind, arch, tree, out string) (string, error) {
	contents, err := r.contents(kind, tree)
	if err != nil {
		return "", err
	}
	scripts := filepath.Join(r.root, "deploy/packages")
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "leadwheel", Arch: arch, Platform: "linux", Version: r.version, Release: "1", Section: "net", Priority: "optional",
		Maintainer: "The Leadwheel authors <https://github.com/leadwheel/leadwheel>", Vendor: "Leadwheel", Description: description,
		Homepage: "https://github.com/leadwheel/leadwheel", License: "Apache-2.0", DisableGlobbing: true, MTime: r.at,
		Overridables: nfpm.Overridables{
			Contents: contents, Depends: []string{"ca-certificates"},
			Scripts: nfpm.Scripts{
				PostInstall: filepath.Join(scripts, "postinstall.sh"), PreRemove: filepath.Join(scripts, "preremove.sh"),
				PostRemove: filepath.Join(scripts, "postremove.sh"),
			},
			RPM: nfpm.RPM{BuildHost: "leadwheel", Group: "Applications/Internet", Summary: strings.SplitN(description, "\n", 2)[0]},
		},
	})
	packager, err := nfpm.Get(kind)
	if err != nil {
		return "", err
	}
	name := packager.ConventionalFileName(info)
	file, err := os.Create(filepath.Join(out, name))
	if err != nil {
		return "", err
	}
	err = packager.Package(info, file)
	return name, errors.Join(err, file.Close())
}

// contents says where each file of tree goes.
func (r *release) contents(kind, tree string) (files.Contents, error) {
	var all files.Contents
	add := func(from, to string, mode fs.FileMode, how string) {
		all = append(all, &files.Content{
			Source: filepath.Join(tree, from), Destination: to, Type: how,
			FileInfo: &files.ContentFileInfo{Mode: mode, Owner: "root", Group: "root", MTime: r.at},
		})
	}
	zsh := "/usr/share/zsh/vendor-completions/"
	if kind == "rpm" {
		zsh = "/usr/share/zsh/site-functions/"
	}
	add("leadwheel", "/usr/bin/leadwheel", 0o755, files.TypeFile)
	add("completions/leadwheel.bash", "/usr/share/bash-completion/completions/leadwheel", 0o644, files.TypeFile)
	add("completions/_leadwheel", zsh+"_leadwheel", 0o644, files.TypeFile)
	add("completions/leadwheel.fish", "/usr/share/fish/vendor_completions.d/leadwheel.fish", 0o644, files.TypeFile)
	add("LICENSE", "/usr/share/doc/leadwheel/copyright", 0o644, files.TypeFile)
	add("CHANGELOG.md", "/usr/share/doc/leadwheel/CHANGELOG.md", 0o644, files.TypeFile)
	add("README.md", "/usr/share/doc/leadwheel/README.md", 0o644, files.TypeFile)
	// Whoever may read this folder may read secrets.
	all = append(all, &files.Content{
		Destination: "/etc/leadwheel", Type: files.TypeDir,
		FileInfo: &files.ContentFileInfo{Mode: 0o700, Owner: "root", Group: "root", MTime: r.at},
	})
	err := filepath.WalkDir(tree, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(tree, file)
		if err != nil {
			return err
		}
		base := path.Base(name)
		switch dir, _, _ := strings.Cut(name, "/"); {
		case dir == "licences":
			add(name, "/usr/share/doc/leadwheel/"+name, 0o644, files.TypeFile)
		case dir == "man" && path.Ext(base) == ".1":
			if err := zip(file+".gz", file); err != nil {
				return err
			}
			add(name+".gz", "/usr/share/man/man1/"+base+".gz", 0o644, files.TypeFile)
		case path.Ext(base) == ".service", path.Ext(base) == ".target":
			add(name, "/usr/lib/systemd/system/"+base, 0o644, files.TypeFile)
		case path.Ext(base) == ".sysusers":
			add(name, "/usr/lib/sysusers.d/leadwheel.conf", 0o644, files.TypeFile)
		case path.Ext(base) == ".env":
			add(name, "/etc/leadwheel/"+base, 0o600, files.TypeConfigNoReplace)
		case dir == "systemd":
			add(name, "/usr/share/doc/leadwheel/systemd/"+base, 0o644, files.TypeFile)
		}
		return nil
	})
	return all, err
}

// zip compresses a file.
func zip(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(file)
	_, err = zipped.Write(text)
	if err := errors.Join(err, zipped.Close(), file.Close()); err != nil {
		return fmt.Errorf("compressing %s: %w", from, err)
	}
	return nil
}
