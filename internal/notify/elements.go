package notify

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// AllowedTags are the elements that a template may use: those that Telegram knows.
var AllowedTags = []string{"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote"}

// allowedAttributes are those that Telegram knows, by element.
var allowedAttributes = map[string]string{"a": "href", "code": "class", "blockquote": "expandable"}

// checkTags refuses elements and attributes that Telegram does not know.
func checkTags(text string) error {
	tokens := html.NewTokenizer(strings.NewReader(text))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return nil
		case html.DoctypeToken:
			return fmt.Errorf("<!…> cannot be used; there are the elements %s", strings.Join(AllowedTags, ", "))
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			tag := tokens.Token()
			if !slices.Contains(AllowedTags, tag.Data) {
				return fmt.Errorf("the element <%s> cannot be used; there are %s", tag.Data, strings.Join(AllowedTags, ", "))
			}
			for _, a := range tag.Attr {
				if a.Key != allowedAttributes[tag.Data] {
					return fmt.Errorf("the attribute %s of <%s> cannot be used; there are href of <a>, class of <code> and expandable of <blockquote>",
						a.Key, tag.Data)
				}
			}
		}
	}
}

// checkBalance refuses elements that are not closed, or not in the order in which they were opened: Telegram takes no such
// message, and an e-mail goes on in bold.
func checkBalance(message string) error {
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(message))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				return fmt.Errorf("the element <%s> is not closed", open[len(open)-1])
			}
			return nil
		case html.StartTagToken:
			open = append(open, tokens.Token().Data)
		case html.SelfClosingTagToken:
			return fmt.Errorf("the element <%s/> holds nothing; write <%[1]s>…</%[1]s>", tokens.Token().Data)
		case html.EndTagToken:
			name := tokens.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				return fmt.Errorf("</%s> closes an element that is not open there", name)
			}
			open = open[:len(open)-1]
		}
	}
}

// Lines are a message's line breaks as elements, for a page. Within <pre> they stay as they are.
func Lines(message string) string {
	pre := 0
	return rewrite(message, func(kind html.TokenType, name, raw string) string {
		switch {
		case kind == html.StartTagToken && name == "pre":
			pre++
		case kind == html.EndTagToken && name == "pre":
			pre--
		case kind == html.TextToken && pre == 0:
			return strings.ReplaceAll(raw, "\n", "<br>\n")
		}
		return raw
	})
}

// rewrite has each part of a message, an element's beginning or end or a text, be what of makes of it.
func rewrite(message string, of func(kind html.TokenType, name, raw string) string) string {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(message))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return out.String()
		}
		raw := string(tokens.Raw())
		name, _ := tokens.TagName()
		out.WriteString(of(kind, string(name), raw))
	}
}
