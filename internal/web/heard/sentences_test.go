package heard_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A sentence is one of a room's, with its file and its place in it.
type sentence struct{ text, file, place string }

// A parsedFile is a file of Go.
type parsedFile struct {
	*ast.File
	name string
	fset *token.FileSet
}

// parsed are the files of a room, but for its tests.
func parsed(t *testing.T, room string) (all []parsedFile) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("../../..", room, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no room %s: %v", room, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parsedFile{f, room + "/" + filepath.Base(path), fset})
	}
	return all
}

// sentences are what the rooms have that reads as one: each literal, with what is joined to it and formatted into it, but for what
// programs read, what goes to the log, and the API's description.
func sentences(t *testing.T) (all []sentence) {
	t.Helper()
	for _, room := range rooms {
		files := parsed(t, room)
		r := reader{constants(files), func(sentence) {}}
		for _, f := range files {
			r.found = func(s sentence) {
				s.text, s.file = plainVerbs.ReplaceAllString(s.text, "%$1"), f.name
				s.text = strings.ReplaceAll(s.text, "%v", "%s")
				if prose(s.text) {
					all = append(all, s)
				}
			}
			r.read(f, f.File)
		}
	}
	return all
}

// plainVerbs are the verbs of formats, whose lengths do not matter where a sentence is found again.
var plainVerbs = regexp.MustCompile(`%[.0-9]+([a-z])`)

// constants are the texts that have a name in a room.
func constants(files []parsedFile) map[string]string {
	all := map[string]string{}
	for _, f := range files {
		ast.Inspect(f.File, func(n ast.Node) bool {
			if decl, is := n.(*ast.GenDecl); !is || decl.Tok != token.CONST {
				return true
			}
			for _, spec := range n.(*ast.GenDecl).Specs {
				for i, name := range spec.(*ast.ValueSpec).Names {
					if values := spec.(*ast.ValueSpec).Values; i < len(values) {
						if text, is := folded(values[i], nil); is {
							all[name.Name] = text
						}
					}
				}
			}
			return true
		})
	}
	return all
}

// A reader finds the texts in files of a room.
type reader struct {
	constants map[string]string
	found     func(sentence)
}

// notSaid are calls whose texts go to the log, to programmers, or into the API's description.
var notSaid = []string{"Debug", "Info", "Warn", "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "Log", "LogAttrs", "panic", "MustCompile", "text"}

// read finds the texts in a node.
func (r *reader) read(f parsedFile, node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.KeyValueExpr:
			key, is := n.Key.(*ast.Ident)
			return !is || !slices.Contains([]string{"Summary", "Description"}, key.Name)
		case *ast.CallExpr:
			if name := called(n); slices.Contains(notSaid, name) || name == "Error" && len(n.Args) > 0 || r.wraps(n) {
				return false
			}
		}
		e, is := n.(ast.Expr)
		if !is {
			return true
		}
		if _, named := e.(*ast.Ident); named {
			return false // where it is declared
		}
		text, is := folded(e, r.constants)
		if !is {
			return true
		}
		at := f.fset.Position(e.Pos())
		r.found(sentence{text: text, place: f.name + ":" + strconv.Itoa(at.Line)})
		if call, formats := e.(*ast.CallExpr); formats {
			for _, arg := range call.Args[1:] {
				r.read(f, arg)
			}
		}
		return false
	})
}

// called is the last part of the name of what is called.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// wraps says that a call adds to an error what was being done, which is for the log.
func (r *reader) wraps(c *ast.CallExpr) bool {
	text, is := folded(c, r.constants)
	return is && called(c) == "Errorf" && strings.Contains(text, "%w")
}

// folded is a text with whatever it is joined to as %s, and a format for what it makes.
func folded(e ast.Expr, constants map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		text, is := constants[e.Name]
		return text, is
	case *ast.ParenExpr:
		return folded(e.X, constants)
	case *ast.BinaryExpr:
		left, one := folded(e.X, constants)
		right, other := folded(e.Y, constants)
		if e.Op != token.ADD || !one && !other {
			return "", false
		}
		if !one {
			left = "%s"
		}
		if !other {
			right = "%s"
		}
		return left + right, true
	case *ast.CallExpr:
		if name := called(e); name == "Sprintf" || name == "Errorf" {
			return folded(e.Args[0], constants)
		}
	}
	return "", false
}

var (
	word = regexp.MustCompile(`^[A-Za-z][A-Za-z'’-]*$`)
	// machine is what SQL has, and other languages of programs, and sentences have not.
	machine = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM|AND|OR|AS|IS|IN|ANY|JOIN|ORDER BY|SET|RETURNING|UNION|LIMIT|CASE|CONFLICT)\b|[$]\d|\pL [<>=~@?&|]+ |::|->|^<|^\{|\x00|src 'none'`)
)

// prose says that people would take a text for a sentence.
func prose(text string) bool {
	words := 0
	all := strings.Fields(text)
	for _, one := range all {
		if word.MatchString(strings.Trim(one, `.,;:()"“”`)) {
			words++
		}
	}
	return len(all) > 2 && words > 1 && words*2 >= len(all) && !machine.MatchString(text)
}
