package console

import (
	"net/http"
	"net/url"
	"strings"
)

// editCustomer asks what to change of a customer.
func editCustomer(v *visit) (*page, error) {
	one, f, err := v.openItem("customers", "edit", customerValues)
	if err != nil {
		return nil, err
	}
	return v.customerForm(f, one), nil
}

// customerValues are what a customer's form holds.
func customerValues(one object) url.Values {
	values := url.Values{}
	for _, name := range []string{"name", "email", "phone", "source_id", "notes"} {
		values.Set(name, one.text(name))
	}
	var lines []string
	for _, f := range plainFields(one) {
		lines = append(lines, f.Name+": "+f.Value.(string))
	}
	values.Set("more", strings.Join(lines, "\n"))
	return values
}

func saveCustomer(v *visit) (*page, error) {
	one, here, f, err := v.sentItem("customers")
	if err != nil {
		return nil, err
	}
	body := map[string]any{"fields": emptied(f.answers(), plainFields(one)), "notes": strings.ReplaceAll(f.value("notes"), "\r\n", "\n")}
	for _, name := range []string{"name", "email", "phone", "source_id"} {
		if body[name] = nil; f.value(name) != "" {
			body[name] = f.value(name)
		}
	}
	return v.save(f, edit{http.MethodPatch, "/v1/customers/" + one.text("id"), body, "customer", customerValues, customerField}, here, func() (*page, error) {
		return v.customerForm(f, one), nil
	})
}

// customerField is the form's field for one of the API's.
func customerField(field string) string {
	if strings.HasPrefix(field, "fields") {
		return "more"
	}
	return oneOf(field, "name", "email", "phone", "source_id", "notes")
}

func (v *visit) customerForm(f *form, one object) *page {
	f.text("text", "name", "Name", "")
	f.text("email", "email", "Email", "")
	f.text("tel", "phone", "Phone", "One of name, email and phone is needed.")
	f.choose("source_id", "Source", "Those that are offered for customers; the one that they have stays whatever became of it.", v.sourcesFor("for_customers", one))
	f.text("area", "notes", "Notes", "")
	f.text("area", "more", "Other answers", "One a line, as in City: Kuala Lumpur.")
	return formPage(v.say("Edit %s", v.called(one)), f, &link{v.called(one), home + "customers/" + one.text("id")})
}

func (s *site) serveCustomers(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/customers/{id}/edit", s.page(editCustomer))
	pages.HandleFunc("POST /console/customers/{id}/edit", s.page(saveCustomer))
	pages.HandleFunc("GET /console/opportunities/new", s.page(newOpportunity))
	pages.HandleFunc("POST /console/opportunities/new", s.page(addOpportunity))
	pages.HandleFunc("GET /console/opportunities/{id}/edit", s.page(editOpportunity))
	pages.HandleFunc("POST /console/opportunities/{id}/edit", s.page(saveOpportunity))
}
