package ingest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// CheckIntegration returns a *store.FieldError where an integration has not what its kind needs, or something that its
// kind has no use for.
func CheckIntegration(i store.Integration, s Secrets) error {
	if !Supported(i.Kind) {
		return &store.FieldError{Field: "kind", Message: "integrations of this kind cannot be made here"}
	}
	has := map[string]bool{
		"secret": s.Secret != "", "verify_token": s.VerifyToken != "", "access_token": s.AccessToken != "",
		"mapping": len(i.Settings.MappedTo()) > 0, "redirect_url": i.Settings.RedirectURL != "",
		"honeypot": i.Settings.Honeypot != "", "form_ids": len(i.Settings.FormIDs) > 0,
		"page": i.Settings.Page != nil, "hidden_fields": len(i.Settings.HiddenFields) > 0,
	}
	for _, field := range []string{"secret", "verify_token", "access_token", "mapping", "redirect_url", "honeypot", "hidden_fields", "form_ids", "page"} {
		switch takes := providers[i.Kind].fields; {
		case !has[field] && slices.Contains(takes, field+"!"):
			return &store.FieldError{Field: field, Message: fmt.Sprintf("a %s integration needs this", i.Kind)}
		case has[field] && !slices.Contains(takes, field+"!") && !slices.Contains(takes, field):
			return &store.FieldError{Field: field, Message: fmt.Sprintf("a %s integration has no use for this; leave it out", i.Kind)}
		}
	}
	if i.Kind == lead.KindGeneric && s.Secret != "" {
		if _, err := WebhookKey(s.Secret); err != nil {
			return &store.FieldError{Field: "secret", Message: err.Error()}
		}
	}
	if err := mappingOf(i.Settings).Check(); err != nil {
		return err
	}
	if err := checkPage(i.Settings.Page); err != nil {
		return err
	}
	return checkRedirect(i.Settings.RedirectURL)
}

// checkPage returns a *store.FieldError for a form page that could not be filled in.
func checkPage(p *store.FormPage) error {
	if p == nil {
		return nil
	}
	seen := make(map[string]bool)
	for i, f := range p.Fields {
		at := fmt.Sprintf("page.fields[%d]", i)
		switch name := strings.TrimSpace(f.Name); {
		case name == "" || strings.HasPrefix(name, "_"):
			return &store.FieldError{Field: at + ".name", Message: "a field needs a name, and one that does not begin with _"}
		case seen[name]:
			return &store.FieldError{Field: at + ".name", Message: "another field has this name; choose a different one"}
		case f.Type == "select" && len(f.Options) == 0:
			return &store.FieldError{Field: at + ".options", Message: "a field of this type needs options to choose from"}
		}
		seen[f.Name] = true
	}
	return nil
}

// checkRedirect returns a *store.FieldError for an address that a browser should not be sent to.
func checkRedirect(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return &store.FieldError{Field: "redirect_url", Message: "this is not an address that begins with https:// or http://"}
	}
	return nil
}
