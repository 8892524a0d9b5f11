package notify

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"text/template/parse"
	"time"

	"github.com/leadwheel/leadwheel/internal/language"
)

// MaxTemplate is the length of a workspace's own template at the most, in bytes.
const MaxTemplate = 4000

// maxOutput bounds what a template may write: far more than any channel takes.
const maxOutput = 256 << 10

// DefaultTemplate is what a message about a lead says where a workspace has not written its own.
const DefaultTemplate = `<b>New lead: {{.name}}</b>
{{- if .phone}}
Phone: <a href="tel:{{.call}}">{{.phone}}</a>{{end}}
{{- if .whatsapp}} · <a href="https://wa.me/{{.whatsapp}}">WhatsApp</a>{{end}}
{{- if .email}}
E-mail: <a href="mailto:{{.email}}">{{.email}}</a>{{end}}
{{- if .source}}
Source: {{.source}}{{end}}
{{- if .campaign}}
Campaign: {{.campaign}}{{end}}
{{- range .answers}}
{{.name}}: {{.value}}{{end}}
Received: {{.time}} ({{.age}})`

// reminderTemplate is what a member is reminded with of a lead that they meant to follow up.
const reminderTemplate = `<b>Follow up: {{.name}}</b>
{{- if .phone}}
Phone: <a href="tel:{{.call}}">{{.phone}}</a>{{end}}
{{- if .whatsapp}} · <a href="https://wa.me/{{.whatsapp}}">WhatsApp</a>{{end}}
{{- if .email}}
E-mail: <a href="mailto:{{.email}}">{{.email}}</a>{{end}}
You wanted to come back to them at this time.`

// answerTemplate is what a member is reminded with of a lead that they have not answered.
const answerTemplate = `<b>Answer soon: {{.name}}</b>
{{- if .phone}}
Phone: <a href="tel:{{.call}}">{{.phone}}</a>{{end}}
{{- if .whatsapp}} · <a href="https://wa.me/{{.whatsapp}}">WhatsApp</a>{{end}}
{{- if .email}}
E-mail: <a href="mailto:{{.email}}">{{.email}}</a>{{end}}
Half of the time to answer is over. Accept it, or give it a status or a note.`

// undoneTemplate is what a member is told of a lead that was taken back: nothing by which its person can be reached.
const undoneTemplate = `<b>Taken back: {{.name}}</b>
This lead was given to you by mistake, and is not yours any more. Please do not contact them.`

// offerTemplate is what a member is offered a lead with.
const offerTemplate = `<b>Offer: {{.name}}</b>
{{- if .place}}
{{.place}}{{end}}
The first to accept it gets it{{if .by}}, until {{.by}}{{end}}.
{{- if .link}}
<a href="{{.link}}">Accept it</a>{{end}}`

// chargeTemplate is what those in charge are told with of a lead that nobody took up in time.
const chargeTemplate = `<b>{{.what}}: {{.name}}</b>
{{- if .place}}
{{.place}}{{end}}
{{- if .holder}}
{{.holder}} has it since {{.time}}, and has not answered it in time.{{else}}
It has been offered since {{.time}}, and nobody accepted it in time.{{end}} It stays there until somebody acts on it.`

// summaryTemplate is what a message about several leads says.
const summaryTemplate = `<b>{{.total}} {{.what}}</b>
{{- range .leads}}
{{.number}}. {{.name}}
{{- if .phone}} · <a href="tel:{{.call}}">{{.phone}}</a>{{end}}
{{- if .whatsapp}} · <a href="https://wa.me/{{.whatsapp}}">WhatsApp</a>{{end}}
{{- if .email}} · <a href="mailto:{{.email}}">{{.email}}</a>{{end}}
{{- if .source}} · {{.source}}{{end}}
{{- if .link}} · <a href="{{.link}}">Open</a>{{end}}{{end}}
{{- if .more}}
… and {{.more}} more{{end}}`

// The names that a template may use, at its top and within {{range .answers}}.
var (
	topNames    = []string{"name", "phone", "call", "whatsapp", "email", "source", "campaign", "time", "age", "member", "workspace", "link", "answers"}
	answerNames = []string{"name", "value"}
)

// A Template is what a message about a lead says.
type Template struct{ html *template.Template }

// A messageSet is the templates of ours, in one language.
type messageSet struct{ usual, summary, reminder, answer, undone, offer, charge *template.Template }

