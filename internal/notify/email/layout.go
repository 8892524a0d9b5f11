package email

import (
	"html/template"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/store"
)

// page is the message as a page: readable on a phone, in light and dark, and without anything fetched from elsewhere.
var page = language.Page(`<!doctype html>
<html lang="{{language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Subject}}</title>
</head>
<body style="margin:0;padding:16px;font:16px/1.5 system-ui,sans-serif">
<div style="max-width:36em;margin:0 auto;overflow-wrap:anywhere">
{{.Body}}
<p style="margin-top:2em;font-size:13px;opacity:.7">{{.Because}}
{{- if .Unsubscribe}}
<a href="{{.Unsubscribe}}">Get no more e-mails</a>{{end}}</p>
</div>
</body>
</html>
`)

// layout is a message as a page and as text. Who is in charge has no link to unsubscribe.
func layout(m *store.Message, c notify.Content, unsubscribe string) (html, text string, err error) {
	t := language.In(m.Recipient.Language)
	because, end := t.Say("You get this because leads of %s are given to you.", m.Recipient.WorkspaceName), "\n"
	if m.Recipient.InCharge {
		because = t.Say("You get this because you manage %s.", m.Recipient.WorkspaceName)
	}
	if unsubscribe != "" {
		end = "\n" + t.Say("Get no more e-mails") + ": " + unsubscribe + "\n"
	}
	var out strings.Builder
	err = page.In(t).Execute(&out, map[string]any{
		"Subject": c.Subject, "Because": because, "Unsubscribe": unsubscribe,
		"Body": template.HTML(notify.Lines(c.HTML)), //nolint:gosec // escaped where it was written
	})
	text = c.Text + "\n\n-- \n" + because + end
	return out.String(), text, err
}
