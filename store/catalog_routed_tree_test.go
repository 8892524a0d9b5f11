package store_test

import (
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"
)

// A treeNode is a node of a tree as Postgres writes it into its log with debug_print_rewritten: {TAG :field value :field value}.
type treeNode struct {
	tag    string
	fields map[string][]any // a value is a word, a *treeNode, or a list of these; some fields have several
}

// one is the first value of a field, nil where that is empty.
func (n *treeNode) one(field string) any {
	if n == nil || len(n.fields[field]) == 0 || n.fields[field][0] == "<>" {
		return nil
	}
	return n.fields[field][0]
}

func (n *treeNode) node(field string) *treeNode {
	child, _ := n.one(field).(*treeNode)
	return child
}

func (n *treeNode) list(field string) []any {
	list, _ := n.one(field).([]any)
	return list
}

func (n *treeNode) text(field string) string {
	text, _ := n.one(field).(string)
	return text
}

// num is a field's number, 0 where it has none.
func (n *treeNode) num(field string) int {
	v, _ := strconv.Atoi(n.text(field))
	return v
}

func (n *treeNode) is(field string) bool { return n.text(field) == "true" }

// nodesOf are the nodes in a list.
func nodesOf(list []any) (nodes []*treeNode) {
	for _, v := range list {
		if n, is := v.(*treeNode); is {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// A treeReader reads trees from their text.
type treeReader struct{ left string }

func readTree(text string) (v any, err error) {
	r := treeReader{text}
	defer func() {
		if recover() != nil { // it read past the end
			err = fmt.Errorf("a tree of %d bytes breaks off", len(text))
		}
	}()
	if v = r.value(); r.peek() != 0 {
		return nil, fmt.Errorf("%d bytes follow a tree", len(r.left))
	}
	return v, nil
}

// peek is the next byte that is no space, 0 at the end.
func (r *treeReader) peek() byte {
	if r.left = strings.TrimLeft(r.left, " \t\r\n"); r.left == "" {
		return 0
	}
	return r.left[0]
}

// next takes a bracket or a word. In words a backslash stands before what would end them.
func (r *treeReader) next() string {
	r.peek()
	end := 1
	if !strings.ContainsRune("(){}", rune(r.left[0])) {
		for end = 0; end < len(r.left) && !strings.ContainsRune("(){} \t\r\n", rune(r.left[end])); end++ {
			if r.left[end] == '\\' {
				end++
			}
		}
	}
	token := r.left[:end]
	r.left = r.left[end:]
	return token
}

func (r *treeReader) value() any {
	switch token := r.next(); token {
	case "(":
		list := []any{}
		for r.more(')') {
			list = append(list, r.value())
		}
		r.next()
		return list
	case "{":
		n, field := &treeNode{fields: map[string][]any{}}, ""
		if r.more('}') {
			n.tag = r.next()
		}
		for r.more('}') {
			if r.peek() == ':' {
				field = r.next()[1:]
				continue
			}
			n.fields[field] = append(n.fields[field], r.value())
		}
		r.next()
		return n
	default:
		return token
	}
}

// more reports whether something comes before a bracket that closes.
func (r *treeReader) more(end byte) bool {
	next := r.peek()
	if next == 0 {
		panic("the tree breaks off")
	}
	return next != end
}

// A loggedTree is a statement as Postgres understood it: its rules and views are in it, and names are numbers.
type loggedTree struct {
	text    string
	queries []*treeNode
}

var (
	logMessage = regexp.MustCompile(`(?s)^\S+ \S+ \S+ \[\d+\] ([A-Z]+):  (.*)$`)
	logNested  = regexp.MustCompile(`(?s)^SQL (?:statement|expression) "(.*?)"(?:\n\tPL/pgSQL.*)?\s*$`)
)

// logRecords goes through a log. What goes on with a record begins with a tab.
func logRecords(log string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for log != "" {
			end := 0
			for {
				line := strings.IndexByte(log[end:], '\n')
				if line < 0 {
					end = len(log)
					break
				}
				if end += line + 1; end == len(log) || log[end] != '\t' && log[end] != '\n' {
					break
				}
			}
			if !yield(strings.TrimSuffix(log[:end], "\n")) {
				return
			}
			log = log[end:]
		}
	}
}

// loggedTrees reads the statements in a server's log, each once, in the order in which they first came. Those that the server sent itself,
// for a foreign key or in a trigger, are among them.
func loggedTrees(log string) (trees []loggedTree, err error) {
	seen := map[string]bool{}
	var tree, nested string
	for record := range logRecords(log) {
		m := logMessage.FindStringSubmatch(record)
		if m == nil {
			continue
		}
		switch kind, text := m[1], m[2]; kind {
		case "LOG":
			tree, nested = "", ""
		case "DETAIL":
			if strings.HasPrefix(text, "({QUERY ") {
				tree = text
			}
		case "CONTEXT":
			if n := logNested.FindStringSubmatch(text); n != nil {
				nested = n[1]
			}
		case "STATEMENT":
			if tree == "" {
				continue
			}
			if nested != "" {
				text = nested
			}
			text = strings.Join(strings.Fields(text), " ")
			if seen[text] {
				continue
			}
			seen[text] = true
			v, err := readTree(tree)
			if err != nil {
				return nil, fmt.Errorf("reading how the server understood %q: %w", text, err)
			}
			list, _ := v.([]any)
			trees, tree = append(trees, loggedTree{text, nodesOf(list)}), ""
		}
	}
	return trees, nil
}
