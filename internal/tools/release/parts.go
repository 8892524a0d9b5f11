package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A part is a module that the program is made of.
type part struct {
	// name is its path, std for Go's own library.
	name, version string
	// sum is what go.sum has of it; empty for std.
	sum string
	// licences are what its licences are called by SPDX, in order.
	licences []string
	// files are where its licences stand, by their names in the part.
	files map[string]string
	// uses names the parts that it imports.
	uses map[string]bool
}

// program names the program itself among those who use parts.
const program = "github.com/leadwheel/leadwheel"

// A listed is a package as go list tells of it.
type listed struct {
	ImportPath, Dir string
	Standard        bool
	Imports         []string
	EmbedFiles      []string
	Module          *struct{ Path, Version, Dir string }
}

// part is the part that a package belongs to, which is one of parts from then on.
func (l listed) part(parts map[string]*part) (*part, error) {
	if l.Standard {
		return parts["std"], nil
	}
	p := parts[l.Module.Path]
	if p == nil {
		p = &part{name: l.Module.Path, version: l.Module.Version, files: map[string]string{}, uses: map[string]bool{}}
		parts[p.name] = p
	}
	for _, name := range l.EmbedFiles { // scripts for browsers have theirs beside them
		if embeddedLicence.MatchString(name) {
			p.files[name] = filepath.Join(l.Dir, name)
		}
	}
	return p, p.findLicences(l.Module.Dir, l.Dir)
}

// parts are what the program is made of on a platform, by name; the program itself is one of them.
func (r *release) parts(ctx context.Context, p platform) (map[string]*part, error) {
	said, err := output(ctx, r.root, p.environment(), "go", "list", "-deps", "-json=ImportPath,Dir,Standard,Imports,EmbedFiles,Module", "./cmd/leadwheel")
	if err != nil {
		return nil, err
	}
	toolchain, err := output(ctx, r.root, p.environment(), "go", "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	goroot, version, _ := strings.Cut(toolchain, "\n")
	std := &part{name: "std", version: strings.TrimPrefix(version, "go"), files: map[string]string{}, uses: map[string]bool{}}
	parts, of, imports := map[string]*part{"std": std}, map[string]*part{}, map[string][]string{}
	if err := std.findLicences(goroot, goroot); err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(strings.NewReader(said)); ; {
		var one listed
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading what go list says: %w", err)
		}
		imports[one.ImportPath] = one.Imports
		if of[one.ImportPath], err = one.part(parts); err != nil {
			return nil, err
		}
	}
	for path, imported := range imports {
		for _, other := range imported {
			if to := of[other]; to != nil && to != of[path] {
				of[path].uses[to.name] = true
			}
		}
	}
	return parts, errors.Join(r.readSums(parts), nameLicences(parts))
}

var (
	// licenceFile is what files with licences are called, and noticeFile those that have to be handed on beside them.
	licenceFile = regexp.MustCompile(`(?i)^(licen[sc]e|copying)([.-].*)?$`)
	// embeddedLicence is what bundlers of scripts call the licences of what they bundle.
	embeddedLicence = regexp.MustCompile(`(?i)\.licen[sc]e\.txt$`)
	noticeFile      = regexp.MustCompile(`(?i)^(notice|patents)([.-].*)?$`)
)

// findLicences finds what licences stand in a part's folder and on the way down to one of its packages.
func (p *part) findLicences(root, folder string) error {
	for {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return fmt.Errorf("looking for the licences of %s: %w", p.name, err)
		}
		for _, entry := range entries {
			if !entry.Type().IsRegular() || !licenceFile.MatchString(entry.Name()) && !noticeFile.MatchString(entry.Name()) || filepath.Ext(entry.Name()) == ".go" {
				continue
			}
			path := filepath.Join(folder, entry.Name())
			name, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			p.files[filepath.ToSlash(name)] = path
		}
		if folder == root || len(folder) <= len(root) {
			return nil
		}
		folder = filepath.Dir(folder)
	}
}

// nameLicences finds out what the parts' licences are called. A part without one, or with one that is not known here, is an error: a
// person has to look at it.
func nameLicences(parts map[string]*part) (err error) {
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		p := parts[name]
		for file, path := range p.files {
			if !licenceFile.MatchString(filepath.Base(file)) {
				continue
			}
			text, failed := os.ReadFile(path)
			if failed != nil {
				return failed
			}
			licence := licenceOf(string(text))
			if licence == "" {
				err = errors.Join(err, fmt.Errorf("%s of %s is a licence that is not known here: read it, and add it to licence.go", file, p.name))
			}
			p.licences = append(p.licences, licence)
		}
		slices.Sort(p.licences)
		if p.licences = slices.Compact(p.licences); len(p.licences) == 0 {
			err = errors.Join(err, fmt.Errorf("%s has no licence: it cannot be handed on", p.name))
		}
	}
	return err
}

// readSums notes what go.sum has of each part.
func (r *release) readSums(parts map[string]*part) error {
	text, err := os.ReadFile(filepath.Join(r.root, "go.sum"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) == 3 {
			if p := parts[words[0]]; p != nil && p.version == words[1] {
				p.sum = words[2]
			}
		}
	}
	return nil
}
