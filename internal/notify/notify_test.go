package notify_test

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func message(template string, leads ...store.MessageLead) *store.Message {
	return &store.Message{
		Kind: store.NotifyLeads, Channel: lead.Telegram, Leads: leads, Total: len(leads),
		Recipient: store.Recipient{Name: "Aina", WorkspaceName: "Acme", Timezone: "Asia/Kuala_Lumpur", Template: template},
	}
}

func one() store.MessageLead {
	return store.MessageLead{
		Name: "Aisyah", Email: "a@example.com", Phone: "012-345 6789", PhoneE164: "+60123456789", SourceName: "Spring",
		Fields: json.RawMessage(`{"campaign_name":"KL villas","Units":["Condo","Villa"],"Ready?":true,"empty":null,"ad":7412345678901234567}`),
		At:     now.Add(-5 * time.Minute),
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	got := notify.Write(message("", one()), now)
	const want = `New lead: Aisyah
Phone: +60123456789 · WhatsApp (https://wa.me/60123456789)
E-mail: a@example.com
Source: Spring
Campaign: KL villas
Units: Condo, Villa
Ready?: yes
ad: 7412345678901234567
Received: Sun 1 Mar 2026, 19:55 +08 (5 minutes ago)`
	if got.Text != want || got.Subject != "New lead: Aisyah" {
		t.Errorf("subject %q, text:\n%s\nwant:\n%s", got.Subject, got.Text, want)
	}
	for _, link := range []string{`href="tel:&#43;60123456789"`, `href="https://wa.me/60123456789"`, `href="mailto:a@example.com"`} {
		if !strings.Contains(got.HTML, link) {
			t.Errorf("there is no %s in %s", link, got.HTML)
		}
	}
}

// TestOddInput25 has a name of elements, and an answer that is longer than a message.
func TestOddInput25(t *testing.T) {
	t.Parallel()
	l := one()
	l.Name = "<b>&\r\nBcc: x@example.com"
	l.Fields = json.RawMessage(`{"<i>":"` + strings.Repeat("ä", 5000) + `"}`)
	got := notify.Write(message("", l), now)
	if strings.Contains(got.HTML, "<b>&\r") || !strings.Contains(got.HTML, "&lt;b&gt;&amp;") || !strings.Contains(got.HTML, "&lt;i&gt;") {
		t.Errorf("not escaped: %s", got.HTML)
	}
	if strings.ContainsAny(got.Subject, "\r\n") {
		t.Errorf("the subject has lines: %q", got.Subject)
	}
	if n := length(got.Text); n > 4096 || !strings.Contains(got.Text, "ääää") {
		t.Errorf("the text has %d characters", n)
	}
}

func length(text string) int { return len(utf16.Encode([]rune(text))) }

// TestLongMessages writes more than a message takes, in every way.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	fields := map[string]string{}
	for i := range 300 {
		fields[fmt.Sprint("question ", i, strings.Repeat("?", 200))] = strings.Repeat("😀", 900)
	}
	data, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	l := one()
	l.Name, l.Fields = strings.Repeat("<b>😀", 200), data
	many := make([]store.MessageLead, 10)
	for i := range many {
		many[i] = l
	}
	for name, m := range map[string]*store.Message{
		"one": message("", l), "many": message("", many...),
		"a template": message(strings.Repeat("{{.name}}", 400)+"{{range .answers}}{{.name}}{{.value}}{{end}}", l),
		"only text":  message(strings.Repeat("x", 4000)+"{{.name}}{{.name}}{{.name}}{{.name}}{{.name}}{{.name}}", l),
	} {
		got := notify.Write(m, now)
		if n := length(got.Text); n == 0 || n > 4096 {
			t.Errorf("%s: %d characters", name, n)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	m := message("{{.name}}", one(), one())
	m.Total = 200
	got := notify.Write(m, now)
	const line = ". Aisyah · +60123456789 · WhatsApp (https://wa.me/60123456789) · a@example.com · Spring"
	if want := "200 new leads\n1" + line + "\n2" + line + "\n… and 198 more"; got.Text != want || got.Subject != "200 new leads" {
		t.Errorf("subject %q, text:\n%s\nwant:\n%s", got.Subject, got.Text, want)
	}
}

func TestOtherMessages(t *testing.T) {
	t.Parallel()
	m := message("")
	m.Kind = store.NotifyTest
	if got := notify.Write(m, now); !strings.HasPrefix(got.Text, "This is a test") || !strings.Contains(got.Text, "Aisyah Tan") {
		t.Errorf("a test: %s", got.Text)
	}
	m = message("", one())
	m.FallbackFrom = lead.Telegram
	if got := notify.Write(m, now); !strings.Contains(got.Text, "Telegram did not take this") {
		t.Errorf("in place of Telegram: %s", got.Text)
	}
	if got := notify.Write(message("", store.MessageLead{At: now}), now); !strings.HasPrefix(got.Text, "New lead: without a name\nReceived") {
		t.Errorf("nothing is known of the lead: %s", got.Text)
	}
	l := one()
	l.Phone, l.PhoneE164 = "0123456789 / 0198887777", ""
	if got := notify.Write(message("", l), now); strings.Contains(got.Text, "wa.me") || !strings.Contains(got.Text, l.Phone) {
		t.Errorf("two numbers in one field: %s", got.Text)
	}
	if got := notify.Write(message("{{.broken", one()), now); !strings.HasPrefix(got.Text, "New lead: Aisyah") {
		t.Errorf("a template that cannot be read any more: %s", got.Text)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "hello", "{{.name}} {{if .phone}}{{.phone}}{{else}}none{{end}}", "{{range .answers}}{{.name}}={{.value}} {{end}}",
		`<a href="{{.email}}">x</a> <code>{{.call}}</code>{{/* a comment */}}`,
	} {
		if _, err := notify.Preview(text, "Aina", "Acme", time.UTC); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"{{.name":                      "unclosed action",
		"{{.password}}":                "cannot be used here",
		"{{.name.x}}":                  "cannot be used here",
		"{{.}}":                        "cannot be used here",
		`{{printf "%9999999d" 1}}`:     "cannot be used here",
		`{{call .name}}`:               "cannot be used here",
		"{{range 1000000000}}x{{end}}": "cannot be used here",
		"{{range .name}}x{{end}}":      "only the answers",
		"{{range .answers}}{{range .answers}}x{{end}}{{end}}": "cannot be used here",
		"{{.answers}}":                            "range .answers",
		`{{define "x"}}y{{end}}`:                  "can be used",
		`{{template "x"}}`:                        "can be used",
		`{{block "x" .name}}y{{end}}`:             "can be used",
		"{{with .name}}x{{end}}":                  "can be used",
		"{{$x := .name}}{{$x}}":                   "cannot be used here",
		"{{.name | html}}":                        "cannot be used here",
		"<p>{{.name}}</p>":                        "element <p>",
		"<script>{{.name}}</script>":              "element <script>",
		"<img src=x onerror={{.name}}>":           "element <img>",
		`<a href="{{if .name}}">x</a>`:            "unexpected EOF",
		"<b{{.name}}>":                            "<b",
		strings.Repeat("x", notify.MaxTemplate+1): "4000 bytes",
		"<b>{{.name}}":                            "<b> is not closed",
		"<b><i>{{.name}}</b></i>":                 "</b> closes",
		"{{.name}}</b>":                           "</b> closes",
		"{{if .phone}}{{else}}<b>{{end}}":         "<b> is not closed",
		"{{if .phone}}<b>{{end}}x":                "<b> is not closed",
		"x<a/>":                                   "holds nothing",
		`<b style="color:red">x</b>`:              "attribute style",
		`<a href="x" onclick="y">x</a>`:           "attribute onclick",
		"<!doctype html>{{.name}}":                "<!…>",
	} {
		if _, err := notify.ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
	got, err := notify.Preview(`<a href="{{.name}}">x</a>`, "Aina", "Acme", time.UTC)
	if err != nil || strings.Contains(got.HTML, "javascript:") {
		t.Errorf("%v, %v", got, err)
	}
}

// TestTemplatesThatSayNothing are fine in themselves, and have nothing to say of some leads: the message is sent all the same.
func TestTemplatesThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, template := range []string{"{{if .whatsapp}}{{.name}}{{end}}", "<b></b>", " \n{{/* nothing */}}", "{{range .answers}}{{.value}}{{end}}"} {
		got := notify.Write(message(template, store.MessageLead{Name: "<i>Aisyah", At: now}), now)
		if got.Text != "New lead: <i>Aisyah" || got.HTML != "New lead: &lt;i&gt;Aisyah" {
			t.Errorf("%q: text %q, HTML %q", template, got.Text, got.HTML)
		}
	}
}

// TestCharactersThatHide has what turns the direction of writing, what is not seen at all, and quotes in an attribute.
func TestCharactersThatHide(t *testing.T) {
	t.Parallel()
	l := one()
	l.Name, l.Email, l.Phone, l.PhoneE164 = "\u202eevil\u2066 \u05d0\u05d1\x1b[31m\x00", `"><a href="http://evil`, "", ""
	l.Fields = json.RawMessage(`{"zero":"\u200b\u200d","joined":"👩\u200d💻","quote":"\"'"}`)
	got := notify.Write(message(`<a href="mailto:{{.email}}">{{.name}}</a>{{range .answers}}|{{.name}}={{.value}}{{end}}`, l), now)
	if strings.ContainsAny(got.HTML+got.Subject, "\u202e\u2066\x1b\x00") || got.Subject != "New lead: evil \u05d0\u05d1[31m" {
		t.Errorf("subject %q, HTML %q", got.Subject, got.HTML)
	}
	if strings.Count(got.HTML, "<a ") != 0 || strings.Contains(got.HTML, "zero") || !strings.Contains(got.HTML, "👩\u200d💻") {
		t.Errorf("HTML %q", got.HTML)
	}
	l = store.MessageLead{Name: "\u200b \u200f", Phone: "12345", At: now}
	if got := notify.Write(message("", l), now); got.Subject != "New lead: 12345" {
		t.Errorf("subject %q", got.Subject)
	}
}

// TestLinksLeadToContactsOnly has addresses and numbers that would add to the links of the default, a summary and templates
// of workspaces.
func TestLinksLeadToContactsOnly(t *testing.T) {
	t.Parallel()
	const own = `<a href="mailto:{{.email}}?subject=Hi {{.name}}">m</a> <a href='MAILTO:{{.name}}'>n</a> <a href="tel:{{.phone}}">t</a> ` +
		`<a href="https://wa.me/{{.phone}}">w</a> {{range .answers}}<a href="{{.value}}">v</a> <a href="sms:{{.value}}">s</a>{{end}}`
	for name, c := range map[string]struct {
		email, phone, e164, answer string
		want, not                  []string
	}{
		"a header":       {"a@b.example?bcc=c@d.example", "1?x=2", "", "mailto:a@b.example?bcc=x@y.example", nil, []string{"mailto:", "tel:", "wa.me", "sms:", "href"}},
		"encoded":        {"a%0d%0abcc:c@d.example", "", "+60123?text=x", "javascript:alert(1)", nil, []string{"bcc:c@d.example\"", "tel:", "wa.me", "javascript:"}},
		"two":            {"a@b.example,c@d.example", "0123456789,0198887777", "", "tel:1", nil, []string{"mailto:", "tel:", "wa.me"}},
		"a header in it": {"a?bcc=c&x@d.example", "0123456789", "+60123456789", "https://e.example/", []string{"mailto:a%3Fbcc%3Dc%26x@d.example", "tel:&#43;60123456789", "https://e.example/"}, []string{"?bcc", "&amp;x@"}},
		"lines":          {"a@b.example\nBcc: c@d.example", "012\n345", "", "", nil, []string{"mailto:", "tel:", "sms:"}},
		"codes":          {"a b@c.example", "*21*0123456789#", "+0", "http://e.example/?x=\"y", nil, []string{"mailto:", "tel:", "wa.me"}},
		"too long":       {strings.Repeat("a", 300) + "@b.example", "12345678901234567890", "+12345678901234567890", "", nil, []string{"mailto:", "tel:", "wa.me"}},
	} {
		l := one()
		l.Email, l.Phone, l.PhoneE164 = c.email, c.phone, c.e164
		fields, err := json.Marshal(map[string]string{"q": c.answer})
		if err != nil {
			t.Fatal(err)
		}
		l.Fields = fields
		for kind, m := range map[string]*store.Message{"default": message("", l), "summary": message("", l, l), "own": message(own, l)} {
			got := notify.Write(m, now)
			var links strings.Builder
			for _, tag := range regexp.MustCompile(`<a [^>]*>`).FindAllString(got.HTML, -1) {
				links.WriteString(strings.ReplaceAll(tag, "%20", " ") + "\n")
			}
			for _, want := range c.want {
				if kind == "own" && !strings.Contains(links.String(), want) {
					t.Errorf("%s, %s: there is no %q in %s", name, kind, want, links.String())
				}
			}
			for _, not := range c.not {
				if strings.Contains(strings.ToLower(links.String()), not) {
					t.Errorf("%s, %s: there is %q in %s", name, kind, not, links.String())
				}
			}
			if kind != "own" && c.email != "" && strings.TrimSpace(c.email) == c.email && len(c.email) < 100 &&
				!strings.Contains(html.UnescapeString(got.HTML), c.email) {
				t.Errorf("%s, %s: the address is not shown in %s", name, kind, got.HTML)
			}
		}
	}
}

// TestLines breaks lines where they show, and leaves elements alone.
func TestLines(t *testing.T) {
	t.Parallel()
	got := notify.Lines("a\n<a\nhref=\"x\ny\">b\nc</a>\n<pre>d\ne</pre>\n&lt;")
	if want := "a<br>\n<a\nhref=\"x\ny\">b<br>\nc</a><br>\n<pre>d\ne</pre><br>\n&lt;"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzTemplate looks for templates that crash, or messages that are too long.
func FuzzTemplate(f *testing.F) {
	f.Add(notify.DefaultTemplate, "Aisyah", `{"a":"b"}`)
	f.Add("{{range .answers}}{{.name}}{{end}}<b>", "<b>&", `[]`)
	f.Fuzz(func(t *testing.T, template, name, fields string) {
		l := one()
		l.Name, l.Fields = name, json.RawMessage(fields)
		got := notify.Write(message(template, l), now)
		if n := length(got.Text); n == 0 || n > 4096 || got.Subject == "" {
			t.Errorf("%d characters", n)
		}
	})
}

// TestReminders has one lead be followed up, and two.
func TestReminders(t *testing.T) {
	t.Parallel()
	m := message("<b>{{.name}}</b> is new", one())
	m.Kind = store.NotifyReminder
	const want = `Follow up: Aisyah
Phone: +60123456789 · WhatsApp (https://wa.me/60123456789)
E-mail: a@example.com
You wanted to come back to them at this time.`
	if got := notify.Write(m, now); got.Text != want || got.Subject != "Follow up: Aisyah" {
		t.Errorf("subject %q, text:\n%s\nwant:\n%s", got.Subject, got.Text, want)
	}
	m.Leads, m.Total = append(m.Leads, one()), 2
	if got := notify.Write(m, now); got.Subject != "2 leads to follow up" || !strings.HasPrefix(got.Text, "2 leads to follow up\n1. Aisyah") {
		t.Errorf("subject %q, text:\n%s", got.Subject, got.Text)
	}
}

// TestLinksToLeads has a message link to its lead, below what it says or where the template places it, and one of several to each.
func TestLinksToLeads(t *testing.T) {
	t.Parallel()
	const link = "https://leads.example.com/my/open/lwm_abc"
	l := one()
	l.Link = link
	for template, want := range map[string]string{
		"":                                  "\n\nOpen this lead (" + link + ")",
		"<b>{{.name}}</b>":                  "Aisyah\n\nOpen this lead (" + link + ")",
		`<a href="{{.link}}">{{.name}}</a>`: "Aisyah (" + link + ")",
	} {
		if got := notify.Write(message(template, l), now); !strings.HasSuffix(got.Text, want) || strings.Count(got.HTML, link) != 1 {
			t.Errorf("%q: %s", template, got.HTML)
		}
	}
	if got := notify.Write(message("", l, l), now); strings.Count(got.HTML, `<a href="`+link+`">Open</a>`) != 2 {
		t.Error(got.HTML)
	}
	if got := notify.Write(message(`<a href="{{.link}}">{{.name}}</a>`, one()), now); got.HTML != "Aisyah" {
		t.Errorf("without a link: %s", got.HTML)
	}
}
