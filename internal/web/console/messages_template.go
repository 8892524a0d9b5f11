package console

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
)

const (
	templateHref = home + "notifications/template"
	templatePath = "/v1/message-template"
)

// A templateView is what messages say, as it is edited, with how it looks.
type templateView struct {
	*form
	// May is whether whoever looks may save it, and Mail whether they can be sent a test; NoMail says why not.
	May, Mail    bool
	NoMail, Sent string
	Preview      *preview
	Words        []namedValue
}

// A preview is a message about an example.
type preview struct {
	Subject string
	Look    template.HTML
}

func showTemplate(v *visit) (*page, error) {
	var now object
	if err := v.get(templatePath, &now); err != nil {
		return nil, err
	}
	f := v.newForm(templateHref, templateHref, templateValues(now))
	f.opened(v.tags[templatePath], f.values)
	return v.templatePage(f, "")
}

// ownText is what a form says that messages say, none where that is the usual text: it is in the language of whoever is told.
func ownText(text string) string {
	if text = oneLineEnds(text); text == notify.DefaultTemplate {
		return ""
	}
	return text
}

func templateValues(now object) url.Values { return url.Values{"template": {now.text("template")}} }

// saveTemplate saves what messages say, shows how it looks, or sends whoever asks a test, as the form's button has it.
func saveTemplate(v *visit) (*page, error) {
	f, err := v.sentForm(templateHref)
	if err != nil {
		return nil, err
	}
	body := map[string]string{"template": ownText(f.values.Get("template"))}
	switch v.PostForm.Get("do") {
	case "preview":
		return v.templatePage(f, "")
	case "test":
		var sent struct{ To string }
		err := v.api.Call(v.Context(), http.MethodPost, templatePath+"/test", body, &sent)
		if err != nil && !f.refused(err, templateField) {
			return nil, err
		}
		words := ""
		if err == nil {
			words = v.say("A test is on its way to %s.", sent.To)
		}
		return v.templatePage(f, words)
	}
	again, err := v.edit(f, edit{http.MethodPut, templatePath, body, "text", templateValues, templateField})
	if again {
		return v.templatePage(f, "")
	}
	if err != nil {
		return nil, err
	}
	return v.done(templateHref, "saved")
}

// templatePage shows the form, and how a message looks by it. sent says where a test went.
func (v *visit) templatePage(f *form, sent string) (*page, error) {
	m, err := v.who()
	if err != nil {
		return nil, err
	}
	var can channels
	if err := v.get("/v1/notifications/channels", &can); err != nil {
		return nil, err
	}
	view := templateView{form: f, May: m.Role == lead.RoleAdmin, Mail: can.Email && m.Person != nil, Sent: sent, Words: templateWords}
	switch {
	case !can.Email:
		view.NoMail = v.say("No test can be sent: this installation sends no e-mail.")
	case m.Person == nil:
		view.NoMail = v.say("Who signs in with a key has no address for a test. A member is sent one on their page.")
	}
	var looks struct{ Subject, HTML string }
	err = v.api.Call(v.Context(), http.MethodPost, templatePath+"/preview", map[string]string{"template": ownText(f.values.Get("template"))}, &looks)
	switch {
	case err == nil:
		view.Preview = &preview{looks.Subject, look(looks.HTML)}
	case f.errors["template"] == "" && !f.refused(err, templateField):
		return nil, err
	}
	f.add(input{Kind: "area", Name: "template", Label: v.say("What a message about a lead says"), Hint: v.say("Empty: the usual text. Words in curly brackets are replaced, as listed below."), Wide: true})
	p := &page{Title: v.say("What messages say"), Template: "message-template", Data: view, Views: messageViews(v), Up: &link{v.say("Settings"), home + "settings"}}
	if len(f.errors) > 0 || f.Problem != "" {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// look is a message as it is seen: its elements without what they lead to, so that nothing in it does anything here.
func look(message string) template.HTML {
	var out strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(message))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return template.HTML(out.String()) //nolint:gosec // text is escaped, and elements are of the list and bare
		case html.TextToken:
			out.WriteString(html.EscapeString(tokens.Token().Data))
		case html.StartTagToken, html.EndTagToken:
			name := tokens.Token().Data
			if !slices.Contains(notify.AllowedTags, name) {
				continue
			}
			if name == "a" {
				name = "u"
			}
			if out.WriteByte('<'); kind == html.EndTagToken {
				out.WriteByte('/')
			}
			out.WriteString(name + ">")
		}
	}
}

// templateWords are what can stand in a message.
var templateWords = []namedValue{
	{"{{.name}}", "the lead’s name"}, {"{{.phone}}", "their phone; {{.call}} and {{.whatsapp}} are links to it"}, {"{{.email}}", "their e-mail address"},
	{"{{range .answers}}{{.name}}: {{.value}}{{end}}", "what they answered, one after the other"},
	{"{{.source}}", "where they came from; {{.campaign}} is the campaign"}, {"{{.time}}", "when the member got them; {{.age}} is how long ago"},
	{"{{.member}}", "who is told; {{.workspace}} is your workspace"}, {"{{.link}}", "a link that opens the lead; without it the message ends with one"},
	{"{{if .name}}…{{else}}…{{end}}", "one text where there is a name, and else another"}, {"<b> <i> <u> <a href=\"…\">", "bold, italic, underlined, a link"},
}
