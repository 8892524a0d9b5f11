package route

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A guard is what most conditions begin with: that a text is one of some. Where it is none of them the condition does not hold, which
// is found out at a tenth of what working it out costs.
type guard struct {
	variable string // empty where there is none
	values   []string
}

// bars reports whether the condition cannot hold.
func (g guard) bars(env map[string]any) bool {
	if g.variable == "" {
		return false
	}
	text, is := env[g.variable].(string)
	return is && !slices.Contains(g.values, text)
}

// guardOf is the guard of a condition, if it has one.
func guardOf(node ast.Node) guard {
	n, is := node.(*ast.BinaryNode)
	if !is {
		return guard{}
	}
	switch n.Operator {
	case "and", "&&":
		return guardOf(n.Left)
	case "==", "in":
	default:
		return guard{}
	}
	variable, is := n.Left.(*ast.IdentifierNode)
	if !is {
		return guard{}
	}
	options := []ast.Node{n.Right}
	if n.Operator == "in" {
		list, is := n.Right.(*ast.ArrayNode)
		if !is {
			return guard{}
		}
		options = list.Nodes
	}
	g := guard{variable: variable.Value}
	for _, option := range options {
		text, is := option.(*ast.StringNode)
		if !is {
			return guard{}
		}
		g.values = append(g.values, text.Value)
	}
	return g
}
