package route

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// What a list may be.
const (
	MaxRules = 500
	MaxWhen  = 1000 // characters
	MaxName  = 200
	maxNodes = 200 // parts of one condition
	// maxSteps bounds what all patterns of a list cost together for each character that they are matched against.
	maxSteps = 1000
)

// A Fault is what is wrong with a rule, and where.
type Fault struct {
	// Rule is its place in the list, from 0.
	Rule int
	// Field is the rule's field that it is in, as the API names it.
	Field string
	// Line and Column say where in the condition, from 1; they are 0 for other fields.
	Line, Column int
	Message      string
}

// Error implements error.
func (f Fault) Error() string {
	return fmt.Sprintf("rule %d, %s: %s%s", f.Rule+1, f.Field, f.Message, place(f.Line, f.Column))
}

// Said is what is wrong, with its place in the condition.
func (f Fault) Said() string { return f.Message + place(f.Line, f.Column) }

func place(line, column int) string {
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(" (line %d, column %d)", line, column)
}

// Normal is rules as they are kept: texts without blanks around them, and a last condition that is left out as what it means.
func Normal(rules []Rule) []Rule {
	kept := make([]Rule, len(rules))
	for i, r := range rules {
		r.Name, r.When = strings.TrimSpace(r.Name), strings.TrimSpace(r.When)
		if r.When == "" && i == len(rules)-1 {
			r.When = Always
		}
		kept[i] = r
	}
	return kept
}

// Compile checks all rules, also those that are not enabled, and compiles those that are. The faults are in the order of the rules,
// one for each condition; where there are any the list is nil.
func Compile(version int, rules []Rule) (*List, []Fault) {
	l := &List{Version: version, uses: make(map[string]bool)}
	if len(rules) > MaxRules {
		return nil, []Fault{{Rule: MaxRules, Field: "name", Message: fmt.Sprintf("there are %d rules, and a workspace has %d at the most", len(rules), MaxRules)}}
	}
	c := compiler{uses: l.uses, options: options()}
	var faults []Fault
	names := make(map[string]int, len(rules))
	for i, r := range rules {
		if said := badName(r.Name, names); said != "" {
			faults = append(faults, Fault{Rule: i, Field: "name", Message: said})
		}
		names[contact.NameKey(r.Name)] = i
		one, fault := c.compile(r)
		if fault != nil {
			fault.Rule, fault.Field = i, "when"
			faults = append(faults, *fault)
			continue
		}
		if r.Enabled {
			l.rules = append(l.rules, one)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return l, nil
}

// Kept compiles rules that were saved, by whatever version of the program: one that cannot be read any more does not hold, and says so.
func Kept(version int, rules []Rule) *List {
	l := &List{Version: version, uses: make(map[string]bool)}
	c := compiler{uses: l.uses, options: options()}
	for _, r := range rules {
		one, fault := c.compile(r)
		if fault != nil {
			one = compiled{Rule: r, unread: true}
		}
		if r.Enabled {
			l.rules = append(l.rules, one)
		}
	}
	return l
}

// badName says what is wrong with a rule's name. Leads keep it, so it tells rules apart.
func badName(name string, before map[string]int) string {
	key := contact.NameKey(name)
	other, taken := before[key]
	switch {
	case key == "":
		return "give the rule a name, by which leads tell that it took them"
	case utf8.RuneCountInString(name) > MaxName:
		return fmt.Sprintf("this is longer than %d characters", MaxName)
	case taken:
		return fmt.Sprintf("rule %d has this name already", other+1)
	}
	return ""
}

// A compiler compiles the conditions of one list.
type compiler struct {
	options []expr.Option
	uses    map[string]bool
	steps   int
}

func (c *compiler) compile(r Rule) (compiled, *Fault) {
	switch {
	case r.When == Always:
		return compiled{Rule: r}, nil
	case strings.TrimSpace(r.When) == "":
		return compiled{}, &Fault{Line: 1, Column: 1, Message: "only the last rule may do without a condition; those after it would never be asked"}
	case utf8.RuneCountInString(r.When) > MaxWhen:
		return compiled{}, &Fault{Line: 1, Column: MaxWhen + 1, Message: fmt.Sprintf("a condition has %d characters at the most", MaxWhen)}
	}
	// What the language could do beyond our bounds is looked for before anything is worked out, as patterns and ranges are by compiling.
	config := conf.CreateNew()
	for _, o := range c.options {
		o(config)
	}
	tree, err := parser.ParseWithConfig(r.When, config)
	if err != nil {
		return compiled{}, faultOf(err)
	}
	b := bounds{source: tree.Source, list: c}
	ast.Walk(&tree.Node, &b)
	if b.fault != nil {
		return compiled{}, b.fault
	}
	program, err := expr.Compile(r.When, c.options...)
	if err != nil {
		return compiled{}, faultOf(err)
	}
	return compiled{Rule: r, program: program, guard: guardOf(tree.Node)}, nil
}

// functions are those of the language that conditions may call: they cost no more than what they are given is long.
var functions = []string{"lower", "upper", "trim", "len", "int", "float", "abs"}

// loose is the name of the function loosely, which nobody can write.
const loose = "#loosely"

func options() []expr.Option {
	all := []expr.Option{
		expr.Env(typed()), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.DisableIfOperator(),
		expr.Function(loose, func(params ...any) (any, error) { return loosely(params[0]), nil }, new(func(any) any)),
		expr.Patch(loosen{}),
	}
	for _, name := range functions {
		all = append(all, expr.EnableBuiltin(name))
	}
	return all
}

// loosen has what fields hold be compared with numbers as a number.
type loosen struct{}

// Visit implements ast.Visitor.
func (loosen) Visit(node *ast.Node) {
	n, is := (*node).(*ast.BinaryNode)
	if !is {
		return
	}
	for _, side := range [2]struct{ field, other *ast.Node }{{&n.Left, &n.Right}, {&n.Right, &n.Left}} {
		if !ofFields(*side.field) || !isNumber(*side.other) {
			continue
		}
		switch n.Operator {
		case "<", "<=", ">", ">=", "==", "!=":
			callee := &ast.IdentifierNode{Value: loose}
			call := &ast.CallNode{Callee: callee, Arguments: []ast.Node{*side.field}}
			call.SetLocation((*side.field).Location())
			callee.SetLocation((*side.field).Location())
			*side.field = call
		}
	}
}

func isNumber(node ast.Node) bool {
	if unary, is := node.(*ast.UnaryNode); is {
		node = unary.Node
	}
	switch node.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return true
	}
	return false
}

// ofFields reports whether a node is something in a lead's fields.
func ofFields(node ast.Node) bool {
	for {
		switch n := node.(type) {
		case *ast.ChainNode:
			node = n.Node
		case *ast.MemberNode:
			if root, is := n.Node.(*ast.IdentifierNode); is {
				return root.Value == "fields"
			}
			node = n.Node
		default:
			return false
		}
	}
}

// faultOf is what the engine says against a condition.
func faultOf(err error) *Fault {
	var at *file.Error
	if !errors.As(err, &at) {
		return &Fault{Line: 1, Column: 1, Message: err.Error()} // as that it is no condition at all, which has no place
	}
	return &Fault{Line: max(at.Line, 1), Column: at.Column + 1, Message: at.Message}
}

// explain tells why a condition broke on a lead.
func explain(message string) string {
	if strings.Contains(message, "nil") {
		return "it asks for a field that the lead does not have"
	}
	return "it takes a value for something else than it is, as a text for a number"
}
