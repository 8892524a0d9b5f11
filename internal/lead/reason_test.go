package lead

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
)

// TestEveryReasonIsInTheTable reads the constants from the source, so that a new one without its row fails.
func TestEveryReasonIsInTheTable(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[Reason]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			declared[Reason(text)] = true
		}
		return true
	})
	if len(declared) != len(Reasons()) {
		t.Errorf("%d reasons are declared, %d are in the table", len(declared), len(Reasons()))
	}
	for r := range declared {
		if r.Status() < 400 || r.Status() > 599 || r.Text() == "" || r.Label() == "" || r.Error() != r.Text() {
			t.Errorf("reason %q has status %d, text %q, label %q", string(r), r.Status(), r.Text(), r.Label())
		}
	}
}
