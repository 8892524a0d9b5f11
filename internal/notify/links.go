package notify

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"

	"golang.org/x/net/html"

	"github.com/leadwheel/leadwheel/internal/contact"
)

// A place is what an attribute has before a value: it says what the value may be there. What leads call themselves must
// not add to a link what its template does not say, as the header in a@b?bcc=c@d.
type place string

// The places, as they are appended to the names of values.
const (
	asText   place = ""
	asMail   place = " mail"   // an address, after mailto:
	asNumber place = " number" // digits, after tel: and the like
	asLink   place = " link"   // a link of its own, where an attribute begins
)

// numberLinks are the links that lead to a phone number.
var numberLinks = []string{"tel:", "sms:", "callto:", "whatsapp:", "viber:", "https://wa.me/", "http://wa.me/", "//wa.me/"}

// placeAfter is the place of a value after this much of an attribute.
func placeAfter(before string) place {
	before = strings.ToLower(strings.TrimSpace(html.UnescapeString(before)))
	switch {
	case before == "":
		return asLink
	case strings.ContainsAny(before, "?#"): // in which values are escaped
		return asText
	case strings.HasPrefix(before, "mailto:"):
		return asMail
	case slices.ContainsFunc(numberLinks, func(scheme string) bool { return strings.HasPrefix(before, scheme) }):
		return asNumber
	}
	return asText
}

// A linker walks a template and has values in attributes be what they may be there.
type linker struct {
	tag       bool   // whether an element's tag is open
	quote     byte   // of the attribute that is open, 0 where none is
	attribute string // what it has so far
}

func (l *linker) list(nodes *parse.ListNode) {
	if nodes == nil {
		return
	}
	for _, n := range nodes.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			l.text(n.Text)
		case *parse.ActionNode:
			l.action(n)
		case *parse.IfNode:
			l.branches(n.List, n.ElseList)
		case *parse.RangeNode:
			l.branches(n.List, n.ElseList)
		}
	}
}

// branches follows one and the other from here on. Where they end elsewhere the template is refused.
func (l *linker) branches(one, other *parse.ListNode) {
	before := *l
	l.list(other)
	*l = before
	l.list(one)
}

// text follows the elements in a template's own text, as far as their attributes matter.
func (l *linker) text(text []byte) {
	for _, c := range text {
		switch {
		case l.quote != 0 && c == l.quote:
			l.quote, l.attribute = 0, ""
		case l.quote != 0:
			l.attribute += string(rune(c))
		case l.tag && (c == '"' || c == '\''):
			l.quote = c
		case c == '<':
			l.tag = true
		case c == '>':
			l.tag = false
		}
	}
}

// action has the value be the one for its place.
func (l *linker) action(n *parse.ActionNode) {
	if !l.tag {
		return
	}
	if f, is := n.Pipe.Cmds[0].Args[0].(*parse.FieldNode); is {
		f.Ident[0] += string(placeAfter(l.attribute))
	}
	l.attribute += "." // something
}

// placed adds to a view's values what they are in each place, empty where they are nothing that can stand there.
func placed(view map[string]any) map[string]any {
	for name, value := range maps.Clone(view) {
		text, is := value.(string)
		if !is {
			continue
		}
		view[name+string(asMail)], view[name+string(asNumber)], view[name+string(asLink)] = mailLink(text), "", ""
		if number.MatchString(text) {
			view[name+string(asNumber)] = text
		}
		if web.MatchString(text) {
			view[name+string(asLink)] = text
		}
	}
	return view
}

var (
	number = regexp.MustCompile(`^\+?[0-9]{3,15}$`)
	web    = regexp.MustCompile(`(?i)^https?://[^\s<>"]+$`)
)

// mailLink is an address as a link has it (RFC 6068), empty where it is none that can be written to.
func mailLink(address string) string {
	if !contact.Writable(address) {
		return ""
	}
	return strings.NewReplacer("%", "%25", "&", "%26", "?", "%3F", "#", "%23", "/", "%2F", "`", "%60", "^", "%5E",
		"{", "%7B", "|", "%7C", "}", "%7D", "'", "%27", "=", "%3D").Replace(address)
}

// dead are links that lead nowhere, since the value that they were for is none.
var dead = []string{"", "mailto:", "tel:", "sms:", "callto:", "whatsapp:", "viber:", "https://wa.me/", "http://wa.me/", "//wa.me/"}

// unlink takes the links out of a message that lead nowhere, and leaves what they are called.
func unlink(message string) string {
	dropped := 0
	return rewrite(message, func(kind html.TokenType, name, raw string) string {
		switch {
		case kind == html.StartTagToken && name == "a" && leadsNowhere(raw):
			dropped++
		case kind == html.EndTagToken && name == "a" && dropped > 0:
			dropped--
		default:
			return raw
		}
		return ""
	})
}

func leadsNowhere(tag string) bool {
	tokens := html.NewTokenizer(strings.NewReader(tag))
	tokens.Next()
	for _, a := range tokens.Token().Attr {
		if target, _, _ := strings.Cut(a.Val, "?"); a.Key == "href" && slices.Contains(dead, strings.ToLower(strings.TrimSpace(target))) {
			return true
		}
	}
	return false
}
