package console

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/internal/lead"
)

var toIntegrations = way{"Integrations", home + "integrations"}

// pageFields are those fields of a form's page that the console asks for.
var pageFields = []string{"title", "intro", "button", "thanks", "consent"}

// newIntegration asks which platform it is to be, and then for what that one needs.
func newIntegration(v *visit) (*page, error) {
	kind := v.URL.Query().Get("kind")
	if kind == "" {
		return &page{Title: v.say("New integration"), Template: "platforms", Data: platforms, Up: v.way(toIntegrations)}, nil
	}
	p := platformOf(kind)
	if p == nil {
		return nil, errNoPage
	}
	values := url.Values{"name": {v.say(p.Name)}}
	if p.ours {
		values.Set("secret", madeSecret(p.Kind))
	}
	if p.Kind == lead.KindMeta {
		values.Set("verify_token", rand.Text())
	}
	return v.integrationForm(v.say("New integration: %s", v.say(p.Name)), p, v.newForm(home+"integrations/new?kind="+kind, home+"integrations/new", values), "")
}

// madeSecret is a secret for a platform that takes ours.
func madeSecret(kind lead.Kind) string {
	if kind != lead.KindGeneric {
		return rand.Text()
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

func addIntegration(v *visit) (*page, error) {
	p := platformOf(v.URL.Query().Get("kind"))
	if p == nil {
		return nil, errNoPage
	}
	f, err := v.sentForm(home + "integrations/new")
	if err != nil {
		return nil, err
	}
	f.Action += "?kind=" + string(p.Kind)
	f.does(v)
	body := without(integrationBody(p, f))
	if shown, is := body["page"].(map[string]any); is {
		without(shown)
	}
	body["kind"] = p.Kind
	var made object
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/integrations", body, &made)
	if err != nil && f.refused(err, integrationField) {
		return v.integrationForm(v.say("New integration: %s", v.say(p.Name)), p, f, "")
	}
	if err != nil {
		return nil, err
	}
	shown, err := v.integrationPage(made)
	if err != nil {
		return nil, err
	}
	view := shown.Data.(integrationView)
	view.Made = v.say("Added. Copy what the platform needs now: secrets are shown only here, and nobody can read them later.")
	for _, one := range []toCopy{{"secret", v.say(p.secret), f.value("secret")}, {"verify_token", v.say("Verify token"), f.value("verify_token")}} {
		if one.Value != "" {
			view.Copies = append(view.Copies, one)
		}
	}
	shown.Data = view
	return shown, nil
}

func editIntegration(v *visit) (*page, error) {
	one, p, err := v.integration()
	if err != nil {
		return nil, err
	}
	here := home + "integrations/" + one.text("id")
	f := v.newForm(here+"/edit", here, integrationValues(one))
	f.opened(v.tags["/v1/integrations/"+one.text("id")], f.values)
	return v.integrationForm(v.say("Edit %s", v.called(one)), p, f, kept)
}

// kept says of secrets that they stay where nothing is filled in.
const kept language.Text = "Empty: it stays as it is."

func saveIntegration(v *visit) (*page, error) {
	one, p, err := v.integration()
	if err != nil {
		return nil, err
	}
	here := home + "integrations/" + one.text("id")
	f, err := v.sentForm(here)
	if err != nil {
		return nil, err
	}
	body := integrationBody(p, f)
	for _, secret := range []string{"secret", "verify_token", "access_token"} {
		if body[secret] == nil {
			delete(body, secret)
		}
	}
	return v.save(f, edit{http.MethodPatch, "/v1/integrations/" + one.text("id"), body, "integration", integrationValues, integrationField}, here, func() (*page, error) {
		return v.integrationForm(v.say("Edit %s", v.called(one)), p, f, kept)
	})
}

// integration reads the integration that an address names, and its platform.
func (v *visit) integration() (object, *platform, error) {
	one, err := v.item("integrations")
	if err != nil {
		return nil, nil, err
	}
	p := platformOf(one.text("kind"))
	if p == nil {
		p = &platform{Kind: lead.Kind(one.text("kind")), Name: language.Text(one.text("kind")), secret: "Secret"}
	}
	return one, p, nil
}

// integrationForm shows the fields that a platform has. stays is said of its secrets.
func (v *visit) integrationForm(title string, p *platform, f *form, stays language.Text) (*page, error) {
	f.text("text", "name", "Name", "As in Villa campaign, or Website.")
	rules, err := v.byRules()
	if err != nil {
		return nil, err
	}
	groups := append(append([]option{{Label: v.say("nobody yet: leads only come in")}}, rules...), v.names.options("groups")...)
	f.choose("group_id", "Group", "Whose turn it is gets each lead.", groups)
	f.choose("source_id", "Source", "What its leads have for a source.", append([]option{{Label: v.say("none")}}, v.names.options("sources", func(s object) bool { return s.is("enabled") && s.is("for_leads") })...))
	switch {
	case p.secret != "" && p.ours:
		f.add(input{Kind: "text", Name: "secret", Label: v.say(p.secret), Hint: join(v.say("It is made here; copy it to the platform."), v.say(stays))})
	case p.secret != "":
		f.add(input{Kind: "text", Name: "secret", Label: v.say(p.secret), Hint: join(v.say("The platform shows it; with it what comes is known to be the platform’s."), v.say(stays))})
	}
	for _, field := range p.fields {
		hint := v.say(field.hint)
		if strings.HasSuffix(field.name, "_token") {
			hint = join(hint, v.say(stays))
		}
		f.add(input{Kind: field.kind, Name: field.name, Label: v.say(field.label), Hint: hint})
	}
	return formPage(title, f, v.way(toIntegrations)), nil
}

// join puts sentences behind each other.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// integrationValues are what an integration's form holds. Secrets are never shown.
func integrationValues(one object) url.Values {
	values := url.Values{}
	for _, name := range []string{"name", "group_id", "source_id", "redirect_url", "honeypot"} {
		values.Set(name, one.text(name))
	}
	if one.is("route") {
		values.Set("group_id", routed)
	}
	for _, name := range pageFields {
		values.Set(name, one.text("page."+name))
	}
	forms, _ := one.get("form_ids").([]any)
	for _, id := range forms {
		values.Set("form_ids", strings.TrimSpace(values.Get("form_ids")+"\n"+id.(string)))
	}
	return values
}

// integrationBody is what a form says of an integration; null is what it leaves empty.
func integrationBody(p *platform, f *form) map[string]any {
	names := []string{"name", "group_id", "source_id"}
	if p.secret != "" {
		names = append(names, "secret")
	}
	shown, hasPage := map[string]any{}, false
	body := map[string]any{}
	for _, field := range p.fields {
		switch {
		case field.name == "form_ids":
			body["form_ids"] = strings.Fields(f.value("form_ids"))
		case slices.Contains(pageFields, field.name):
			hasPage, shown[field.name] = true, nil
			if text := f.value(field.name); text != "" {
				shown[field.name] = text
			}
		default:
			names = append(names, field.name)
		}
	}
	if hasPage {
		body["page"] = shown
	}
	for _, name := range names {
		if body[name] = nil; f.value(name) != "" {
			body[name] = f.value(name)
		}
	}
	if body["route"] = body["group_id"] == routed; body["route"] == true {
		body["group_id"] = nil
	}
	return body
}

// integrationField is the form's field for one of the API's.
func integrationField(field string) string { return strings.TrimPrefix(field, "page.") }

func (s *site) serveIntegrations(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/integrations/new", s.page(newIntegration))
	pages.HandleFunc("POST /console/integrations/new", s.page(addIntegration))
	pages.HandleFunc("GET /console/integrations/{id}", s.page(showIntegration))
	pages.HandleFunc("GET /console/integrations/{id}/edit", s.page(editIntegration))
	pages.HandleFunc("POST /console/integrations/{id}/edit", s.page(saveIntegration))
}
