package hooks

import (
	"bytes"
	"cmp"
	"crypto/rand"
	_ "embed" // for the page
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/web/heard"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

//go:embed page.html
var pageSource string

// pageIn is a form, or a few words, in each language. It works without scripts and in other sites' frames.
var pageIn = language.Page(language.Template(pageSource))

// A view is what a page shows.
type view struct {
	Title, Words, Button string
	// Form is set where there is something to fill in.
	Form       bool
	Fields     []store.PageField
	Consent    string
	Honeypot   string
	Submission string
	// SubmissionField is the name of the field that holds Submission.
	SubmissionField string
}

// plainFields are those of a page whose integration names none.
func plainFields(t *language.Printer) []store.PageField {
	return []store.PageField{
		{Name: "name", Label: t.Say("Name"), Required: true},
		{Name: "phone", Label: t.Say("Phone"), Type: "tel"},
		{Name: "email", Label: t.Say("E-mail"), Type: "email"},
		{Name: "message", Label: t.Say("Message"), Type: "textarea"},
	}
}

// showForm shows a form's own page.
func showForm(w http.ResponseWriter, r *http.Request, h store.Hook) {
	t := tongueOf(r)
	v := view{
		Title: h.Name, Button: t.Say("Send"), Form: true, Fields: plainFields(t), Honeypot: h.Settings.Honeypot,
		Submission: rand.Text(), SubmissionField: ingest.SubmissionField,
	}
	if p := h.Settings.Page; p != nil {
		v.Title, v.Words, v.Button, v.Consent = cmp.Or(p.Title, v.Title), p.Intro, cmp.Or(p.Button, v.Button), p.Consent
		if len(p.Fields) > 0 {
			v.Fields = labelled(p.Fields)
		}
	}
	write(w, t, http.StatusOK, v, h.Settings.RedirectURL)
}

// showThanks tells somebody that what they sent is here.
func showThanks(w http.ResponseWriter, r *http.Request, h store.Hook) {
	t := tongueOf(r)
	v := view{Title: t.Say("Thank you"), Words: t.Say("We have got your message and will be in touch soon.")}
	if p := h.Settings.Page; p != nil {
		v.Words = cmp.Or(p.Thanks, v.Words)
	}
	write(w, t, http.StatusOK, v, "")
}

// showProblem tells somebody why what they sent was not taken.
func showProblem(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	t := tongueOf(r)
	write(w, t, p.Status, view{Title: t.Say("This was not sent"), Words: capital(heard.Say(t, p.Detail)) + "."}, "")
}

// labelled gives fields without a label their name for one.
func labelled(fields []store.PageField) []store.PageField {
	all := make([]store.PageField, len(fields))
	for i, f := range fields {
		f.Label = cmp.Or(f.Label, capital(strings.ReplaceAll(f.Name, "_", " ")))
		f.Type = cmp.Or(f.Type, "text")
		all[i] = f
	}
	return all
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// write writes a page. It loads nothing and runs nothing; a form sends here, and may be sent on to next's site.
func write(w http.ResponseWriter, t *language.Printer, status int, v view, next string) {
	var page bytes.Buffer
	if err := pageIn.In(t).Execute(&page, v); err != nil {
		problem.From(err).Write(w)
		return
	}
	policy := "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'"
	if u, err := url.Parse(next); err == nil && u.Host != "" {
		policy += " " + u.Scheme + "://" + u.Host
	}
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the client is gone where this fails
}
