package console

import (
	"net/http"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/lead"
)

var toWebhooks = way{"Webhooks", home + "webhooks"}

// newWebhook asks what another program is to be told, and where. Whoever may not make one is told so before they fill it in.
func newWebhook(v *visit) (*page, error) {
	if err := v.adminsOnly(); err != nil {
		return nil, err
	}
	values := url.Values{string(lead.WebhookReceived): {"yes"}, string(lead.WebhookAssigned): {"yes"}}
	return v.webhookForm(v.say("New webhook"), v.newForm(home+"webhooks/new", toWebhooks.Href, values), v.way(toWebhooks)), nil
}

func addWebhook(v *visit) (*page, error) {
	f, err := v.sentForm(toWebhooks.Href)
	if err != nil {
		return nil, err
	}
	f.does(v)
	body := f.webhook()
	if len(f.errors) > 0 {
		return v.webhookForm(v.say("New webhook"), f, v.way(toWebhooks)), nil
	}
	var made struct{ ID, Secret string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/webhooks", body, &made)
	if err != nil && f.refused(err, webhookField) {
		return v.webhookForm(v.say("New webhook"), f, v.way(toWebhooks)), nil
	}
	if err != nil {
		return nil, err
	}
	return v.webhookSecret(v.say("The webhook is made"), made.Secret, v.say("The other program checks with it that what it is told comes from here."), made.ID), nil
}

// webhookSecret shows a secret this once.
func (v *visit) webhookSecret(title, secret, more, id string) *page {
	return &page{Title: title, Template: "once", Up: v.way(toWebhooks), Data: onceView{
		Words: v.say("Copy the secret to the other program. It is shown only now; nobody can read it later. %s", more), Label: v.say("Secret"), Secret: secret,
		Next: &link{v.say("Webhook"), home + "webhooks/" + url.PathEscape(id)},
	}}
}

func editWebhook(v *visit) (*page, error) {
	one, at, err := v.webhook()
	if err == nil {
		err = v.adminsOnly()
	}
	if err != nil {
		return nil, err
	}
	f := v.newForm(at.Href+"/edit", at.Href, webhookValues(one))
	f.opened(v.tags["/v1/webhooks/"+one.text("id")], f.values)
	return v.webhookForm(v.say("Edit %s", v.called(one)), f, at), nil
}

// webhook reads the one that an address names, and where its page is.
func (v *visit) webhook() (object, *link, error) {
	one, err := v.item("webhooks")
	return one, &link{v.called(one), home + "webhooks/" + one.text("id")}, err
}

func saveWebhook(v *visit) (*page, error) {
	one, at, err := v.webhook()
	if err != nil {
		return nil, err
	}
	f, err := v.sentForm(at.Href)
	if err != nil {
		return nil, err
	}
	body := f.webhook()
	if len(f.errors) > 0 {
		return v.webhookForm(v.say("Edit %s", v.called(one)), f, at), nil
	}
	again, err := v.edit(f, edit{http.MethodPatch, "/v1/webhooks/" + one.text("id"), body, "webhook", webhookValues, webhookField})
	if again {
		return v.webhookForm(v.say("Edit %s", v.called(one)), f, at), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(at.Href, "saved")
}

// webhookValues are what a webhook's form holds.
func webhookValues(one object) url.Values {
	values := url.Values{"url": {one.text("url")}}
	for _, event := range lead.WebhookEvents() {
		values.Set(string(event), "")
	}
	events, _ := one.get("events").([]any)
	for _, event := range events {
		values.Set(event.(string), "yes")
	}
	return values
}

// webhook is what a form says of a webhook. It tells of something at least.
func (f *form) webhook() map[string]any {
	events := []string{}
	for _, event := range lead.WebhookEvents() {
		if f.value(string(event)) != "" {
			events = append(events, string(event))
		}
	}
	if len(events) == 0 {
		f.errors[string(lead.WebhookReceived)] = f.say("Choose one of these at least.")
	}
	return map[string]any{"url": f.value("url"), "events": events}
}

func webhookField(field string) string { return oneOf(field, "url") }

func (v *visit) webhookForm(title string, f *form, up *link) *page {
	f.add(input{Kind: "url", Name: "url", Label: f.say("Address"), Hint: f.say("Of the other program, as in https://crm.example.com/leads."), Wide: true})
	for _, event := range lead.WebhookEvents() {
		f.add(input{Kind: "check", Name: string(event), Label: capital(v.worded("event", string(event))), Value: "yes", Checked: f.value(string(event)) != ""})
	}
	return formPage(title, f, up)
}

// askNewSecret asks whether a webhook is to have a new secret.
func askNewSecret(v *visit) (*page, error) {
	one, at, err := v.webhook()
	if err == nil {
		err = v.adminsOnly()
	}
	if err != nil {
		return nil, err
	}
	return v.newSecretPage(one, v.newForm(at.Href+"/secret", at.Href, url.Values{}), at), nil
}

func (v *visit) newSecretPage(one object, f *form, at *link) *page {
	f.Save = f.say("New secret")
	p := formPage(f.say("New secret for %s", v.called(one)), f, at)
	f.Note = f.say("What is sent is signed with the new secret and, for 24 hours, with the present one too. Change the other program within that time.")
	return p
}

func makeNewSecret(v *visit) (*page, error) {
	one, at, err := v.webhook()
	if err != nil {
		return nil, err
	}
	f, err := v.sentForm(at.Href)
	if err != nil {
		return nil, err
	}
	f.does(v)
	var made struct{ Secret string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/webhooks/"+one.text("id")+"/rotate-secret", nil, &made)
	if err != nil && f.refused(err, func(string) string { return "" }) {
		return v.newSecretPage(one, f, at), nil
	}
	if err != nil {
		return nil, err
	}
	return v.webhookSecret(v.say("The webhook has a new secret"), made.Secret, v.say("The one before works for 24 hours more."), one.text("id")), nil
}

func (s *site) serveWebhooks(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/webhooks/new", s.page(newWebhook))
	pages.HandleFunc("POST /console/webhooks/new", s.page(addWebhook))
	pages.HandleFunc("GET /console/webhooks/{id}/edit", s.page(editWebhook))
	pages.HandleFunc("POST /console/webhooks/{id}/edit", s.page(saveWebhook))
	pages.HandleFunc("GET /console/webhooks/{id}/secret", s.page(askNewSecret))
	pages.HandleFunc("POST /console/webhooks/{id}/secret", s.page(makeNewSecret))
}
