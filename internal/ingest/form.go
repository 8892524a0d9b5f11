package ingest

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/leadwheel/leadwheel/store"
)

// form reads what HTML forms send, those of Jotform and Salesforce among them. Whoever knows the address may deliver.
type form struct{}

// SubmissionField is the field of our own form page by which a form that is sent twice is known.
const SubmissionField = "_submission"

// redirectFields are the names by which forms say where their sender goes next.
var redirectFields = []string{"redirect", "_redirect", "_next", "redirect_url", "retURL", "return_url"}

// Headers implements Provider.
func (form) Headers() []string { return []string{idempotencyKey} }

// Verify implements Provider.
func (form) Verify(Secrets, Request) error { return nil }

// Parse implements Provider.
func (form) Parse(settings store.IntegrationSettings, r Request) (Parsed, error) {
	p := Parsed{Redirect: settings.RedirectURL}
	all, err := answersOf(r)
	if err != nil {
		return p, err
	}
	if len(all) > maxFormLeads {
		return p, &ExcessError{fmt.Sprintf("the body holds more than %d leads, which is more than a form sends; send them to a generic integration or as an import", maxFormLeads)}
	}
	who := visitorOf(settings)
	p.asked = who.askedBy(r.Query)
	for _, answers := range all {
		next := answers.takeAll(redirectFields...)
		if address := allowedRedirect(settings.RedirectURL, next); address != "" {
			p.Redirect = address
		}
		if settings.Honeypot != "" && answers.takeAll(settings.Honeypot) != "" {
			p.Note = "the field that people don't see was filled in"
			continue
		}
		submission := answers.takeAll(SubmissionField)
		said := who.restrict(answers)
		l := answers.lead(mappingOf(settings))
		switch {
		case l.ID != "":
		case submission != "":
			l.ID = repeatID("submission", submission, answers)
		case said != "":
			l.ID = repeatID("said", said, answers)
		}
		p.add(r, l)
	}
	return p, nil
}

// takeAll takes the answers of these names out, and returns the first one's text.
func (a *Answers) takeAll(names ...string) string {
	taken := ""
	kept := (*a)[:0]
	for _, one := range *a {
		found := false
		for _, name := range names {
			found = found || strings.EqualFold(one.name, name)
		}
		if !found {
			kept = append(kept, one)
		} else if taken == "" {
			taken = one.text()
		}
	}
	*a = kept
	return taken
}

// allowedRedirect is an address that a form asks for, if it is on the site of the one that the integration names: nobody
// else's form sends our visitors anywhere.
func allowedRedirect(allowed, asked string) string {
	if allowed == "" || asked == "" {
		return ""
	}
	site, err := url.Parse(allowed)
	if err != nil {
		return ""
	}
	u, err := site.Parse(asked)
	if err != nil || u.Scheme != site.Scheme || u.Host != site.Host || u.User != nil || strings.ContainsAny(asked, "\\\r\n\t") {
		return ""
	}
	return u.String()
}
