package language_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

const module = "github.com/leadwheel/leadwheel"

// spoken are the packages that say something to people.
var spoken = []string{"./internal/language", "./internal/web/...", "./internal/notify/..."}

// A goPackage is a package as the go command lists it.
type goPackage struct {
	Dir, ImportPath, Export string
	GoFiles                 []string
	Imports                 []string
	DepOnly                 bool
}

// listed are the packages that say something, and all that they import.
func listed(t *testing.T) (all []goPackage) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-json=Dir,ImportPath,Export,GoFiles,Imports,DepOnly"}, spoken...)...)
	cmd.Dir = filepath.Join("..", "..")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing what says something: %v", err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// found are the texts of the program, each with where it is said.
func found(t *testing.T) map[language.Text]string {
	t.Helper()
	all := map[language.Text]string{}
	packages := listed(t)
	exports := map[string]string{}
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, p := range packages {
		if p.DepOnly || p.ImportPath != module+"/internal/language" && !slices.Contains(p.Imports, module+"/internal/language") {
			continue
		}
		textsOf(t, p, fset, from, all)
		pages(t, p.Dir, all)
	}
	for _, r := range lead.Reasons() { // which the console tells of as the API does
		all[language.Text(r.Text())] = "the reason " + string(r)
	}
	if len(all) < 100 {
		t.Fatalf("only %d texts were found", len(all))
	}
	return all
}

// textsOf adds the constants of a package that are texts, or texts of templates.
func textsOf(t *testing.T, p goPackage, fset *token.FileSet, from types.Importer, all map[language.Text]string) {
	t.Helper()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	if _, err := (&types.Config{Importer: from}).Check(p.ImportPath, fset, files, info); err != nil {
		t.Fatalf("checking the types of %s: %v", p.ImportPath, err)
	}
	for expr, is := range info.Types {
		name, named := is.Type.(*types.Named)
		if !named || is.Value == nil || name.Obj().Pkg() == nil || name.Obj().Pkg().Path() != module+"/internal/language" {
			continue
		}
		text := constant.StringVal(is.Value)
		switch where := fset.Position(expr.Pos()).String(); name.Obj().Name() {
		case "Text":
			if text != "" {
				all[language.Text(text)] = where
			}
		case "Template":
			addTemplate(t, where, text, all)
		}
	}
}

func addTemplate(t *testing.T, where, text string, all map[language.Text]string) {
	t.Helper()
	texts, err := language.TextsOf(where, language.Template(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		all[text] = where
	}
}

// pages adds the texts of the templates in a folder, but for the API's reference, which is in English as the document is.
func pages(t *testing.T, dir string, all map[language.Text]string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "reference" {
			return filepath.SkipDir
		}
		if err != nil || filepath.Ext(path) != ".html" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			addTemplate(t, path, string(text), all)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

var verb = regexp.MustCompile(`%(\[\d+\])?[+#0-9.]*[a-zA-Z%]`)

// verbs are what a text formats, in the order of its arguments.
func verbs(text language.Text) []string {
	all := verb.FindAllString(string(text), -1)
	if slices.ContainsFunc(all, func(v string) bool { return strings.Contains(v, "[") }) {
		slices.Sort(all)
		for i := range all {
			all[i] = "%" + all[i][strings.Index(all[i], "]")+1:]
		}
	}
	return all
}

// TestEveryLanguageIsComplete holds each language's file to the texts that the program has: none is missing, none is there for nothing, and
// each formats what the English does.
func TestEveryLanguageIsComplete(t *testing.T) {
	t.Parallel()
	all := found(t)
	for _, tag := range language.Offered() {
		if tag == language.English {
			continue
		}
		p := language.In(tag)
		theirs := language.Texts(tag)
		for text, where := range all {
			if !slices.Contains(theirs, text) {
				t.Errorf("%s: %s.txt has nothing for\n%s", strings.TrimPrefix(where, "../../"), tag, text)
			}
		}
		for _, text := range theirs {
			if all[text] == "" {
				t.Errorf("%s.txt has a text that nothing says: %s", tag, text)
			}
			if theirs := language.Text(p.Say(text)); !slices.Equal(verbs(text), verbs(theirs)) {
				t.Errorf("%s.txt formats other things: %s: %s", tag, text, theirs)
			}
		}
	}
}
