package deploy_test

import (
	"regexp"
	"strings"
)

// A named query is what a query names: the series that it selects with their matchers, and the labels by which it groups
// or joins.
type named struct {
	selectors []selector
	labels    []string
}

type selector struct {
	series   string
	matchers []matcher
}

type matcher struct{ label, kind, value string }

var (
	// token is a word of PromQL as far as it matters here: a text, a number with its unit, a name, an operator of
	// matchers, or any other sign.
	token = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[0-9][0-9a-z.]*|[A-Za-z_:][A-Za-z0-9_:]*|=~|!~|!=|\S`)
	word  = regexp.MustCompile(`^[A-Za-z_:]`)
	// listing words stand before labels in parentheses.
	listing = map[string]bool{"by": true, "without": true, "on": true, "ignoring": true, "group_left": true, "group_right": true}
	other   = map[string]bool{"and": true, "or": true, "unless": true, "offset": true, "bool": true}
)

// namedIn reads a query that promtool has found well-formed.
func namedIn(query string) (n named) {
	words := token.FindAllString(query, -1)
	at := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case listing[w]:
			if at(i+1) != "(" {
				continue
			}
			for i += 2; at(i) != ")" && at(i) != ""; i++ {
				if word.MatchString(at(i)) {
					n.labels = append(n.labels, at(i))
				}
			}
		case w == "[": // a time
			for ; at(i) != "]" && at(i) != ""; i++ {
			}
		case !word.MatchString(w), other[w], at(i+1) == "(", listing[at(i+1)] && at(i+1) != "on":
			// a sign, an operator, or a function
		default:
			s := selector{series: w}
			if at(i+1) == "{" {
				for i += 2; at(i) != "}" && at(i) != ""; i++ {
					if word.MatchString(at(i)) {
						s.matchers = append(s.matchers, matcher{at(i), at(i + 1), strings.Trim(at(i+2), `"`)})
						i += 2
					}
				}
			}
			n.selectors = append(n.selectors, s)
		}
	}
	return n
}
