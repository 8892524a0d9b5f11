package console

import (
	"net/http"
	"net/url"
)

var toSources = &link{"Sources", home + "sources"}

func newSource(v *visit) (*page, error) {
	return sourceForm("New source", newForm(home+"sources/new", home+"sources", url.Values{"enabled": {"yes"}, "for_leads": {"yes"}, "for_customers": {"yes"}}), toSources)
}

func addSource(v *visit) (*page, error) {
	f, err := v.sentForm(home + "sources")
	if err != nil {
		return nil, err
	}
	f.does(v)
	var made struct{ ID string }
	err = v.api.Call(v.Context(), http.MethodPost, "/v1/sources", sourceBody(f), &made)
	if err != nil && f.refused(err, same) {
		return sourceForm("New source", f, toSources)
	}
	if err != nil {
		return nil, err
	}
	return v.done(home+"sources/"+url.PathEscape(made.ID), "added")
}

func editSource(v *visit) (*page, error) {
	one, err := v.item("sources")
	if err != nil {
		return nil, err
	}
	here := home + "sources/" + one.text("id")
	values := url.Values{"name": {one.text("name")}}
	for _, name := range []string{"enabled", "for_leads", "for_customers"} {
		if one.is(name) {
			values.Set(name, "yes")
		}
	}
	return sourceForm("Edit "+called(one), newForm(here+"/edit", here, values), &link{called(one), here})
}

func saveSource(v *visit) (*page, error) {
	one, err := v.item("sources")
	if err != nil {
		return nil, err
	}
	here := home + "sources/" + one.text("id")
	f, err := v.sentForm(here)
	if err != nil {
		return nil, err
	}
	err = v.api.Call(v.Context(), http.MethodPatch, "/v1/sources/"+one.text("id"), sourceBody(f), nil)
	if err != nil && f.refused(err, same) {
		return sourceForm("Edit "+called(one), f, &link{called(one), here})
	}
	if err != nil {
		return nil, err
	}
	return v.done(here, "saved")
}

func sourceBody(f *form) map[string]any {
	body := map[string]any{"name": f.value("name")}
	for _, name := range []string{"enabled", "for_leads", "for_customers"} {
		body[name] = f.value(name) != ""
	}
	return body
}

func sourceForm(title string, f *form, up *link) (*page, error) {
	f.text("text", "name", "Name", "As in Property fair, or Facebook October.")
	f.check("enabled", "Offered for new choices", "Without, whatever has it keeps it.")
	f.check("for_leads", "For leads", "")
	f.check("for_customers", "For customers", "")
	return formPage(title, f, up), nil
}

func (s *site) serveSources(pages *http.ServeMux) {
	pages.HandleFunc("GET /console/sources/new", s.page(newSource))
	pages.HandleFunc("POST /console/sources/new", s.page(addSource))
	pages.HandleFunc("GET /console/sources/{id}/edit", s.page(editSource))
	pages.HandleFunc("POST /console/sources/{id}/edit", s.page(saveSource))
}
