package ingest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

// numberedTexts is a text of so many others that differ, joined.
func numberedTexts(n int, format string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
	}
	return strings.Join(all, ",")
}

// What a name means takes long to tell the first time, and what a text of JSON holds takes memory, wherever these stand.
func TestNamesAndTextsOfJSONAreBounded(t *testing.T) {
	t.Parallel()
	quoted := func(text string) string {
		b, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ones := "[" + strings.Repeat("1,", 9000) + "1]"
	four := func(member string) string {
		return `{"a":{` + member + `},"b":{` + strings.ReplaceAll(member, `"x`, `"y`) + `}}`
	}
	for name, body := range map[string]string{
		"many names":              four(numberedTexts(6000, `"x#":1`)),
		"long names":              `{` + numberedTexts(3000, `"`+strings.Repeat("phone name ", 9)+`#":1`) + `}`,
		"names of leads":          `[` + numberedTexts(4000, `{"a#":1,"b#":2,"c#":3}`) + `]`,
		"names within each other": `[` + numberedTexts(4000, `{"a#":{"b#":{"c#":{"x":1}}}}`) + `]`,
		"texts of JSON":           `[` + strings.Repeat(quoted(ones)+",", 50) + quoted(ones) + `]`,
		"behind one another":      strings.Repeat(quoted(ones), 50),
		"by names":                `{` + numberedTexts(50, `"d#":{"data":`+quoted(ones)+`}`) + `}`,
		"thrice":                  quoted(quoted(quoted("[" + strings.Repeat(ones+",", 7) + "1]"))),
		"in a form":               "data=" + "[" + strings.Repeat(quoted(ones)+",", 50) + "1]",
		"elements":                "<r>" + strings.ReplaceAll(numberedTexts(11_000, "<a#>1</a#>"), ",", "") + "</r>",
		"attributes":              "<r>" + strings.Repeat(`<a b="1" c="2" d="3" e="4">1</a>`, 6000) + "</r>",
	} {
		if len(body) > MaxBody {
			t.Errorf("%s: %d bytes", name, len(body))
		}
		p, err := generic{}.Parse(store.IntegrationSettings{}, requestFor(body))
		d := arrival{Arrival: store.Arrival{Event: &store.Event{}}}
		if err == nil || d.refuse(err) != nil || d.rejected == nil || d.rejected.Status != 413 {
			t.Errorf("%s: %d leads, %v", name, len(p.Leads), err)
		}
	}
	for name, body := range map[string]string{
		"leads by number": `{"leads":{` + numberedTexts(4500, `"#":{"email":"a#@example.com","name":"A"}`) + `}}`,
		"leads by key":    `{"leads":{` + numberedTexts(4500, `"-NxAbCdEfGh#":{"email":"a#@example.com","name":"A"}`) + `}}`,
		"a long form":     `{"email":"a@example.com",` + numberedTexts(2000, `"question # of a long form":"x"`) + `}`,
	} {
		if p, err := (generic{}).Parse(store.IntegrationSettings{}, requestFor(body)); err != nil || len(p.Leads) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