// messagesIn are our templates in each language.
var messagesIn = language.NewEach(func(t *language.Printer) messageSet {
	return messageSet{
		mustLink(t, DefaultTemplate), mustLink(t, summaryTemplate), mustLink(t, reminderTemplate), mustLink(t, answerTemplate),
		mustLink(t, undoneTemplate), mustLink(t, offerTemplate), mustLink(t, chargeTemplate),
	}
})

// mustLink reads a template of ours in a language.
func mustLink(t *language.Printer, text language.Template) *template.Template {
	read, err := t.Parse("message", text)
	template.Must(nil, err)
	tree := read["message"]
	(&linker{}).list(tree.Root)
	return template.Must(template.New("message").AddParseTree("message", tree))
}

// ParseTemplate reads a workspace's own template: text and the elements of AllowedTags, {{.name}} and the like, {{if}} and
// {{range .answers}}. It is not a program: it calls nothing, declares nothing, and cannot run for long. Values are escaped
// for where they stand. An error says in which line what is wrong. Empty is the default.
func ParseTemplate(text string) (*Template, error) {
	if text == "" {
		return &Template{messagesIn.In(language.In(language.English)).usual}, nil
	}
	if len(text) > MaxTemplate {
		return nil, fmt.Errorf("a template has %d bytes at the most", MaxTemplate)
	}
	tree := parse.New("template")
	tree.Mode = parse.SkipFuncCheck
	defined := make(map[string]*parse.Tree)
	if _, err := tree.Parse(text, "", "", defined); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	c := checker{tree: tree}
	delete(defined, tree.Name)
	if len(defined) > 0 {
		c.refuse(tree.Root, "%s", notAProgram)
	}
	c.list(tree.Root, topNames)
	if c.err != nil {
		return nil, c.err
	}
	if err := checkTags(text); err != nil {
		return nil, err
	}
	(&linker{}).list(tree.Root)
	parsed, err := template.New("message").AddParseTree("message", tree)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "template: "))
	}
	t, english := &Template{parsed}, language.In(language.English)
	for _, s := range []subject{example(english), {zone: time.UTC, tongue: english}} { // the fullest lead and the emptiest take other branches
		written, err := t.execute(s.view(shortest)) // which finds what is wrong about the places of values
		if err != nil {
			return nil, err
		}
		if err := checkBalance(written); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *Template) execute(data any) (string, error) {
	var out bounded
	if err := t.html.Execute(&out, data); err != nil {
		return "", errors.New(strings.TrimPrefix(err.Error(), "html/template:"))
	}
	return strings.TrimSpace(unlink(out.String())), nil
}

// bounded is a buffer that refuses to grow without end.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(data []byte) (int, error) {
	if b.Len()+len(data) > maxOutput {
		return 0, errors.New("the message is too long")
	}
	return b.Buffer.Write(data)
}

const notAProgram = "only {{.name}} and the like, {{if}} and {{range .answers}} can be used"

// A checker walks a template and keeps what it finds in it that is not allowed.
type checker struct {
	tree *parse.Tree
	err  error
}

func (c *checker) refuse(n parse.Node, format string, args ...any) {
	if c.err == nil {
		where, _ := c.tree.ErrorContext(n)
		c.err = fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
	}
}

func (c *checker) list(l *parse.ListNode, names []string) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			if c.field(n.Pipe, names) == "answers" {
				c.refuse(n, "write {{range .answers}}{{.name}}: {{.value}}{{end}} for the answers")
			}
		case *parse.IfNode:
			c.field(n.Pipe, names)
			c.list(n.List, names)
			c.list(n.ElseList, names)
		case *parse.RangeNode:
			if c.field(n.Pipe, names) != "answers" {
				c.refuse(n, "only the answers can be ranged over")
			}
			c.list(n.List, answerNames)
			c.list(n.ElseList, names)
		default:
			c.refuse(n, "%s", notAProgram)
		}
	}
}

// field is the name that a pipe consists of.
func (c *checker) field(p *parse.PipeNode, names []string) string {
	if len(p.Decl) == 0 && len(p.Cmds) == 1 && len(p.Cmds[0].Args) == 1 {
		if f, is := p.Cmds[0].Args[0].(*parse.FieldNode); is && len(f.Ident) == 1 && slices.Contains(names, f.Ident[0]) {
			return f.Ident[0]
		}
	}
	c.refuse(p, "%s cannot be used here; there are .%s", p, strings.Join(names, ", ."))
	return ""
}
