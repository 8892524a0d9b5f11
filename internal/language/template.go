package language

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
	"unicode"
)

// A Template is the text of a template of HTML, in English. What people read of it, between its tags, on one line of it, and in the
// attributes that are read, are Texts as if they were said: a template is put into a language once, and not each time that it is executed.
type Template string

// readAttributes are the attributes that people read, or have read to them. A script reads those that begin with data-say-.
var readAttributes = []string{"aria-label", "title", "placeholder", "alt", "data-label"}

// unread are elements in which nothing is said to people, but to machines.
var unread = []string{"code", "script", "style"}

// Parse reads a template, with those that it defines, and puts them into the language.
func (p *Printer) Parse(name string, text Template) (map[string]*parse.Tree, error) {
	all, err := trees(name, text)
	for _, tree := range all {
		walkTemplate(tree, func(text Text) string { return p.Say(text) })
	}
	return all, err
}

// TextsOf are the texts of a template, those included that it says by the functions say and many.
func TextsOf(name string, text Template) (all []Text, err error) {
	read, err := trees(name, text)
	for _, tree := range read {
		walkTemplate(tree, func(text Text) string {
			all = append(all, text)
			return string(text)
		})
		all = append(all, called(tree.Root)...)
	}
	return all, err
}

func trees(name string, text Template) (map[string]*parse.Tree, error) {
	all := map[string]*parse.Tree{}
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	_, err := tree.Parse(string(text), "", "", all)
	return all, err
}

// walkTemplate replaces each text of a template by what say makes of it.
func walkTemplate(tree *parse.Tree, say func(Text) string) {
	r := reader{say: say}
	if inTag.MatchString(tree.Root.String()) {
		r.tag = "<"
	}
	r.list(tree.Root)
}

// inTag is a template that is used within a tag: before any other it has an attribute.
var inTag = regexp.MustCompile(`^(\{\{[^}]*\}\})* ?[a-z-]+="`)

// A reader goes through a template as HTML.
type reader struct {
	say func(Text) string
	// tag is the tag that is open so far, from its < on, empty in text. quote is the quotation mark of the attribute that is open, 0
	// for none.
	tag   string
	quote byte
	// within is the element that is not read in which it is, empty for none.
	within string
}

func (r *reader) list(nodes *parse.ListNode) {
	if nodes == nil {
		return
	}
	for _, n := range nodes.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			n.Text = []byte(r.text(string(n.Text)))
		case *parse.ActionNode:
			if r.tag != "" {
				r.tag += "." // something
			}
		case *parse.IfNode:
			r.branches(n.List, n.ElseList)
		case *parse.RangeNode:
			r.branches(n.List, n.ElseList)
		case *parse.WithNode:
			r.branches(n.List, n.ElseList)
		}
	}
}

// branches follows one and the other from here on; html/template refuses those that end elsewhere.
func (r *reader) branches(one, other *parse.ListNode) {
	before := *r
	r.list(other)
	*r = before
	r.list(one)
}

// text is a piece of a template's own text in the language.
func (r *reader) text(piece string) string {
	var out, read strings.Builder
	say := func() {
		out.WriteString(r.lines(read.String()))
		read.Reset()
	}
	for i := range len(piece) {
		c := piece[i]
		if r.isRead(c) {
			read.WriteByte(c)
			continue
		}
		say()
		out.WriteByte(c)
		r.step(c)
	}
	say()
	return out.String()
}

// isRead says whether a character that comes next is one that people read.
func (r *reader) isRead(c byte) bool {
	switch {
	case r.tag == "":
		return c != '<' && r.within == ""
	case r.quote == 0 || c == r.quote:
		return false
	}
	name := strings.TrimSuffix(r.tag[:strings.LastIndexByte(r.tag, r.quote)], "=")
	name = name[strings.LastIndexAny(name, " \n.")+1:]
	return slices.Contains(readAttributes, name) || strings.HasPrefix(name, "data-say-")
}

// step goes on by a character that is not read.
func (r *reader) step(c byte) {
	switch {
	case r.tag == "" && c != '<':
	case r.tag == "":
		r.tag = "<"
	case r.quote != 0 && c == r.quote:
		r.quote = 0
		r.tag += string(c)
	case r.quote == 0 && c == '"':
		r.quote = c
		r.tag += string(c)
	case r.quote == 0 && c == '>':
		r.close()
	default:
		r.tag += string(c)
	}
}

// close goes on behind a tag.
func (r *reader) close() {
	name, _, _ := strings.Cut(strings.TrimLeft(r.tag, "</"), " ")
	if slices.Contains(unread, name) {
		if r.within = name; strings.HasPrefix(r.tag, "</") {
			r.within = ""
		}
	}
	r.tag = ""
}

// lines are what stands between two tags, line by line, in the language; space around it stays.
func (r *reader) lines(text string) string {
	all := strings.Split(text, "\n")
	for i, line := range all {
		said := strings.TrimSpace(line)
		if !strings.ContainsFunc(said, unicode.IsLetter) {
			continue
		}
		english := Text(html.UnescapeString(said))
		if theirs := r.say(english); theirs != string(english) {
			before, after, _ := strings.Cut(line, said)
			all[i] = before + escaper.Replace(theirs) + after
		}
	}
	return strings.Join(all, "\n")
}

// escaper writes text as HTML has it between tags and in attributes.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")

// called are the texts that a template says by functions.
func called(n parse.Node) (all []Text) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, one := range n.Nodes {
			all = append(all, called(one)...)
		}
	case *parse.ActionNode:
		return called(n.Pipe)
	case *parse.TemplateNode:
		return called(n.Pipe)
	case *parse.IfNode:
		return calledIn(&n.BranchNode)
	case *parse.RangeNode:
		return calledIn(&n.BranchNode)
	case *parse.WithNode:
		return calledIn(&n.BranchNode)
	case *parse.PipeNode:
		if n == nil {
			return nil
		}
		for _, c := range n.Cmds {
			all = append(all, said(c)...)
			for _, arg := range c.Args {
				all = append(all, called(arg)...)
			}
		}
	}
	return all
}

func calledIn(n *parse.BranchNode) []Text {
	return append(append(called(n.Pipe), called(n.List)...), called(n.ElseList)...)
}

// said are the texts among the arguments of a call of say or many.
func said(c *parse.CommandNode) (all []Text) {
	name, is := c.Args[0].(*parse.IdentifierNode)
	if !is || name.Ident != "say" && name.Ident != "many" {
		return nil
	}
	for _, arg := range c.Args[1:] {
		text, is := arg.(*parse.StringNode)
		if !is {
			continue
		}
		if all = append(all, Text(text.Text)); name.Ident == "say" {
			break
		}
	}
	return all
}
