package route

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

const (
	// maxPattern is how long a pattern may be, in characters.
	maxPattern = 200
	// maxRange is how many numbers a range may have.
	maxRange = 1000
)

// everything is what the engine calls all variables together.
const everything = "$env"

// bounds looks through a condition for what could cost more than its length, or do more than to tell of a lead: loops, variables of
// its own, patterns made up of a lead's texts.
type bounds struct {
	source file.Source
	list   *compiler
	fault  *Fault
}

// Visit implements ast.Visitor.
func (b *bounds) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.NilNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.UnaryNode, *ast.ChainNode,
		*ast.ConditionalNode, *ast.ArrayNode:
	case *ast.IdentifierNode:
		if n.Value == everything {
			b.refuse(*node, "the whole lead cannot be taken for a value")
		}
		b.list.uses[n.Value] = true
	case *ast.MemberNode:
		if n.Method {
			b.refuse(*node, "methods cannot be called here")
		}
	case *ast.CallNode:
		if _, named := n.Callee.(*ast.IdentifierNode); !named {
			b.refuse(*node, "only functions can be called, by their names")
		}
	case *ast.BuiltinNode:
		if !slices.Contains(functions, n.Name) {
			b.refuse(*node, fmt.Sprintf("there is no %s here", n.Name))
		}
	case *ast.BinaryNode:
		b.binary(n)
	default:
		b.refuse(*node, "this is not known here; write comparisons, joined by and, or, not")
	}
}

func (b *bounds) binary(n *ast.BinaryNode) {
	switch n.Operator {
	case "matches":
		pattern, fixed := n.Right.(*ast.StringNode)
		if !fixed {
			b.refuse(n.Right, "a pattern must be written out, in quotes")
			return
		}
		b.pattern(pattern)
	case "..":
		from, least := n.Left.(*ast.IntegerNode)
		to, most := n.Right.(*ast.IntegerNode)
		if !least || !most || to.Value-from.Value > maxRange || to.Value < from.Value {
			b.refuse(n, fmt.Sprintf("a range goes from one written number up to another, over %d at the most", maxRange))
		}
	}
}

// pattern checks what a pattern costs before it is compiled.
func (b *bounds) pattern(n *ast.StringNode) {
	if utf8.RuneCountInString(n.Value) > maxPattern {
		b.refuse(n, fmt.Sprintf("a pattern has %d characters at the most", maxPattern))
		return
	}
	parsed, err := syntax.Parse(n.Value, syntax.Perl)
	if err != nil {
		b.refuse(n, "this pattern cannot be read: "+err.Error())
		return
	}
	if b.list.steps += steps(parsed); b.list.steps > maxSteps {
		b.refuse(n, "this pattern, with those of the rules before it, costs too much; repeat less in it, or use contains, startsWith or in")
	}
}

// steps is about what a pattern costs for each character.
func steps(r *syntax.Regexp) int {
	n := 1
	if r.Op == syntax.OpLiteral {
		n = len(r.Rune)
	}
	for _, sub := range r.Sub {
		n = min(n+steps(sub), maxSteps+1)
	}
	if r.Op == syntax.OpRepeat {
		n = min(n*max(r.Min, r.Max, 1), maxSteps+1)
	}
	return n
}

// refuse notes the first thing that is wrong.
func (b *bounds) refuse(node ast.Node, said string) {
	if b.fault == nil {
		at := (&file.Error{Location: node.Location(), Message: said}).Bind(b.source)
		b.fault = faultOf(at)
	}
}
