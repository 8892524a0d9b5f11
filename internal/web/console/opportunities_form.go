package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/language"
)

// places are where an opportunity can be, by the API's name for the id, with the collection that has it.
var places = []struct{ field, collection string }{
	{"lead_id", "leads"}, {"assigned_lead_id", "assigned-leads"}, {"customer_id", "customers"},
}

// opportunityOn reads what a new opportunity is to be on, as the address has it, and which sources it may have: those of customers once
// that was converted.
func (v *visit) opportunityOn() (field string, on object, at *link, offer string, err error) {
	for _, p := range places {
		id := v.URL.Query().Get(p.field)
		if id == "" {
			continue
		}
		if uuid.Validate(id) != nil {
			return "", nil, nil, "", errNoPage
		}
		if err := v.get("/v1/"+p.collection+"/"+id, &on); err != nil {
			return "", nil, nil, "", err
		}
		offer = "for_customers"
		if p.field != "customer_id" {
			made, err := v.read("customers", url.Values{p.field: {id}, "limit": {"1"}})
			if err != nil {
				return "", nil, nil, "", err
			}
			if len(made.Items) == 0 {
				offer = "for_leads"
			}
		}
		return p.field, on, &link{v.called(on), home + p.collection + "/" + id}, offer, nil
	}
	return "", nil, nil, "", errNoPage
}

func newOpportunity(v *visit) (*page, error) {
	field, on, at, offer, err := v.opportunityOn()
	if err != nil {
		return nil, err
	}
	f := v.newForm(home+"opportunities/new?"+field+"="+on.text("id"), at.Href, url.Values{})
	return v.opportunityForm(v.say("New opportunity"), f, at, offer, nil), nil
}

func addOpportunity(v *visit) (*page, error) {
	field, on, at, offer, err := v.opportunityOn()
	if err != nil {
		return nil, err
	}
	f, err := v.sentForm(at.Href)
	if err != nil {
		return nil, err
	}
	f.Action += "?" + field + "=" + on.text("id")
	f.does(v)
	body := without(opportunityBody(f))
	body[field] = on.text("id")
	if source := f.value("source_id"); source != "" {
		body["source_id"] = source
	}
	if len(f.errors) > 0 {
		return v.opportunityForm(v.say("New opportunity"), f, at, offer, nil), nil
	}
	var made struct{ ID string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/opportunities", body, &made)
	if err != nil && f.refused(err, opportunityOrSource) {
		return v.opportunityForm(v.say("New opportunity"), f, at, offer, nil), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"opportunities/"+url.PathEscape(made.ID), "added")
}

func editOpportunity(v *visit) (*page, error) {
	one, at, err := v.opportunity()
	if err != nil {
		return nil, err
	}
	f := v.newForm(at.Href+"/edit", at.Href, opportunityValues(one))
	f.opened(v.tags["/v1/opportunities/"+one.text("id")], f.values)
	return v.opportunityForm(v.say("Edit %s", v.called(one)), f, at, offerOf(one), one), nil
}

// opportunity reads the one that an address names, and where its page is.
func (v *visit) opportunity() (object, *link, error) {
	one, err := v.item("opportunities")
	return one, &link{v.called(one), home + "opportunities/" + one.text("id")}, err
}

// offerOf is which sources an opportunity may have.
func offerOf(one object) string {
	if one.text("customer_id") != "" {
		return "for_customers"
	}
	return "for_leads"
}

// opportunityValues are what an opportunity's form holds.
func opportunityValues(one object) url.Values {
	values := url.Values{"source_id": {one.text("source_id")}}
	for _, name := range opportunityFields {
		values.Set(name, one.text(name))
	}
	return values
}

func saveOpportunity(v *visit) (*page, error) {
	one, at, err := v.opportunity()
	if err != nil {
		return nil, err
	}
	f, err := v.sentForm(at.Href)
	if err != nil {
		return nil, err
	}
	body := opportunityBody(f)
	if body["source_id"] = nil; f.value("source_id") != "" {
		body["source_id"] = f.value("source_id")
	}
	if len(f.errors) > 0 {
		return v.opportunityForm(v.say("Edit %s", v.called(one)), f, at, offerOf(one), one), nil
	}
	again, err := v.edit(f, edit{http.MethodPatch, "/v1/opportunities/" + one.text("id"), body, "opportunity", opportunityValues, opportunityOrSource})
	if again {
		return v.opportunityForm(v.say("Edit %s", v.called(one)), f, at, offerOf(one), one), nil
	}
	if err != nil {
		return nil, err
	}
	return v.done(at.Href, "saved")
}

// opportunityOrSource is the form's field for one of the API's, where it has sources.
func opportunityOrSource(field string) string {
	return oneOf(field, append([]string{"source_id"}, opportunityFields...)...)
}

func (v *visit) opportunityForm(title string, f *form, up *link, offer string, one object) *page {
	hint := language.Text("Those that are offered for leads.")
	if offer == "for_customers" {
		hint = "Those that are offered for customers."
	}
	f.choose("source_id", "Source", hint, v.sourcesFor(offer, one))
	return opportunityPage(title, f, up)
}

// worthOf is what an opportunity is worth.
func worthOf(o object) string { return strings.TrimSpace(o.text("currency") + " " + o.text("amount")) }

// amountText is an amount as JSON has one.
var amountText = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)

var opportunityFields = []string{"title", "stage", "amount", "currency"}

// opportunityBody is what a form says of an opportunity; null is what it leaves empty, but for what it must have.
func opportunityBody(f *form) map[string]any {
	body := map[string]any{"title": f.value("title"), "amount": nil, "currency": nil}
	for _, name := range opportunityFields {
		if text := f.value(name); text != "" {
			body[name] = text
		}
	}
	if text, is := body["amount"].(string); is {
		if text = strings.NewReplacer(",", "", " ", "").Replace(text); !amountText.MatchString(text) {
			f.errors["amount"] = f.say("Write a number, as in 500000.")
		}
		body["amount"] = json.Number(text)
	}
	if text, is := body["currency"].(string); is {
		body["currency"] = strings.ToUpper(text)
	}
	return body
}

func opportunityField(field string) string { return oneOf(field, opportunityFields...) }

func opportunityPage(title string, f *form, up *link) *page {
	f.text("text", "title", "Title", "What you may sell them, as in Condo, two rooms.")
	f.text("text", "stage", "Stage", "In your own words, as in viewing. Empty: open.")
	f.text("text", "amount", "Amount", "")
	f.text("text", "currency", "Currency", "Three letters, as in MYR.")
	return formPage(title, f, up)
}
